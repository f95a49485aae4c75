//! `offline`: a built-in provider with no network and no key (GTW-2). It answers each prompt template in its own
//! schema, from the words and numbers of the problem; the same request always gets the same answer. Its text is
//! made by rules from the user's words and is to be labelled "offline demo model" wherever it is shown.

mod answers;
mod faults;
mod input;
mod lexicon;
mod scene;
mod seed;
mod stance;
mod stream;
mod understanding;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

pub use faults::{Fault, FaultKind};

use crate::kinds::Kind;
use crate::openai::Dialect;
use crate::{ChatModel, ChatRequest, ChatStream, ModelError, ModelErrorKind};
use faults::FaultScript;
use stream::Ending;

/// What is known of it. It speaks no wire format: callers are answered in neutral terms.
pub(crate) const KIND: Kind = Kind {
    name: "offline",
    base_url: None,
    needs_key: false,
    vendor: None,
    tells_cost: false,
    speaks: None,
    also_speaks: None,
    dialect: &Dialect::OPENAI,
    chat: |_| Arc::new(Offline::new(OfflineConfig::default())),
    embeddings: None,
};

/// The `[models.providers.offline]` part of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfflineConfig {
    /// How fast text comes, in tokens of four characters a second; 0 for as fast as possible.
    pub tokens_per_second: f64,
    /// Failures to play, for demos and tests.
    pub faults: Vec<Fault>,
}

impl Default for OfflineConfig {
    /// 160 tokens a second: a standard session then streams for about half a minute.
    fn default() -> Self {
        Self { tokens_per_second: 160.0, faults: Vec::new() }
    }
}

/// The offline model. Any model name is taken; different names give different boards.
#[derive(Debug)]
pub struct Offline {
    tokens_per_second: f64,
    faults: FaultScript,
}

impl Offline {
    /// The provider as configured. Counting of faults begins here.
    #[must_use]
    pub fn new(config: OfflineConfig) -> Self {
        Self { tokens_per_second: config.tokens_per_second, faults: FaultScript::new(config.faults) }
    }
}

#[async_trait]
impl ChatModel for Offline {
    async fn stream(&self, model: &str, request: &ChatRequest) -> Result<ChatStream, ModelError> {
        let target = || format!("offline/{model}");
        let strike = self.faults.strike(request.template.as_ref());
        let kind = strike.map(|fault| fault.kind);
        match kind {
            Some(FaultKind::RateLimit) => {
                let retry_after = strike.and_then(|fault| fault.retry_after_s).map(Duration::from_secs);
                let kind = ModelErrorKind::RateLimited { retry_after };
                return Err(ModelError::new(kind, target(), "scripted fault: too many requests"));
            }
            Some(FaultKind::Unavailable) => {
                return Err(ModelError::new(ModelErrorKind::Unavailable, target(), "scripted fault: unavailable"));
            }
            Some(FaultKind::Timeout) => std::future::pending::<()>().await,
            Some(FaultKind::Cut | FaultKind::Malformed) | None => {}
        }
        let mut answer = answers::write(model, request);
        if kind == Some(FaultKind::Malformed) {
            // Cut short of its closing brackets, yet ended properly: what a model does that loses its thread.
            answer = answer.chars().take(answer.chars().count() * 2 / 3).collect();
        }
        let ending = if kind == Some(FaultKind::Cut) { Ending::Cut } else { Ending::Whole };
        let input = request.messages.iter().map(|message| stream::tokens(&message.content)).sum();
        Ok(stream::words(answer, input, request.max_output_tokens, self.tokens_per_second, ending))
    }
}

#[cfg(test)]
mod tests;
