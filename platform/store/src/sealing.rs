use std::fmt;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate_kernel::Ids;
use sha2::{Digest as _, Sha256};

/// The form of what is sealed: nonce, then ciphertext and tag.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// A secret that cannot be opened. The label says which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the master key does not open {0}: was it replaced, or the database restored without it?")]
pub struct SealError(pub String);

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
    ///
    /// # Errors
    /// When the secret is longer than the cipher takes (64 GiB).
    pub fn seal(&self, label: &str, secret: &[u8], ids: &dyn Ids) -> Result<String, SealError> {
        let mut nonce = [0u8; NONCE_BYTES];
        ids.fill(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: label.as_bytes() })
            .map_err(|_| SealError(label.to_owned()))?;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(STANDARD.encode(bytes))
    }

    /// Opens what [`MasterKey::seal`] made under the same label.
    ///
    /// # Errors
    /// When it was sealed with another key or label, or was changed since.
    pub fn open(&self, label: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let refused = || SealError(label.to_owned());
        let bytes = STANDARD.decode(sealed).map_err(|_| refused())?;
        let (VERSION, rest) = bytes.split_first().map(|(v, rest)| (*v, rest)).ok_or_else(refused)? else {
            return Err(refused());
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(refused)?;
        self.cipher()
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: label.as_bytes() })
            .map_err(|_| refused())
    }

    /// A key for one other purpose. Knowing it tells nothing about the master key or the other purposes' keys.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        // The purpose's length keeps the boundary; a fixed prefix keeps this apart from any other use of the key.
        hash.update(b"quorate key derivation 1");
        hash.update(self.0);
        hash.update((purpose.len() as u64).to_be_bytes());
        hash.update(purpose.as_bytes());
        // Twice, so that no one can extend what was hashed.
        Sha256::digest(hash.finalize()).into()
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
