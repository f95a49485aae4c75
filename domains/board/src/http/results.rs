use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, PathId, QueryInput, Who};
use quorate_kernel::{Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::engine::event::{Contribution, Vote};
use crate::session::SessionId;
use crate::{Board, Report, StoredEvent};

/// List what was said, in the order it was recorded
#[utoipa::path(get, path = "/api/v1/sessions/{id}/contributions", tag = "board",
    params(("id" = uuid::Uuid, Path), PageRequest), responses((status = 200, body = Page<Contribution>), Problems))]
pub(super) async fn contributions(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    QueryInput(page): QueryInput<PageRequest>,
) -> Result<Json<Page<Contribution>>, Failure> {
    Ok(Json(board.contributions(&who, id, &page).await?))
}

/// List the ballots, in the order they were recorded
#[utoipa::path(get, path = "/api/v1/sessions/{id}/votes", tag = "board",
    params(("id" = uuid::Uuid, Path), PageRequest), responses((status = 200, body = Page<Vote>), Problems))]
pub(super) async fn votes(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    QueryInput(page): QueryInput<PageRequest>,
) -> Result<Json<Page<Vote>>, Failure> {
    Ok(Json(board.votes(&who, id, &page).await?))
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportAnswer {
    report: Report,
}

/// Read the report
///
/// 404 while there is none.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/report", tag = "board", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ReportAnswer), Problems))]
pub(super) async fn report(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<ReportAnswer>, Failure> {
    Ok(Json(ReportAnswer { report: board.report(&who, id).await? }))
}

/// Which events to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// Only events after this sequence; all unless told.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// How many at most, 1 to 1,000; 200 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// List the events of a session
///
/// The same events that its stream sends. `next_cursor` is the `after` of the next page.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/events", tag = "board",
    params(("id" = uuid::Uuid, Path), EventsQuery), responses((status = 200, body = Page<StoredEvent>), Problems))]
pub(super) async fn events(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    QueryInput(query): QueryInput<EventsQuery>,
) -> Result<Json<Page<StoredEvent>>, Failure> {
    let limit = query.limit.unwrap_or(200).clamp(1, 1_000);
    Ok(Json(board.events(&who, id, query.after.unwrap_or_default(), limit).await?))
}

/// What a report can be saved as.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// Markdown.
    #[default]
    Markdown,
    /// The report as JSON.
    Json,
}

/// How to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `markdown` unless told.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Save the report as a file
#[utoipa::path(get, path = "/api/v1/sessions/{id}/export", tag = "board",
    params(("id" = uuid::Uuid, Path), ExportQuery),
    responses((status = 200, content((String = "text/markdown"), (Report = "application/json"))), Problems))]
pub(super) async fn export(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    QueryInput(query): QueryInput<ExportQuery>,
) -> Result<Response, Failure> {
    let report = board.report(&who, id).await?;
    let file = |extension: &str| format!("attachment; filename=\"board-report-{id}.{extension}\"");
    Ok(match query.format {
        Format::Markdown => {
            let headers = [
                (header::CONTENT_TYPE, "text/markdown; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, file("md")),
            ];
            (headers, report.full_report).into_response()
        }
        Format::Json => ([(header::CONTENT_DISPOSITION, file("json"))], Json(report)).into_response(),
    })
}
