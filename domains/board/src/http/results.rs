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
use crate::export::Format;
use crate::report::print::Language;
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

/// How to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `markdown` unless told.
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// The language of the labels in a PDF or DOCX; that of what was asked unless told.
    #[param(inline)]
    language: Option<Language>,
}

/// Save the report as a file
///
/// A PDF needs a plan that includes it. 503 while too many files are being made at once; try again after `Retry-After`.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/export", tag = "board",
    params(("id" = uuid::Uuid, Path), ExportQuery),
    responses((status = 200, content(
        (String = "text/markdown"),
        (Report = "application/json"),
        (Vec<u8> = "application/pdf"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    )), Problems))]
pub(super) async fn export(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    QueryInput(query): QueryInput<ExportQuery>,
) -> Result<Response, Failure> {
    let file = board.export(&who, id, query.format, query.language).await?;
    let headers = [
        (header::CONTENT_TYPE, file.media_type.to_owned()),
        (header::CONTENT_DISPOSITION, file.disposition()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, file.bytes).into_response())
}
