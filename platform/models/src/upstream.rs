use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use http::HeaderMap;
use quorate_kernel::Clock;
use reqwest::{Client, Response, Url, redirect};
use serde_json::Value;

use crate::config::ConfigError;
use crate::guard::{AddressRule, TypedResolver};
use crate::key::ApiKey;
use crate::refusal;
use crate::relay::Transport;
use crate::{ModelError, ModelErrorKind};

/// The longest error body that is read; what follows is of no use in a message.
const MAX_REFUSAL: usize = 64 * 1024;
/// Shorter values of headers are no secrets, and may stand in any sentence.
const SHORTEST_SECRET: usize = 8;

/// HTTP clients, one for each connect time-out in use, which is nearly always one: a client owns its connections. Guarded
/// providers have clients of their own, so that they cannot use a connection that no rule was asked about.
#[derive(Default)]
pub(crate) struct Clients {
    made: HashMap<(Duration, bool), Reach>,
}

impl Clients {
    /// What gives connections up after `connect`, and makes only those that the rule lets through.
    pub(crate) fn get(&mut self, connect: Duration, rule: Option<&Arc<dyn AddressRule>>) -> Result<Reach, ConfigError> {
        if let Some(reach) = self.made.get(&(connect, rule.is_some())) {
            return Ok(reach.clone());
        }
        // The binary installs a provider at its start; whoever forgot gets the same one here instead of a panic.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let mut client = Client::builder()
            .connect_timeout(connect)
            .tcp_nodelay(true)
            // A redirect would carry the key to an address nobody configured.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("quorate/", env!("CARGO_PKG_VERSION")));
        if let Some(rule) = rule {
            // A proxy would look the name up itself.
            client = client.no_proxy().dns_resolver(Arc::new(TypedResolver(Arc::clone(rule))));
        }
        let client = client
            .build()
            .map_err(|error| ConfigError::new("models.providers", format!("no HTTP client can be made: {error}")))?;
        let transport = Transport::new(connect, rule.cloned())
            .map_err(|error| ConfigError::new("models.providers", format!("no connections can be made: {error}")))?;
        let reach = Reach { client, transport };
        self.made.insert((connect, rule.is_some()), reach.clone());
        Ok(reach)
    }
}

/// The ways to a server: a client for typed calls, and bare connections for relayed ones.
#[derive(Clone)]
pub(crate) struct Reach {
    pub(crate) client: Client,
    pub(crate) transport: Transport,
}

/// A provider's server: where it is, how to reach it, and what it is called in errors.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) client: Client,
    pub(crate) transport: Transport,
    /// The provider's name in configuration.
    pub(crate) provider: String,
    /// The base URL without a slash at its end.
    pub(crate) base: String,
    pub(crate) key: Option<ApiKey>,
    /// What every call has beside the headers of the format, which go first.
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// An answer that is not a success, with what an adapter needs to ask again in another way.
pub(crate) struct Refusal {
    pub(crate) error: ModelError,
    /// The HTTP status; absent when there was no answer at all.
    pub(crate) status: Option<u16>,
    /// The body in lower case, to look for the name of a parameter in.
    pub(crate) body: String,
}

impl Upstream {
    /// `provider/model`.
    pub(crate) fn target(&self, model: &str) -> String {
        format!("{}/{model}", self.provider)
    }

    /// A failure of `target`, its message shortened and without the key.
    pub(crate) fn error(&self, kind: ModelErrorKind, target: &str, message: &str) -> ModelError {
        ModelError::new(kind, target, refusal::shorten(&self.scrub(message)))
    }

    /// `text` without the key and without what stands in the provider's own headers, which may be keys too: some
    /// providers repeat them in their error.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let clean = self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.scrub(text));
        let values = self.headers.values().filter_map(|value| value.to_str().ok());
        values
            .filter(|value| value.len() >= SHORTEST_SECRET)
            .fold(clean, |clean, value| ApiKey::new(value).scrub(&clean))
    }

    /// Adds the provider's own headers. None takes the place of one that is there.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in self.headers.iter() {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }

    /// Posts `body` to `path` below the base URL. Anything but a success is a refusal.
    pub(crate) async fn post(
        &self,
        path: &str,
        mut headers: HeaderMap,
        body: &Value,
        target: &str,
    ) -> Result<Response, Refusal> {
        self.add_headers(&mut headers);
        let request = self.client.post(format!("{}{path}", self.base)).headers(headers).json(body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                return Err(Refusal { error: self.unreachable(target, error), status: None, body: String::new() });
            }
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = read_limited(response, MAX_REFUSAL).await;
        let (kind, message) = refusal::classify(status, &headers, &body, self.clock.now());
        Err(Refusal {
            error: self.error(kind, target, &message).with_status(status),
            status: Some(status),
            body: body.to_lowercase(),
        })
    }

    /// What a transport error means. Its message names no URL, since a base URL may be private.
    pub(crate) fn unreachable(&self, target: &str, error: reqwest::Error) -> ModelError {
        let kind = if error.is_timeout() { ModelErrorKind::Timeout } else { ModelErrorKind::Unavailable };
        let error = error.without_url();
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        self.error(kind, target, &message)
    }
}

/// The body as text, up to `limit` bytes; a body that breaks off is as good as one that ends there.
pub(crate) async fn read_limited(response: Response, limit: usize) -> String {
    let mut chunks = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(Ok(chunk)) = chunks.next().await {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == limit {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// Checks a base URL and brings it into the form that paths are appended to. A bare `scheme://host:port` gets the
/// `/v1` that every provider's path begins with.
pub(crate) fn base_url(provider: &str, text: &str) -> Result<String, ConfigError> {
    let key = format!("models.providers.{provider}.base_url");
    let url = Url::parse(text.trim()).map_err(|error| ConfigError::new(&key, format!("not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ConfigError::new(key, "must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::new(key, "must not hold a user or password; use api_key"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::new(key, "must not hold a query or fragment"));
    }
    let base = url.as_str().trim_end_matches('/');
    Ok(if url.path() == "/" { format!("{base}/v1") } else { base.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_checked_and_completed() {
        let good = |text| base_url("p", text).unwrap();
        assert_eq!(good("http://127.0.0.1:8000"), "http://127.0.0.1:8000/v1");
        assert_eq!(good("https://openrouter.ai/api/v1/"), "https://openrouter.ai/api/v1");
        for bad in ["ftp://host/v1", "http://user:secret@host/v1", "http://host/v1?key=1", "not a url"] {
            let error = base_url("p", bad).unwrap_err();
            assert_eq!(error.key, "models.providers.p.base_url");
            assert!(!error.message.contains("secret"));
        }
    }
}
