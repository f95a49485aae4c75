//! Signing in with another service, and tokens of external issuers (IDN-5).

mod apple;
pub(crate) mod claimed;
pub(crate) mod config;
mod connections;
pub(crate) mod credentials;
pub(crate) mod error;
mod flow;
mod github;
mod linking;
mod next;
mod openid;
pub(crate) mod ports;
mod provider;
mod state;

use std::collections::HashSet;
use std::sync::Arc;

use quorate_outbound::SafeClient;
use url::Url;

pub(crate) use connections::Connected;
pub(crate) use flow::{Outcome, Return};
pub(crate) use next::{HOME, own_page};
pub(crate) use provider::{Answer, Provider};
pub(crate) use state::FLOW_SECONDS;

use self::config::ProviderKind;
use self::ports::Fetch;
use crate::issuers::Issuers;
use crate::{Identity, IdentityConfig, IdentityError};

/// A service that the log-in page offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocialMethod {
    /// Its name in addresses.
    pub name: String,
    /// What it speaks, which chooses the picture on its button.
    pub kind: ProviderKind,
    /// What its button says.
    pub label: String,
}

/// The services outside that are believed.
pub(crate) struct Outside {
    providers: Vec<Provider>,
    pub(crate) issuers: Issuers,
}

impl Outside {
    /// # Errors
    /// When an entry of the configuration cannot be used.
    pub(crate) fn new(config: &IdentityConfig, http: &SafeClient) -> Result<Self, IdentityError> {
        let client = http.and_hosts(&hosts(config)).map_err(|error| IdentityError::Broken(error.to_string()))?;
        let fetch: Arc<dyn Fetch> = Arc::new(client);
        let mut providers = Vec::new();
        for (place, provider) in config.providers.iter().enumerate() {
            let provider = Provider::new(provider, &fetch).map_err(|(field, message)| {
                IdentityError::Broken(format!("identity.providers[{place}].{field}: {message}"))
            })?;
            providers.push(provider);
        }
        let issuers = Issuers::new(&config.issuers, &fetch).map_err(|(place, field, message)| {
            IdentityError::Broken(format!("identity.issuers[{place}].{field}: {message}"))
        })?;
        Ok(Self { providers, issuers })
    }

    /// The provider of a name.
    pub(crate) fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.config.name == name)
    }

    /// What people call the service with this issuer.
    fn label(&self, issuer: &str) -> Option<&str> {
        let provider = self.providers.iter().find(|provider| provider.issuer == issuer);
        provider.map(|provider| provider.config.label()).or_else(|| self.issuers.label(issuer))
    }

    /// The name of the service with this issuer, as it is configured now.
    fn name(&self, issuer: &str) -> Option<&str> {
        let provider = self.providers.iter().find(|provider| provider.issuer == issuer);
        provider.map(|provider| provider.config.name.as_str()).or_else(|| self.issuers.name(issuer))
    }

    /// Whether people can sign in with an identity of this issuer.
    pub(crate) fn lets_in(&self, issuer: &str) -> bool {
        self.name(issuer).is_some()
    }
}

impl Identity {
    /// The services that the log-in page offers, in the order of the configuration.
    #[must_use]
    pub fn social_methods(&self) -> Vec<SocialMethod> {
        let method = |provider: &Provider| SocialMethod {
            name: provider.config.name.clone(),
            kind: provider.config.kind,
            label: provider.config.label().to_owned(),
        };
        self.outside.providers.iter().map(method).collect()
    }
}

/// The hosts of the configured services, which may be private: the operator chose them.
fn hosts(config: &IdentityConfig) -> Vec<String> {
    let providers = config.providers.iter().filter_map(|provider| provider.issuer());
    let issuers = config.issuers.iter().flat_map(|issuer| [Some(issuer.issuer.as_str()), issuer.jwks_url.as_deref()]);
    let urls = providers.chain(issuers.flatten()).filter_map(|url| Url::parse(url).ok());
    let host = |url: Url| url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned());
    urls.filter_map(host).collect::<HashSet<_>>().into_iter().collect()
}

/// What is wrong with the services outside in the section `[identity]`: keys such as `identity.providers[0].client_id`,
/// and a sentence about each.
#[must_use]
pub fn problems(config: &IdentityConfig, public_url: &str) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let (mut names, mut issuers) = (HashSet::new(), HashSet::new());
    for (place, provider) in config.providers.iter().enumerate() {
        let key = |field: &str| format!("identity.providers[{place}].{field}");
        problems.extend(provider.problems().into_iter().map(|(field, message)| (key(field), message)));
        if !names.insert(provider.name.as_str()) {
            problems.push((key("name"), format!("'{}' is taken by an entry above", provider.name)));
        }
        if !issuers.insert(provider.issuer()) && provider.issuer().is_some() {
            problems.push((key("issuer"), "is the issuer of an entry above".to_owned()));
        }
    }
    let mut issuers = HashSet::new();
    for (place, issuer) in config.issuers.iter().enumerate() {
        let key = |field: &str| format!("identity.issuers[{place}].{field}");
        problems.extend(issuer.problems().into_iter().map(|(field, message)| (key(field), message)));
        if !names.insert(issuer.name.as_str()) {
            problems.push((key("name"), format!("'{}' is taken by an entry above", issuer.name)));
        }
        if !issuers.insert(issuer.issuer.as_str()) {
            problems.push((key("issuer"), "is the issuer of an entry above".to_owned()));
        }
        if issuer.issuer == public_url {
            problems.push((key("issuer"), "is this server itself".to_owned()));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn wrong(config: Value) -> Vec<String> {
        let config: IdentityConfig = serde_json::from_value(config).unwrap();
        problems(&config, "https://board.example").into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn problems_name_their_keys() {
        let good = json!({"name": "google", "kind": "google", "client_id": "c", "client_secret": "s"});
        let issuer = json!({"name": "kc", "issuer": "https://kc.example", "audience": ["us"], "algorithm": "RS256"});
        assert_eq!(wrong(json!({"providers": [good], "issuers": [issuer]})), [""; 0]);
        assert_eq!(
            wrong(json!({"providers": [good, good]})),
            ["identity.providers[1].name", "identity.providers[1].issuer"]
        );
        let mut own = issuer.clone();
        own["issuer"] = json!("https://board.example");
        own["name"] = json!("google");
        assert_eq!(
            wrong(json!({"providers": [good], "issuers": [issuer, own]})),
            ["identity.issuers[1].name", "identity.issuers[1].issuer"]
        );
        let mut nameless = good;
        nameless["client_id"] = json!("");
        assert_eq!(wrong(json!({"providers": [nameless]})), ["identity.providers[0].client_id"]);
    }

    #[test]
    fn only_configured_hosts_may_be_private() {
        let config = json!({
            "providers": [{"name": "a", "kind": "oidc", "client_id": "c", "issuer": "http://[::1]:8080/realms/x"}],
            "issuers": [{"name": "b", "issuer": "plain", "jwks_url": "http://10.0.0.7/keys", "audience": ["us"],
                "algorithm": "RS256"}],
        });
        let mut hosts = hosts(&serde_json::from_value(config).unwrap());
        hosts.sort();
        assert_eq!(hosts, ["10.0.0.7", "::1"]);
    }
}
