use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use quorate_formats::embeddings::{Embedded, EmbeddingsAsked, Encoding, Inputs};
use quorate_formats::{BadBody, Garbled};
use serde_json::{Map, Value};

use super::unit;
use crate::retry::Retries;
use crate::upstream::{Upstream, read_limited};
use crate::{Embedder, ModelError, ModelErrorKind};

/// Texts in one request; OpenAI takes 2,048, Voyage 1,000, small servers fewer.
const BATCH: usize = 128;
/// The largest answer taken: a batch of 4,096 dimensions written as decimals.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// How a kind of provider is asked for embeddings.
pub(crate) struct EmbeddingWire {
    /// The calls that a request takes, in order. `model` is its name at the provider.
    pub(crate) write: fn(&EmbeddingsAsked) -> Result<Vec<EmbeddingCall>, BadBody>,
    /// Reads the answer to a call of so many inputs.
    pub(crate) read: fn(&[u8], usize) -> Result<Embedded, Garbled>,
    /// The headers of a call to this upstream, for that target.
    pub(crate) headers: fn(&Upstream, &str) -> Result<HeaderMap, ModelError>,
}

/// One call to a provider.
pub(crate) struct EmbeddingCall {
    /// The path below the base URL.
    pub(crate) path: String,
    /// The body.
    pub(crate) body: Value,
    /// How many vectors it asks for.
    pub(crate) inputs: usize,
}

/// Embeddings of a provider on the network.
pub(crate) struct RemoteEmbedder {
    upstream: Upstream,
    wire: &'static EmbeddingWire,
    model: String,
    name: String,
    retries: Arc<Retries>,
    /// For one request, from its start to the last byte.
    limit: Duration,
}

impl RemoteEmbedder {
    pub(crate) fn new(
        upstream: Upstream,
        wire: &'static EmbeddingWire,
        model: String,
        retries: Arc<Retries>,
        limit: Duration,
    ) -> Self {
        let name = upstream.target(&model);
        Self { upstream, wire, model, name, retries, limit }
    }

    async fn batch(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        // Providers refuse an empty text; a blank one means the same.
        let texts = texts.iter().map(|text| if text.is_empty() { " ".to_owned() } else { text.clone() });
        let asked = EmbeddingsAsked {
            model: self.model.clone(),
            inputs: Inputs::Texts(texts.collect()),
            encoding: Encoding::Base64,
            dimensions: None,
            user: None,
            extra: Map::new(),
        };
        let calls = (self.wire.write)(&asked);
        let calls = calls.map_err(|error| self.error(ModelErrorKind::BadRequest, &error.to_string()))?;
        let mut vectors = Vec::with_capacity(asked.inputs.len());
        for call in &calls {
            vectors.extend(self.call(call).await?);
        }
        Ok(vectors)
    }

    async fn call(&self, call: &EmbeddingCall) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut attempt = 1;
        loop {
            let asked = tokio::time::timeout(self.limit, self.ask(call)).await;
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

    async fn ask(&self, call: &EmbeddingCall) -> Result<Vec<Vec<f32>>, ModelError> {
        let garbled = |message: &str| self.error(ModelErrorKind::Garbled, message);
        let headers = (self.wire.headers)(&self.upstream, &self.name)?;
        let posted = self.upstream.post(&call.path, headers, &call.body, &self.name).await;
        let response = posted.map_err(|refusal| refusal.error)?;
        let text = read_limited(response, MAX_ANSWER).await;
        let read = (self.wire.read)(text.as_bytes(), call.inputs).map_err(|error| garbled(&error.to_string()))?;
        let vectors: Option<Vec<Vec<f32>>> = read.vectors.into_iter().map(unit).collect();
        vectors.ok_or_else(|| garbled("an embedding has no direction"))
    }

    fn error(&self, kind: ModelErrorKind, message: &str) -> ModelError {
        self.upstream.error(kind, &self.name, message)
    }
}

#[async_trait]
impl Embedder for RemoteEmbedder {
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
