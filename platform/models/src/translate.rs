//! From a provider's answer to the neutral stream, the same for every wire format: reads the bytes, lets the format's
//! translator read each event, and tells a whole answer from one that was cut.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use reqwest::Response;
use serde_json::Value;

use crate::sse::SseScanner;
use crate::upstream::{Upstream, read_limited};
use crate::{ChatEvent, ChatStream, ModelError, ModelErrorKind};

/// The largest answer taken from a server that does not stream.
const MAX_WHOLE: usize = 16 * 1024 * 1024;
/// How long the end of a body is waited for after the answer is complete, so that its connection can be used again.
const LINGER: Duration = Duration::from_millis(100);

/// What is wrong with an event, in the words of the wire format.
pub(crate) type Fault = (ModelErrorKind, String);

/// Reads one wire format. The state of one answer lives in it.
pub(crate) trait Translate: Send + 'static {
    /// Reads the data of one event; what it says is appended to `out`. `Done` closes the answer.
    fn event(&mut self, data: &str, out: &mut Vec<ChatEvent>) -> Result<(), Fault>;
    /// Reads a whole answer from a server that does not stream.
    fn whole(&mut self, answer: &Value, out: &mut Vec<ChatEvent>) -> Result<(), Fault>;
    /// The bytes are over: closes the answer if the model had finished it.
    fn end(&mut self, out: &mut Vec<ChatEvent>);
}

/// An event that is not the JSON it should be.
pub(crate) fn garbled(error: &serde_json::Error) -> Fault {
    (ModelErrorKind::Garbled, format!("an event is not what the protocol says: {error}"))
}

/// The neutral stream of `response`.
pub(crate) async fn translate<T: Translate>(
    upstream: &Upstream,
    target: String,
    response: Response,
    mut translator: T,
) -> Result<ChatStream, ModelError> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").to_lowercase();
    if kind.is_empty() || kind.starts_with("text/event-stream") {
        let bytes = response.bytes_stream().map(|part| part.map(Vec::from)).boxed();
        let reading = Reading {
            upstream: upstream.clone(),
            target,
            bytes,
            scanner: SseScanner::default(),
            translator,
            ready: VecDeque::new(),
            state: State::Open,
        };
        return Ok(stream::unfold(reading, Reading::next).boxed());
    }
    if !kind.starts_with("application/json") {
        let message = format!("answered with {kind:?} instead of an event stream");
        return Err(upstream.error(ModelErrorKind::Garbled, &target, &message));
    }
    let body = read_limited(response, MAX_WHOLE).await;
    let mut events = Vec::new();
    let read = serde_json::from_str::<Value>(&body)
        .map_err(|error| garbled(&error))
        .and_then(|answer| translator.whole(&answer, &mut events));
    read.map_err(|(kind, message)| upstream.error(kind, &target, &message))?;
    Ok(stream::iter(events.into_iter().map(Ok)).boxed())
}

#[derive(PartialEq)]
enum State {
    /// The answer is being read.
    Open,
    /// The answer is complete; the body may have an end left.
    Complete,
    /// Nothing more comes, or nothing that could be trusted.
    Over,
}

struct Reading<T> {
    upstream: Upstream,
    target: String,
    bytes: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    scanner: SseScanner,
    translator: T,
    ready: VecDeque<Result<ChatEvent, ModelError>>,
    state: State,
}

impl<T: Translate> Reading<T> {
    async fn next(mut self) -> Option<(Result<ChatEvent, ModelError>, Self)> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some((item, self));
            }
            match self.state {
                State::Open => match self.bytes.next().await {
                    Some(Ok(bytes)) => self.read(&bytes),
                    Some(Err(error)) => {
                        let cause = self.upstream.unreachable(&self.target, error).message;
                        self.fail(ModelErrorKind::Cut, &format!("the stream broke off: {cause}"));
                    }
                    None => self.end(),
                },
                State::Complete => {
                    self.state = State::Over;
                    let rest = async { while let Some(Ok(_)) = self.bytes.next().await {} };
                    let _ = tokio::time::timeout(LINGER, rest).await;
                }
                State::Over => return None,
            }
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut events = Vec::new();
        let scanned = self.scanner.push(bytes, &mut events);
        self.give(events.iter().map(|event| event.data.as_str()), false);
        if let Err(error) = scanned {
            self.fail(ModelErrorKind::Garbled, &error.to_string());
        }
    }

    fn end(&mut self) {
        let mut events = Vec::new();
        if self.scanner.finish(&mut events).is_ok() {
            self.give(events.iter().map(|event| event.data.as_str()), true);
        }
        if self.state != State::Open {
            return;
        }
        let mut out = Vec::new();
        self.translator.end(&mut out);
        self.hand_out(out);
        if self.state == State::Open {
            if self.scanner.saw_only_strays() {
                self.fail(ModelErrorKind::Garbled, "the stream holds something else than events");
            } else {
                self.fail(ModelErrorKind::Cut, "the stream ended before the answer did");
            }
        }
    }

    /// Lets the translator read events. `last`: they came with the end of the bytes, so one that cannot be read was cut.
    fn give<'a>(&mut self, events: impl Iterator<Item = &'a str>, last: bool) {
        for data in events {
            if self.state != State::Open {
                return;
            }
            let mut out = Vec::new();
            let read = self.translator.event(data, &mut out);
            self.hand_out(out);
            match read {
                Ok(()) => {}
                Err((ModelErrorKind::Garbled, _)) if last => return,
                Err((kind, message)) => self.fail(kind, &message),
            }
        }
    }

    fn hand_out(&mut self, events: Vec<ChatEvent>) {
        for event in events {
            if matches!(event, ChatEvent::Done { .. }) {
                self.state = State::Complete;
            }
            self.ready.push_back(Ok(event));
        }
    }

    fn fail(&mut self, kind: ModelErrorKind, message: &str) {
        // After a complete answer nothing that goes wrong matters.
        if self.state == State::Open {
            self.ready.push_back(Err(self.upstream.error(kind, &self.target, message)));
            self.state = State::Over;
        }
    }
}
