//! Guardrails of a route (GTW-14): what is hidden from its providers, what it does not let through, and who judges a
//! request before it is sent on. They hold for whoever asks the route: the API, a board, a chat.

mod body;
mod mask;
mod moderation;

use std::borrow::Cow;

use bytes::Bytes;
use regex::{RegexSet, RegexSetBuilder};
use serde_json::Value;

use self::mask::Masks;
use crate::config::{ConfigError, GuardConfig};
use crate::{ChatRequest, ModelError, ModelErrorKind};

/// The longest request that a moderation is asked about, in bytes of text.
const MOST_JUDGED: usize = 256 * 1024;

/// The guardrails of one route.
#[derive(Debug)]
pub(crate) struct Guard {
    masks: Masks,
    blocked: Option<RegexSet>,
    /// What it was made of.
    config: GuardConfig,
}

/// What came of a request.
#[derive(Debug, PartialEq)]
pub(crate) struct Guarded<T> {
    /// The request as providers may see it, where that is another.
    pub(crate) request: Option<T>,
    /// What is to be judged, if somebody judges.
    pub(crate) judged: Option<String>,
}

impl Guard {
    /// The guardrails that `config` describes; none when it asks for nothing. `key` is where it stands in the
    /// configuration.
    pub(crate) fn new(config: &GuardConfig, key: &str) -> Result<Option<Self>, ConfigError> {
        if config.is_empty() {
            return Ok(None);
        }
        let masks =
            Masks::new(&config.mask).map_err(|error| ConfigError::new(format!("{key}.mask"), error.to_string()))?;
        let blocked = match config.block.as_slice() {
            [] => None,
            phrases => Some(block(phrases).map_err(|message| ConfigError::new(format!("{key}.block"), message))?),
        };
        Ok(Some(Self { masks, blocked, config: config.clone() }))
    }

    /// Who judges, as `provider/model`.
    pub(crate) fn moderation(&self) -> Option<&str> {
        self.config.moderation.as_deref()
    }

    /// A text that is another for another guard.
    pub(crate) fn print(&self) -> String {
        serde_json::to_string(&self.config).unwrap_or_default()
    }

    /// Checks and masks a request in somebody's wire format.
    pub(crate) fn bytes(&self, route: &str, body: &Bytes) -> Result<Guarded<Bytes>, ModelError> {
        let mut request: Value = serde_json::from_slice(body)
            .map_err(|error| ModelError::new(ModelErrorKind::BadRequest, route, error.to_string()))?;
        let mut seen = Seen::new(self);
        body::texts(&mut request, &mut |text| seen.text(text));
        let (changed, judged) = seen.end(route)?;
        Ok(Guarded { request: changed.then(|| Bytes::from(request.to_string())), judged })
    }

    /// Checks and masks a request of our own.
    pub(crate) fn chat(&self, route: &str, request: &ChatRequest) -> Result<Guarded<ChatRequest>, ModelError> {
        let mut guarded = request.clone();
        let mut seen = Seen::new(self);
        for message in &mut guarded.messages {
            if let Some(other) = seen.text(&message.content) {
                message.content = other;
            }
        }
        let (changed, judged) = seen.end(route)?;
        Ok(Guarded { request: changed.then_some(guarded), judged })
    }

    /// Checks and masks texts.
    pub(crate) fn texts(&self, route: &str, texts: &[String]) -> Result<Guarded<Vec<String>>, ModelError> {
        let mut seen = Seen::new(self);
        let guarded = texts.iter().map(|text| seen.text(text).unwrap_or_else(|| text.clone())).collect();
        let (changed, judged) = seen.end(route)?;
        Ok(Guarded { request: changed.then_some(guarded), judged })
    }
}

/// What has been seen of a request.
struct Seen<'a> {
    guard: &'a Guard,
    changed: bool,
    blocked: bool,
    judged: String,
    /// There is more than can be judged.
    too_long: bool,
}

impl<'a> Seen<'a> {
    const fn new(guard: &'a Guard) -> Self {
        Self { guard, changed: false, blocked: false, judged: String::new(), too_long: false }
    }

