use std::net::IpAddr;
use std::sync::Arc;

use reqwest::Url;

use super::allowed::Allowed;
use super::{OutboundConfig, OutboundError};

/// The rules of [`SafeClient`](super::SafeClient) by themselves, for clients that must be others: which addresses may be
/// reached. Whoever uses them asks [`Reachable::url`] once and [`Reachable::address`] for every address that a name
/// resolves to, and connects to nothing else.
#[derive(Debug, Clone)]
pub struct Reachable(Arc<Allowed>);

impl Reachable {
    /// Public hosts, and those of the configuration.
    ///
    /// # Errors
    /// When a host of the configuration is none.
    pub fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        Ok(Self(Arc::new(Allowed::new(config)?)))
    }

    /// Refuses what can be told from a URL alone: a scheme, a user, an address in any notation.
    ///
    /// # Errors
    /// When it may not be reached.
    pub fn url(&self, text: &str) -> Result<(), OutboundError> {
        self.0.url(text).map(drop)
    }

    /// Whether the configuration names the URL's host, or a network that its address lies in.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        Url::parse(text).is_ok_and(|url| url.host_str().is_some_and(|host| self.0.names(host)))
    }

    /// Whether this address may be connected to for this host name.
    #[must_use]
    pub fn address(&self, host: &str, address: IpAddr) -> bool {
        self.0.address(Some(host), address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_by_its_name_or_by_a_network_that_it_lies_in() {
        let hosts = ["llm.corp.example", "10.1.0.0/16", "127.0.0.1"].map(str::to_owned).to_vec();
        let rules = Reachable::new(&OutboundConfig { allow_hosts: hosts }).unwrap();
        for (url, named) in [
            ("http://llm.corp.example:8000/v1", true),
            ("http://LLM.corp.example./v1", true),
            ("http://10.1.2.3/v1", true),
            ("http://2130706433/v1", true),
            ("http://evil.example/v1", false),
            ("http://10.2.0.1/v1", false),
            ("not a url", false),
        ] {
            assert_eq!(rules.is_named(url), named, "{url}");
        }
        assert!(rules.url("http://169.254.169.254/latest").is_err() && rules.url("http://10.1.2.3/v1").is_ok());
        assert!(!rules.address("llm.corp.example", "169.254.169.254".parse().unwrap()));
    }
}
