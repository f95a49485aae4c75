use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::{OutboundError, SafeClient};

/// The largest answer that is read unless a request says otherwise, in bytes.
const LARGEST: usize = 1024 * 1024;
/// How long a request may take unless it says otherwise, from the look-up to the last byte.
const PATIENCE: Duration = Duration::from_secs(15);

/// A request being put together.
#[must_use = "a request does nothing until it is sent"]
pub struct SafeRequest<'a> {
    client: &'a SafeClient,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
    largest: usize,
    patience: Duration,
    hops: u8,
    /// The first thing that cannot be sent.
    wrong: Option<String>,
}

impl fmt::Debug for SafeRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = super::allowed::shown(&self.url);
        f.debug_struct("SafeRequest").field("method", &self.method).field("url", &shown).finish_non_exhaustive()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// The body of a success as JSON.
    ///
    /// # Errors
    /// When the answer is no success or no such document.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, OutboundError> {
        if !(200..300).contains(&self.status) {
            return Err(OutboundError::Status(self.status));
        }
        // The message of the parser says where, and for wrong types what stood there; no more than a line of it.
        serde_json::from_slice(&self.body)
            .map_err(|error| OutboundError::Unreadable(error.to_string().chars().take(200).collect()))
    }
}

impl<'a> SafeRequest<'a> {
    pub(super) fn new(client: &'a SafeClient, method: Method, url: &str) -> Self {
        Self {
            client,
            method,
            url: url.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            largest: LARGEST,
            patience: PATIENCE,
            hops: 0,
            wrong: None,
        }
    }

    /// Adds a header. It goes to the first address only, never after a redirect to another origin.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(name == AUTHORIZATION);
                self.headers.insert(name, value);
            }
            _ => self.wrong = Some(format!("the header {name} has a value that none can have")),
        }
        self
    }

    /// Authenticates by a token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends a form.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self.body = form_body(fields).into_bytes();
        self
    }

    /// Sends a JSON document.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match serde_json::to_vec(body) {
            Ok(body) => self.body = body,
            Err(error) => self.wrong = Some(error.to_string()),
        }
        self
    }

    /// The largest answer that is read, in bytes.
    pub const fn largest(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// How long the whole may take, redirects included.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Follows up to so many redirects. Each hop is judged as the first address was; only requests that read follow,
    /// and never from https to http.
    pub const fn follow(mut self, hops: u8) -> Self {
        self.hops = hops;
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// When the address may not be reached, nothing is answered in time, or too much.
    pub async fn send(self) -> Result<Fetched, OutboundError> {
        let patience = self.patience;
        timeout(patience, self.run()).await.map_err(|_| OutboundError::TimedOut)?
    }

    async fn run(mut self) -> Result<Fetched, OutboundError> {
        if let Some(wrong) = self.wrong {
            return Err(OutboundError::Request(wrong));
        }
        let mut url = self.client.allowed.url(&self.url)?;
        loop {
            let request = self.client.http.request(self.method.clone(), url.clone()).headers(self.headers.clone());
            let sent = request.body(self.body.clone()).send().await;
            let response = sent.map_err(|error| OutboundError::of(&error))?;
            let Some(next) = self.next_hop(&url, &response)? else { return read(response, self.largest).await };
            if next.origin() != url.origin() {
                self.headers.clear();
            }
            self.hops -= 1;
            url = next;
        }
    }

    /// Where the answer leads, when that is to be followed.
    fn next_hop(&self, from: &Url, response: &Response) -> Result<Option<Url>, OutboundError> {
        let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        if !moved || self.hops == 0 || self.method != Method::GET {
            return Ok(None);
        }
        let Some(location) = response.headers().get(LOCATION).and_then(|location| location.to_str().ok()) else {
            return Ok(None);
        };
        let refused = || OutboundError::Refused(super::allowed::shown(location));
        let next = from.join(location).map_err(|_| refused())?;
        let next = self.client.allowed.url(next.as_str())?;
        if from.scheme() == "https" && next.scheme() != "https" {
            return Err(refused());
        }
        Ok(Some(next))
    }
}

/// A form as it is sent (application/x-www-form-urlencoded).
fn form_body(form: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://form.invalid").ok();
    if let Some(url) = url.as_mut() {
        url.query_pairs_mut().extend_pairs(form);
    }
    url.and_then(|url| url.query().map(str::to_owned)).unwrap_or_default()
}

async fn read(mut response: Response, largest: usize) -> Result<Fetched, OutboundError> {
    let too_large = OutboundError::TooLarge(largest);
    if response.content_length().is_some_and(|length| length > largest as u64) {
        return Err(too_large);
    }
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| OutboundError::of(&error))? {
        // What was announced may not be what comes.
        if body.len() + piece.len() > largest {
            return Err(too_large);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Fetched { status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        assert_eq!(form_body(&[("a b", "c&d=é"), ("x", "")]), "a+b=c%26d%3D%C3%A9&x=");
        assert_eq!(form_body(&[]), "");
    }
}
