use serde_json::{Map, Value, json};

use crate::BadBody;

/// The most inputs that OpenAI takes in one call.
const MAX_INPUTS: usize = 2048;
/// Why lists of tokens cannot go elsewhere.
const TOKENS: &str = "lists of tokens mean something only to the models that count so; send the text";
/// What `input` may be.
const WANTED: &str = "a text, a list of texts, a list of tokens or a list of such lists, none of them empty";

/// A request for embeddings.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingsAsked {
    /// The model or route that was named.
    pub model: String,
    /// What is to be embedded, in order.
    pub inputs: Inputs,
    /// How the vectors are to be written.
    pub encoding: Encoding,
    /// How many numbers a vector shall have, where the model leaves a choice.
    pub dimensions: Option<u64>,
    /// An opaque name of the end user.
    pub user: Option<String>,
    /// All other fields.
    pub extra: Map<String, Value>,
}

/// What is to be embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inputs {
    /// Texts.
    Texts(Vec<String>),
    /// Tokens of the model's own, for each input a list.
    Tokens(Vec<Vec<u64>>),
}

impl Inputs {
    /// How many vectors there will be.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Tokens(lists) => lists.len(),
        }
    }

    /// Whether there is nothing to embed; what was read never is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How vectors are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As lists of numbers.
    #[default]
    Float,
    /// As base64 of little-endian 32-bit floats.
    Base64,
}

/// Reads the body of a `/v1/embeddings` call.
///
/// # Errors
/// When the body is not what the API says.
pub fn read_request(body: &[u8]) -> Result<EmbeddingsAsked, BadBody> {
    let mut left = crate::bad_body::parse(body)?;
    let mut take = |name: &str| left.shift_remove(name).filter(|value| !value.is_null());
    let text = |value: Option<Value>, name: &str| match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(BadBody::wrong(name, "a string")),
    };
    let model = text(take("model"), "model")?.ok_or_else(|| BadBody::Missing("model".to_owned()))?;
    let inputs = inputs(take("input").ok_or_else(|| BadBody::Missing("input".to_owned()))?)?;
    let encoding = match text(take("encoding_format"), "encoding_format")?.as_deref() {
        None | Some("float") => Encoding::Float,
        Some("base64") => Encoding::Base64,
        Some(_) => return Err(BadBody::wrong("encoding_format", "float or base64")),
    };
    let count = |value: Value| value.as_u64().filter(|count| *count > 0);
    let dimensions = take("dimensions")
        .map(|value| count(value).ok_or_else(|| BadBody::wrong("dimensions", "a whole number above 0")))
        .transpose()?;
    let user = text(take("user"), "user")?;
    Ok(EmbeddingsAsked { model, inputs, encoding, dimensions, user, extra: left })
}

fn inputs(input: Value) -> Result<Inputs, BadBody> {
    let wrong = || BadBody::wrong("input", WANTED);
    let token = |value: &Value| value.as_u64();
    let items = match input {
        Value::String(text) if !text.is_empty() => return Ok(Inputs::Texts(vec![text])),
        Value::Array(items) if !items.is_empty() => items,
        _ => return Err(wrong()),
    };
    // One list of numbers is one input; its length is the model's business.
    if items.iter().all(Value::is_number) {
        let tokens: Option<Vec<u64>> = items.iter().map(token).collect();
        return Ok(Inputs::Tokens(vec![tokens.ok_or_else(wrong)?]));
    }
    if items.len() > MAX_INPUTS {
        return Err(BadBody::wrong("input", "a list of at most 2048"));
    }
    if items.iter().all(Value::is_array) {
        let list = |item: &Value| -> Option<Vec<u64>> {
            item.as_array().filter(|tokens| !tokens.is_empty())?.iter().map(token).collect()
        };
        let lists: Option<Vec<Vec<u64>>> = items.iter().map(list).collect();
        return lists.map(Inputs::Tokens).ok_or_else(wrong);
    }
    let texts = items.into_iter().map(|item| match item {
        Value::String(text) if !text.is_empty() => Ok(text),
        _ => Err(wrong()),
    });
    texts.collect::<Result<_, _>>().map(Inputs::Texts)
}

