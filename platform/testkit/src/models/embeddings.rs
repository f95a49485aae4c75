//! Embeddings in the formats of OpenAI, Voyage and Gemini.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::asked::{Asked, Wire, hash, tokens};
use super::server::{Server, finish, json_headers, prelude};

/// Numbers in an embedding.
const DIMENSIONS: u64 = 64;
/// The fields that Voyage's embeddings have; any other is answered with 400.
const OF_VOYAGE: [&str; 7] =
    ["model", "input", "input_type", "truncation", "output_dimension", "output_dtype", "encoding_format"];

pub(super) async fn openai(
    State(server): State<Server>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    listed(&server, body, &uri, &headers, "prompt_tokens").await
}

/// Voyage, which refuses what it does not know, and others with the format at their own address.
pub(super) async fn imitator(
    State(server): State<Server>,
    Path(vendor): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if vendor != "voyage" {
        return listed(&server, body, &uri, &headers, "prompt_tokens").await;
    }
    let unknown =
        body.as_object().and_then(|body| body.keys().find(|name| !OF_VOYAGE.contains(&name.as_str())).cloned());
    if let Some(unknown) = unknown {
        let (_, ticket) = server.enter(&Asked::read(Wire::OpenAi, body), &uri, &headers);
        let error = json!({ "detail": format!("Argument '{unknown}' is not supported by our API") });
        return finish((StatusCode::BAD_REQUEST, json_headers(), error.to_string()), ticket);
    }
    listed(&server, body, &uri, &headers, "total_tokens").await
}

/// A list of vectors in another order than asked: clients must go by the index.
async fn listed(server: &Server, body: Value, uri: &Uri, headers: &HeaderMap, counted_as: &str) -> Response {
    let mut asked = Asked::read(Wire::OpenAi, body);
    asked.texts = match &asked.body["input"] {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let (act, ticket) = server.enter(&asked, uri, headers);
    if let Some(response) = prelude(Wire::OpenAi, &act, false).await {
        return finish(response, ticket);
    }
    let base64 = asked.body["encoding_format"] == "base64";
    let mut data: Vec<Value> = Vec::new();
    for (index, text) in asked.texts.iter().enumerate() {
        let vector = vector(text);
        let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
        let embedding = if base64 { json!(STANDARD.encode(bytes)) } else { json!(vector) };
        data.push(json!({ "object": "embedding", "index": index, "embedding": embedding }));
    }
    data.reverse();
    let count: u64 = asked.texts.iter().map(|text| tokens(text)).sum();
    let mut usage = json!({ "total_tokens": count });
    usage[counted_as] = json!(count);
    let answer = json!({ "object": "list", "model": asked.model, "data": data, "usage": usage });
    finish((StatusCode::OK, json_headers(), answer.to_string()), ticket)
}

/// Gemini's batch: at most a hundred, in order.
pub(super) async fn gemini(server: &Server, mut asked: Asked, uri: &Uri, headers: &HeaderMap) -> Response {
    let requests = asked.body["requests"].as_array().cloned().unwrap_or_default();
    let text = |request: &Value| request.pointer("/content/parts/0/text").and_then(Value::as_str).map(str::to_owned);
    asked.texts = requests.iter().filter_map(text).collect();
    let (act, ticket) = server.enter(&asked, uri, headers);
    if requests.len() > 100 || requests.iter().any(|request| request["model"] != format!("models/{}", asked.model)) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if let Some(response) = prelude(Wire::Gemini, &act, false).await {
        return finish(response, ticket);
    }
    let count: u64 = asked.texts.iter().map(|text| tokens(text)).sum();
    let embeddings: Vec<Value> = asked.texts.iter().map(|text| json!({ "values": vector(text) })).collect();
    let answer = json!({ "embeddings": embeddings, "usageMetadata": { "promptTokenCount": count } });
    finish((StatusCode::OK, json_headers(), answer.to_string()), ticket)
}

/// Numbers that depend on the text only. Not of unit length: that is for clients to see to.
fn vector(text: &str) -> Vec<f32> {
    (0..DIMENSIONS).map(|index| (hash(&json!([text, index])) % 2001) as f32 / 1000.0 - 1.0).collect()
}
