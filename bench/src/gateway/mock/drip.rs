//! The body of an answer, which notes in the book whether it was taken to its end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Interval, interval};

use super::answer::{Answers, Format};
use super::stats::Entry;

/// A body.
pub(super) enum Drip {
    /// Not the answer of a model.
    Plain(Full<Bytes>),
    /// A whole answer.
    Whole { text: Option<Bytes>, cut: bool, entry: Entry },
    /// A stream.
    Stream(Box<Stream>),
}

/// A stream that is under way.
pub(super) struct Stream {
    answers: Arc<Answers>,
    format: Format,
    next: usize,
    /// The event before which the connection is cut.
    cut: Option<usize>,
    pace: Option<Interval>,
    /// Whether the last event was handed over without a pause, so that it is written before the next one is.
    flush: bool,
    entry: Entry,
}

impl Drip {
    /// Not the answer of a model; counted nowhere.
    pub(super) fn plain(text: Full<Bytes>) -> Self {
        Self::Plain(text)
    }

    /// A whole answer; `cut`: half of it.
    pub(super) fn whole(text: Bytes, cut: bool, entry: Entry) -> Self {
        Self::Whole { text: Some(text), cut, entry }
    }

    /// A stream; `cut`: half of it.
    pub(super) fn stream(answers: Arc<Answers>, format: Format, cut: bool, entry: Entry) -> Self {
        let pace = answers.behaviour().pace_us;
        let pace = (pace > 0).then(|| interval(Duration::from_micros(pace)));
        let cut = cut.then(|| answers.events(format).len() / 2);
        Self::Stream(Box::new(Stream { answers, format, next: 0, cut, pace, flush: false, entry }))
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Plain(full) => Pin::new(full).poll_frame(context).map_err(|never| match never {}),
            Self::Whole { text, cut, entry } => match text.take() {
                Some(text) if *cut => Poll::Ready(Some(Ok(Frame::data(text.slice(..text.len() / 2))))),
                Some(text) => {
                    entry.done();
                    Poll::Ready(Some(Ok(Frame::data(text))))
                }
                None if *cut => {
                    entry.done();
                    Poll::Ready(Some(Err(cut_off())))
                }
                None => Poll::Ready(None),
            },
            Self::Stream(stream) => stream.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain(full) => full.is_end_stream(),
            Self::Whole { text, cut, .. } => text.is_none() && !cut,
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain(full) => full.size_hint(),
            Self::Whole { text, .. } => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

impl Stream {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.cut == Some(self.next) {
            self.entry.done();
            return Poll::Ready(Some(Err(cut_off())));
        }
        let Some(event) = self.answers.events(self.format).get(self.next).cloned() else {
            self.entry.done();
            return Poll::Ready(None);
        };
        match &mut self.pace {
            Some(pace) => {
                if pace.poll_tick(context).is_pending() {
                    return Poll::Pending;
                }
            }
            // hyper gathers what a body has ready into one write. A model's tokens come one by one, each in a write
            // of its own, and so do these: between two of them the body is not ready for a moment.
            None if self.flush => {
                self.flush = false;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            None => self.flush = true,
        }
        self.next += 1;
        Poll::Ready(Some(Ok(Frame::data(event))))
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the mock was told to cut the answer")
}
