use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// What stands where a secret would.
pub(crate) const MASK: &str = "***";

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Google.
    Google,
    /// GitHub, or a GitHub Enterprise Server.
    GitHub,
    /// LinkedIn.
    LinkedIn,
    /// Sign in with Apple.
    Apple,
    /// Any OpenID Connect issuer.
    Oidc,
}

impl ProviderKind {
    /// The name as it is configured.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::GitHub => "github",
            Self::LinkedIn => "linkedin",
            Self::Apple => "apple",
            Self::Oidc => "oidc",
        }
    }

    const fn label(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("Google"),
            Self::GitHub => Some("GitHub"),
            Self::LinkedIn => Some("LinkedIn"),
            Self::Apple => Some("Apple"),
            Self::Oidc => None,
        }
    }

    const fn issuer(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("https://accounts.google.com"),
            Self::GitHub => Some("https://github.com"),
            Self::LinkedIn => Some("https://www.linkedin.com/oauth"),
            Self::Apple => Some("https://appleid.apple.com"),
            Self::Oidc => None,
        }
    }

    const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Google | Self::LinkedIn | Self::Oidc => &["openid", "email", "profile"],
            Self::GitHub => &["read:user", "user:email"],
            Self::Apple => &["openid", "email", "name"],
        }
    }

    /// Whether it takes a code challenge. LinkedIn refuses an exchange with a verifier.
    pub(crate) const fn takes_pkce(self) -> bool {
        !matches!(self, Self::LinkedIn)
    }

    /// Whether its ID token brings the nonce back. LinkedIn's does not, and GitHub has none.
    pub(crate) const fn returns_nonce(self) -> bool {
        !matches!(self, Self::LinkedIn | Self::GitHub)
    }

    /// Whether the answer comes as a form, which Apple insists on when asked for name or address.
    pub(crate) const fn answers_by_form(self) -> bool {
        matches!(self, Self::Apple)
    }
}

/// A service that people can sign in with (IDN-5). An entry of `identity.providers`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocialProvider {
    /// Its name in addresses: small letters, digits and `-`. The provider must know the address
    /// `<public_url>/api/v1/auth/social/<name>/callback`.
    pub name: String,
    /// What it speaks.
    pub kind: ProviderKind,
    /// What its button says; known for all kinds but `oidc`, where it is the name unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it calls us.
    pub client_id: String,
    /// The password that it gave us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The environment variable that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_env: Option<String>,
    /// Its issuer, to the letter. Known for all kinds but `oidc`; for a GitHub Enterprise Server its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What is asked for; enough to sign in unless told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Apple's name for the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Apple's name for the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Apple's key, the text of the `.p8` file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// The `.p8` file itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key_file: Option<PathBuf>,
}

impl fmt::Debug for SocialProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocialProvider")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.as_ref().map(|_| MASK))
            .field("client_secret_env", &self.client_secret_env)
            .field("issuer", &self.issuer)
            .field("private_key", &self.private_key.as_ref().map(|_| MASK))
            .field("private_key_file", &self.private_key_file)
            .finish_non_exhaustive()
    }
}

impl SocialProvider {
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
        refuse("client_id", when(self.client_id.trim().is_empty(), "is empty"));
        match self.issuer() {
            Some(issuer) => refuse("issuer", url_problem(issuer)),
            None => refuse("issuer", Some("is missing, which kind oidc needs".to_owned())),
        }
        refuse("scopes", when(self.scopes.iter().any(|scope| !is_scope(scope)), "a scope is no word"));
        let has_secret = self.client_secret.is_some() || self.client_secret_env.is_some();
        let both = self.client_secret.is_some() && self.client_secret_env.is_some();
        refuse("client_secret_env", when(both, "give client_secret or client_secret_env, not both"));
        let apple = self.kind == ProviderKind::Apple;
        refuse("client_secret", when(apple && has_secret, "Apple's is made from private_key"));
        let needs_secret = !apple && self.kind != ProviderKind::Oidc;
        refuse("client_secret", when(needs_secret && !has_secret, "is missing"));
        for (field, given) in [("team_id", self.team_id.is_some()), ("key_id", self.key_id.is_some())] {
            refuse(field, when(apple && !given, "is missing, which Apple needs"));
            refuse(field, when(!apple && given, "is only for Apple"));
        }
        let (text, file) = (self.private_key.is_some(), self.private_key_file.is_some());
        refuse("private_key", when(apple && !text && !file, "is missing, which Apple needs"));
        refuse("private_key", when(!apple && (text || file), "is only for Apple"));
        refuse("private_key_file", when(text && file, "give private_key or private_key_file, not both"));
        problems
    }

    /// The issuer in force.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref().or_else(|| self.kind.issuer())
    }

    /// What its button says.
    pub(crate) fn label(&self) -> &str {
        self.label.as_deref().or_else(|| self.kind.label()).unwrap_or(&self.name)
    }

    /// What is asked for, in one line.
    pub(crate) fn scope_line(&self) -> String {
        if self.scopes.is_empty() { self.kind.scopes().join(" ") } else { self.scopes.join(" ") }
    }
}

fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// What is wrong with a name that stands in addresses.
pub(crate) fn name_problem(name: &str) -> Option<String> {
    let fine = (1..=40).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (!fine).then(|| format!("'{name}' is not 1 to 40 small letters, digits and '-'"))
}

/// What is wrong with the address of a service. Without TLS it must be on this machine or on its own network.
pub(crate) fn url_problem(text: &str) -> Option<String> {
    let fine = Url::parse(text).is_ok_and(|url| {
        let near = match url.host() {
            Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".internal") || name.ends_with(".local"),
            Some(Host::Ipv4(address)) => address.is_loopback() || address.is_private(),
            Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local(),
            None => return false,
        };
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && near);
        scheme
            && url.username().is_empty()
            && url.password().is_none()
            && !text.contains('?')
            && url.fragment().is_none()
    });
    (!fine).then(|| format!("'{text}' is not https://host/path"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn provider(given: Value) -> SocialProvider {
        serde_json::from_value(given).unwrap()
    }

    fn wrong(given: Value) -> Vec<&'static str> {
        provider(given).problems().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn what_is_wrong_is_named() {
        let none: [&str; 0] = [];
        assert_eq!(wrong(json!({"name": "google", "kind": "google", "client_id": "c", "client_secret": "s"})), none);
        let oidc = json!({"name": "kc", "kind": "oidc", "client_id": "c", "issuer": "http://keycloak:8080/realms/x"});
        assert_eq!(wrong(oidc), none, "a public client, inside");
        let apple = json!({"name": "apple", "kind": "apple", "client_id": "c", "team_id": "T", "key_id": "K",
            "private_key": "P"});
        assert_eq!(wrong(apple), none);
        assert_eq!(wrong(json!({"name": "x", "kind": "google", "client_id": "", "client_secret": "s"})), ["client_id"]);
        assert_eq!(wrong(json!({"name": "x", "kind": "github", "client_id": "c"})), ["client_secret"]);
        assert_eq!(wrong(json!({"name": "x", "kind": "oidc", "client_id": "c"})), ["issuer"]);
        for issuer in ["http://id.example", "nonsense", "https://id.example/?x", "https://u:p@id.example", "file:///x"]
        {
            assert_eq!(wrong(json!({"name": "x", "kind": "oidc", "client_id": "c", "issuer": issuer})), ["issuer"]);
        }
        for name in ["", "Google", "a/b", "a b", "..", "ä"] {
            assert_eq!(
                wrong(json!({"name": name, "kind": "google", "client_id": "c", "client_secret": "s"})),
                ["name"]
            );
        }
        let halves = json!({"name": "x", "kind": "apple", "client_id": "c", "client_secret": "s"});
        assert_eq!(wrong(halves), ["client_secret", "team_id", "key_id", "private_key"]);
        let both = json!({"name": "x", "kind": "google", "client_id": "c", "client_secret": "s",
            "client_secret_env": "E", "team_id": "T"});
        assert_eq!(wrong(both), ["client_secret_env", "team_id"]);
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!(
            "{:?}",
            provider(json!({"name": "x", "kind": "apple", "client_id": "c", "client_secret": "hunter2",
                "private_key": "hunter3"}))
        );
        assert!(!shown.contains("hunter") && shown.contains("***"), "{shown}");
    }
}