    /// One text; what is to stand in its place, if anything.
    fn text(&mut self, text: &str) -> Option<String> {
        self.blocked |= self.guard.blocked.as_ref().is_some_and(|blocked| blocked.is_match(text));
        let masked = if self.guard.masks.is_empty() { Cow::Borrowed(text) } else { self.guard.masks.apply(text) };
        if self.guard.moderation().is_some() {
            self.too_long |= self.judged.len() + masked.len() > MOST_JUDGED;
            if !self.too_long {
                self.judged.push_str(&masked);
                self.judged.push('\n');
            }
        }
        match masked {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => {
                self.changed = true;
                Some(masked)
            }
        }
    }

    /// Whether anything was changed, and what is to be judged.
    fn end(self, route: &str) -> Result<(bool, Option<String>), ModelError> {
        if self.blocked {
            // Which phrase it was is the operator's business: the list may be a secret itself.
            let message = "the request holds something that this route does not let through";
            return Err(ModelError::new(ModelErrorKind::BadRequest, route, message));
        }
        if self.too_long {
            let message = "the request is too long to be judged by the moderation of this route";
            return Err(ModelError::new(ModelErrorKind::BadRequest, route, message));
        }
        let judged = self.guard.moderation().is_some() && !self.judged.trim().is_empty();
        Ok((self.changed, judged.then_some(self.judged)))
    }
}

/// Any of the phrases as whole words, in any case, with any white space between them.
fn block(phrases: &[String]) -> Result<RegexSet, String> {
    let mut patterns = Vec::with_capacity(phrases.len());
    for phrase in phrases {
        let words: Vec<String> = phrase.split_whitespace().map(regex::escape).collect();
        if words.is_empty() {
            return Err("a phrase is empty".to_owned());
        }
        let edge = |letter: Option<char>| if letter.is_some_and(char::is_alphanumeric) { r"\b" } else { "" };
        let trimmed = phrase.trim();
        let (start, end) = (edge(trimmed.chars().next()), edge(trimmed.chars().next_back()));
        patterns.push(format!("{start}{}{end}", words.join(r"\s+")));
    }
    RegexSetBuilder::new(patterns).case_insensitive(true).build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Personal;

    fn guard(config: &GuardConfig) -> Guard {
        Guard::new(config, "models.routes.x.guard").unwrap().unwrap()
    }

    fn body(text: &str) -> Bytes {
        Bytes::from(json!({ "model": "x", "messages": [{ "role": "user", "content": text }] }).to_string())
    }

    #[test]
    fn a_route_without_guardrails_has_none() {
        assert!(Guard::new(&GuardConfig::default(), "x").unwrap().is_none());
    }

    #[test]
    fn phrases_are_refused_as_whole_words_in_any_case() {
        let guard =
            guard(&GuardConfig { block: vec!["Project  Falcon".into(), "c++".into()], ..GuardConfig::default() });
        for refused in ["about PROJECT falcon.", "project\n\tFalcon", "in C++"] {
            let error = guard.bytes("x", &body(refused)).unwrap_err();
            assert_eq!(error.kind, ModelErrorKind::BadRequest);
            assert!(!error.message.to_lowercase().contains("falcon"), "{}", error.message);
        }
        for fine in ["project falconry", "a projectfalcon", "project: falcon", "c+"] {
            assert_eq!(guard.bytes("x", &body(fine)).unwrap(), Guarded { request: None, judged: None }, "{fine}");
        }
        let wrong = Guard::new(&GuardConfig { block: vec![" ".into()], ..GuardConfig::default() }, "k").unwrap_err();
        assert_eq!(wrong.key, "k.block");
    }

    #[test]
    fn what_is_masked_is_masked_for_providers_and_judges() {
        let config =
            GuardConfig { mask: vec![Personal::Email], moderation: Some("a/mod".into()), ..GuardConfig::default() };
        let guarded = guard(&config).bytes("x", &body("I am ada@example.org")).unwrap();
        let request: Value = serde_json::from_slice(&guarded.request.unwrap()).unwrap();
        assert_eq!(request["messages"][0]["content"], "I am [email]");
        assert_eq!(guarded.judged.unwrap(), "I am [email]\n");
        assert_eq!(guard(&config).moderation(), Some("a/mod"));
        let padded = guard(&config).bytes("x", &body(&"x".repeat(MOST_JUDGED + 1))).unwrap_err();
        assert_eq!(padded.kind, ModelErrorKind::BadRequest, "what cannot be judged does not pass");
    }
}
