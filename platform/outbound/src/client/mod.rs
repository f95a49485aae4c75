//! The one client for requests to addresses that somebody else chose (OPS-8): it speaks to the public internet, and to
//! private hosts only where the operator names them.

mod addresses;
mod allowed;
mod error;
mod reachable;
mod request;
mod resolver;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Client, Method, redirect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use allowed::Allowed;
use resolver::{CheckedResolver, Lookup, SystemLookup};

pub use error::OutboundError;
pub use reachable::Reachable;
pub use request::{Fetched, SafeRequest};

const CONNECT: Duration = Duration::from_secs(5);

/// Which private hosts may be reached. Section `[outbound]` of the configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Hosts that may be reached although their addresses are private, such as an identity provider on premises: exact
    /// host names, addresses, or networks (`10.1.0.0/16`). A name opens private and loopback addresses, never
    /// link-local ones; a network opens whatever lies in it.
    pub allow_hosts: Vec<String>,
}

/// The client. Cheap to clone.
///
/// It resolves names itself and connects only to addresses that it has judged; keeps no cookies, takes no proxy from the
/// environment, follows no redirect unless a request asks for it, and bounds how long and how large an answer may be.
#[derive(Clone)]
pub struct SafeClient {
    http: Client,
    allowed: Arc<Allowed>,
}

impl fmt::Debug for SafeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SafeClient").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl SafeClient {
    /// A client that reaches public hosts, and these.
    ///
    /// # Errors
    /// When a host of the configuration is none, or no TLS is available.
    pub fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        Self::with_lookup(config, Arc::new(SystemLookup))
    }

    /// The same client, which reaches these hosts too: those that the operator configures for a purpose of their own.
    ///
    /// # Errors
    /// When a host is none, or no TLS is available.
    pub fn and_hosts(&self, hosts: &[String]) -> Result<Self, OutboundError> {
        let more = Allowed::new(&OutboundConfig { allow_hosts: hosts.to_vec() })?;
        Self::build(self.allowed.and(more), Arc::new(SystemLookup))
    }

    fn with_lookup(config: &OutboundConfig, lookup: Arc<dyn Lookup>) -> Result<Self, OutboundError> {
        Self::build(Allowed::new(config)?, lookup)
    }

    fn build(allowed: Allowed, lookup: Arc<dyn Lookup>) -> Result<Self, OutboundError> {
        // The binary installs a provider at its start; whoever forgot gets the same one here instead of a panic.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let allowed = Arc::new(allowed);
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("quorate/", env!("CARGO_PKG_VERSION"))));
        let http = Client::builder()
            .default_headers(headers)
            // A redirect is somebody else's choice of address: each is judged by `SafeRequest` as if it were the first.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            // A small answer must not become a large one.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(CONNECT)
            .dns_resolver(Arc::new(CheckedResolver::new(lookup, Arc::clone(&allowed))))
            .build()
            .map_err(|error| OutboundError::Unreachable(error.to_string()))?;
        Ok(Self { http, allowed })
    }

    /// The same client, which reaches no other ports than these.
    #[must_use]
    pub fn only_ports(self, ports: &[u16]) -> Self {
        // Ports stand in URLs and not in answers of the resolver, which goes on with what it has.
        Self { allowed: Arc::new(self.allowed.with_ports(ports)), ..self }
    }

    /// Begins a request that reads.
    pub fn get(&self, url: &str) -> SafeRequest<'_> {
        SafeRequest::new(self, Method::GET, url)
    }

    /// Begins a request that sends something.
    pub fn post(&self, url: &str) -> SafeRequest<'_> {
        SafeRequest::new(self, Method::POST, url)
    }

    /// Reads a JSON document.
    ///
    /// # Errors
    /// When the address may not be reached, or the answer is no success or no such document.
    pub async fn get_json<T: DeserializeOwned>(&self, url: &str, bearer: Option<&str>) -> Result<T, OutboundError> {
        let request = self.get(url).header("accept", "application/json");
        let request = if let Some(token) = bearer { request.bearer(token) } else { request };
        request.send().await?.json()
    }

    /// Sends a form and takes whatever is answered.
    ///
    /// # Errors
    /// When the address may not be reached or nothing is answered.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Result<Fetched, OutboundError> {
        self.post(url).header("accept", "application/json").form(form).send().await
    }
}

#[cfg(test)]
mod tests;
