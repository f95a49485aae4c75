//! Anthropic's messages, and servers that speak them. Wire facts: `README.md` beside this file.

mod request;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue};
use quorate_formats::Format;

use crate::concessions::Learnt;
use crate::kinds::Kind;
use crate::openai::{Dialect, secret_header};
use crate::translate::translate;
use crate::upstream::{Refusal, Upstream};
use crate::{ChatModel, ChatRequest, ChatStream, ModelError, ModelErrorKind};

/// What is known of it.
pub(crate) const KIND: Kind = Kind {
    name: "anthropic",
    base_url: Some("https://api.anthropic.com"),
    needs_key: true,
    vendor: Some("anthropic"),
    tells_cost: false,
    speaks: Some(Format::AnthropicMessages),
    also_speaks: None,
    dialect: &Dialect::OPENAI,
    chat: |upstream| Arc::new(Anthropic::new(upstream)),
    embeddings: None,
};

/// The version of the protocol this adapter speaks.
const VERSION: &str = "2023-06-01";
/// The most ways of asking tried for one call.
const MAX_WAYS: usize = 5;

/// The adapter of one provider.
pub(crate) struct Anthropic {
    upstream: Upstream,
    learnt: Learnt,
}

impl Anthropic {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self { upstream, learnt: Learnt::default() }
    }

    /// The headers of a call: version, key and idempotency key.
    pub(crate) fn headers(&self, target: &str, idempotency_key: Option<&str>) -> Result<HeaderMap, ModelError> {
        let mut headers = HeaderMap::new();
        headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
        if let Some(key) = &self.upstream.key {
            headers.insert("x-api-key", secret_header(&self.upstream, target, key.reveal())?);
        }
        if let Some(value) = idempotency_key.and_then(|key| HeaderValue::from_str(key).ok()) {
            headers.insert("idempotency-key", value);
        }
        Ok(headers)
    }
}

#[async_trait]
impl ChatModel for Anthropic {
    async fn stream(&self, model: &str, request: &ChatRequest) -> Result<ChatStream, ModelError> {
        let target = self.upstream.target(model);
        let mut concessions = self.learnt.get(model);
        let mut first_refusal: Option<Refusal> = None;
        for _ in 0..MAX_WAYS {
            let body = request::body(model, request, concessions);
            let headers = self.headers(&target, request.idempotency_key.as_deref())?;
            match self.upstream.post("/messages", headers, &body, &target).await {
                Ok(response) => {
                    if first_refusal.is_some() {
                        self.learnt.keep(model, concessions);
                    }
                    let reader = wire::Reader::new(request::answers_with_tool(request, concessions));
                    return translate(&self.upstream, target, response, reader).await;
                }
                Err(refusal) => {
                    let next = request::concede(request, concessions, &refusal);
                    // The first refusal is the one that says what is wrong with the request as it was meant.
                    let first = first_refusal.get_or_insert(refusal);
                    match next {
                        Some(next) => concessions = next,
                        None => return Err(first.error.clone()),
                    }
                }
            }
        }
        let error = first_refusal.map(|refusal| refusal.error);
        Err(error
            .unwrap_or_else(|| self.upstream.error(ModelErrorKind::BadRequest, &target, "refused every way of asking")))
    }
}
