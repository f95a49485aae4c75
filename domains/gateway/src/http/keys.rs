//! API keys over HTTP (PLT-1).

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_audit::Actor;
use quorate_http::openapi::Problems;
use quorate_http::{Access, AuditOrigin, Failure, Input, PathId, QueryInput, Routes, Who};
use quorate_kernel::{Page, PageRequest, Permission, Principal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::given;
use crate::Gateway;
use crate::keys::{ApiKey, By, Environment, KeyChange, MadeKey, NewKey};

pub(super) fn routes() -> Routes<Gateway> {
    let (read, write) = (Access::Needs(Permission::ApiKeyRead), Access::Needs(Permission::ApiKeyWrite));
    Routes::new()
        .add(read, routes!(list))
        .add(read, routes!(one))
        .add(write, routes!(create))
        .add(write, routes!(change, revoke))
        .add(write, routes!(rotate))
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct KeyView {
    /// The key's id.
    id: Uuid,
    /// What it is called.
    #[schema(example = "Nightly reports")]
    name: String,
    /// Where it is used.
    environment: Environment,
    /// The beginning of the token, by which people recognise it.
    #[schema(example = "qk_live_01KAJ2Mx")]
    prefix: String,
    /// The end of the token.
    #[schema(example = "x7Qp")]
    last_four: String,
    /// The permissions that it has, as far as its owner's role has them too.
    #[schema(example = json!(["model:use", "model:read"]))]
    scopes: Vec<&'static str>,
    /// Names of models and routes it may ask, with `*` for anything; none means all.
    #[schema(example = json!(["default", "openai/*"]))]
    models: Vec<String>,
    /// Addresses and networks it may be used from; none means anywhere.
    #[schema(example = json!(["192.0.2.0/24"]))]
    allowed_ips: Vec<String>,
    /// How many requests a minute it may make.
    requests_per_minute: Option<u32>,
    /// How many requests at once it may make.
    max_concurrency: Option<u32>,
    /// What it may spend in a calendar month (UTC), in millionths of a US dollar.
    monthly_budget_microusd: Option<i64>,
    /// Whose it is: what it may do never exceeds what they may.
    user_id: Uuid,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    expires_at: Option<DateTime<Utc>>,
    /// When its secret was last replaced.
    rotated_at: Option<DateTime<Utc>>,
    /// Until when the secret before lives on.
    previous_until: Option<DateTime<Utc>>,
    /// When it was revoked.
    revoked_at: Option<DateTime<Utc>>,
    /// `active`, `expired` or `revoked`.
    #[schema(example = "active")]
    status: &'static str,
}

impl KeyView {
    fn of(key: ApiKey, now: DateTime<Utc>) -> Self {
        let (status, prefix) = (key.status(now).name(), key.prefix());
        let terms = key.terms;
        Self {
            id: key.id,
            name: terms.name,
            environment: key.environment,
            prefix,
            last_four: key.last_four,
            scopes: terms.scopes.iter().map(Permission::name).collect(),
            models: terms.models,
            allowed_ips: terms.allowed_ips.iter().map(ToString::to_string).collect(),
            requests_per_minute: terms.requests_per_minute,
            max_concurrency: terms.max_concurrency,
            monthly_budget_microusd: terms.monthly_budget.map(|budget| budget.0),
            user_id: key.user_id.0,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
            expires_at: terms.expires_at,
            rotated_at: key.rotated_at,
            previous_until: key.previous_until.filter(|until| *until > now),
            revoked_at: key.revoked_at,
            status,
        }
    }
}

/// One API key.
#[derive(Debug, Serialize, ToSchema)]
struct KeyAnswer {
    /// The key.
    key: KeyView,
}

/// A key with its token.
#[derive(Debug, Serialize, ToSchema)]
struct MadeKeyAnswer {
    /// The key.
    key: KeyView,
    /// The token. It is shown this once and cannot be read again.
    #[schema(example = "qk_live_01KAJ2Mx…")]
    token: String,
}

impl MadeKeyAnswer {
    fn of(made: MadeKey, now: DateTime<Utc>) -> Self {
        Self { token: made.token.expose().to_owned(), key: KeyView::of(made.key, now) }
    }
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKeyBody {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100, example = "Nightly reports")]
    name: String,
    /// Where it is used; `live` unless told. It is part of the token; the key can do the same in both.
    environment: Option<Environment>,
    /// Permissions, as `model:use`. None that one's own role lacks.
    #[schema(example = json!(["model:use", "model:read"]))]
    scopes: Vec<String>,
    /// Names of models and routes it may ask, with `*` for anything; none means all.
    #[serde(default)]
    #[schema(max_items = 100)]
    models: Vec<String>,
    /// Addresses and networks it may be used from; none means anywhere.
    #[serde(default)]
    #[schema(max_items = 100)]
    allowed_ips: Vec<String>,
    /// When it ends by itself.
    expires_at: Option<DateTime<Utc>>,
    /// How many requests a minute it may make.
    #[schema(minimum = 1, maximum = 100_000_000)]
    requests_per_minute: Option<u32>,
    /// How many requests at once it may make.
    #[schema(minimum = 1, maximum = 100_000)]
    max_concurrency: Option<u32>,
    /// What it may spend in a calendar month (UTC), in millionths of a US dollar.
    #[schema(minimum = 0)]
    monthly_budget_microusd: Option<i64>,
}

impl std::convert::From<NewKeyBody> for NewKey {
    fn from(body: NewKeyBody) -> Self {
        let terms = KeyChange {
            name: Some(body.name),
            scopes: Some(body.scopes),
            models: Some(body.models),
            allowed_ips: Some(body.allowed_ips),
            expires_at: Some(body.expires_at),
            requests_per_minute: Some(body.requests_per_minute),
            max_concurrency: Some(body.max_concurrency),
            monthly_budget: Some(body.monthly_budget_microusd),
        };
        Self { environment: body.environment, terms }
    }
}

/// What to change. What is left out stays; null takes a limit away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyChangeBody {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Permissions. None that one's own role lacks, unless the key has it already.
    scopes: Option<Vec<String>>,
    /// Names of models and routes it may ask, with `*` for anything; none means all.
    #[schema(max_items = 100)]
    models: Option<Vec<String>>,
    /// Addresses and networks it may be used from; none means anywhere.
    #[schema(max_items = 100)]
    allowed_ips: Option<Vec<String>>,
    /// When it ends by itself.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Option<DateTime<Utc>>>,
    /// How many requests a minute it may make.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000_000)]
    requests_per_minute: Option<Option<u32>>,
    /// How many requests at once it may make.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    max_concurrency: Option<Option<u32>>,
    /// What it may spend in a calendar month (UTC), in millionths of a US dollar.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    monthly_budget_microusd: Option<Option<i64>>,
}

