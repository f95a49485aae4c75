use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// SHA-256 works on blocks of this many bytes; a shorter HMAC key is filled up with zeros (RFC 2104).
const BLOCK: usize = 64;

/// Fields as bytes, so that no two lists of fields give the same bytes: each says whether it is there and how long it
/// is. The label in front keeps what is made for one purpose from standing for another.
pub(crate) struct Encoding(Vec<u8>);

impl Encoding {
    pub(crate) fn new(label: &str) -> Self {
        Self(Vec::with_capacity(512)).text(label)
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.push(1);
        self.0.extend_from_slice(&(text.len() as u64).to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn optional(mut self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(text),
            None => {
                self.0.push(0);
                self
            }
        }
    }

    pub(crate) fn number(mut self, number: i64) -> Self {
        self.0.push(2);
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// SHA-256, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        hex(&Sha256::digest(&self.0))
    }
}

/// The log's key.
#[derive(Clone)]
pub(crate) struct Key([u8; BLOCK]);

impl Key {
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        let mut block = [0; BLOCK];
        block[..32].copy_from_slice(&bytes);
        Self(block)
    }

    /// HMAC-SHA-256, in hexadecimal.
    pub(crate) fn mac(&self, encoding: &Encoding) -> String {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(&encoding.0);
        hex(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_mac_is_the_one_of_the_standard() {
        // RFC 4231, test case 2 has a short key, which is what filling up is about.
        let mut block = [0; BLOCK];
        block[..4].copy_from_slice(b"Jefe");
        let mac = Key(block).mac(&Encoding(b"what do ya want for nothing?".to_vec()));
        assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(format!("{:?}", Key::new([7; 32])), "Key(…)");
    }

    fn of(fields: &[Option<String>]) -> Vec<u8> {
        fields.iter().fold(Encoding::new("test"), |encoding, field| encoding.optional(field.as_deref())).0
    }

    proptest! {
        #[test]
        fn different_fields_have_different_bytes(
            one in prop::collection::vec(prop::option::of("[a\u{0}\u{1}]{0,3}"), 0..4),
            two in prop::collection::vec(prop::option::of("[a\u{0}\u{1}]{0,3}"), 0..4),
        ) {
            prop_assert_eq!(one == two, of(&one) == of(&two));
        }
    }

    #[test]
    fn text_cannot_be_moved_from_field_to_field() {
        let bytes = |a: &str, b: &str| Encoding::new("test").text(a).text(b).0;
        assert_ne!(bytes("ab", "c"), bytes("a", "bc"));
        assert_ne!(Encoding::new("test").optional(None).0, Encoding::new("test").text("").0);
        assert_ne!(Encoding::new("test").number(1).0, Encoding::new("test").text("1").0);
    }
}
