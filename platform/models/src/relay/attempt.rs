use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use quorate_formats::{
    Format, Meta, StreamTranslator, UsageFilter, UsageScanner, repeated, translate_answer, translate_request,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::{Instant, timeout_at};

use super::align::Align;
use super::body::{Passing, Stream};
use super::record::Recorder;
use super::{Recording, Refusal, RelayBody, RelayCall, RelayFailure, Relayed, estimated_input, headers, local};
use crate::gemini;
use crate::routing::{Leg, Permit};
use crate::upstream::Upstream;
use crate::{Ending, ModelError, ModelErrorKind, Models, Reserved, refusal};

/// The longest answer that is read into memory.
pub(super) const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The longest refusal that is read.
pub(super) const MAX_REFUSAL: usize = 256 * 1024;

/// One attempt at one target.
struct Attempt<'a> {
    leg: &'a Leg,
    upstream: &'a Upstream,
    call: &'a RelayCall<'a>,
    /// What an answer that we write says of itself.
    meta: Meta,
    /// What the target speaks.
    spoken: Format,
    recorder: Recorder,
    permit: Option<Permit>,
    started: Instant,
    deadline: Instant,
    /// Whether it is the caller's deadline, and not the target's.
    hurried: bool,
}

impl Models {
    /// Asks one target. What was set aside for the call goes with the attempt that answers.
    pub(super) async fn attempt(
        &self,
        leg: &Leg,
        call: &RelayCall<'_>,
        number: u32,
        permit: Permit,
        reserved: &mut Option<Reserved>,
        deadline: Option<Instant>,
    ) -> Result<Relayed, RelayFailure> {
        let started = Instant::now();
        let recording = Recording {
            caller: call.caller,
            route: call.route,
            streamed: call.envelope.stream,
            estimated_input: estimated_input(call),
            number,
        };
        let mut recorder = self.recorder(leg, &recording);
        let mut meta = Meta {
            id: call.caller.request_id.clone(),
            model: leg.target.clone(),
            created: u64::try_from(self.clock.now().timestamp()).unwrap_or_default(),
            stream_usage: call.envelope.stream_usage,
            ..Meta::default()
        };
        if leg.provider.kind.spoken(call.format) != Some(call.format) {
            meta.repeated = repeated(call.format, call.body);
        }
        let Some(upstream) = &leg.upstream else {
            recorder.reserved = reserved.take();
            return local::answer(leg, call, meta, recorder, permit, deadline).await;
        };
        let Some(spoken) = leg.provider.kind.spoken(call.format) else {
            let error = ModelError::new(ModelErrorKind::BadRequest, &leg.target, "this provider has no chat models");
            permit.failed(&error.kind);
            recorder.end(Ending::Failed(error.kind.clone()), None);
            return Err(error.into());
        };
        let last = started + leg.timeouts.total;
        // A caller with little time says nothing about the target.
        let hurried = deadline.is_some_and(|deadline| deadline < last);
        let deadline = deadline.map_or(last, |deadline| deadline.min(last));
        let permit = Some(permit);
        let attempt = Attempt { leg, upstream, call, meta, spoken, recorder, permit, started, deadline, hurried };
        attempt.run(reserved).await
    }
}

