//! Tokens of somebody else's log-in, taken as if they were ours (IDN-5).

mod admit;
mod cache;
pub(crate) mod config;
pub(crate) mod keys;
mod known;
pub(crate) mod remote;
pub(crate) mod token;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jsonwebtoken::DecodingKey;
use serde_json::Value;

use self::config::ExternalIssuer;
use self::keys::TokenAlgorithm;
use self::known::Known;
use self::remote::Remote;
use self::token::{TokenRefusal, Wanted};
use crate::social::claimed::{Claimed, flag};
use crate::social::credentials::secret_of;
use crate::social::ports::Fetch;

/// The issuers whose tokens are taken.
pub(crate) struct Issuers {
    all: Vec<Issuer>,
    known: Known,
}

/// One of them.
pub(crate) struct Issuer {
    config: ExternalIssuer,
    keys: Keys,
}

enum Keys {
    Shared(DecodingKey),
    Published(Box<Remote>),
}

impl Issuers {
    /// # Errors
    /// The place in the list, the field and what is wrong with it.
    pub(crate) fn new(
        configs: &[ExternalIssuer],
        fetch: &Arc<dyn Fetch>,
    ) -> Result<Self, (usize, &'static str, String)> {
        let mut all = Vec::new();
        for (place, config) in configs.iter().enumerate() {
            let issuer = Issuer::new(config, fetch).map_err(|(field, message)| (place, field, message))?;
            all.push(issuer);
        }
        Ok(Self { all, known: Known::default() })
    }

    /// The issuer that a token names. The claim is not verified: it only chooses the rules.
    pub(crate) fn named_by(&self, token: &str) -> Option<&Issuer> {
        if self.all.is_empty() {
            return None;
        }
        let named = token::named_issuer(token)?;
        self.of(&named)
    }

    /// What people call an issuer.
    pub(crate) fn label(&self, issuer: &str) -> Option<&str> {
        self.of(issuer).map(|found| found.config.label())
    }

    /// Its name here.
    pub(crate) fn name(&self, issuer: &str) -> Option<&str> {
        self.of(issuer).map(|found| found.config.name.as_str())
    }

    /// Forgets who an issuer's people are, after somebody's connection with it has gone.
    pub(crate) fn forget(&self, issuer: &str) {
        self.known.forget(issuer);
    }

    fn of(&self, issuer: &str) -> Option<&Issuer> {
        self.all.iter().find(|found| found.config.issuer == issuer)
    }
}

impl Issuer {
    fn new(config: &ExternalIssuer, fetch: &Arc<dyn Fetch>) -> Result<Self, (&'static str, String)> {
        let keys = if config.algorithm == TokenAlgorithm::HS256 {
            let secret = secret_of(config.shared_secret.as_deref(), config.shared_secret_env.as_deref())
                .and_then(|secret| secret.ok_or_else(|| "is missing, which HS256 needs".to_owned()))
                .and_then(config::long_enough)
                .map_err(|message| ("shared_secret", message))?;
            Keys::Shared(DecodingKey::from_secret(secret.as_bytes()))
        } else {
            let remote = Remote::new(&config.issuer, config.jwks_url.as_deref(), Arc::clone(fetch));
            Keys::Published(Box::new(remote))
        };
        Ok(Self { config: config.clone(), keys })
    }

    /// Who the token is about, if it is genuine and for us.
    async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claimed, TokenRefusal> {
        let config = &self.config;
        let issuers = [config.issuer.as_str()];
        let wanted = Wanted { issuers: &issuers, audience: &config.audience };
        let allowed = [config.algorithm];
        let claims = match &self.keys {
            Keys::Shared(key) => {
                token::signed_by(token, &allowed)?;
                token::verify(token, config.algorithm, key, &wanted, now)?
            }
            Keys::Published(remote) => remote.verify(token, &allowed, &wanted, now).await?,
        };
        self.read(&claims).ok_or_else(|| TokenRefusal::Invalid("no subject".to_owned()))
    }

    fn read(&self, claims: &Value) -> Option<Claimed> {
        let config = &self.config;
        Some(Claimed {
            issuer: config.issuer.clone(),
            subject: token::subject(claims)?,
            email: at(claims, &config.email_claim).as_str().map(str::to_owned),
            email_verified: config.confirms_emails || flag(at(claims, &config.email_verified_claim)),
            name: at(claims, &config.name_claim).as_str().map(str::to_owned),
            locale: claims["locale"].as_str().map(str::to_owned),
        })
    }
}

/// The claim at a path such as `user_metadata.email_verified`. A claim whose name holds a dot, as a URL does, is found
/// under its whole name.
fn at<'c>(claims: &'c Value, path: &str) -> &'c Value {
    match &claims[path] {
        Value::Null => path.split('.').fold(claims, |value, part| &value[part]),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_found_by_their_path() {
        let claims = json!({"email": "a", "user": {"email": "b", "deep": {"x": true}}, "https://x.example/email": "c"});
        assert_eq!(at(&claims, "email"), "a");
        assert_eq!(at(&claims, "user.email"), "b");
        assert_eq!(at(&claims, "user.deep.x"), true);
        assert_eq!(at(&claims, "https://x.example/email"), "c");
        assert_eq!(at(&claims, "email.x"), &Value::Null);
        assert_eq!(at(&claims, "nobody.home"), &Value::Null);
    }
}
