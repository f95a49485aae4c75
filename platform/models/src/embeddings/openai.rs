use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::unit;
use crate::openai::headers;
use crate::retry::Retries;
use crate::upstream::{Upstream, read_limited};
use crate::{Embedder, ModelError, ModelErrorKind};

/// Texts in one request; OpenAI takes 2,048, small servers fewer.
const BATCH: usize = 128;
/// The largest answer taken: a batch of 4,096 dimensions written as decimals.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Embeddings by OpenAI's format.
pub(crate) struct OpenAiEmbedder {
    upstream: Upstream,
    model: String,
    name: String,
    retries: Arc<Retries>,
    /// For one request, from its start to the last byte.
    limit: Duration,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: Option<usize>,
    embedding: Vector,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vector {
    /// Little-endian `f32`, as asked for.
    Base64(String),
    /// From servers that do not know `encoding_format`.
    List(Vec<f32>),
}

impl OpenAiEmbedder {
    pub(crate) fn new(upstream: Upstream, model: String, retries: Arc<Retries>, limit: Duration) -> Self {
        let name = upstream.target(&model);
        Self { upstream, model, name, retries, limit }
    }

    async fn batch(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut attempt = 1;
        loop {
            let asked = tokio::time::timeout(self.limit, self.ask(texts)).await;
            let error = match asked {
                Ok(Ok(vectors)) => return Ok(vectors),
                Ok(Err(error)) => error,
                Err(_) => self.error(ModelErrorKind::Timeout, "no embeddings within the time allowed"),
            };
            match self.retries.wait(attempt, &error) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
            attempt += 1;
        }
    }

    async fn ask(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        // Providers refuse an empty text; a blank one means the same.
        let input: Vec<&str> = texts.iter().map(|text| if text.is_empty() { " " } else { text.as_str() }).collect();
        let body = json!({ "model": self.model, "input": input, "encoding_format": "base64" });
        let headers = headers(&self.upstream, &self.name, None)?;
        let posted = self.upstream.post("/embeddings", headers, &body, &self.name).await;
        let response = posted.map_err(|refusal| refusal.error)?;
        let text = read_limited(response, MAX_ANSWER).await;
        let answer: Answer =
            serde_json::from_str(&text).map_err(|error| self.error(ModelErrorKind::Garbled, &error.to_string()))?;
        self.read(answer, texts.len())
    }

    fn read(&self, answer: Answer, count: usize) -> Result<Vec<Vec<f32>>, ModelError> {
        let garbled = |message: &str| self.error(ModelErrorKind::Garbled, message);
        let mut slots: Vec<Option<Vec<f32>>> = vec![None; count];
        for (position, item) in answer.data.into_iter().enumerate() {
            let vector = match item.embedding {
                Vector::List(values) => values,
                Vector::Base64(text) => decode(&text).ok_or_else(|| garbled("an embedding is not base64 of floats"))?,
            };
            let vector = unit(vector).ok_or_else(|| garbled("an embedding has no direction"))?;
            let slot = slots.get_mut(item.index.unwrap_or(position));
            *slot.ok_or_else(|| garbled("more embeddings than texts"))? = Some(vector);
        }
        let vectors: Option<Vec<Vec<f32>>> = slots.into_iter().collect();
        let vectors = vectors.ok_or_else(|| garbled("fewer embeddings than texts"))?;
        if vectors.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
            return Err(garbled("embeddings of different dimensions"));
        }
        Ok(vectors)
    }

    fn error(&self, kind: ModelErrorKind, message: &str) -> ModelError {
        self.upstream.error(kind, &self.name, message)
    }
}

fn decode(text: &str) -> Option<Vec<f32>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (values, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| values.iter().map(|value| f32::from_le_bytes(*value)).collect())
}

#[async_trait]
impl Embedder for OpenAiEmbedder {
    fn name(&self) -> &str {
        &self.name
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            vectors.extend(self.batch(batch).await?);
        }
        Ok(vectors)
    }
}