impl Attempt<'_> {
    async fn run(mut self, reserved: &mut Option<Reserved>) -> Result<Relayed, RelayFailure> {
        let first_deadline = self.deadline.min(self.started + self.leg.timeouts.first_token);
        let limit = if self.call.envelope.stream { first_deadline } else { self.deadline };
        let begun = match timeout_at(limit, self.begin()).await {
            Ok(Ok(begun)) => begun,
            Ok(Err((error, refusal))) => return Err(self.failed(error, refusal)),
            Err(_) => {
                let error = self.error(ModelErrorKind::Timeout, "nothing came within the time allowed");
                return Err(self.failed(error, None));
            }
        };
        let target = self.leg.target.clone();
        let Begun { status, headers, piece, rest } = begun;
        let body = match rest {
            Some(rest) => RelayBody::stream(self.stream(piece, rest, reserved)?),
            None => RelayBody::whole(self.whole(piece, reserved)?),
        };
        Ok(Relayed { status, headers, target, attempts: 0, body })
    }

    /// Sends the request and waits until the answer has begun: its first piece, or all of one that is not streamed.
    async fn begin(&mut self) -> Result<Begun, (ModelError, Option<Box<Refusal>>)> {
        let same = self.spoken == self.call.format;
        let body = self.body(same)?;
        let key = self.upstream.key.as_ref();
        let mut headers = headers::up(self.spoken, key, self.call.headers, same)
            .ok_or_else(|| (self.error(ModelErrorKind::Unauthorized, "the key is no header value"), None))?;
        self.upstream.add_headers(&mut headers);
        let uri = self.uri().map_err(|error| (self.error(ModelErrorKind::BadRequest, &error), None))?;
        let response = match self.upstream.transport.post(uri, headers, body).await {
            Ok(response) => response,
            Err(unreached) => return Err((self.error(ModelErrorKind::Unavailable, &unreached.message), None)),
        };
        self.recorder.answered(response.status().as_u16());
        if !response.status().is_success() {
            return Err(self.refused(response, same).await);
        }
        let (parts, mut rest) = response.into_parts();
        let mut headers = headers::down(&parts.headers);
        let streams = is_stream(&parts.headers);
        if !streams {
            let piece = collect(&mut rest, MAX_ANSWER).await.map_err(|message| self.cut(&message))?;
            return Ok(Begun { status: parts.status, headers, piece, rest: None });
        }
        if !same {
            headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("text/event-stream"));
        }
        let piece = self.first(&mut rest).await?;
        Ok(Begun { status: parts.status, headers, piece, rest: Some(rest) })
    }

    /// The first piece of a stream. A stream that dies before it, or begins with an error, has not begun: the next
    /// target may still answer.
    async fn first(&mut self, rest: &mut Incoming) -> Result<Bytes, (ModelError, Option<Box<Refusal>>)> {
        loop {
            match rest.frame().await {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    if piece.is_empty() {
                        continue;
                    }
                    let mut scanner = UsageScanner::new(self.spoken);
                    scanner.push(&piece);
                    if let Some(error) = scanner.error() {
                        let (kind, message) = refusal::classify_streamed(error);
                        return Err((self.error(kind, &message), None));
                    }
                    return Ok(piece);
                }
                Some(Err(error)) => return Err(self.cut(&error.to_string())),
                None => return Err(self.cut("the stream ended before it began")),
            }
        }
    }

    fn body(&self, same: bool) -> Result<Bytes, (ModelError, Option<Box<Refusal>>)> {
        let (call, model) = (self.call, self.leg.model.as_str());
        let dialect = self.leg.provider.kind.facts().dialect;
        let body = if same {
            let want_usage = self.spoken == Format::OpenAiChat && dialect.stream_options && call.envelope.stream;
            call.envelope.rewrite(call.body, model, want_usage)
        } else {
            translate_request(call.format, self.spoken, call.body, model).map_err(|error| {
                // Another target may speak the caller's format, so this one's ignorance is no fault of the request.
                (self.error(ModelErrorKind::BadRequest, &error.to_string()), None)
            })?
        };
        Ok(Bytes::from(if self.spoken == Format::OpenAiChat { dialect.adapt(body) } else { body }))
    }

    async fn refused(&self, response: Response<Incoming>, same: bool) -> (ModelError, Option<Box<Refusal>>) {
        let (parts, mut rest) = response.into_parts();
        let body = collect(&mut rest, MAX_REFUSAL).await.unwrap_or_default();
        let text = String::from_utf8_lossy(&body);
        let (kind, message) =
            refusal::classify(parts.status.as_u16(), &parts.headers, &text, self.upstream.clock.now());
        let error = self.error(kind, &message);
        // A wrong key or an empty account of ours is none of the caller's business.
        let theirs = !matches!(error.kind, ModelErrorKind::Unauthorized | ModelErrorKind::QuotaExhausted);
        let refusal = (same && theirs).then(|| {
            Box::new(Refusal {
                status: parts.status,
                headers: headers::down(&parts.headers),
                body: Bytes::from(self.upstream.scrub(&text)),
            })
        });
        (error, refusal)
    }

    /// What was set aside stays for the next attempt where this one cannot be passed on.
    fn stream(mut self, piece: Bytes, rest: Incoming, reserved: &mut Option<Reserved>) -> Result<Stream, RelayFailure> {
        let same = self.spoken == self.call.format;
        let hides_usage = same && self.spoken == Format::OpenAiChat && !self.call.envelope.stream_usage;
        let passing = if hides_usage {
            Passing::Filtered(UsageFilter::default())
        } else if same {
            Passing::Bytes(Align::default())
        } else {
            match StreamTranslator::new(self.spoken, self.call.format, self.meta.clone()) {
                Ok(translator) => Passing::Translated(Box::new(translator)),
                Err(error) => {
                    let error = self.error(ModelErrorKind::BadRequest, &error.to_string());
                    return Err(self.failed(error, None));
                }
            }
        };
        self.recorder.reserved = reserved.take();
        if let Some(permit) = &mut self.permit {
            permit.began(self.started.elapsed());
        }
        let idle = self.leg.timeouts.idle;
        Ok(Stream {
            first: Some(piece),
            rest,
            scanner: UsageScanner::new(self.spoken),
            passing,
            format: self.call.format,
            permit: self.permit.take(),
            recorder: self.recorder,
            idle,
            deadline: self.deadline,
            tells_cost: self.leg.provider.kind.facts().tells_cost,
            hurried: self.hurried,
            alarm: Box::pin(tokio::time::sleep_until(self.deadline.min(Instant::now() + idle))),
            pieces: 0,
            ended: None,
        })
    }

    /// As [`Attempt::stream`], of an answer that is all there.
    fn whole(mut self, body: Bytes, reserved: &mut Option<Reserved>) -> Result<Bytes, RelayFailure> {
        let mut scanner = UsageScanner::new(self.spoken);
        let failed = scanner.whole_body(&body);
        let usage = scanner.usage();
        if self.leg.provider.kind.facts().tells_cost {
            self.recorder.told(scanner.told_cost());
        }
        let passed = if self.spoken == self.call.format {
            // The caller's SDK will read it, so it must be what it says; of what only passes nothing is built.
            let failed = match failed {
                Some(failed) => Ok(failed),
                None => serde_json::from_slice::<Outside<'_>>(&body).map(|outside| outside.has_failed()),
            };
            match failed {
                Ok(true) => Err("an error came in the place of an answer".to_owned()),
                Ok(false) => Ok(body),
                Err(error) => Err(error.to_string()),
            }
        } else {
            let translated = translate_answer(self.spoken, self.call.format, &body, &self.meta);
            translated.map(|answer| Bytes::from(answer.body)).map_err(|error| error.to_string())
        };
        let passed = match passed {
            Ok(passed) => passed,
            Err(message) => {
                let error = self.error(ModelErrorKind::Garbled, &message);
                return Err(self.failed(error, None));
            }
        };
        self.recorder.reserved = reserved.take();
        let taken = self.recorder.first_token();
        if let Some(mut permit) = self.permit.take() {
            permit.began(taken);
            permit.succeeded();
        }
        self.recorder.end(Ending::Answered, usage);
        Ok(passed)
    }

    fn uri(&self) -> Result<Uri, String> {
        let base = &self.upstream.base;
        let place = || gemini::place(&self.leg.model).ok_or_else(|| "this is no name of a model".to_owned());
        let address = match self.spoken {
            Format::OpenAiChat => format!("{base}/chat/completions"),
            Format::OpenAiResponses => format!("{base}/responses"),
            Format::AnthropicMessages => format!("{base}/messages"),
            Format::Gemini if self.call.envelope.stream => {
                format!("{base}/{}:streamGenerateContent?alt=sse", place()?)
            }
            Format::Gemini => format!("{base}/{}:generateContent", place()?),
        };
        Uri::try_from(address).map_err(|error| error.to_string())
    }

    fn failed(mut self, error: ModelError, refusal: Option<Box<Refusal>>) -> RelayFailure {
        let callers_own = self.hurried && error.kind == ModelErrorKind::Timeout && self.deadline <= Instant::now();
        if let Some(permit) = self.permit.take().filter(|_| !callers_own) {
            permit.failed(&error.kind);
        }
        self.recorder.end(Ending::Failed(error.kind.clone()), None);
        RelayFailure { error, refusal, attempts: 0 }
    }

    fn cut(&self, message: &str) -> (ModelError, Option<Box<Refusal>>) {
        (self.error(ModelErrorKind::Cut, message), None)
    }

    fn error(&self, kind: ModelErrorKind, message: &str) -> ModelError {
        self.upstream.error(kind, &self.leg.target, message)
    }
}

