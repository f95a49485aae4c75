//! The mock upstream: a model provider that costs as little as it can and does what it is told.
//!
//! A program of its own (`bench mock`), so that its processor time is not that of the generator, and with one thread.
//! The first segment of a path names the upstream, so that one process is several providers with behaviours of their
//! own: `http://127.0.0.1:PORT/good/v1` is one, `…/bad/v1` another. Beside the models' paths:
//!
//! - `PUT /NAME` with a [`Behaviour`] sets what that upstream does from now on;
//! - `GET /stats` tells what was asked and what is open ([`Stats`]);
//! - `DELETE /stats` begins to count anew; what is open stays open.

mod answer;
mod behaviour;
mod drip;
mod stats;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use answer::{Answers, Format};
pub(crate) use behaviour::{Act, Behaviour};
use drip::Drip;
pub(crate) use stats::Stats;
use stats::{Book, Entry};

/// What a request for an upstream that fails only then carries somewhere in its prompt.
pub(crate) const MARK: &str = "MARKED-TO-FAIL";

/// The most of a request's body that is looked through for what it asks. The prompts of the scenarios stand between:
/// what counts is at the beginning or the end.
const EDGE: usize = 4_096;

/// Serves until the process ends. Says its address on standard output, as one line.
pub(crate) async fn serve(listen: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    let mock = Arc::new(Mock::default());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(Arc::clone(&mock).connection(stream));
    }
}

/// The upstreams by name.
#[derive(Default)]
struct Mock {
    upstreams: Mutex<HashMap<String, Arc<Answers>>>,
    book: Arc<Book>,
}

impl Mock {
    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(move |request| {
            let mock = Arc::clone(&self);
            async move { Ok::<_, Infallible>(mock.answer(request).await) }
        });
        // A connection that is cut, by either side, is what some scenarios are about.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Drip> {
        let (head, body) = request.into_parts();
        let mut segments = head.uri.path().trim_start_matches('/').splitn(2, '/');
        let (name, rest) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        match (&head.method, name, rest) {
            (&Method::GET, "stats", "") => whole(StatusCode::OK, serde_json::to_vec(&self.book.stats()).into()),
            (&Method::DELETE, "stats", "") => {
                self.book.reset();
                whole(StatusCode::NO_CONTENT, Told::Nothing)
            }
            (&Method::PUT, name, "") => self.learn(name, body).await,
            (&Method::POST, name, _) if rest.ends_with("/chat/completions") => {
                self.model(name, Format::Chat, body).await
            }
            (&Method::POST, name, _) if rest.ends_with("/messages") => self.model(name, Format::Messages, body).await,
            _ => whole(StatusCode::NOT_FOUND, Told::Nothing),
        }
    }

    async fn learn(&self, name: &str, body: Incoming) -> Response<Drip> {
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        match serde_json::from_slice::<Behaviour>(&body) {
            Ok(behaviour) => {
                let answers = Arc::new(Answers::of(behaviour));
                self.upstreams.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), answers);
                whole(StatusCode::NO_CONTENT, Told::Nothing)
            }
            Err(error) => whole(StatusCode::BAD_REQUEST, Told::Text(error.to_string().into())),
        }
    }

    async fn model(&self, name: &str, format: Format, body: Incoming) -> Response<Drip> {
        let answers = self.upstreams.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let Some(answers) = answers else { return whole(StatusCode::NOT_FOUND, Told::Nothing) };
        let mut entry = Book::enter(&self.book, name);
        // A client that leaves while it still sends has left; its entry says so when it is dropped.
        let Ok(body) = body.collect().await else { return whole(StatusCode::BAD_REQUEST, Told::Nothing) };
        let body = body.to_bytes();
        let behaviour = answers.behaviour();
        if behaviour.delay_us > 0 {
            tokio::time::sleep(Duration::from_micros(behaviour.delay_us)).await;
        }
        let marked = !behaviour.only_marked || memchr::memmem::find(&body, MARK.as_bytes()).is_some();
        let act = if marked { behaviour.act } else { Act::Answer };
        match act {
            Act::Answer | Act::Cut => give(&answers, format, asks_stream(&body), act == Act::Cut, entry),
            Act::Hang => {
                std::future::pending::<()>().await;
                whole(StatusCode::OK, Told::Nothing)
            }
            Act::Garbage => {
                entry.done();
                whole(StatusCode::OK, Told::Text(Bytes::from_static(b"<html>Please come back later.</html>")))
            }
            Act::RateLimit | Act::Unavailable | Act::Overloaded => {
                entry.failed(name);
                entry.done();
                let status = match act {
                    Act::RateLimit => StatusCode::TOO_MANY_REQUESTS,
                    Act::Overloaded => StatusCode::from_u16(529).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                whole(status, Told::Text(answer::failure(format, status)))
            }
        }
    }
}

/// The answer, whole or as a stream. The entry goes with the body, which knows whether it was taken to its end.
fn give(answers: &Arc<Answers>, format: Format, stream: bool, cut: bool, entry: Entry) -> Response<Drip> {
    let (kind, body) = if stream {
        ("text/event-stream; charset=utf-8", Drip::stream(Arc::clone(answers), format, cut, entry))
    } else {
        ("application/json", Drip::whole(answers.whole(format), cut, entry))
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

/// Whether a body asks for a stream: `"stream": true` at its beginning or its end, with or without the space. A quote
/// inside a prompt is escaped, so a prompt cannot say it.
fn asks_stream(body: &[u8]) -> bool {
    let ends = if body.len() > 2 * EDGE { [&body[..EDGE], &body[body.len() - EDGE..]] } else { [body, &[]] };
    ends.into_iter().any(|part| {
        memchr::memmem::find_iter(part, br#""stream""#).any(|at| {
            let rest = part[at + 8..].trim_ascii_start();
            rest.strip_prefix(b":").is_some_and(|value| value.trim_ascii_start().starts_with(b"true"))
        })
    })
}

/// What a short answer says.
enum Told {
    Nothing,
    Text(Bytes),
}

impl From<serde_json::Result<Vec<u8>>> for Told {
    fn from(json: serde_json::Result<Vec<u8>>) -> Self {
        json.map_or(Self::Nothing, |text| Self::Text(text.into()))
    }
}

fn whole(status: StatusCode, told: Told) -> Response<Drip> {
    let text = match told {
        Told::Nothing => Bytes::new(),
        Told::Text(text) => text,
    };
    let mut response = Response::new(Drip::plain(Full::new(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, hyper::header::HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_asked_for_by_the_field_and_by_nothing_in_a_prompt() {
        let long = format!(r#"{{"model":"m","messages":[{{"content":"{}"}}],"stream": true}}"#, "x".repeat(20_000));
        let cases = [
            (r#"{"model":"m","stream":true}"#, true),
            (r#"{"stream" : true,"model":"m"}"#, true),
            (r#"{"stream":false}"#, false),
            (r#"{"model":"m"}"#, false),
            (r#"{"stream_options":{"include_usage":true}}"#, false),
            (r#"{"content":"say \"stream\": true"}"#, false),
            (long.as_str(), true),
        ];
        for (body, stream) in cases {
            assert_eq!(asks_stream(body.as_bytes()), stream, "{}", &body[..body.len().min(60)]);
        }
    }
}
