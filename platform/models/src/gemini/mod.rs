//! Google's Gemini in its own format, which is written and read in `quorate-formats` (its wire facts:
//! `platform/formats/src/gemini/README.md`).

mod request;
mod wire;

use async_trait::async_trait;
use http::HeaderMap;

use crate::concessions::Learnt;
use crate::openai::secret_header;
use crate::translate::translate;
use crate::upstream::{Refusal, Upstream};
use crate::{ChatModel, ChatRequest, ChatStream, ModelError, ModelErrorKind};

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

    /// The headers of a call. The key goes into one and not into the address, where logs would show it.
    pub(crate) fn headers(&self, target: &str) -> Result<HeaderMap, ModelError> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.upstream.key {
            headers.insert("x-goog-api-key", secret_header(&self.upstream, target, key.reveal())?);
        }
        Ok(headers)
    }
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
            match self.upstream.post(&path, self.headers(&target)?, &body, &target).await {
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

/// The path of a streamed call. The model's name is part of it, and may be a caller's: one that would lead elsewhere
/// is none.
fn path(model: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let sound = |part: &str| !part.is_empty() && part.chars().all(allowed) && !part.chars().all(|letter| letter == '.');
    if !model.split('/').all(sound) {
        return None;
    }
    // A tuned model has another collection's name before its own.
    let collection = if model.contains('/') { "" } else { "models/" };
    Some(format!("/{collection}{model}:streamGenerateContent?alt=sse"))
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