/// What tells that an answer is none, though its status says it is one.
#[derive(Deserialize)]
struct Outside<'a> {
    #[serde(default)]
    error: Option<IgnoredAny>,
    #[serde(default, borrow)]
    status: Option<Cow<'a, str>>,
}

impl Outside<'_> {
    fn has_failed(&self) -> bool {
        self.error.is_some() || matches!(self.status.as_deref(), Some("failed" | "cancelled"))
    }
}

/// An answer that has begun.
struct Begun {
    status: StatusCode,
    headers: HeaderMap,
    /// The first piece, or all of it.
    piece: Bytes,
    /// What follows, of a stream.
    rest: Option<Incoming>,
}

fn is_stream(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// The whole body, up to `limit` bytes.
pub(super) async fn collect(body: &mut Incoming, limit: usize) -> Result<Bytes, String> {
    let mut all = BytesMut::new();
    let mut only: Option<Bytes> = None;
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|error| error.to_string())?.into_data() else { continue };
        length += piece.len();
        if length > limit {
            return Err(format!("the answer is longer than {limit} bytes"));
        }
        // Most answers come in one piece, which then needs no copy.
        match only.take() {
            None if all.is_empty() => only = Some(piece),
            Some(first) => {
                all.extend_from_slice(&first);
                all.extend_from_slice(&piece);
            }
            None => all.extend_from_slice(&piece),
        }
    }
    Ok(only.unwrap_or_else(|| all.freeze()))
}
