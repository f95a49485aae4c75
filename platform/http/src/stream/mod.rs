//! Live streams (BRD-23): one address, read as SSE or as WebSocket, resumed after any event. A stream is pulled by
//! its reader, so a slow one delays nobody.

mod sse;
#[cfg(test)]
mod tests;
mod websocket;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use quorate_kernel::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Failure;
use crate::place::Place;
use crate::server::Shutdown;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// One event of a live stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEvent {
    /// Its place in the stream; a reader resumes after it.
    pub sequence: i64,
    /// Its type: `contribution.delta`.
    pub kind: String,
    /// The whole event as a JSON object.
    pub json: Arc<str>,
    /// Whether the stream ends with it.
    pub terminal: bool,
}

/// The events of one reader, in order. An end without a terminal event makes the reader come back.
pub type LiveEvents = Pin<Box<dyn Stream<Item = LiveEvent> + Send>>;

/// The heartbeat and the patience of live streams. A request extension, set by [`crate::Middleware`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamTimes {
    /// Between two signs of life; 15 s unless told.
    pub heartbeat: Duration,
    /// How long a WebSocket's peer may leave data untaken before it is dropped; 10 s unless told.
    pub blocked: Duration,
}

impl Default for StreamTimes {
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(15), blocked: Duration::from_secs(10) }
    }
}

/// The query of a stream, for `params(StreamQuery)` in a handler's description.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Only events after this sequence. The header `Last-Event-ID` goes before it.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub after: Option<String>,
}

/// What a reader of a stream asked for: how to get it (WebSocket when the request is a handshake, else SSE) and where
/// to go on. Give it to the handler, then answer with [`StreamRequest::respond`].
#[derive(Debug)]
pub struct StreamRequest {
    after: i64,
    way: Way,
    times: StreamTimes,
    shutdown: Shutdown,
    place: Option<Place>,
}

#[derive(Debug)]
enum Way {
    Sse,
    WebSocket(WebSocketUpgrade),
}

impl StreamRequest {
    /// Only events with a greater sequence are asked for; 0 means all.
    #[must_use]
    pub const fn after(&self) -> i64 {
        self.after
    }

    /// Sends the events until a terminal one, the reader's or the server's end.
    #[must_use]
    pub fn respond(self, events: LiveEvents) -> Response {
        match self.way {
            Way::Sse => sse::respond(events, self.times, self.shutdown.stop),
            Way::WebSocket(upgrade) => websocket::respond(upgrade, events, self.times, self.shutdown, self.place),
        }
    }

    /// Tells a reader who has everything up to the terminal event that nothing will follow. An `EventSource` comes
    /// back after each end of a stream unless the answer is 204; a WebSocket is closed with 1000.
    #[must_use]
    pub fn respond_finished(self) -> Response {
        match self.way {
            Way::Sse => StatusCode::NO_CONTENT.into_response(),
            Way::WebSocket(upgrade) => websocket::respond_finished(upgrade),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for StreamRequest {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query = Query::<StreamQuery>::from_request_parts(parts, state).await;
        let after = after(&parts.headers, query)?;
        let way = if is_handshake(&parts.headers) {
            let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
            Way::WebSocket(upgrade.map_err(|refused| Problem::field("upgrade", refused.body_text()))?)
        } else if takes_events(&parts.headers) {
            Way::Sse
        } else {
            return Err(Problem::field("accept", "Ask for text/event-stream, or open a WebSocket.").into());
        };
        let times = parts.extensions.get().copied().unwrap_or_default();
        let shutdown = parts.extensions.get::<Shutdown>().cloned().unwrap_or_default();
        let place = parts.extensions.get::<Place>().cloned();
        Ok(Self { after, way, times, shutdown, place })
    }
}

/// The header wins: a browser that reconnects repeats the address it began with, but tells the last event it got.
fn after(headers: &HeaderMap, query: Result<Query<StreamQuery>, QueryRejection>) -> Result<i64, Problem> {
    let sequence = |field: &str, text: &str| match text.parse() {
        Ok(sequence) if sequence >= 0 => Ok(sequence),
        _ => Err(Problem::field(field, "This is no sequence: give a whole number from 0.")),
    };
    if let Some(value) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) {
        return sequence("last-event-id", value.to_str().unwrap_or_default());
    }
    let Query(query) = query.map_err(|refused| Problem::field("query", refused.body_text()))?;
    query.after.map_or(Ok(0), |text| sequence("after", &text))
}

fn is_handshake(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Anything that takes the type counts, so that `curl` needs no header.
fn takes_events(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    accepted.peek().is_none()
        || accepted
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .filter_map(|item| item.split(';').next())
            .any(|kind| matches!(kind.trim(), "text/event-stream" | "text/*" | "*/*"))
}
