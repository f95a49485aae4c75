use axum::extract::State;
use axum::response::Response;
use futures::StreamExt;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, LiveEvent, PathId, StreamQuery, StreamRequest, Who};

use crate::session::SessionId;
use crate::{Board, StoredEvent};

/// Watch a session live
///
/// Server-sent events, or a WebSocket when the request is a handshake. Each event is one [`StoredEvent`]; the SSE id is
/// its sequence, so `Last-Event-ID` (or `after`) goes on where a reader was cut off. The stream ends after
/// `session.completed`, `session.failed` or `session.cancelled`; a reader who has that one already gets 204.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/stream", tag = "board", params(("id" = uuid::Uuid, Path), StreamQuery),
    responses((status = 200, body = StoredEvent, content_type = "text/event-stream"),
        (status = 101, description = "The WebSocket is open"), (status = 204, description = "Nothing will follow"), Problems))]
pub(super) async fn stream(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    request: StreamRequest,
) -> Result<Response, Failure> {
    let session = board.session(&who, id).await?;
    if session.completed_at.is_some() && request.after() >= session.last_sequence {
        return Ok(request.respond_finished());
    }
    let events = board.watch(&who, id, request.after()).await?;
    let live = events.filter_map(move |event| {
        std::future::ready(match event {
            Ok(event) => Some(LiveEvent {
                sequence: event.sequence,
                kind: event.kind.clone(),
                json: event.json(),
                terminal: event.is_terminal(),
            }),
            Err(error) => {
                // The stream ends without a terminal event, so the reader comes back.
                tracing::warn!(%error, session_id = %id, "a live stream broke off");
                None
            }
        })
    });
    Ok(request.respond(Box::pin(live)))
}
