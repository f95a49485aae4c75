//! What `encrypted_content` of a reasoning item carries for providers other than OpenAI. The API has one field where
//! we have two things, a signature of the thinking above it and thinking that nobody can read; so a signature is
//! written with `sig:` before it. What has no mark of an origin at all is OpenAI's own, from when its bytes were relayed.

use crate::origin::{self, ANTHROPIC, OPENAI};

/// Stands before a signature.
const SIGNATURE: &str = "sig:";

/// What a reasoning item said in secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Secret {
    /// The signature of its summary.
    Signature(String),
    /// The thinking itself.
    Sealed(String),
}

/// A signature as `encrypted_content`.
pub(super) fn of_signature(signature: &str) -> String {
    format!("{SIGNATURE}{}", with_mark(signature))
}

/// Sealed thinking as `encrypted_content`.
pub(super) fn of_sealed(sealed: &str) -> String {
    with_mark(sealed)
}

/// Reads `encrypted_content`. `summarized`: the item has a summary, which OpenAI's secret then belongs to.
pub(super) fn read(content: &str, summarized: bool) -> Secret {
    match content.strip_prefix(SIGNATURE) {
        Some(signature) => Secret::Signature(signature.to_owned()),
        None if origin::is_marked(content) => Secret::Sealed(content.to_owned()),
        None if summarized => Secret::Signature(origin::marked(OPENAI, content)),
        None => Secret::Sealed(origin::marked(OPENAI, content)),
    }
}

/// What has no mark would be taken for OpenAI's here, and is Anthropic's.
fn with_mark(secret: &str) -> String {
    if origin::is_marked(secret) { secret.to_owned() } else { origin::marked(ANTHROPIC, secret) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_comes_back_as_what_it_was() {
        for secret in ["anthropic#EqoB", "gemini#abc=", "openai#gAAA", "chat#[]"] {
            assert_eq!(read(&of_signature(secret), true), Secret::Signature(secret.to_owned()));
            assert_eq!(read(&of_signature(secret), false), Secret::Signature(secret.to_owned()));
            assert_eq!(read(&of_sealed(secret), true), Secret::Sealed(secret.to_owned()));
        }
        assert_eq!(read(&of_signature("EqoB"), true), Secret::Signature("anthropic#EqoB".to_owned()));
        assert_eq!(read("gAAA", true), Secret::Signature("openai#gAAA".to_owned()));
        assert_eq!(read("gAAA", false), Secret::Sealed("openai#gAAA".to_owned()));
    }
}
