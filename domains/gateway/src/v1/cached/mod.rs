//! Answers that are given again (GTW-12): equal requests of one organization get the answer that the first of them got,
//! streamed or whole, as each asks for it; those that come while it is being made wait for it.

mod entry;
mod key;
mod wish;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use memchr::memmem;
use quorate_formats::{Meta, repeated};
use quorate_http::Failure;
use quorate_kernel::{Clock, millis};
use quorate_models::{Models, RelayCall, Relayed};
use quorate_work::cache::{Cache, CacheKey, Joined, Lead};
use tokio::time::timeout_at;

use super::chat::{answered_by, respond};
use super::errors::{bad_body, not_relayed};
use entry::{About, Entry};
use key::Asked;
use wish::{CACHE, Terms, Wish};

/// The longest answer that is kept, in bytes.
const MOST: usize = 1024 * 1024;
/// How long a call waits for an equal one to be answered before it goes its own way: who is waited for may be slow to
/// read.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers calls, from the cache where that is wanted.
pub(super) struct Answers<'a> {
    pub(super) models: &'a Models,
    pub(super) cache: &'a Cache,
    pub(super) clock: &'a Arc<dyn Clock>,
}

impl Answers<'_> {
    pub(super) async fn answer(&self, call: &RelayCall<'_>) -> Result<Response, Failure> {
        let terms = Wish::of(call.headers)?.terms(self.models.cache_of(call.route));
        let Some((terms, key)) = self.named(call, terms)? else {
            return match self.models.relay(call).await {
                Ok(relayed) => Ok(respond(relayed)),
                Err(failure) => not_relayed(failure),
            };
        };
        if !terms.look {
            return self.ask(call, Keep::Anew(self.cache.clone(), key), terms).await;
        }
        let patience = call.begun + PATIENCE;
        let deadline = self.models.deadline_of(call.route, call.begun);
        let until = deadline.map_or(patience, |deadline| deadline.min(patience));
        match timeout_at(until, self.cache.join(key)).await.unwrap_or(Joined::Alone) {
            Joined::Found(bytes) => match self.replay(call, &bytes) {
                Some(response) => Ok(response),
                // Of another version, or damaged: this answer takes its place.
                None => self.ask(call, Keep::Anew(self.cache.clone(), key), terms).await,
            },
            Joined::Lead(lead) => self.ask(call, Keep::Lead(lead), terms).await,
            Joined::Alone => self.ask(call, Keep::No, terms).await,
        }
    }

    /// The name of the answer in the cache, if that has a part in the call.
    fn named(&self, call: &RelayCall<'_>, terms: Option<Terms>) -> Result<Option<(Terms, CacheKey)>, Failure> {
        let Some(terms) = terms.filter(|_| !goes_on(call.body)) else { return Ok(None) };
        let Some(targets) = self.models.resolve(call.route) else { return Ok(None) };
        let print = self.models.print_of(call.route);
        let asked = Asked {
            org: (!terms.shared).then_some(call.caller.org_id),
            format: call.format,
            targets: &targets,
            print: &print,
            headers: call.headers,
            envelope: call.envelope,
            body: call.body,
        };
        Ok(Some((terms, asked.key().map_err(bad_body)?)))
    }

    /// Asks the route, and keeps what comes.
    async fn ask(&self, call: &RelayCall<'_>, keep: Keep, terms: Terms) -> Result<Response, Failure> {
        let relayed = match self.models.relay(call).await {
            Ok(relayed) => relayed,
            Err(failure) => {
                keep.nothing();
                return not_relayed(failure);
            }
        };
        let about = About {
            streamed: relayed.headers.get(header::CONTENT_TYPE).is_some_and(is_stream),
            stream_usage: call.envelope.stream_usage,
            target: relayed.target.clone(),
            usage: None,
            at: 0,
        };
        let clock = Arc::clone(self.clock);
        let mut response = match keep {
            Keep::No => respond(relayed),
            keep => {
                let body = relayed.body.kept(MOST, move |passed| {
                    let entry = passed.and_then(|passed| {
                        let about = About { usage: passed.usage, at: millis(clock.now()), ..about };
                        Entry { about, answer: passed.bytes }.write()
                    });
                    match entry {
                        Some(bytes) => keep.this(bytes, terms.ttl),
                        None => keep.nothing(),
                    }
                });
                respond(Relayed { body, ..relayed })
            }
        };
        let came = if terms.look { "miss" } else { "refresh" };
        response.headers_mut().insert(CACHE, HeaderValue::from_static(came));
        Ok(response)
    }

    fn replay(&self, call: &RelayCall<'_>, bytes: &Bytes) -> Option<Response> {
        let entry = Entry::read(bytes)?;
        let now = self.clock.now();
        let meta = Meta {
            id: call.caller.request_id.clone(),
            model: entry.about.target.clone(),
            created: u64::try_from(now.timestamp()).unwrap_or_default(),
            stream_usage: call.envelope.stream_usage,
            repeated: repeated(call.format, call.body),
        };
        let answer = entry.replay(call.format, call.envelope.stream, meta)?;
        self.models.found(call, &entry.about.target);
        let mut response = Response::new(Body::from(answer));
        let kind = if call.envelope.stream { "text/event-stream" } else { "application/json" };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE, HeaderValue::from_static("hit"));
        headers.insert(header::AGE, HeaderValue::from(entry.age(millis(now)).as_secs()));
        Some(answered_by(response, entry.about.target, 0))
    }
}

/// Whether the answer depends on what the provider has stored, or comes later.
fn goes_on(body: &[u8]) -> bool {
    let fields: [&[u8]; 3] = [b"\"previous_response_id\"", b"\"conversation\"", b"\"background\""];
    fields.iter().any(|field| memmem::find(body, field).is_some())
}

fn is_stream(kind: &HeaderValue) -> bool {
    kind.as_bytes().starts_with(b"text/event-stream")
}

/// What becomes of an answer.
enum Keep {
    /// Others wait for it.
    Lead(Lead),
    /// It takes the place of what is there.
    Anew(Cache, CacheKey),
    /// It is given once.
    No,
}

impl Keep {
    /// Keeps the answer. Whoever reads it has its last byte already, so nobody waits for this.
    fn this(self, bytes: Bytes, ttl: Duration) {
        match self {
            Self::Lead(lead) => drop(tokio::spawn(lead.land(bytes, ttl))),
            Self::Anew(cache, key) => drop(tokio::spawn(async move { cache.put(key, bytes, ttl).await })),
            Self::No => {}
        }
    }

    /// There is no answer that others could have.
    fn nothing(self) {
        if let Self::Lead(lead) = self {
            lead.give_up();
        }
    }
}
