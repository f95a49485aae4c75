//! OpenAI's chat completions, and everyone who speaks them. Wire facts: `README.md` beside this file.

mod dialect;
mod request;
mod wire;

pub(crate) use dialect::{Dialect, in_words};

use std::sync::Arc;

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use quorate_formats::Format;
use quorate_formats::embeddings::{read_answer, write_request};

use crate::concessions::Learnt;
use crate::embeddings::{EmbeddingCall, EmbeddingWire};
use crate::kinds::Kind;
use crate::translate::translate;
use crate::upstream::{Refusal, Upstream};
use crate::{ChatModel, ChatRequest, ChatStream, ModelError};

/// The most ways of asking tried for one call.
const MAX_WAYS: usize = 5;

/// What is known of OpenAI.
pub(crate) const KIND: Kind = Kind {
    name: "openai",
    base_url: Some("https://api.openai.com/v1"),
    needs_key: true,
    vendor: Some("openai"),
    tells_cost: false,
    speaks: Some(Format::OpenAiChat),
    also_speaks: Some(Format::OpenAiResponses),
    dialect: &Dialect::OPENAI,
    chat: |upstream| Arc::new(OpenAi::new(upstream, &Dialect::OPENAI)),
    embeddings: Some(&EMBEDDINGS),
};

/// What is known of any server that speaks the format.
pub(crate) const COMPATIBLE: Kind = Kind {
    name: "openai-compatible",
    base_url: None,
    needs_key: false,
    vendor: None,
    also_speaks: None,
    dialect: &Dialect::COMMON,
    chat: |upstream| Arc::new(OpenAi::new(upstream, &Dialect::COMMON)),
    ..KIND
};

/// How embeddings are asked for in this format.
pub(crate) const EMBEDDINGS: EmbeddingWire = EmbeddingWire {
    write: |asked| {
        let (body, inputs) = (write_request(asked), asked.inputs.len());
        Ok(vec![EmbeddingCall { path: "/embeddings".to_owned(), body, inputs }])
    },
    read: read_answer,
    headers: |upstream, target| headers(upstream, target, None),
};

/// The adapter of one provider.
pub(crate) struct OpenAi {
    upstream: Upstream,
    dialect: &'static Dialect,
    learnt: Learnt,
}

impl OpenAi {
    pub(crate) fn new(upstream: Upstream, dialect: &'static Dialect) -> Self {
        Self { upstream, dialect, learnt: Learnt::default() }
    }
}

#[async_trait]
impl ChatModel for OpenAi {
    async fn stream(&self, model: &str, request: &ChatRequest) -> Result<ChatStream, ModelError> {
        let target = self.upstream.target(model);
        let mut concessions = self.learnt.get(model);
        let mut first_refusal: Option<Refusal> = None;
        for _ in 0..MAX_WAYS {
            let body = request::body(self.dialect, model, request, concessions);
            let headers = headers(&self.upstream, &target, request.idempotency_key.as_deref())?;
            match self.upstream.post("/chat/completions", headers, &body, &target).await {
                Ok(response) => {
                    if first_refusal.is_some() {
                        self.learnt.keep(model, concessions);
                    }
                    return translate(&self.upstream, target, response, wire::Completion::default()).await;
                }
                Err(refusal) => {
                    let next = request::concede(self.dialect, request, concessions, &refusal);
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
        Err(error.unwrap_or_else(|| {
            self.upstream.error(crate::ModelErrorKind::BadRequest, &target, "refused every way of asking")
        }))
    }
}

/// The headers of a call: the key and the idempotency key.
pub(crate) fn headers(
    upstream: &Upstream,
    target: &str,
    idempotency_key: Option<&str>,
) -> Result<HeaderMap, ModelError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = &upstream.key {
        headers.insert(AUTHORIZATION, secret_header(upstream, target, &format!("Bearer {}", key.reveal()))?);
    }
    if let Some(value) = idempotency_key.and_then(|key| HeaderValue::from_str(key).ok()) {
        headers.insert("idempotency-key", value);
    }
    Ok(headers)
}

/// A header value that no log shows.
pub(crate) fn secret_header(upstream: &Upstream, target: &str, value: &str) -> Result<HeaderValue, ModelError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        upstream.error(crate::ModelErrorKind::Unauthorized, target, "the key holds characters that no header may have")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
