use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use memchr::memmem::find_iter;
use quorate_formats::{Format, Meta, StreamTranslator, StreamWriter, Usage, UsageFilter, UsageScanner};
use tokio::time::{Instant, Sleep};

use super::align::Align;
use super::keep::{Keeping, Passed};
use super::record::Recorder;
use crate::routing::Permit;
use crate::{Ending, ModelErrorKind};

/// The code of an error in the middle of a stream, with the status that it would have had.
const BROKEN_OFF: (u16, &str) = (502, "upstream_failed");
/// The same of one that took too long.
const TOO_LATE: (u16, &str) = (504, "upstream_timeout");

/// The body of a relayed answer: whole, or as it comes.
pub struct RelayBody {
    state: State,
    keeping: Option<Keeping>,
}

enum State {
    Whole(Option<Bytes>),
    Made(BoxStream<'static, Made>, Option<Ended>),
    Stream(Box<Stream>),
}

/// A piece of a stream that we make ourselves, and how it ended with it.
pub(super) struct Made {
    pub(super) piece: Bytes,
    pub(super) ended: Option<Ended>,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Regularly, having taken this.
    Whole(Option<Usage>),
    /// With an error.
    Failed,
}

impl std::fmt::Debug for RelayBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayBody").finish_non_exhaustive()
    }
}

/// How a stream becomes the caller's.
pub(super) enum Passing {
    /// As it is, in whole events.
    Bytes(Align),
    /// Without the usage that the caller did not ask for.
    Filtered(UsageFilter),
    /// In another format.
    Translated(Box<StreamTranslator>),
}

/// A stream that passes from the provider to the caller. The bytes are the provider's own, unless the two speak
/// different formats; beside them only what the answer took is looked for (GTW-32).
pub(super) struct Stream {
    /// Read already, to see that the answer has begun.
    pub(super) first: Option<Bytes>,
    pub(super) rest: Incoming,
    pub(super) scanner: UsageScanner,
    pub(super) passing: Passing,
    /// What the caller speaks.
    pub(super) format: Format,
    pub(super) recorder: Recorder,
    pub(super) permit: Option<Permit>,
    pub(super) idle: Duration,
    pub(super) deadline: Instant,
    /// Whether the provider says what the answer cost.
    pub(super) tells_cost: bool,
    /// Whether the deadline is the route's, which says nothing about the target.
    pub(super) hurried: bool,
    pub(super) alarm: Pin<Box<Sleep>>,
    /// Events so far: about as many as tokens.
    pub(super) pieces: u64,
    /// How it ended, once it has.
    pub(super) ended: Option<Ended>,
}

impl RelayBody {
    /// A whole body.
    #[must_use]
    pub const fn whole(bytes: Bytes) -> Self {
        Self { state: State::Whole(Some(bytes)), keeping: None }
    }

    /// A stream that we make ourselves.
    pub(super) const fn made(pieces: BoxStream<'static, Made>) -> Self {
        Self { state: State::Made(pieces, None), keeping: None }
    }

    pub(super) fn stream(stream: Stream) -> Self {
        Self { state: State::Stream(Box::new(stream)), keeping: None }
    }

    /// Hands the answer to `keep` once the last of it has been passed on (GTW-12); `None` for one that failed, broke off
    /// or is longer than `most` bytes. When the caller leaves, nothing is handed over.
    #[must_use]
    pub fn kept(mut self, most: usize, keep: impl FnOnce(Option<Passed>) + Send + 'static) -> Self {
        self.keeping = Some(Keeping::new(most, Box::new(keep)));
        self
    }

    /// How it ended, if it has.
    const fn ended(&self) -> Option<Ended> {
        match &self.state {
            State::Whole(None) => Some(Ended::Whole(None)),
            State::Whole(Some(_)) => None,
            State::Made(_, ended) => *ended,
            State::Stream(stream) => stream.ended,
        }
    }
}

impl Stream {
    /// What the caller gets of a piece, which may be nothing.
    fn pass(&mut self, piece: Bytes) -> Bytes {
        self.scanner.push(&piece);
        self.pieces += find_iter(&piece, b"data:").count() as u64;
        if self.scanner.first_content_seen() {
            self.recorder.first_token();
        }
        match &mut self.passing {
            Passing::Bytes(align) => align.pass(piece),
            Passing::Filtered(filter) => {
                let mut out = Vec::with_capacity(piece.len());
                filter.push(&piece, &mut out);
                Bytes::from(out)
            }
            Passing::Translated(translator) => {
                let mut out = Vec::with_capacity(piece.len());
                if let Err(error) = translator.push(&piece, &mut out) {
                    tracing::warn!(%error, "a stream cannot be translated");
                    out.extend_from_slice(&self.fail(ModelErrorKind::Garbled, "The provider's answer broke off."));
                }
                Bytes::from(out)
            }
        }
    }

