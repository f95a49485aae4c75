use quorate_kernel::{Ids, UserId};
use ring::hmac;

/// How many codes an account gets.
pub(super) const CODES: usize = 10;
/// Characters of a code, 5 random bits each.
const LENGTH: usize = 12;
const GROUP: usize = 4;
/// Crockford's base 32: no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A code to sign in with when the second factor is lost: 60 random bits, good once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecoveryCode(String);

impl RecoveryCode {
    pub(super) fn new(ids: &dyn Ids) -> Self {
        let mut bytes = [0u8; LENGTH];
        ids.fill(&mut bytes);
        // 256 is a multiple of 32, so no character is likelier than another.
        Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// What somebody typed, if it has the shape of a code: in any case, with any spaces and hyphens, and with the letters
    /// that people read for digits.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let mut code = String::with_capacity(LENGTH);
        for character in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let character = match character.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            if code.len() == LENGTH || !character.is_ascii() || !ALPHABET.contains(&(character as u8)) {
                return None;
            }
            code.push(character);
        }
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// As it is shown: `abcd-efgh-jkmn`.
    pub(super) fn shown(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        characters.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// What is stored of it. A slow hash would not help who has both database and key, and who lacks the key has nothing
    /// to try against.
    pub(super) fn hash(&self, key: &[u8; 32], user: UserId) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let tag = hmac::sign(&key, format!("{user} {}", self.0).as_bytes());
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quorate_kernel::SystemIds;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = RecoveryCode::read("o1l0-abcd-efgh").unwrap();
        assert_eq!(code.shown(), "0110-abcd-efgh");
        for typed in ["0110abcdefgh", " OILO ABCD EFGH ", "0-1-1-0-a-b-c-d-e-f-g-h", "0110\u{a0}abcd\tefgh"] {
            assert_eq!(RecoveryCode::read(typed).as_ref(), Some(&code), "{typed}");
        }
        for typed in
            ["", "123456", "0110-abcd-efg", "0110-abcd-efghj", "0110-abcd-efgu", "0110-abcd-éfgh", "０110abcdefgh"]
        {
            assert_eq!(RecoveryCode::read(typed), None, "{typed}");
        }
    }

    #[test]
    fn codes_are_random_and_survive_being_shown() {
        let codes: BTreeSet<String> = (0..1000).map(|_| RecoveryCode::new(&SystemIds).shown()).collect();
        assert_eq!(codes.len(), 1000);
        let seen: BTreeSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
        assert_eq!(seen.len(), 33, "32 characters and the hyphen");
        assert!(codes.iter().all(|code| RecoveryCode::read(code).unwrap().shown() == *code));
    }

    #[test]
    fn a_hash_fits_one_code_of_one_user_under_one_key() {
        let (code, user) = (RecoveryCode::new(&SystemIds), UserId(Uuid::from_u128(1)));
        let hash = code.hash(&[1; 32], user);
        assert_eq!(hash, code.hash(&[1; 32], user));
        assert_ne!(hash, code.hash(&[2; 32], user));
        assert_ne!(hash, code.hash(&[1; 32], UserId(Uuid::from_u128(2))));
        assert_ne!(hash, RecoveryCode::new(&SystemIds).hash(&[1; 32], user));
    }
}
