use std::fmt::Write as _;

use quorate_kernel::Ids;
use sha2::{Digest as _, Sha256};

/// Marks the token of a shared report, so that people and secret scanners recognise one.
const PREFIX: &str = "qs_";
const BYTES: usize = 32;

/// The secret in a link: 256 random bits in hexadecimal. It is shown once; only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one.
    #[must_use]
    pub fn new(ids: &dyn Ids) -> Self {
        let mut bytes = [0u8; BYTES];
        ids.fill(&mut bytes);
        Self(format!("{PREFIX}{}", hex(&bytes)))
    }

    /// What somebody sent, if it has the shape of one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let secret = text.strip_prefix(PREFIX)?;
        let shaped = secret.len() == BYTES * 2 && secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        shaped.then(|| Self(text.to_owned()))
    }

    /// The secret itself, for whoever made the link.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored. A fast hash is enough: there are 256 bits to guess.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use quorate_kernel::SystemIds;

    use super::*;

    #[test]
    fn only_what_has_the_shape_of_a_token_is_looked_up() {
        let token = Token::new(&SystemIds);
        assert_eq!(token.expose().len(), 3 + 64);
        assert!(Token::read(token.expose()).is_some_and(|read| read.hash() == token.hash()));
        assert!(!token.hash().contains(&token.expose()[3..]));
        let upper = token.expose().to_uppercase();
        for text in ["", "qs_", "qs_1", &token.expose()[1..], &upper, &format!("{}0", token.expose())] {
            assert!(Token::read(text).is_none(), "{text}");
        }
    }
}