    /// The stream has ended, or announced its end.
    fn close(&mut self) -> Bytes {
        self.scanner.end();
        if self.scanner.error().is_some() || !self.scanner.done() && !self.scanner.is_whole() {
            // The provider's own error has passed already; a second one would only hide it.
            let told = self.scanner.error().is_some() && !matches!(self.passing, Passing::Translated(_));
            let event = self.fail(ModelErrorKind::Cut, "The provider's answer broke off.");
            return if told { Bytes::new() } else { event };
        }
        let usage = self.usage();
        self.ended = Some(Ended::Whole(usage));
        if let Some(permit) = self.permit.take() {
            permit.succeeded();
        }
        if self.tells_cost {
            self.recorder.told(self.scanner.told_cost());
        }
        self.recorder.end(Ending::Answered, usage);
        match &mut self.passing {
            Passing::Bytes(align) => align.rest(),
            Passing::Filtered(filter) => {
                let mut out = Vec::new();
                filter.end(&mut out);
                Bytes::from(out)
            }
            Passing::Translated(translator) => {
                let mut out = Vec::new();
                if let Err(error) = translator.end(&mut out) {
                    translator.fail(BROKEN_OFF.0, BROKEN_OFF.1, &error.to_string(), &mut out);
                }
                Bytes::from(out)
            }
        }
    }

    /// The answer breaks off. The caller is told in the way its SDK understands: an error, and no regular end.
    fn fail(&mut self, kind: ModelErrorKind, message: &str) -> Bytes {
        self.ended = Some(Ended::Failed);
        let (status, code) = if kind == ModelErrorKind::Timeout { TOO_LATE } else { BROKEN_OFF };
        let callers_own = self.hurried && kind == ModelErrorKind::Timeout && self.deadline <= Instant::now();
        if let Some(permit) = self.permit.take().filter(|_| !callers_own) {
            permit.failed(&kind);
        }
        self.recorder.end(Ending::Failed(kind), self.usage());
        let mut out = Vec::new();
        if let Passing::Translated(translator) = &mut self.passing {
            translator.fail(status, code, message, &mut out);
        } else if let Ok(mut writer) = StreamWriter::new(self.format, Meta::default()) {
            writer.fail(status, code, message, &mut out);
        }
        Bytes::from(out)
    }

    fn usage(&self) -> Option<Usage> {
        self.scanner.usage().or_else(|| (self.pieces > 0).then(|| self.recorder.estimate(self.pieces)))
    }

    fn wind(&mut self) {
        let next = (Instant::now() + self.idle).min(self.deadline);
        self.alarm.as_mut().reset(next);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while self.ended.is_none() {
            let passed = if let Some(first) = self.first.take() {
                self.pass(first)
            } else {
                match Pin::new(&mut self.rest).poll_frame(cx) {
                    Poll::Ready(Some(Ok(frame))) => {
                        let Ok(piece) = frame.into_data() else { continue };
                        self.wind();
                        self.pass(piece)
                    }
                    // The end was announced: whether the connection ends too is of no interest.
                    Poll::Ready(None) => self.close(),
                    Poll::Ready(Some(Err(_))) | Poll::Pending if self.scanner.done() => self.close(),
                    Poll::Ready(Some(Err(_))) => {
                        self.fail(ModelErrorKind::Cut, "The connection to the provider broke off.")
                    }
                    Poll::Pending if self.alarm.as_mut().poll(cx).is_ready() => {
                        let message = if self.deadline <= Instant::now() {
                            "The answer took longer than allowed."
                        } else {
                            "The provider paused for longer than allowed."
                        };
                        self.fail(ModelErrorKind::Timeout, message)
                    }
                    Poll::Pending => return Poll::Pending,
                }
            };
            if !passed.is_empty() {
                return Poll::Ready(Some(passed));
            }
        }
        Poll::Ready(None)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // The caller has left. What was generated until then is billed by the provider all the same.
            let usage = self.usage();
            self.recorder.end(Ending::Cancelled, usage);
        }
    }
}

impl Body for RelayBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut self.state {
            State::Whole(bytes) => Poll::Ready(bytes.take()),
            State::Made(pieces, ended) => pieces.as_mut().poll_next(cx).map(|made| {
                let made = made?;
                *ended = ended.or(made.ended);
                Some(made.piece)
            }),
            State::Stream(stream) => stream.poll(cx),
        };
        if let Poll::Ready(piece) = &next
            && let Some(keeping) = self.keeping.take()
        {
            let gathered = match piece {
                Some(piece) => keeping.gather(piece),
                None => Some(keeping),
            };
            match (gathered, self.ended()) {
                (Some(gathered), Some(Ended::Whole(usage))) => gathered.end(usage),
                (Some(gathered), Some(Ended::Failed)) => gathered.fail(),
                (gathered, _) => self.keeping = gathered,
            }
        }
        next.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Whole(bytes) => bytes.is_none(),
            State::Made(..) => false,
            State::Stream(stream) => stream.ended.is_some(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            State::Made(..) | State::Stream(_) => SizeHint::default(),
        }
    }
}