/// The body of a call to OpenAI or a server that speaks its format. Vectors are asked for as base64, which is a
/// quarter of the bytes and no rounding.
#[must_use]
pub fn write_request(asked: &EmbeddingsAsked) -> Value {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(asked.model));
    let input = match &asked.inputs {
        Inputs::Texts(texts) => json!(texts),
        Inputs::Tokens(lists) => json!(lists),
    };
    body.insert("input".to_owned(), input);
    body.insert("encoding_format".to_owned(), json!("base64"));
    if let Some(dimensions) = asked.dimensions {
        body.insert("dimensions".to_owned(), json!(dimensions));
    }
    if let Some(user) = &asked.user {
        body.insert("user".to_owned(), json!(user));
    }
    body.extend(asked.extra.clone());
    Value::Object(body)
}

/// The body of a call to Voyage, which has other names for the same things, and refuses what it does not know.
///
/// # Errors
/// When the inputs are tokens.
pub fn write_voyage_request(asked: &EmbeddingsAsked) -> Result<Value, BadBody> {
    let mut body = json!({ "model": asked.model, "input": texts(asked)?, "encoding_format": "base64" });
    if let Some(dimensions) = asked.dimensions {
        body["output_dimension"] = json!(dimensions);
    }
    for name in ["input_type", "truncation"] {
        if let Some(value) = asked.extra.get(name) {
            body[name] = value.clone();
        }
    }
    Ok(body)
}

/// The texts, for a provider that takes nothing else.
pub(super) fn texts(asked: &EmbeddingsAsked) -> Result<&[String], BadBody> {
    match &asked.inputs {
        Inputs::Texts(texts) => Ok(texts),
        Inputs::Tokens(_) => Err(BadBody::unsupported("input", TOKENS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<EmbeddingsAsked, BadBody> {
        read_request(body.to_string().as_bytes())
    }

    #[test]
    fn every_form_of_input_is_read() {
        let of = |input: Value| read(&json!({ "model": "m", "input": input })).map(|asked| asked.inputs);
        let texts = |texts: &[&str]| Ok(Inputs::Texts(texts.iter().map(|text| (*text).to_owned()).collect()));
        assert_eq!(of(json!("a")), texts(&["a"]));
        assert_eq!(of(json!(["a", "b"])), texts(&["a", "b"]));
        assert_eq!(of(json!([1, 2])), Ok(Inputs::Tokens(vec![vec![1, 2]])));
        assert_eq!(of(json!([[1, 2], [3]])), Ok(Inputs::Tokens(vec![vec![1, 2], vec![3]])));
        for wrong in
            [json!(""), json!([]), json!(["a", ""]), json!([[]]), json!([1, "a"]), json!([-1]), json!([1.5]), json!({})]
        {
            assert_eq!(of(wrong.clone()).unwrap_err().field(), Some("input"), "{wrong}");
        }
        assert!(of(json!(vec!["a"; 2048])).is_ok());
        assert!(of(json!(vec!["a"; 2049])).is_err());
        assert!(of(json!(vec![7; 3000])).is_ok(), "one long list of tokens");
    }

    #[test]
    fn settings_are_read_and_written_for_each_provider() {
        let asked = read(
            &json!({ "model": "m", "input": "a", "encoding_format": "base64", "dimensions": 64, "user": "u", "input_type": "query" }),
        );
        let asked = asked.unwrap();
        assert_eq!((asked.encoding, asked.dimensions), (Encoding::Base64, Some(64)));
        let openai = json!({ "model": "m", "input": ["a"], "encoding_format": "base64", "dimensions": 64, "user": "u", "input_type": "query" });
        assert_eq!(write_request(&asked), openai);
        let voyage = json!({ "model": "m", "input": ["a"], "encoding_format": "base64", "output_dimension": 64, "input_type": "query" });
        assert_eq!(write_voyage_request(&asked), Ok(voyage));
        let tokens = read(&json!({ "model": "m", "input": [1] })).unwrap();
        assert_eq!(write_voyage_request(&tokens).unwrap_err().field(), Some("input"));
        let field = |body: Value| read(&body).unwrap_err().field().unwrap().to_owned();
        assert_eq!(field(json!({ "input": "a" })), "model");
        assert_eq!(field(json!({ "model": "m" })), "input");
        assert_eq!(field(json!({ "model": "m", "input": "a", "encoding_format": "hex" })), "encoding_format");
        assert_eq!(field(json!({ "model": "m", "input": "a", "dimensions": 0 })), "dimensions");
    }
}