impl std::convert::From<KeyChangeBody> for KeyChange {
    fn from(body: KeyChangeBody) -> Self {
        Self {
            name: body.name,
            scopes: body.scopes,
            models: body.models,
            allowed_ips: body.allowed_ips,
            expires_at: body.expires_at,
            requests_per_minute: body.requests_per_minute,
            max_concurrency: body.max_concurrency,
            monthly_budget: body.monthly_budget_microusd,
        }
    }
}

/// How to rotate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateBody {
    /// For how many hours the secret before lives on, but never beyond the key's expiry.
    #[schema(minimum = 0, maximum = 24, example = 1)]
    grace_hours: u32,
}

fn by(principal: &Principal, origin: AuditOrigin) -> By<'_> {
    By { principal, actor: Actor::of(principal), origin: origin.0 }
}

/// List API keys
///
/// One's own; for whoever runs the organization, all of them. The newest first, also those that were revoked.
#[utoipa::path(get, path = "/api/v1/keys", operation_id = "list_keys", tag = "keys", params(PageRequest),
    responses((status = 200, description = "A page of keys.", body = Page<KeyView>), Problems))]
async fn list(
    State(gateway): State<Gateway>,
    Who(principal): Who,
    origin: AuditOrigin,
    QueryInput(page): QueryInput<PageRequest>,
) -> Result<Json<Page<KeyView>>, Failure> {
    let now = gateway.keys.now();
    let Page { data, pagination } = gateway.keys.list(&by(&principal, origin), &page).await?;
    Ok(Json(Page { data: data.into_iter().map(|key| KeyView::of(key, now)).collect(), pagination }))
}

