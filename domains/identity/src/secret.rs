use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quorate_kernel::Ids;
use sha2::{Digest as _, Sha256};

/// Marks a refresh token of ours, so that secret scanners and people recognise one.
const REFRESH_PREFIX: &str = "qr_";
/// Marks the token of a one-time link.
const LINK_PREFIX: &str = "ql_";

/// Marks the challenge that a log-in goes on with.
const CHALLENGE_PREFIX: &str = "qc_";

/// An opaque secret of 256 random bits. It is shown once; only its hash is stored.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn refresh_token(ids: &dyn Ids) -> Self {
        Self::new(REFRESH_PREFIX, ids)
    }

    pub(crate) fn link_token(ids: &dyn Ids) -> Self {
        Self::new(LINK_PREFIX, ids)
    }

    pub(crate) fn challenge(ids: &dyn Ids) -> Self {
        Self::new(CHALLENGE_PREFIX, ids)
    }

    fn new(prefix: &str, ids: &dyn Ids) -> Self {
        let mut bytes = [0u8; 32];
        ids.fill(&mut bytes);
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The secret itself, for its owner only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// SHA-256 of a whole token, in hexadecimal. A fast hash is enough: the token has 256 random bits, so there is nothing
/// to guess, and finding it by its hash gives no timing to compare by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash(String);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        Self(hex(&Sha256::digest(token.as_bytes())))
    }

    /// A hash as it is stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_text(&self) -> String {
        self.0.clone()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use quorate_kernel::SystemIds;

    use super::*;

    #[test]
    fn secrets_differ_and_only_their_hash_finds_them() {
        let (one, two) = (Secret::refresh_token(&SystemIds), Secret::refresh_token(&SystemIds));
        assert!(one.expose().starts_with("qr_") && one.expose().len() == 3 + 43);
        assert_ne!(one.expose(), two.expose());
        assert_eq!(one.hash(), TokenHash::of(one.expose()));
        assert_eq!(TokenHash::of("abc").as_text(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
