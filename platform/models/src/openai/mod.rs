//! OpenAI's chat completions, and everyone who speaks them. Wire facts: `README.md` beside this file.

mod request;
mod wire;

pub(crate) use request::in_words;

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::concessions::Learnt;
use crate::config::ProviderKind;
use crate::translate::translate;
use crate::upstream::{Refusal, Upstream};
use crate::{ChatModel, ChatRequest, ChatStream, ModelError};

/// The most ways of asking tried for one call.
const MAX_WAYS: usize = 5;

/// What differs among those who speak the format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// The name of the output limit: OpenAI's newer models refuse the old one, most other servers know only that.
    limit_name: &'static str,
    /// The other name.
    other_limit_name: &'static str,
    /// Whether any 400 to a request with a schema is taken as "no schemas here": self-hosted servers rarely say why.
    lenient: bool,
    /// Whether messages may carry Anthropic's cache marks.
    cache_marks: bool,
}

impl Dialect {
    fn of(kind: ProviderKind) -> Self {
        let modern = matches!(kind, ProviderKind::OpenAi | ProviderKind::XAi);
        let (limit_name, other_limit_name) =
            if modern { ("max_completion_tokens", "max_tokens") } else { ("max_tokens", "max_completion_tokens") };
        Self { limit_name, other_limit_name, lenient: !modern, cache_marks: kind == ProviderKind::OpenRouter }
    }
}

/// The adapter of one provider.
pub(crate) struct OpenAi {
    upstream: Upstream,
    dialect: Dialect,
    learnt: Learnt,
}

impl OpenAi {
    pub(crate) fn new(upstream: Upstream, kind: ProviderKind) -> Self {
        Self { upstream, dialect: Dialect::of(kind), learnt: Learnt::default() }
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
