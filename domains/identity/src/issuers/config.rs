use std::fmt;

use serde::{Deserialize, Serialize};

use super::keys::TokenAlgorithm;
use crate::social::config::{MASK, name_problem, url_problem};

/// The shortest secret that tokens may be signed with, in bytes (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// Somebody else's log-in whose tokens are taken as our own: Supabase, Auth0, Keycloak (IDN-5). An entry of
/// `identity.issuers`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalIssuer {
    /// Its name here: small letters, digits and `-`.
    pub name: String,
    /// What people see; the name unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What its tokens say in `iss`, to the letter.
    pub issuer: String,
    /// What its tokens must say in `aud`; one of these is enough.
    pub audience: Vec<String>,
    /// How its tokens are signed. No other algorithm is taken.
    pub algorithm: TokenAlgorithm,
    /// Where its public keys are; what `<issuer>/.well-known/openid-configuration` says unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// The secret that it signs with, for `HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_secret: Option<String>,
    /// The environment variable that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_secret_env: Option<String>,
    /// Where the token holds the address; a path such as `user.email`.
    #[serde(default = "email_claim")]
    pub email_claim: String,
    /// Where the token says that the address was confirmed. It must be a claim that people cannot set themselves.
    #[serde(default = "email_verified_claim")]
    pub email_verified_claim: String,
    /// Where the token holds the person's name.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Whether the issuer gives tokens only to people whose address it has confirmed, so that no claim has to say so.
    #[serde(default)]
    pub confirms_emails: bool,
    /// Whether its log-in asks for two factors. Otherwise its tokens do not open accounts that have a second factor.
    #[serde(default)]
    pub second_factor: bool,
}

fn email_claim() -> String {
    "email".to_owned()
}

fn email_verified_claim() -> String {
    "email_verified".to_owned()
}

fn name_claim() -> String {
    "name".to_owned()
}

impl fmt::Debug for ExternalIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalIssuer")
            .field("name", &self.name)
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("algorithm", &self.algorithm)
            .field("jwks_url", &self.jwks_url)
            .field("shared_secret", &self.shared_secret.as_ref().map(|_| MASK))
            .field("shared_secret_env", &self.shared_secret_env)
            .finish_non_exhaustive()
    }
}

impl ExternalIssuer {
    /// What is wrong with it: the field and a sentence about it.
    pub(crate) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut refuse = |field: &'static str, problem: Option<String>| {
            if let Some(problem) = problem {
                problems.push((field, problem));
            }
        };
        let when = |wrong: bool, text: &str| wrong.then(|| text.to_owned());
        refuse("name", name_problem(&self.name));
        refuse("issuer", when(self.issuer.is_empty(), "is empty"));
        refuse("audience", when(self.audience.is_empty(), "name at least one audience"));
        refuse("audience", when(self.audience.iter().any(String::is_empty), "an audience is empty"));
        for (field, path) in [
            ("email_claim", &self.email_claim),
            ("email_verified_claim", &self.email_verified_claim),
            ("name_claim", &self.name_claim),
        ] {
            refuse(field, when(path.split('.').any(str::is_empty), "is no path such as user.email"));
        }
        let has_secret = self.shared_secret.is_some() || self.shared_secret_env.is_some();
        if self.algorithm == TokenAlgorithm::HS256 {
            refuse("shared_secret", when(!has_secret, "is missing, which HS256 needs"));
            refuse("jwks_url", when(self.jwks_url.is_some(), "HS256 has no public keys"));
            let short = self.shared_secret.as_ref().is_some_and(|secret| secret.len() < SHORTEST_SECRET);
            refuse("shared_secret", when(short, "is shorter than 32 characters"));
            let both = self.shared_secret.is_some() && self.shared_secret_env.is_some();
            refuse("shared_secret_env", when(both, "give shared_secret or shared_secret_env, not both"));
        } else {
            refuse("shared_secret", when(has_secret, "is only for HS256"));
            match &self.jwks_url {
                Some(url) => refuse("jwks_url", url_problem(url)),
                None => refuse("issuer", url_problem(&self.issuer)),
            }
        }
        problems
    }

    /// The name that people see.
    pub(crate) fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}

/// The shared secret from where it is configured.
pub(crate) fn long_enough(secret: String) -> Result<String, String> {
    if secret.len() < SHORTEST_SECRET { Err("is shorter than 32 characters".to_owned()) } else { Ok(secret) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn issuer(change: &[(&str, Value)]) -> ExternalIssuer {
        let mut given = json!({"name": "supabase", "issuer": "https://x.supabase.co/auth/v1",
            "audience": ["authenticated"], "algorithm": "ES256"});
        for (name, value) in change {
            given[*name] = value.clone();
        }
        serde_json::from_value(given).unwrap()
    }

    fn wrong(change: &[(&str, Value)]) -> Vec<&'static str> {
        issuer(change).problems().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn what_is_wrong_is_named() {
        let secret = json!("0123456789abcdef0123456789abcdef");
        assert_eq!(wrong(&[]), Vec::<&str>::new());
        assert_eq!(wrong(&[("algorithm", json!("HS256")), ("shared_secret", secret.clone())]), Vec::<&str>::new());
        assert_eq!(wrong(&[("algorithm", json!("HS256"))]), ["shared_secret"]);
        assert_eq!(wrong(&[("algorithm", json!("HS256")), ("shared_secret", json!("short"))]), ["shared_secret"]);
        assert_eq!(wrong(&[("shared_secret", secret)]), ["shared_secret"]);
        assert_eq!(wrong(&[("audience", json!([]))]), ["audience"]);
        assert_eq!(wrong(&[("name", json!("Not a name"))]), ["name"]);
        assert_eq!(wrong(&[("issuer", json!("nonsense"))]), ["issuer"]);
        assert_eq!(wrong(&[("issuer", json!("joes-log-in")), ("jwks_url", json!("https://id.example/keys"))]), [""; 0]);
        assert_eq!(wrong(&[("jwks_url", json!("http://id.example/keys"))]), ["jwks_url"]);
        assert_eq!(wrong(&[("email_claim", json!("user..email"))]), ["email_claim"]);
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!("{:?}", issuer(&[("shared_secret", json!("hunter2hunter2"))]));
        assert!(!shown.contains("hunter2") && shown.contains("***"), "{shown}");
    }
}
