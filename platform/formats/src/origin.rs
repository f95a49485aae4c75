//! Whose secret it is. A signature or sealed thinking can only be read by the provider that wrote it, and another one
//! answers it with 400. A conversation that changes provider carries both, so what is read from a provider is marked
//! with its name, and each writer gives back only its own. The mark ends in `#`, which base64 has not. One
//! that has no mark is taken for Anthropic's, whose clients bring them as they got them.

/// Thinking from a server of OpenAI's chat format: the field it came in, or its details.
pub(crate) const CHAT: &str = "chat#";
/// Google's thought signatures.
pub(crate) const GEMINI: &str = "gemini#";
/// The encrypted reasoning of OpenAI's responses.
pub(crate) const OPENAI: &str = "openai#";
/// Anthropic's signatures and redacted thinking.
pub(crate) const ANTHROPIC: &str = "anthropic#";

/// `secret` with the mark of its origin.
pub(crate) fn marked(origin: &str, secret: &str) -> String {
    format!("{origin}{secret}")
}

/// The secret as `origin` wrote it; `None` when it is somebody else's.
pub(crate) fn own<'a>(origin: &str, secret: &'a str) -> Option<&'a str> {
    secret.strip_prefix(origin)
}

/// Whether the secret says whose it is. One that does not is Anthropic's.
pub(crate) fn is_marked(secret: &str) -> bool {
    [CHAT, GEMINI, OPENAI, ANTHROPIC].iter().any(|origin| secret.starts_with(origin))
}

/// The secret as Anthropic wrote it; `None` when it is somebody else's.
pub(crate) fn of_anthropic(secret: &str) -> Option<&str> {
    own(ANTHROPIC, secret).or_else(|| (!is_marked(secret)).then_some(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gets_back_only_its_own() {
        let secret = marked(GEMINI, "abc=");
        assert_eq!(own(GEMINI, &secret), Some("abc="));
        assert_eq!(own(OPENAI, &secret), None);
        assert_eq!(own(GEMINI, "abc="), None);
        assert!(is_marked(&secret) && !is_marked("abc="));
        assert_eq!((of_anthropic("abc="), of_anthropic("anthropic#abc=")), (Some("abc="), Some("abc=")));
        assert_eq!(of_anthropic(&secret), None);
    }
}
