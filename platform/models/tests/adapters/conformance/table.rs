use quorate_formats::Format;
use quorate_models::ProviderKind;

/// One adapter.
pub(super) struct Row {
    /// What it is called in a failed test.
    pub(super) name: &'static str,
    pub(super) kind: ProviderKind,
    /// The format of a caller whose bytes it relays; of one that no caller speaks, the usual one.
    pub(super) format: Format,
    /// Whether it is that format that the provider speaks.
    pub(super) native: bool,
}

const fn chat(name: &'static str, kind: ProviderKind) -> Row {
    Row { name, kind, format: Format::OpenAiChat, native: true }
}

/// Every adapter of chat models.
pub(super) const CHAT: [Row; 10] = [
    chat("openai chat", ProviderKind::OpenAi),
    Row { format: Format::OpenAiResponses, ..chat("openai responses", ProviderKind::OpenAi) },
    Row { format: Format::AnthropicMessages, ..chat("anthropic", ProviderKind::Anthropic) },
    Row { native: false, ..chat("gemini", ProviderKind::Gemini) },
    chat("xai", ProviderKind::XAi),
    chat("openrouter", ProviderKind::OpenRouter),
    chat("mistral", ProviderKind::Mistral),
    chat("deepseek", ProviderKind::DeepSeek),
    chat("groq", ProviderKind::Groq),
    chat("compatible", ProviderKind::OpenAiCompatible),
];

/// Every adapter of embeddings, with where it is told how many dimensions are wanted; the local one is the offline
/// provider's, and has no choice.
pub(super) const EMBEDDINGS: [(ProviderKind, &str); 5] = [
    (ProviderKind::OpenAi, "/dimensions"),
    (ProviderKind::OpenAiCompatible, "/dimensions"),
    (ProviderKind::Mistral, "/dimensions"),
    (ProviderKind::Voyage, "/output_dimension"),
    (ProviderKind::Gemini, "/requests/0/outputDimensionality"),
];

#[test]
fn every_kind_is_in_the_table() {
    for kind in ProviderKind::ALL {
        let listed = CHAT.iter().any(|row| row.kind == kind) || EMBEDDINGS.iter().any(|(listed, _)| *listed == kind);
        assert!(listed || kind == ProviderKind::Offline, "{kind:?} conforms to nothing");
        assert_eq!(kind.has_chat(), kind == ProviderKind::Offline || CHAT.iter().any(|row| row.kind == kind));
    }
}
