use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{LiveEvent, LiveEvents, StreamTimes};

/// The first bytes: they open the stream at once, and tell a browser to come back a second after it broke.
const OPENING: &[u8] = b"retry: 1000\n\n";
const HEARTBEAT: &[u8] = b":\n\n";
/// Events that are ready together go out together, up to about this many bytes.
const CHUNK: usize = 16 * 1024;

pub(super) fn respond(events: LiveEvents, times: StreamTimes, stop: CancellationToken) -> Response {
    let mut beat = interval_at(Instant::now() + times.heartbeat, times.heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let frames = Frames { events, beat, stop: Box::pin(stop.cancelled_owned()), begun: false, ended: false };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        // nginx would hold the events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(frames)).into_response()
}

/// The body of an SSE answer.
struct Frames {
    events: LiveEvents,
    beat: Interval,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    begun: bool,
    ended: bool,
}

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended || this.stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        let mut chunk = Vec::new();
        if !this.begun {
            this.begun = true;
            chunk.extend_from_slice(OPENING);
        }
        while chunk.len() < CHUNK && !this.ended {
            match this.events.as_mut().poll_next(context) {
                Poll::Ready(Some(event)) => {
                    write(&mut chunk, &event);
                    this.ended = event.terminal;
                }
                Poll::Ready(None) => this.ended = true,
                Poll::Pending => break,
            }
        }
        if !chunk.is_empty() {
            this.beat.reset();
            return Poll::Ready(Some(Ok(chunk.into())));
        }
        if this.ended {
            return Poll::Ready(None);
        }
        this.beat.poll_tick(context).map(|_| Some(Ok(Bytes::from_static(HEARTBEAT))))
    }
}

fn write(chunk: &mut Vec<u8>, event: &LiveEvent) {
    let kind = event.kind.split(['\n', '\r']).next().unwrap_or_default();
    chunk.reserve(event.json.len() + kind.len() + 48);
    // Writing into memory cannot fail.
    drop(write!(chunk, "id: {}\nevent: {kind}\n", event.sequence));
    // JSON has line breaks between its parts only; one line of the format each keeps it the same JSON.
    for line in event.json.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        chunk.extend_from_slice(b"data: ");
        chunk.extend_from_slice(line.as_bytes());
        chunk.push(b'\n');
    }
    chunk.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_three_lines_and_an_empty_one() {
        let event = |json: &str| LiveEvent { sequence: 7, kind: "a.b".into(), json: json.into(), terminal: false };
        let mut chunk = Vec::new();
        write(&mut chunk, &event(r#"{"text":"\n"}"#));
        write(&mut chunk, &event("{\r\n\"x\":1\n}"));
        let expected = "id: 7\nevent: a.b\ndata: {\"text\":\"\\n\"}\n\n\
                        id: 7\nevent: a.b\ndata: {\ndata: \"x\":1\ndata: }\n\n";
        assert_eq!(String::from_utf8(chunk).unwrap(), expected);
    }
}
