/// Why an answer cannot be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Garbled {
    /// It is not what the protocol says.
    #[error("the answer is not what the protocol says: {0}")]
    Wire(String),
    /// The provider says in the answer, where there is no status any more, that it failed.
    #[error("the provider reported an error: {message}")]
    Reported {
        /// The HTTP status it would have had, where the provider tells.
        status: Option<u16>,
        /// The provider's name for it: `overloaded_error`, `rate_limit_exceeded`, `RESOURCE_EXHAUSTED` …; may be empty.
        code: String,
        /// The sentence.
        message: String,
    },
}

impl Garbled {
    /// Something that the protocol does not say.
    #[must_use]
    pub fn wire(what: impl Into<String>) -> Self {
        Self::Wire(what.into())
    }
}

impl From<serde_json::Error> for Garbled {
    fn from(error: serde_json::Error) -> Self {
        Self::Wire(error.to_string())
    }
}

/// What OpenAI's, Anthropic's and their imitators' error object says.
pub(crate) fn reported(error: &serde_json::Value) -> Garbled {
    use serde_json::Value;
    let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let status = [error.get("code"), error.get("status")].into_iter().flatten().find_map(Value::as_u64);
    let message = text("message").map(str::to_owned);
    let message = message.or_else(|| error.as_str().map(str::to_owned)).unwrap_or_else(|| error.to_string());
    Garbled::Reported {
        status: status.and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status)),
        code: text("code").or_else(|| text("type")).unwrap_or_default().to_owned(),
        message,
    }
}
