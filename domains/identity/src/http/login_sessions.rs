//! A person's login sessions over HTTP (IDN-2).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, PathId, Routes, Who};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::answer::signed_out;
use super::client::Client;
use crate::Identity;

pub(super) fn routes() -> Routes<Identity> {
    // From any device: whoever has too many must be able to end what goes on on the others.
    Routes::new()
        .add_for_any_device(Access::SignedIn, routes!(list))
        .add_for_any_device(Access::SignedIn, routes!(revoke))
        .add_for_any_device(Access::SignedIn, routes!(log_out_everywhere))
}

/// A log-in that goes on.
#[derive(Serialize, ToSchema)]
struct LoginSessionView {
    /// The login session's id.
    id: Uuid,
    /// Whether it is the caller's own.
    current: bool,
    /// When the person logged in.
    created_at: DateTime<Utc>,
    /// When it was last refreshed.
    last_used_at: DateTime<Utc>,
    /// When it ends however often it is used.
    expires_at: DateTime<Utc>,
    /// The address it was opened from.
    ip: Option<String>,
    /// The program that opened it.
    user_agent: Option<String>,
    /// What the client called its device.
    device_name: Option<String>,
    /// Whether two factors were shown.
    second_factor: bool,
}

/// The log-ins of a person.
#[derive(Serialize, ToSchema)]
struct LoginSessionList {
    /// All that go on, the last used first.
    data: Vec<LoginSessionView>,
}

/// My log-ins.
#[utoipa::path(get, path = "/api/v1/users/me/login-sessions", operation_id = "list_login_sessions", tag = "users",
    responses((status = 200, description = "Every log-in that goes on.", body = LoginSessionList), Problems))]
async fn list(State(identity): State<Identity>, Who(principal): Who) -> Result<Json<LoginSessionList>, Failure> {
    let sessions = identity.login_sessions(&principal).await?;
    let data = sessions.into_iter().map(|session| LoginSessionView {
        id: session.id,
        current: session.id == principal.login_session_id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        ip: session.ip,
        user_agent: session.user_agent,
        device_name: session.device_name,
        second_factor: session.second_factor,
    });
    Ok(Json(LoginSessionList { data: data.collect() }))
}

/// End a log-in.
#[utoipa::path(delete, path = "/api/v1/users/me/login-sessions/{id}", operation_id = "revoke_login_session", tag = "users",
    params(("id" = Uuid, Path, description = "One of the caller's log-ins.")),
    responses((status = 204, description = "It has ended."), Problems))]
async fn revoke(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(session): PathId<Uuid>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.revoke_login_session(&principal, session, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Log out everywhere.
///
/// Ends every log-in of the caller, also this one, and clears the cookies.
#[utoipa::path(post, path = "/api/v1/auth/logout-all", tag = "auth",
    responses((status = 204, description = "Nobody is logged in to this account any more."), Problems))]
async fn log_out_everywhere(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
) -> Result<Response, Failure> {
    identity.log_out_everywhere(&principal, &client.origin()).await?;
    Ok(signed_out(&identity.site))
}
