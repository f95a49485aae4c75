use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{AuditOrigin, Failure, Input, PathId, Site, Who};
use quorate_kernel::{Page, Pagination, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::session::SessionId;
use crate::share::{Redaction, Share, ShareId, SharedReport};
use crate::{Board, Report};

/// A link to a report, without its token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShareView {
    id: Uuid,
    /// What its readers are not shown.
    redact: Redaction,
    /// Who made it.
    created_by: Uuid,
    created_at: DateTime<Utc>,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
    /// When somebody ended it.
    revoked_at: Option<DateTime<Utc>>,
}

impl std::convert::From<Share> for ShareView {
    fn from(share: Share) -> Self {
        Self {
            id: share.id.0,
            redact: share.redaction,
            created_by: share.created_by.0,
            created_at: share.created_at,
            expires_at: share.expires_at,
            revoked_at: share.revoked_at,
        }
    }
}

/// How to share.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CreateShare {
    /// After how many days the link ends, 1 to 365; 30 unless told.
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: Option<i64>,
    /// What readers are not shown; unless told the context, and nothing else.
    redact: Redaction,
}

/// A new link.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedShare {
    /// The link as it is kept.
    share: ShareView,
    /// The secret in the link. It is told this once and cannot be read again.
    token: String,
    /// The link.
    url: String,
}

/// Share a report by a link
///
/// Whoever has the link can read the report without signing in, until it expires or is ended. At most 20 links of a
/// session can be open.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/shares", operation_id = "create_share", tag = "board",
    params(("id" = Uuid, Path)), request_body = CreateShare,
    responses((status = 201, body = CreatedShare), Problems))]
pub(super) async fn create(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    Extension(site): Extension<Site>,
    AuditOrigin(origin): AuditOrigin,
    Input(body): Input<CreateShare>,
) -> Result<(StatusCode, Json<CreatedShare>), Failure> {
    let (share, token) = board.share(&who, id, body.expires_in_days, body.redact, origin).await?;
    let url = format!("{}/shared/{}", site.public_url, token.expose());
    let created = CreatedShare { share: share.into(), token: token.expose().to_owned(), url };
    Ok((StatusCode::CREATED, Json(created)))
}

/// List the links of a session, newest first
#[utoipa::path(get, path = "/api/v1/sessions/{id}/shares", operation_id = "list_shares", tag = "board",
    params(("id" = Uuid, Path)), responses((status = 200, body = Page<ShareView>), Problems))]
pub(super) async fn list(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<Page<ShareView>>, Failure> {
    let data = board.shares(&who, id).await?.into_iter().map(ShareView::from).collect();
    Ok(Json(Page { data, pagination: Pagination::default() }))
}

/// End a link
#[utoipa::path(delete, path = "/api/v1/sessions/{id}/shares/{share_id}", operation_id = "revoke_share", tag = "board",
    params(("id" = Uuid, Path), ("share_id" = Uuid, Path)), responses((status = 204), Problems))]
pub(super) async fn revoke(
    State(board): State<Board>,
    Who(who): Who,
    path: Result<Path<(SessionId, ShareId)>, PathRejection>,
    AuditOrigin(origin): AuditOrigin,
) -> Result<StatusCode, Failure> {
    let Path((id, share)) = path.map_err(|_| Problem::not_found("board session"))?;
    board.unshare(&who, id, share, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A shared report. What was hidden is not in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SharedReportView {
    /// The session's name.
    title: Option<String>,
    /// What the board was asked; null when it is hidden.
    problem_statement: Option<String>,
    /// Budget, timeline and so on, where they are shown.
    problem_context: BTreeMap<String, String>,
    /// When the board was done.
    completed_at: Option<DateTime<Utc>>,
    /// When the link ends.
    expires_at: DateTime<Utc>,
    /// Whether something is hidden.
    redacted: bool,
    /// The report, without `full_report`.
    #[schema(value_type = Report)]
    report: Value,
}

impl std::convert::From<SharedReport> for SharedReportView {
    fn from(shared: SharedReport) -> Self {
        Self {
            title: shared.title,
            problem_statement: shared.problem_statement,
            problem_context: shared.problem_context,
            completed_at: shared.completed_at,
            expires_at: shared.expires_at,
            redacted: shared.redacted,
            report: shared.report,
        }
    }
}

/// Read a shared report
///
/// Without signing in. A link that is wrong, has expired or was ended answers 404, each time the same.
#[utoipa::path(get, path = "/api/v1/shared/{token}", operation_id = "read_shared_report", tag = "board",
    params(("token" = String, Path)), responses((status = 200, body = SharedReportView), Problems))]
pub(super) async fn read(State(board): State<Board>, path: Result<Path<String>, PathRejection>) -> Response {
    let token = path.map(|Path(token)| token).unwrap_or_default();
    let answer = board.shared(&token).await.map(|shared| Json(SharedReportView::from(shared)));
    let mut response = match answer {
        Ok(shared) => shared.into_response(),
        Err(problem) => Failure::from(problem).into_response(),
    };
    let headers = response.headers_mut();
    // Whoever has the link may read it; nobody is to find it.
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
