//! What a key looks like: `qk_<environment>_<id>_<secret><checksum>`. The id finds it, the secret proves it, and the
//! checksum (CRC-32 of all before it, as GitHub's) tells a typo or a chance match of a secret scanner from a key without
//! asking anybody.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use quorate_kernel::{API_KEY_PREFIX, Ids};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use uuid::Uuid;

use super::base62::{self, LONG, SHORT};

/// Twice 128 random bits.
const SECRET: usize = 2 * LONG;
/// What is shown of a key's beginning: all before the id, and the digits of the id that change within seconds.
const SHOWN: usize = 8;
const LAST: usize = 4;

/// Where a key is used. It is part of the token, so that nobody takes one for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real work.
    Live,
    /// Trying things out. The key can do the same; only its name differs.
    Test,
}

impl Environment {
    const ALL: [Self; 2] = [Self::Live, Self::Test];

    /// The name as stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// The environment of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.name() == name)
    }
}

/// A new key's token. Shown once; only its hash is kept.
#[derive(Clone)]
pub struct NewToken(String);

impl NewToken {
    pub(crate) fn new(environment: Environment, id: Uuid, ids: &dyn Ids) -> Self {
        let mut text = format!("{API_KEY_PREFIX}{}_", environment.name());
        push(&mut text, &base62::encode::<LONG>(id.as_u128()));
        text.push('_');
        for _ in 0..2 {
            let mut random = [0; 16];
            ids.fill(&mut random);
            push(&mut text, &base62::encode::<LONG>(u128::from_be_bytes(random)));
        }
        let checksum = crc32fast::hash(text.as_bytes());
        push(&mut text, &base62::encode::<SHORT>(u128::from(checksum)));
        Self(text)
    }

    /// The token itself, for its owner only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The end by which people recognise it.
    pub(crate) fn last_four(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(LAST)..).unwrap_or_default()
    }
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewToken(…)")
    }
}

fn push(text: &mut String, digits: &[u8]) {
    text.extend(digits.iter().map(|digit| char::from(*digit)));
}

/// How the token of this key begins, as far as it is shown.
pub(crate) fn prefix(environment: Environment, id: Uuid) -> String {
    let mut text = format!("{API_KEY_PREFIX}{}_", environment.name());
    push(&mut text, &base62::encode::<LONG>(id.as_u128())[..SHOWN]);
    text
}

/// A token that is whole: the form and the checksum are right.
#[derive(Clone, Copy)]
pub(crate) struct Token<'t> {
    text: &'t str,
    pub(crate) id: Uuid,
}

impl<'t> Token<'t> {
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        let rest = text.as_bytes().strip_prefix(API_KEY_PREFIX.as_bytes())?;
        let rest = Environment::ALL.iter().find_map(|one| rest.strip_prefix(one.name().as_bytes()))?;
        let (id, rest) = rest.strip_prefix(b"_")?.split_at_checked(LONG)?;
        let (secret, checksum) = rest.strip_prefix(b"_")?.split_at_checked(SECRET)?;
        if checksum.len() != SHORT || !secret.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let told = base62::decode(checksum)?;
        let id = base62::decode(id)?;
        let found = crc32fast::hash(text.as_bytes().get(..text.len() - SHORT)?);
        (told == u128::from(found)).then_some(Self { text, id: Uuid::from_u128(id) })
    }
}

/// A token as it is stored: HMAC-SHA256 under a key of its own. Whoever reads the database has no token by it, and
/// cannot put one there that would be taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (place, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *place = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Takes the same time wherever they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Makes the hashes.
#[derive(Clone)]
pub(crate) struct Hasher(Hmac<Sha256>);

impl Hasher {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        // HMAC fills a key that is shorter than its block up with zeros.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&key);
        Self(Hmac::new(&block.into()))
    }

    pub(crate) fn hash(&self, token: Token<'_>) -> TokenHash {
        self.of(token.text)
    }

    pub(crate) fn of_new(&self, token: &NewToken) -> TokenHash {
        self.of(&token.0)
    }

    fn of(&self, text: &str) -> TokenHash {
        // A copy of the state that has read the key already, which is half of the work.
        let mut state = self.0.clone();
        state.update(text.as_bytes());
        TokenHash(state.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quorate_kernel::SystemIds;

    use super::*;

    fn token(environment: Environment) -> (Uuid, NewToken) {
        let id = SystemIds.uuid();
        (id, NewToken::new(environment, id, &SystemIds))
    }

    #[test]
    fn a_token_reads_back_and_shows_little() {
        for environment in Environment::ALL {
            let (id, token) = token(environment);
            let text = token.expose();
            assert_eq!(Token::parse(text).unwrap().id, id);
            assert_eq!(text.len(), "qk_live_".len() + LONG + 1 + SECRET + SHORT, "{text}");
            assert!(text.starts_with(&prefix(environment, id)), "{text}");
            assert!(text.ends_with(token.last_four()) && token.last_four().len() == 4);
            assert_eq!(format!("{token:?}"), "NewToken(…)");
        }
        assert_ne!(token(Environment::Live).1.expose()[31..], token(Environment::Live).1.expose()[31..]);
    }

    #[test]
    fn what_is_no_token_is_refused_without_asking_anybody() {
        let (_, whole) = token(Environment::Live);
        let whole = whole.expose();
        for length in 0..whole.len() {
            assert!(Token::parse(&whole[..length]).is_none(), "cut at {length}");
        }
        for index in 0..whole.len() {
            for other in [b'0', b'a', b'_', b'\'', b' ', 0] {
                let mut bytes = whole.as_bytes().to_vec();
                if std::mem::replace(&mut bytes[index], other) != other {
                    assert!(Token::parse(std::str::from_utf8(&bytes).unwrap()).is_none(), "{index} {other}");
                }
            }
        }
        for wrong in [
            String::new(),
            "qk_".to_owned(),
            "qk_live_".to_owned(),
            format!("{whole}x"),
            format!(" {whole}"),
            whole.replace("live", "prod"),
            whole.to_uppercase(),
            "qk_live_' OR 1=1 --".to_owned(),
            format!("qk_live_{}_{}", "é".repeat(11), "é".repeat(25)),
            format!("qk_live_{}_{}", "z".repeat(22), "z".repeat(50)),
        ] {
            assert!(Token::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn only_the_same_token_under_the_same_key_has_the_hash() {
        let (hasher, other) = (Hasher::new([1; 32]), Hasher::new([2; 32]));
        let (one, two) = (token(Environment::Live).1, token(Environment::Live).1);
        let hash = hasher.of_new(&one);
        assert!(hash.is(&hasher.hash(Token::parse(one.expose()).unwrap())));
        assert!(!hash.is(&hasher.of_new(&two)) && !hash.is(&other.of_new(&one)));
        assert!(hash.is(&TokenHash::parse(&hash.hex()).unwrap()));
        for broken in ["", "zz", &hash.hex()[1..], &"é".repeat(32), &"+1".repeat(32)[..63]] {
            assert!(TokenHash::parse(broken).is_none(), "{broken}");
        }
        assert_eq!(format!("{hasher:?}"), "Hasher(…)");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(any in "\\PC*", tail in "[0-9A-Za-z_]{0,90}") {
            prop_assert!(Token::parse(&any).is_none());
            let text = ["qk_live_", &tail].concat();
            prop_assert!(Token::parse(&text).is_none());
        }
    }
}
