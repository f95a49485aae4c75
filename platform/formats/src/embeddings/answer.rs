use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize, Serializer};

use super::Encoding;
use crate::Garbled;

/// Vectors for a request's inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One for each input, in order, all of one length.
    pub vectors: Vec<Vec<f32>>,
    /// Input tokens; `None` when the provider did not say.
    pub tokens: Option<u64>,
}

impl Embedded {
    /// Vectors that are as many as the inputs, and all of one length.
    pub(super) fn checked(vectors: Vec<Vec<f32>>, tokens: Option<u64>, inputs: usize) -> Result<Self, Garbled> {
        if vectors.len() != inputs {
            return Err(Garbled::wire(format!("{} vectors came for {inputs} inputs", vectors.len())));
        }
        let length = vectors.first().map_or(0, Vec::len);
        let sound = |vector: &Vec<f32>| vector.len() == length && vector.iter().all(|number| number.is_finite());
        if length == 0 || !vectors.iter().all(sound) {
            return Err(Garbled::wire("a vector is empty, of another length, or holds something else than numbers"));
        }
        Ok(Self { vectors, tokens })
    }
}

#[derive(Deserialize)]
struct Wire {
    data: Vec<WireVector>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireVector {
    index: Option<usize>,
    embedding: Numbers,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Numbers {
    List(Vec<f32>),
    Base64(String),
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    /// All that Voyage says.
    total_tokens: Option<u64>,
}

/// Reads the answer of OpenAI, Voyage or a server that speaks their format, to a request with so many inputs. Vectors
/// are put in the order of their indices.
///
/// # Errors
/// When the body is not what the API says.
pub fn read_answer(body: &[u8], inputs: usize) -> Result<Embedded, Garbled> {
    let wire: Wire = serde_json::from_slice(body)?;
    let mut slots: Vec<Option<Vec<f32>>> = vec![None; wire.data.len().min(inputs)];
    let count = wire.data.len();
    for (place, item) in wire.data.into_iter().enumerate() {
        let vector = match item.embedding {
            Numbers::List(numbers) => numbers,
            Numbers::Base64(text) => from_base64(&text)?,
        };
        match slots.get_mut(item.index.unwrap_or(place)) {
            Some(slot @ None) => *slot = Some(vector),
            _ => return Err(Garbled::wire(format!("{count} vectors for {inputs} inputs, or an index twice"))),
        }
    }
    let tokens = wire.usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens));
    Embedded::checked(slots.into_iter().flatten().collect(), tokens, inputs)
}

fn from_base64(text: &str) -> Result<Vec<f32>, Garbled> {
    let bytes = STANDARD.decode(text).map_err(|error| Garbled::wire(format!("a vector's base64: {error}")))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Garbled::wire("a vector ends in the middle of a number"));
    }
    Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

#[derive(Serialize)]
struct Answer<'a> {
    object: &'static str,
    data: Vec<Item<'a>>,
    model: &'a str,
    usage: Usage,
}

#[derive(Serialize)]
struct Item<'a> {
    object: &'static str,
    index: usize,
    embedding: Written<'a>,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

struct Written<'a> {
    numbers: &'a [f32],
    encoding: Encoding,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.encoding {
            Encoding::Float => self.numbers.serialize(serializer),
            Encoding::Base64 => {
                let bytes: Vec<u8> = self.numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                serializer.serialize_str(&STANDARD.encode(bytes))
            }
        }
    }
}

/// The answer as OpenAI writes it. `tokens` stands in where the provider did not count: what was estimated.
#[must_use]
pub fn write_answer(embedded: &Embedded, model: &str, encoding: Encoding, tokens: u64) -> Vec<u8> {
    let item = |(index, numbers)| Item { object: "embedding", index, embedding: Written { numbers, encoding } };
    let tokens = embedded.tokens.unwrap_or(tokens);
    let answer = Answer {
        object: "list",
        data: embedded.vectors.iter().map(Vec::as_slice).enumerate().map(item).collect(),
        model,
        usage: Usage { prompt_tokens: tokens, total_tokens: tokens },
    };
    // Numbers and texts always serialize.
    serde_json::to_vec(&answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn both_encodings_are_written_as_openai_does() {
        let embedded = Embedded { vectors: vec![vec![1.0, -0.5], vec![0.25, 0.1]], tokens: Some(8) };
        let of = |encoding| -> Value { serde_json::from_slice(&write_answer(&embedded, "m", encoding, 0)).unwrap() };
        let usage = json!({ "prompt_tokens": 8, "total_tokens": 8 });
        let floats = json!({ "object": "list", "data": [
            { "object": "embedding", "index": 0, "embedding": [1.0, -0.5] },
            { "object": "embedding", "index": 1, "embedding": [0.25, 0.1] },
        ], "model": "m", "usage": usage });
        assert_eq!(of(Encoding::Float), floats);
        // 00 00 80 3f 00 00 00 bf
        assert_eq!(of(Encoding::Base64)["data"][0]["embedding"], "AACAPwAAAL8=");
        let uncounted = Embedded { tokens: None, ..embedded };
        let answer: Value = serde_json::from_slice(&write_answer(&uncounted, "m", Encoding::Float, 5)).unwrap();
        assert_eq!(answer["usage"]["total_tokens"], 5);
    }

    #[test]
    fn vectors_are_ordered_and_checked() {
        let of = |data: Value| read_answer(json!({ "data": data }).to_string().as_bytes(), 2);
        let read = of(json!([{ "index": 1, "embedding": [2.0] }, { "index": 0, "embedding": "AACAPw==" }])).unwrap();
        assert_eq!(read, Embedded { vectors: vec![vec![1.0], vec![2.0]], tokens: None });
        let one = json!({ "index": 0, "embedding": [1.0] });
        for wrong in [
            json!([one]),
            json!([one, one]),
            json!([one, { "index": 7, "embedding": [1.0] }]),
            json!([one, { "index": 1, "embedding": [1.0, 2.0] }]),
            json!([one, { "index": 1, "embedding": [] }]),
            json!([one, { "index": 1, "embedding": "AAA=" }]),
            json!([one, { "index": 1, "embedding": "AADAfw==" }]),
            json!([one, { "index": 1, "embedding": "?" }]),
        ] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
        let voyage = br#"{"object":"list","data":[{"object":"embedding","embedding":[0.5],"index":0}],"model":"voyage-3.5","usage":{"total_tokens":10}}"#;
        assert_eq!(read_answer(voyage, 1).unwrap().tokens, Some(10));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            vectors in prop::collection::vec(prop::collection::vec(-1.0e3_f32..1.0e3, 3), 1..5),
            tokens in prop::option::of(0_u64..1000),
            base64 in any::<bool>(),
        ) {
            let encoding = if base64 { Encoding::Base64 } else { Encoding::Float };
            let embedded = Embedded { vectors, tokens };
            let read = read_answer(&write_answer(&embedded, "m", encoding, 3), embedded.vectors.len()).unwrap();
            prop_assert_eq!(read.vectors, embedded.vectors);
            prop_assert_eq!(read.tokens, Some(tokens.unwrap_or(3)));
        }

        #[test]
        fn nothing_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_answer(&body, 3);
            let _ = super::super::read_request(&body);
            let _ = super::super::read_gemini_answer(&body, 3);
        }
    }
}
