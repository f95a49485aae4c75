//! Providers that were added at run time: an operator's session is worth less than the configuration file, so they are
//! only reached at addresses that a rule lets through (OPS-8), and their headers of their own are looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

use crate::config::ConfigError;
use crate::key::ApiKey;

/// The most headers of a provider's own.
const MOST_HEADERS: usize = 20;
/// The longest value of one, in bytes.
const LONGEST_VALUE: usize = 4_096;
/// Headers that steer the connection, the body or the log-in, which are ours.
const OURS: [&str; 17] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-api-key",
];

/// Which addresses a guarded provider may be reached at.
pub trait AddressRule: Send + Sync + fmt::Debug {
    /// Refuses what can be told from a URL alone; the sentence goes on after the name of the field.
    ///
    /// # Errors
    /// When it may not be reached.
    fn url(&self, url: &str) -> Result<(), String>;

    /// Whether this address may be connected to for this host name.
    fn address(&self, host: &str, address: IpAddr) -> bool;
}

/// Turns host names into addresses. What a rule has judged is what is connected to: there is no second question that
/// could be answered differently (DNS rebinding).
#[derive(Clone)]
pub(crate) struct Resolver {
    system: GaiResolver,
    rule: Option<Arc<dyn AddressRule>>,
}

impl Resolver {
    pub(crate) fn new(rule: Option<Arc<dyn AddressRule>>) -> Self {
        Self { system: GaiResolver::new(), rule }
    }
}

type Found = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for Resolver {
    type Response = Found;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Found, io::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, rule) = (self.system.call(name.clone()), self.rule.clone());
        Box::pin(async move {
            let all: Vec<_> = found.await?.collect();
            passed(rule.as_deref(), name.as_str(), all)
        })
    }
}

/// The same for the client of typed calls, which is only given it where there is a rule.
pub(crate) struct TypedResolver(pub(crate) Arc<dyn AddressRule>);

impl reqwest::dns::Resolve for TypedResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let rule = Arc::clone(&self.0);
        Box::pin(async move {
            // Port 0 stands for the URL's own.
            let all: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let passed = passed(Some(rule.as_ref()), name.as_str(), all)?;
            Ok(Box::new(passed) as reqwest::dns::Addrs)
        })
    }
}

fn passed(rule: Option<&dyn AddressRule>, host: &str, mut found: Vec<SocketAddr>) -> io::Result<Found> {
    if let Some(rule) = rule {
        found.retain(|address| rule.address(host, address.ip()));
        if found.is_empty() {
            return Err(io::Error::other("the host has no address that may be reached"));
        }
    }
    Ok(found.into_iter())
}

/// The headers that a provider's calls have beside those of its format.
pub(crate) fn headers(provider: &str, own: &BTreeMap<String, ApiKey>) -> Result<HeaderMap, ConfigError> {
    let wrong = |message: String| ConfigError::new(format!("models.providers.{provider}.headers"), message);
    if own.len() > MOST_HEADERS {
        return Err(wrong(format!("must be {MOST_HEADERS} at most")));
    }
    let mut headers = HeaderMap::with_capacity(own.len());
    for (text, value) in own {
        let name =
            HeaderName::try_from(text).map_err(|_| wrong(format!("`{}` is no name of a header", shown(text))))?;
        if OURS.contains(&name.as_str())
            || name.as_str().starts_with("proxy-")
            || name.as_str().starts_with("x-forwarded-")
        {
            return Err(wrong(format!("`{name}` is set by the server itself")));
        }
        let fits = !value.is_empty() && value.reveal().len() <= LONGEST_VALUE;
        let value = HeaderValue::from_str(value.reveal()).ok().filter(|_| fits);
        // The value may be secret, so what is wrong with it is not shown.
        let mut value = value.ok_or_else(|| wrong(format!("`{name}` has a value that no header can have")))?;
        value.set_sensitive(true);
        if headers.insert(name.clone(), value).is_some() {
            return Err(wrong(format!("`{name}` is there twice")));
        }
    }
    Ok(headers)
}

/// A text from outside in a message: one short line.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<HeaderMap, ConfigError> {
        headers("p", &BTreeMap::from([(name.to_owned(), ApiKey::new(value))]))
    }

    #[test]
    fn headers_of_a_provider_cannot_steer_the_connection_or_break_out_of_their_line() {
        assert_eq!(one("X-Title", "Quorate").unwrap()["x-title"], "Quorate");
        for name in ["Host", "content-length", "Transfer-Encoding", "Authorization", "x-api-key", "Proxy-Authorization"]
        {
            assert!(one(name, "x").is_err(), "{name}");
        }
        for name in ["", "a b", "a:b", "x\r\nhost", "é"] {
            assert!(one(name, "x").is_err(), "{name:?}");
        }
        for value in ["a\r\nhost: evil", "a\nb", "a\0b", "", &"x".repeat(LONGEST_VALUE + 1)] {
            let error = one("x-a", value).unwrap_err();
            assert!(error.key == "models.providers.p.headers" && !error.message.contains("evil"), "{error}");
        }
        let twice = BTreeMap::from([("X-A".to_owned(), ApiKey::new("1")), ("x-a".to_owned(), ApiKey::new("2"))]);
        assert!(headers("p", &twice).is_err());
    }

    #[derive(Debug)]
    struct Only(IpAddr);

    impl AddressRule for Only {
        fn url(&self, _: &str) -> Result<(), String> {
            Ok(())
        }

        fn address(&self, host: &str, address: IpAddr) -> bool {
            host == "good.example" && address == self.0
        }
    }

    #[test]
    fn of_the_addresses_of_a_name_only_those_are_connected_to_that_the_rule_lets_through() {
        let (good, bad): (SocketAddr, SocketAddr) =
            ("1.1.1.1:0".parse().unwrap(), "169.254.169.254:0".parse().unwrap());
        let rule = Only(good.ip());
        let through = |host| passed(Some(&rule), host, vec![bad, good]).map(Iterator::collect::<Vec<_>>);
        assert_eq!(through("good.example").unwrap(), [good]);
        assert!(through("evil.example").is_err());
        assert_eq!(passed(None, "any", vec![bad]).unwrap().collect::<Vec<_>>(), [bad]);
    }
}
