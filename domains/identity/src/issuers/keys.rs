use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most keys that one issuer is believed to have.
const MOST_KEYS: usize = 64;

/// The algorithms by which outside issuers may sign. None of them is a choice of the token's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenAlgorithm {
    /// RSA with SHA-256.
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
    /// A shared secret with SHA-256.
    HS256,
}

impl TokenAlgorithm {
    /// What an issuer's published keys can be for.
    pub(crate) const PUBLISHED: [Self; 3] = [Self::RS256, Self::ES256, Self::EdDSA];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
        }
    }

    pub(crate) const fn known(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::RS256 => Some(Self::RS256),
            Algorithm::ES256 => Some(Self::ES256),
            Algorithm::EdDSA => Some(Self::EdDSA),
            Algorithm::HS256 => Some(Self::HS256),
            _ => None,
        }
    }

    pub(crate) const fn of_library(self) -> Algorithm {
        match self {
            Self::RS256 => Algorithm::RS256,
            Self::ES256 => Algorithm::ES256,
            Self::EdDSA => Algorithm::EdDSA,
            Self::HS256 => Algorithm::HS256,
        }
    }
}

/// An issuer's public keys (RFC 7517).
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

struct Key {
    kid: Option<String>,
    algorithm: TokenAlgorithm,
    key: DecodingKey,
}

/// One entry of a JWK set, as far as it matters here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// The key, unless it is of a kind that is not used here. Shared secrets have no place in a published set.
    fn read(self) -> Option<Key> {
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let (algorithm, key) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (TokenAlgorithm::RS256, DecodingKey::from_rsa_components(&self.n?, &self.e?)),
            ("EC", Some("P-256")) => (TokenAlgorithm::ES256, DecodingKey::from_ec_components(&self.x?, &self.y?)),
            ("OKP", Some("Ed25519")) => (TokenAlgorithm::EdDSA, DecodingKey::from_ed_components(&self.x?)),
            _ => return None,
        };
        if self.alg.as_deref().is_some_and(|name| name != algorithm.name()) {
            return None;
        }
        Some(Key { kid: self.kid, algorithm, key: key.ok()? })
    }
}

impl KeySet {
    /// The keys of a document, without those that cannot be used. A new document replaces the old one, so a set never
    /// grows over time.
    pub(crate) fn read(document: &Value) -> Self {
        let entries = document["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let read = |entry: &Value| Jwk::deserialize(entry).ok().and_then(Jwk::read);
        Self { keys: entries.iter().filter_map(read).take(MOST_KEYS).collect() }
    }

    /// The key for a token. A token that names none is taken when there is only one that could be meant.
    pub(crate) fn find(&self, kid: Option<&str>, algorithm: TokenAlgorithm) -> Option<&DecodingKey> {
        let mut fitting = self.keys.iter().filter(|key| key.algorithm == algorithm);
        match kid {
            Some(kid) => fitting.find(|key| key.kid.as_deref() == Some(kid)).map(|key| &key.key),
            None => match (fitting.next(), fitting.next()) {
                (Some(only), None) => Some(&only.key),
                _ => None,
            },
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_of_a_known_kind_and_purpose_are_read() {
        let set = KeySet::read(&json!({"keys": [
            {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB", "use": "sig", "alg": "RS256"},
            {"kty": "RSA", "kid": "encrypts", "n": "AQAB", "e": "AQAB", "use": "enc"},
            {"kty": "RSA", "kid": "pss", "n": "AQAB", "e": "AQAB", "alg": "PS256"},
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": "AQAB", "y": "AQAB"},
            {"kty": "EC", "kid": "other curve", "crv": "P-521", "x": "AQAB", "y": "AQAB"},
            {"kty": "OKP", "kid": "o", "crv": "Ed25519", "x": "AQAB"},
            {"kty": "oct", "kid": "secret", "k": "AQAB"},
            {"kty": "RSA", "kid": "half", "n": "AQAB"},
            {"kid": "no kind"}, 7, null,
        ]}));
        assert_eq!(set.keys.len(), 3);
        assert!(set.find(Some("r"), TokenAlgorithm::RS256).is_some());
        assert!(set.find(Some("r"), TokenAlgorithm::ES256).is_none(), "a key is for its own algorithm");
        assert!(set.find(Some("r"), TokenAlgorithm::HS256).is_none(), "a public key is no secret");
        assert!(set.find(None, TokenAlgorithm::RS256).is_some() && set.find(Some(""), TokenAlgorithm::RS256).is_none());
        for nonsense in [json!(null), json!([]), json!({"keys": {}}), json!({"keys": "x"})] {
            assert!(KeySet::read(&nonsense).keys.is_empty());
        }
    }

    #[test]
    fn a_set_is_bounded_and_an_unnamed_key_must_be_the_only_one() {
        let key = |kid: usize| json!({"kty": "OKP", "crv": "Ed25519", "x": "AQAB", "kid": kid.to_string()});
        let set = KeySet::read(&json!({"keys": (0..10_000).map(key).collect::<Vec<_>>()}));
        assert_eq!(set.keys.len(), MOST_KEYS);
        assert!(set.find(None, TokenAlgorithm::EdDSA).is_none());
    }
}
