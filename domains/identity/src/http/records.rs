//! What operators look up: mails that were kept, and the audit log (OPS-9, PLT-23).

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use quorate_audit::{Filter, Recorded};
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, PathId, QueryInput, Routes};
use quorate_kernel::{OrgId, PageRequest, Pagination, Problem, UserId};
use quorate_outbound::{StoredMail, StoredMailHead};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::Identity;

/// How many kept mails a list shows.
const MAILS: usize = 200;

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Operator, routes!(mails))
        .add(Access::Operator, routes!(mail))
        .add(Access::Operator, routes!(audit))
}

/// A kept mail as lists show it.
#[derive(Serialize, ToSchema)]
struct MailHead {
    /// The mail's id.
    id: Uuid,
    /// The address.
    to: String,
    /// The subject.
    subject: String,
    /// The name of the template.
    #[schema(example = "verification")]
    template: String,
    /// The language it is in.
    #[schema(example = "en")]
    locale: String,
    /// When it was written.
    created_at: DateTime<Utc>,
}

impl From<StoredMailHead> for MailHead {
    fn from(head: StoredMailHead) -> Self {
        let StoredMailHead { id, to, subject, template, locale, created_at } = head;
        Self { id, to, subject, template, locale, created_at }
    }
}

/// A kept mail.
#[derive(Serialize, ToSchema)]
struct MailView {
    /// What lists show.
    #[serde(flatten)]
    head: MailHead,
    /// The plain text.
    text: String,
    /// The same as HTML. Show it in a sandboxed frame.
    html: String,
}

/// The newest kept mails.
#[derive(Serialize, ToSchema)]
struct Mails {
    /// The newest first, at most 200.
    data: Vec<MailHead>,
}

fn gone() -> Failure {
    Problem::not_found("outbox: this server sends its mail").into()
}

/// List kept mails.
///
/// Only where mails land in a folder instead of leaving; otherwise 404.
#[utoipa::path(get, path = "/api/v1/operators/mails", tag = "operators",
    responses((status = 200, description = "The newest mails.", body = Mails), Problems))]
async fn mails(State(identity): State<Identity>) -> Result<Json<Mails>, Failure> {
    let kept = identity.mailer.kept(MAILS).await.map_err(|error| Problem::internal(error.to_string()))?;
    let data = kept.ok_or_else(gone)?.into_iter().map(MailHead::from).collect();
    Ok(Json(Mails { data }))
}

/// Read a kept mail.
#[utoipa::path(get, path = "/api/v1/operators/mails/{mail_id}", tag = "operators",
    params(("mail_id" = Uuid, Path, description = "The mail.")),
    responses((status = 200, description = "The mail.", body = MailView), Problems))]
async fn mail(State(identity): State<Identity>, PathId(id): PathId<Uuid>) -> Result<Json<MailView>, Failure> {
    let kept = identity.mailer.kept_one(id).await.map_err(|error| Problem::internal(error.to_string()))?;
    let StoredMail { head, text, html } = kept.ok_or_else(|| Problem::not_found("mail"))?;
    Ok(Json(MailView { head: head.into(), text, html }))
}

/// Which entries of the audit log are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only actions that begin so: `identity.login`.
    action: Option<String>,
    /// Only what this person did, or what was done to them.
    user_id: Option<Uuid>,
    /// Only what happened in this organization.
    org_id: Option<Uuid>,
    /// Only from this time on.
    since: Option<DateTime<Utc>>,
    /// Only before this time.
    until: Option<DateTime<Utc>>,
    /// How many at most.
    limit: Option<u32>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
struct ActorView {
    /// `user`, `operator`, `system`, `command_line` or `anonymous`.
    kind: String,
    /// The person.
    user_id: Option<String>,
}

/// What something was done to.
#[derive(Serialize, ToSchema)]
struct TargetView {
    /// What it is: `user`, `login_session` …
    kind: String,
    /// Its id.
    id: Option<String>,
}

/// One entry of the audit log.
#[derive(Serialize, ToSchema)]
struct AuditEntry {
    /// Its place in the log, without gaps.
    sequence: i64,
    /// When it happened.
    at: DateTime<Utc>,
    /// Who did it.
    actor: ActorView,
    /// What was done.
    #[schema(example = "identity.login")]
    action: String,
    /// What it was done to.
    target: Option<TargetView>,
    /// The organization it happened in.
    org_id: Option<String>,
    /// As it was before.
    before: Option<Value>,
    /// As it is after.
    after: Option<Value>,
    /// The caller's address.
    ip: Option<String>,
    /// The request.
    request_id: Option<String>,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
struct AuditPage {
    /// The newest first.
    data: Vec<AuditEntry>,
    /// Where the next page begins.
    pagination: Pagination,
}

impl From<Recorded> for AuditEntry {
    fn from(entry: Recorded) -> Self {
        Self {
            sequence: entry.sequence,
            at: entry.at,
            actor: ActorView { kind: entry.actor_kind.name().to_owned(), user_id: entry.actor_user_id },
            action: entry.action,
            target: entry.target_kind.map(|kind| TargetView { kind, id: entry.target_id }),
            org_id: entry.org_id,
            before: entry.before,
            after: entry.after,
            ip: entry.ip,
            request_id: entry.request_id,
        }
    }
}

/// Read the audit log.
#[utoipa::path(get, path = "/api/v1/operators/audit", tag = "operators", params(AuditQuery),
    responses((status = 200, description = "A page, the newest first.", body = AuditPage), Problems))]
async fn audit(
    State(identity): State<Identity>,
    QueryInput(query): QueryInput<AuditQuery>,
) -> Result<Json<AuditPage>, Failure> {
    let AuditQuery { action, user_id, org_id, since, until, limit, cursor } = query;
    let filter = Filter { action, user: user_id.map(UserId), org: org_id.map(OrgId), since, until };
    let page = identity.audit.list(&identity.store, &filter, &PageRequest { limit, cursor }).await?;
    Ok(Json(AuditPage { data: page.data.into_iter().map(AuditEntry::from).collect(), pagination: page.pagination }))
}
