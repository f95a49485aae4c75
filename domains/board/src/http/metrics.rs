use axum::Json;
use axum::extract::State;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, PathId, Who};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Board;
use crate::metrics::Metrics;
use crate::session::SessionId;

/// How a session ran.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MetricsAnswer {
    metrics: Metrics,
}

/// Read how a session ran, in figures
///
/// Tokens, cache, latency, time and absences of each phase; novelty, drift, agreement and changes of side of each round.
/// Cost is for those who run the server and absent for everybody else. What is unknown is null.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/metrics", operation_id = "session_metrics", tag = "board",
    params(("id" = uuid::Uuid, Path)), responses((status = 200, body = MetricsAnswer), Problems))]
pub(super) async fn metrics(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<MetricsAnswer>, Failure> {
    Ok(Json(MetricsAnswer { metrics: board.metrics(&who, id).await? }))
}
