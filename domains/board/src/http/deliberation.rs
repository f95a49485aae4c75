use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, PathId, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Board;
use crate::session::{Answer, SessionId};

/// What has been set going. The result shows in the session and its stream.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Accepted {
    /// `started`, `pausing`, `resumed` or `stopping`.
    status: &'static str,
}

const fn accepted(status: &'static str) -> (StatusCode, Json<Accepted>) {
    (StatusCode::ACCEPTED, Json(Accepted { status }))
}

type Answered = Result<(StatusCode, Json<Accepted>), Failure>;

/// Set the board to work
#[utoipa::path(post, path = "/api/v1/sessions/{id}/deliberation/start", tag = "board", params(("id" = uuid::Uuid, Path)),
    responses((status = 202, body = Accepted), Problems))]
pub(super) async fn start(State(board): State<Board>, Who(who): Who, PathId(id): PathId<SessionId>) -> Answered {
    board.start(&who, id).await?;
    Ok(accepted("started"))
}

/// Hold the board
///
/// What is under way is finished, nothing new is begun.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/deliberation/pause", tag = "board", params(("id" = uuid::Uuid, Path)),
    responses((status = 202, body = Accepted), Problems))]
pub(super) async fn pause(State(board): State<Board>, Who(who): Who, PathId(id): PathId<SessionId>) -> Answered {
    board.pause(&who, id).await?;
    Ok(accepted("pausing"))
}

/// Let a held board go on
#[utoipa::path(post, path = "/api/v1/sessions/{id}/deliberation/resume", tag = "board", params(("id" = uuid::Uuid, Path)),
    responses((status = 202, body = Accepted), Problems))]
pub(super) async fn resume(State(board): State<Board>, Who(who): Who, PathId(id): PathId<SessionId>) -> Answered {
    board.resume(&who, id).await?;
    Ok(accepted("resumed"))
}

/// End the board with what there is
///
/// The partial report says that it is partial.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/deliberation/stop", tag = "board", params(("id" = uuid::Uuid, Path)),
    responses((status = 202, body = Accepted), Problems))]
pub(super) async fn stop(State(board): State<Board>, Who(who): Who, PathId(id): PathId<SessionId>) -> Answered {
    board.stop(&who, id).await?;
    Ok(accepted("stopping"))
}

/// Answers to the board's questions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GiveAnswers {
    /// One for each question; a question that is left out is skipped.
    answers: Vec<Answer>,
}

/// Answer the board's questions
#[utoipa::path(post, path = "/api/v1/sessions/{id}/answers", tag = "board", params(("id" = uuid::Uuid, Path)),
    request_body = GiveAnswers, responses((status = 202, body = Accepted), Problems))]
pub(super) async fn answers(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    Input(body): Input<GiveAnswers>,
) -> Answered {
    board.answer(&who, id, body.answers).await?;
    Ok(accepted("resumed"))
}
