//! The kinds of providers there are: one line each, everything else of a kind in its own folder (GTW-1).

use std::sync::Arc;

use quorate_formats::Format;

use crate::config::ProviderKind;
use crate::embeddings::EmbeddingWire;
use crate::openai::Dialect;
use crate::upstream::Upstream;
use crate::{ChatModel, anthropic, deepseek, gemini, groq, mistral, offline, openai, openrouter, voyage, xai};

/// What is known of a kind of provider before anybody has asked one.
pub(crate) struct Kind {
    /// The name as written in configuration.
    pub(crate) name: &'static str,
    /// Where the provider is found when no `base_url` is given.
    pub(crate) base_url: Option<&'static str>,
    /// Whether it answers nobody without a key.
    pub(crate) needs_key: bool,
    /// Whose models these are in the catalogue; `None` where the address has to tell.
    pub(crate) vendor: Option<&'static str>,
    /// Whether it says in dollars what an answer cost, so that the ledger need not reckon.
    pub(crate) tells_cost: bool,
    /// What its chat models are spoken to in; `None` when it has none.
    pub(crate) speaks: Option<Format>,
    /// What else they can be spoken to in, so that a caller's bytes need not be translated.
    pub(crate) also_speaks: Option<Format>,
    /// Where it departs from OpenAI's chat format, if that is what it speaks.
    pub(crate) dialect: &'static Dialect,
    /// The adapter of its chat models.
    pub(crate) chat: fn(Upstream) -> Arc<dyn ChatModel>,
    /// How it is asked for embeddings; `None` when it has none.
    pub(crate) embeddings: Option<&'static EmbeddingWire>,
}

impl ProviderKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 11] = [
        Self::Offline,
        Self::OpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::XAi,
        Self::OpenRouter,
        Self::Mistral,
        Self::DeepSeek,
        Self::Groq,
        Self::Voyage,
        Self::OpenAiCompatible,
    ];

    /// The registry.
    pub(crate) const fn facts(self) -> &'static Kind {
        match self {
            Self::Offline => &offline::KIND,
            Self::OpenAi => &openai::KIND,
            Self::Anthropic => &anthropic::KIND,
            Self::Gemini => &gemini::KIND,
            Self::XAi => &xai::KIND,
            Self::OpenRouter => &openrouter::KIND,
            Self::Mistral => &mistral::KIND,
            Self::DeepSeek => &deepseek::KIND,
            Self::Groq => &groq::KIND,
            Self::Voyage => &voyage::KIND,
            Self::OpenAiCompatible => &openai::COMPATIBLE,
        }
    }

    /// The name as written in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The kind of that name, as written in configuration.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where the provider is found when no `base_url` is given.
    #[must_use]
    pub const fn default_base_url(self) -> Option<&'static str> {
        self.facts().base_url
    }

    /// Whether the provider answers nobody without a key.
    #[must_use]
    pub const fn needs_key(self) -> bool {
        self.facts().needs_key
    }

    /// Whether a provider of this kind has chat models.
    #[must_use]
    pub const fn has_chat(self) -> bool {
        self.facts().speaks.is_some() || matches!(self, Self::Offline)
    }

    /// What a provider of this kind is spoken to in, for a caller of that format: the same where it can be.
    pub(crate) fn spoken(self, caller: Format) -> Option<Format> {
        let facts = self.facts();
        if facts.also_speaks == Some(caller) { Some(caller) } else { facts.speaks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_by_its_name() {
        let mut names: Vec<&str> = ProviderKind::ALL.iter().map(|kind| kind.name()).collect();
        for kind in ProviderKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert!(kind.facts().base_url.is_none_or(|url| url.starts_with("https://")));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ProviderKind::ALL.len());
    }

    #[test]
    fn nobody_is_translated_who_need_not_be() {
        use Format::{AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses};
        assert_eq!(ProviderKind::OpenAi.spoken(OpenAiResponses), Some(OpenAiResponses));
        assert_eq!(ProviderKind::OpenAi.spoken(OpenAiChat), Some(OpenAiChat));
        assert_eq!(ProviderKind::OpenAiCompatible.spoken(OpenAiResponses), Some(OpenAiChat));
        assert_eq!(ProviderKind::Mistral.spoken(AnthropicMessages), Some(OpenAiChat));
        assert_eq!(ProviderKind::Anthropic.spoken(OpenAiChat), Some(AnthropicMessages));
        assert_eq!(ProviderKind::Gemini.spoken(AnthropicMessages), Some(Gemini));
        assert_eq!(ProviderKind::Voyage.spoken(OpenAiChat), None);
    }
}
