//! How a contestant is asked for a chat completion, and what it is asked.

use std::net::SocketAddr;

use anyhow::Result;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use serde_json::json;

use super::mock::MARK;

/// Where and as whom a contestant is asked, and for which model or route.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Usually `/v1/chat/completions`.
    pub(crate) path: String,
    /// The key, and what else it wants to know.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// What stands in the request's `model`.
    pub(crate) model: String,
}

impl Way {
    /// The usual path, with a key if there is one.
    pub(crate) fn new(address: SocketAddr, model: &str, key: Option<&str>) -> Result<Self> {
        let mut way =
            Self { address, path: "/v1/chat/completions".to_owned(), headers: Vec::new(), model: model.to_owned() };
        if let Some(key) = key {
            way = way.with("authorization", &format!("Bearer {key}"))?;
        }
        Ok(way)
    }

    /// The same with one more header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Result<Self> {
        self.headers.push((name.parse()?, value.parse()?));
        Ok(self)
    }

    /// The same with another path.
    pub(crate) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The same for another model or route.
    pub(crate) fn model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    /// The body of a request.
    pub(crate) fn body(&self, ask: &Ask) -> Bytes {
        let mut prompt = if ask.marked { format!("{MARK} ") } else { String::new() };
        if let Some(number) = ask.number {
            prompt += &format!("Question {number}. ");
        }
        while prompt.len() < ask.prompt {
            prompt += "The quick brown fox jumps over the lazy dog and asks what it costs. ";
        }
        let mut body = json!({
            "model": self.model,
            "messages": [
                { "role": "system", "content": "You are a helpful assistant." },
                { "role": "user", "content": prompt },
            ],
            "max_tokens": 256,
            "temperature": 0.2,
        });
        if ask.stream {
            body["stream"] = json!(true);
            body["stream_options"] = json!({ "include_usage": true });
        }
        body.to_string().into()
    }

    /// A request with this body.
    pub(crate) fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>> {
        let mut request = Request::post(self.path.as_str()).body(Full::new(body))?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.address.to_string().parse()?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(request)
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    /// Bytes of prompt, at least.
    pub(crate) prompt: usize,
    /// Whether the answer is to come as a stream, with its usage.
    pub(crate) stream: bool,
    /// Whether an upstream that fails only marked requests fails this one.
    pub(crate) marked: bool,
    /// Makes a prompt unlike others.
    pub(crate) number: Option<u64>,
}

impl Ask {
    /// About 1 kB.
    pub(crate) const SHORT: Self = Self { prompt: 800, stream: false, marked: false, number: None };
    /// About 100 kB.
    pub(crate) const LONG: Self = Self { prompt: 100_000, ..Self::SHORT };
    /// About 1 kB, streamed.
    pub(crate) const STREAM: Self = Self { stream: true, ..Self::SHORT };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_as_long_as_they_claim_and_say_what_is_asked() {
        let way = Way::new("127.0.0.1:1".parse().unwrap(), "m", Some("sk-1")).unwrap();
        let short = way.body(&Ask::SHORT).len();
        let long = way.body(&Ask::LONG).len();
        assert!((900..1_200).contains(&short), "{short}");
        assert!((100_000..101_000).contains(&long), "{long}");
        let marked = way.body(&Ask { marked: true, number: Some(7), ..Ask::STREAM });
        let marked = std::str::from_utf8(&marked).unwrap();
        assert!(marked.contains(MARK) && marked.contains("Question 7.") && marked.contains(r#""stream":true"#));
        let request = way.request(Bytes::new()).unwrap();
        assert_eq!(request.headers()["authorization"], "Bearer sk-1");
    }
}
