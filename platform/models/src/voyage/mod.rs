//! Voyage: embeddings, and nothing else. Wire facts: `README.md` beside this file.

use std::sync::Arc;

use async_trait::async_trait;
use quorate_formats::embeddings::{read_answer, write_voyage_request};

use crate::embeddings::{EmbeddingCall, EmbeddingWire};
use crate::kinds::Kind;
use crate::openai::{self, Dialect};
use crate::upstream::Upstream;
use crate::{ChatModel, ChatRequest, ChatStream, ModelError, ModelErrorKind};

/// What is known of it.
pub(crate) const KIND: Kind = Kind {
    name: "voyage",
    base_url: Some("https://api.voyageai.com/v1"),
    needs_key: true,
    vendor: Some("voyage"),
    tells_cost: false,
    speaks: None,
    also_speaks: None,
    dialect: &Dialect::OPENAI,
    chat: |upstream| Arc::new(Mute(upstream)),
    embeddings: Some(&EMBEDDINGS),
};

/// How it embeds.
const EMBEDDINGS: EmbeddingWire = EmbeddingWire {
    write: |asked| {
        let (body, inputs) = (write_voyage_request(asked)?, asked.inputs.len());
        Ok(vec![EmbeddingCall { path: "/embeddings".to_owned(), body, inputs }])
    },
    read: read_answer,
    headers: |upstream, target| openai::headers(upstream, target, None),
};

/// It has no chat models.
struct Mute(Upstream);

#[async_trait]
impl ChatModel for Mute {
    async fn stream(&self, model: &str, _: &ChatRequest) -> Result<ChatStream, ModelError> {
        Err(self.0.error(ModelErrorKind::BadRequest, &self.0.target(model), "this provider has no chat models"))
    }
}
