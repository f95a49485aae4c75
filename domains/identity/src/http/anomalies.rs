//! What looks like a shared account, for operators (IDN-12).

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use quorate_audit::{Actor, Entry};
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, PathId, QueryInput, Routes, Who};
use quorate_kernel::{Page, PageRequest, Problem, from_millis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use super::client::Client;
use crate::store::anomalies::{self, Flag};
use crate::{Identity, IdentityError};

pub(super) fn routes() -> Routes<Identity> {
    Routes::new().add(Access::Operator, routes!(list)).add(Access::Operator, routes!(review))
}

/// The person an anomaly is about.
#[derive(Serialize, ToSchema)]
struct Flagged {
    /// The user's id.
    id: Uuid,
    /// The address.
    email: String,
    /// What they are called.
    name: String,
}

/// What looks like a shared or stolen account. It blocks nobody.
#[derive(Serialize, ToSchema)]
struct AnomalyView {
    /// The anomaly's id.
    id: Uuid,
    /// Whose account.
    user: Flagged,
    /// `POSSIBLE_SHARING`, `IMPOSSIBLE_TRAVEL` or `FAST_SWITCHING`.
    #[schema(example = "POSSIBLE_SHARING")]
    kind: String,
    /// What was seen.
    details: Value,
    /// When.
    created_at: DateTime<Utc>,
    /// When an operator looked at it.
    reviewed_at: Option<DateTime<Utc>>,
}

impl From<Flag> for AnomalyView {
    fn from(flag: Flag) -> Self {
        let Flag { id, user_id, email, name, kind, details, created_at, reviewed_at } = flag;
        Self { id, user: Flagged { id: user_id, email, name }, kind, details, created_at, reviewed_at }
    }
}

/// Which anomalies are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AnomalyQuery {
    /// Only those that were looked at, or only those that were not.
    reviewed: Option<bool>,
    /// How many at most.
    limit: Option<u32>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// List anomalies.
#[utoipa::path(get, path = "/api/v1/operators/anomalies", operation_id = "list_anomalies", tag = "operators", params(AnomalyQuery),
    responses((status = 200, description = "A page, the newest first.", body = Page<AnomalyView>), Problems))]
async fn list(
    State(identity): State<Identity>,
    QueryInput(query): QueryInput<AnomalyQuery>,
) -> Result<Json<Page<AnomalyView>>, Failure> {
    let request = PageRequest { limit: query.limit, cursor: None };
    let before = query.cursor.as_deref().map(position).transpose()?;
    let flags = anomalies::list(&identity.store, query.reviewed, before, request.limit() + 1).await;
    let flags = flags.map_err(IdentityError::from)?;
    let views = flags.into_iter().map(AnomalyView::from).collect();
    Ok(Json(Page::from_rows(views, request.limit(), |last: &AnomalyView| {
        format!("{}.{}", last.created_at.timestamp_millis(), last.id)
    })))
}

/// Where a page ended.
fn position(cursor: &str) -> Result<(DateTime<Utc>, Uuid), Problem> {
    let wrong = || Problem::field("cursor", "is none of this list");
    let (at, id) = cursor.split_once('.').ok_or_else(wrong)?;
    Ok((from_millis(at.parse().map_err(|_| wrong())?), id.parse().map_err(|_| wrong())?))
}

/// Note that an anomaly was looked at.
#[utoipa::path(post, path = "/api/v1/operators/anomalies/{anomaly_id}/review", tag = "operators",
    params(("anomaly_id" = Uuid, Path, description = "The anomaly.")),
    responses((status = 200, description = "As it is now.", body = AnomalyView), Problems))]
async fn review(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(id): PathId<Uuid>,
    client: Client,
) -> Result<Json<AnomalyView>, Failure> {
    let mut tx = identity
        .store
        .system("anomalies are for operators, of all organizations")
        .await
        .map_err(IdentityError::from)?;
    anomalies::review(&mut tx, id, principal.user_id, identity.clock.now()).await.map_err(IdentityError::from)?;
    let found = anomalies::get(&mut tx, id).await.map_err(IdentityError::from)?;
    let flag = found.ok_or(IdentityError::NotFound("anomaly"))?;
    let entry = Entry::new("identity.anomaly_reviewed", Actor::Operator(principal.user_id)).on("anomaly", id);
    let entry = entry.from(client.origin().for_audit());
    identity.audit.append(&mut tx, entry).await.map_err(IdentityError::from)?;
    tx.commit().await.map_err(IdentityError::from)?;
    Ok(Json(flag.into()))
}
