//! Google's Gemini in its own format, which is written and read in `quorate-formats` (its wire facts:
//! `platform/formats/src/gemini/README.md`).

mod request;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderMap;
use quorate_formats::embeddings::{read_gemini_answer, write_gemini_request};
use quorate_formats::{BadBody, Format};

use crate::concessions::Learnt;
use crate::embeddings::{EmbeddingCall, EmbeddingWire};
use crate::kinds::Kind;
use crate::openai::{Dialect, secret_header};
use crate::translate::translate;
use crate::upstream::{Refusal, Upstream};
use crate::{ChatModel, ChatRequest, ChatStream, ModelError, ModelErrorKind};

/// What is known of it.
pub(crate) const KIND: Kind = Kind {
    name: "gemini",
    base_url: Some("https://generativelanguage.googleapis.com/v1beta"),
    needs_key: true,
    vendor: Some("gemini"),
    tells_cost: false,
    speaks: Some(Format::Gemini),
    also_speaks: None,
    dialect: &Dialect::OPENAI,
    chat: |upstream| Arc::new(Gemini::new(upstream)),
    embeddings: Some(&EMBEDDINGS),
};

/// How it embeds: in batches, the model's name in the address.
const EMBEDDINGS: EmbeddingWire = EmbeddingWire {
    write: |asked| {
        let place = place(&asked.model).ok_or_else(|| BadBody::wrong("model", "the name of a model"))?;
        let call = |(body, inputs)| EmbeddingCall { path: format!("/{place}:batchEmbedContents"), body, inputs };
        Ok(write_gemini_request(asked)?.into_iter().map(call).collect())
    },
    read: read_gemini_answer,
    headers,
};

/// The most ways of asking tried for one call.
const MAX_WAYS: usize = 4;

/// The adapter of one provider.
pub(crate) struct Gemini {
    upstream: Upstream,
    learnt: Learnt,
}

impl Gemini {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self { upstream, learnt: Learnt::default() }
    }
}

/// The headers of a call. The key goes into one and not into the address, where logs would show it.
pub(crate) fn headers(upstream: &Upstream, target: &str) -> Result<HeaderMap, ModelError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = &upstream.key {
        headers.insert("x-goog-api-key", secret_header(upstream, target, key.reveal())?);
    }
    Ok(headers)
}

#[async_trait]
impl ChatModel for Gemini {
    async fn stream(&self, model: &str, request: &ChatRequest) -> Result<ChatStream, ModelError> {
        let target = self.upstream.target(model);
        let Some(path) = path(model) else {
            return Err(self.upstream.error(ModelErrorKind::BadRequest, &target, "no model can have this name"));
        };
        let mut concessions = self.learnt.get(model);
        let mut first_refusal: Option<Refusal> = None;
        for _ in 0..MAX_WAYS {
            let body = request::body(model, request, concessions);
            match self.upstream.post(&path, headers(&self.upstream, &target)?, &body, &target).await {
                Ok(response) => {
                    if first_refusal.is_some() {
                        self.learnt.keep(model, concessions);
                    }
                    return translate(&self.upstream, target, response, wire::Reader::default()).await;
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

/// The path of a streamed call.
fn path(model: &str) -> Option<String> {
    Some(format!("/{}:streamGenerateContent?alt=sse", place(model)?))
}

/// Where a model stands below the base URL. Its name is part of the address, and may be a caller's: one that would lead
/// elsewhere, to another of the provider's methods with our key, is none.
pub(crate) fn place(model: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let sound = |part: &str| !part.is_empty() && part.chars().all(allowed) && !part.chars().all(|letter| letter == '.');
    if !model.split('/').all(sound) {
        return None;
    }
    // A tuned model has another collection's name before its own.
    let collection = if model.contains('/') { "" } else { "models/" };
    Some(format!("{collection}{model}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_none() {
        assert_eq!(path("gemini-3.1-pro").unwrap(), "/models/gemini-3.1-pro:streamGenerateContent?alt=sse");
        assert_eq!(path("tunedModels/my-1").unwrap(), "/tunedModels/my-1:streamGenerateContent?alt=sse");
        for wrong in ["", "..", "../x", "a/../b", "a?b", "a:b", "a#b", "a%2fb", "/a", "a b", "é"] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
