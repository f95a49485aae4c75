use std::fmt;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate_kernel::Ids;

use crate::IdentityError;

/// The form of what is sealed: nonce, then ciphertext and tag.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// The key that protects secrets in the database (AES-256-GCM). Whoever has the database without it reads none.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// From its 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Seals a secret under a label, which says what it is: opened under another label it does not open, so one sealed
    /// thing cannot be put in the place of another.
    pub(crate) fn seal(&self, label: &str, secret: &[u8], ids: &dyn Ids) -> Result<String, IdentityError> {
        let mut nonce = [0u8; NONCE_BYTES];
        ids.fill(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: label.as_bytes() })
            .map_err(|_| IdentityError::Sealed(label.to_owned()))?;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(STANDARD.encode(bytes))
    }

    /// Opens what [`MasterKey::seal`] made under the same label.
    pub(crate) fn open(&self, label: &str, sealed: &str) -> Result<Vec<u8>, IdentityError> {
        let refused = || IdentityError::Sealed(label.to_owned());
        let bytes = STANDARD.decode(sealed).map_err(|_| refused())?;
        let (VERSION, rest) = bytes.split_first().map(|(v, rest)| (*v, rest)).ok_or_else(refused)? else {
            return Err(refused());
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(refused)?;
        self.cipher()
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: label.as_bytes() })
            .map_err(|_| refused())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.0))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use quorate_kernel::SystemIds;

    use super::*;

    #[test]
    fn opens_only_with_the_same_key_and_label_and_untouched() {
        let key = MasterKey::from_bytes([7; 32]);
        let sealed = key.seal("a", b"secret", &SystemIds).unwrap();
        assert_eq!(key.open("a", &sealed).unwrap(), b"secret");
        assert_ne!(sealed, key.seal("a", b"secret", &SystemIds).unwrap());
        assert!(key.open("b", &sealed).is_err());
        assert!(MasterKey::from_bytes([8; 32]).open("a", &sealed).is_err());
        let mut bytes = STANDARD.decode(&sealed).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1;
            assert!(key.open("a", &STANDARD.encode(&bytes)).is_err(), "byte {index}");
            bytes[index] ^= 1;
        }
        assert!(key.open("a", "").is_err() && key.open("a", "AQ==").is_err());
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
    }
}
