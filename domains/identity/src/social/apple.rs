use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::json;

use super::error::SocialError;

/// How long a password that we sign ourselves is good for, in seconds. One is made for every exchange.
const LIFE_SECONDS: i64 = 300;

/// The key that Apple gave us, from which the client's password is made: a token signed with ES256.
pub(crate) struct AppleKey {
    team: String,
    kid: String,
    key: EcdsaKeyPair,
}

impl AppleKey {
    /// From the text of the `.p8` file.
    pub(crate) fn new(team: &str, kid: &str, pem: &str) -> Result<Self, String> {
        let wrong = || "is not the text of a .p8 file with a P-256 key".to_owned();
        let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).map_err(|_| wrong())?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new());
        Ok(Self { team: team.to_owned(), kid: kid.to_owned(), key: key.map_err(|_| wrong())? })
    }

    /// The password of this moment.
    pub(crate) fn client_secret(
        &self,
        client_id: &str,
        issuer: &str,
        now: DateTime<Utc>,
    ) -> Result<String, SocialError> {
        let now = now.timestamp();
        let header = json!({"alg": "ES256", "kid": self.kid});
        let claims = json!({"iss": self.team, "iat": now, "exp": now + LIFE_SECONDS, "aud": issuer, "sub": client_id});
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signed = self.key.sign(&SystemRandom::new(), message.as_bytes());
        let signed = signed.map_err(|_| SocialError::failed("Apple's key does not sign"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use quorate_kernel::from_millis;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_password_is_a_token_that_apples_public_key_verifies() {
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(&der));
        let apple = AppleKey::new("TEAM", "KID", &pem).unwrap();
        let secret = apple.client_secret("com.example", "https://appleid.apple.com", from_millis(5_000)).unwrap();
        let (message, signature) = secret.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, apple.key.public_key().as_ref());
        public.verify(message.as_bytes(), &signature).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(message.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            claims,
            json!({"iss": "TEAM", "iat": 5, "exp": 305, "aud": "https://appleid.apple.com", "sub": "com.example"})
        );
        for bad in ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
            assert!(AppleKey::new("T", "K", bad).is_err());
        }
    }
}
