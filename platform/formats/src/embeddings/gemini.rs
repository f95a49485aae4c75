use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Embedded;
use super::request::{EmbeddingsAsked, texts};
use crate::{BadBody, Garbled};

/// The most inputs of one batch.
const MAX_BATCH: usize = 100;
/// How far from 1 a vector's length may be and still count as 1.
const NEAR: f32 = 1e-3;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    embeddings: Vec<Values>,
    usage_metadata: Option<Counts>,
}

#[derive(Deserialize)]
struct Values {
    values: Vec<f32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    prompt_token_count: Option<u64>,
}

/// The bodies of the calls to `models/{model}:batchEmbedContents` that a request takes, each with its number of inputs:
/// one batch holds at most a hundred.
///
/// # Errors
/// When the inputs are tokens.
pub fn write_gemini_request(asked: &EmbeddingsAsked) -> Result<Vec<(Value, usize)>, BadBody> {
    let model = format!("models/{}", asked.model.strip_prefix("models/").unwrap_or(&asked.model));
    let one = |text: &String| {
        let mut request = json!({ "model": model, "content": { "parts": [{ "text": text }] } });
        if let Some(dimensions) = asked.dimensions {
            request["outputDimensionality"] = json!(dimensions);
        }
        if let Some(task) = asked.extra.get("input_type").and_then(Value::as_str).and_then(task_type) {
            request["taskType"] = json!(task);
        }
        request
    };
    let batch = |texts: &[String]| (json!({ "requests": texts.iter().map(one).collect::<Vec<_>>() }), texts.len());
    Ok(texts(asked)?.chunks(MAX_BATCH).map(batch).collect())
}

/// Google's name for Voyage's `input_type`, or its own.
fn task_type(input: &str) -> Option<&str> {
    match input {
        "query" => Some("RETRIEVAL_QUERY"),
        "document" => Some("RETRIEVAL_DOCUMENT"),
        own if !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') => Some(own),
        _ => None,
    }
}

/// Reads the answer to one batch of so many inputs. Vectors get the length 1, as OpenAI's have and callers rely on:
/// Google's have it only at their full number of dimensions.
///
/// # Errors
/// When the body is not what the API says.
pub fn read_gemini_answer(body: &[u8], inputs: usize) -> Result<Embedded, Garbled> {
    let wire: Wire = serde_json::from_slice(body)?;
    let vectors = wire.embeddings.into_iter().map(|one| unit(one.values)).collect();
    Embedded::checked(vectors, wire.usage_metadata.and_then(|counts| counts.prompt_token_count), inputs)
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length.is_normal() && (length - 1.0).abs() > NEAR {
        vector.iter_mut().for_each(|number| *number /= length);
    }
    vector
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::super::{Encoding, Inputs};
    use super::*;

    #[test]
    fn inputs_are_batched_by_the_hundred() {
        let texts = (0..201).map(|number| number.to_string()).collect();
        let mut extra = Map::new();
        extra.insert("input_type".to_owned(), json!("query"));
        let asked = EmbeddingsAsked {
            model: "gemini-embedding-001".to_owned(),
            inputs: Inputs::Texts(texts),
            encoding: Encoding::Float,
            dimensions: Some(768),
            user: None,
            extra,
        };
        let batches = write_gemini_request(&asked).unwrap();
        assert_eq!(batches.iter().map(|(_, inputs)| *inputs).collect::<Vec<_>>(), [100, 100, 1]);
        let last = json!({ "requests": [{
            "model": "models/gemini-embedding-001",
            "content": { "parts": [{ "text": "200" }] },
            "outputDimensionality": 768,
            "taskType": "RETRIEVAL_QUERY",
        }] });
        assert_eq!(batches[2].0, last);
        let tokens = EmbeddingsAsked { inputs: Inputs::Tokens(vec![vec![1]]), ..asked };
        assert!(write_gemini_request(&tokens).is_err());
    }

    #[test]
    fn vectors_get_the_length_one() {
        let body =
            br#"{"embeddings":[{"values":[3.0,4.0]},{"values":[0.6,0.8]}],"usageMetadata":{"promptTokenCount":5}}"#;
        let read = read_gemini_answer(body, 2).unwrap();
        assert_eq!(read.vectors, [[0.6, 0.8], [0.6, 0.8]]);
        assert_eq!(read.tokens, Some(5));
        assert_eq!(read_gemini_answer(br#"{"embeddings":[{"values":[0.0,0.0]}]}"#, 1).unwrap().vectors, [[0.0, 0.0]]);
        assert!(read_gemini_answer(br#"{"embeddings":[]}"#, 1).is_err());
    }
}