/// Read an API key
#[utoipa::path(get, path = "/api/v1/keys/{id}", operation_id = "get_key", tag = "keys",
    params(("id" = Uuid, Path, description = "The key.")),
    responses((status = 200, description = "The key.", body = KeyAnswer), Problems))]
async fn one(
    State(gateway): State<Gateway>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(id): PathId<Uuid>,
) -> Result<Json<KeyAnswer>, Failure> {
    let key = gateway.keys.one(&by(&principal, origin), id).await?;
    Ok(Json(KeyAnswer { key: KeyView::of(key, gateway.keys.now()) }))
}

/// Make an API key
///
/// The token is in the answer, this once. An API key cannot make another.
#[utoipa::path(post, path = "/api/v1/keys", operation_id = "create_key", tag = "keys", request_body = NewKeyBody,
    responses((status = 201, description = "The key and its token.", body = MadeKeyAnswer), Problems))]
async fn create(
    State(gateway): State<Gateway>,
    Who(principal): Who,
    origin: AuditOrigin,
    Input(body): Input<NewKeyBody>,
) -> Result<(StatusCode, Json<MadeKeyAnswer>), Failure> {
    let made = gateway.keys.create(&by(&principal, origin), body.into()).await?;
    Ok((StatusCode::CREATED, Json(MadeKeyAnswer::of(made, gateway.keys.now()))))
}

/// Change an API key
///
/// Only whose key it is may do so.
#[utoipa::path(patch, path = "/api/v1/keys/{id}", operation_id = "change_key", tag = "keys",
    request_body = KeyChangeBody, params(("id" = Uuid, Path, description = "The key.")),
    responses((status = 200, description = "As it is now.", body = KeyAnswer), Problems))]
async fn change(
    State(gateway): State<Gateway>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(id): PathId<Uuid>,
    Input(body): Input<KeyChangeBody>,
) -> Result<Json<KeyAnswer>, Failure> {
    let key = gateway.keys.change(&by(&principal, origin), id, body.into()).await?;
    Ok(Json(KeyAnswer { key: KeyView::of(key, gateway.keys.now()) }))
}

/// Revoke an API key
///
/// At once, on every node within a second. Whoever runs the organization may revoke each.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", operation_id = "revoke_key", tag = "keys",
    params(("id" = Uuid, Path, description = "The key.")),
    responses((status = 204, description = "It is refused from now on."), Problems))]
async fn revoke(
    State(gateway): State<Gateway>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(id): PathId<Uuid>,
) -> Result<StatusCode, Failure> {
    gateway.keys.revoke(&by(&principal, origin), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate an API key
///
/// A new token; the one before lives on through the grace. Without grace both secrets before end at once; with grace,
/// the rotation before must be over.
#[utoipa::path(post, path = "/api/v1/keys/{id}/rotate", operation_id = "rotate_key", tag = "keys",
    request_body = RotateBody, params(("id" = Uuid, Path, description = "The key.")),
    responses((status = 200, description = "The key and its new token.", body = MadeKeyAnswer), Problems))]
async fn rotate(
    State(gateway): State<Gateway>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(id): PathId<Uuid>,
    Input(body): Input<RotateBody>,
) -> Result<Json<MadeKeyAnswer>, Failure> {
    let grace = Duration::from_secs(u64::from(body.grace_hours) * 3_600);
    let made = gateway.keys.rotate(&by(&principal, origin), id, grace).await?;
    Ok(Json(MadeKeyAnswer::of(made, gateway.keys.now())))
}
