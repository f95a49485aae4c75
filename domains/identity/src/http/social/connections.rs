use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, PathId, Who};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::client::Client;
use crate::Identity;
use crate::social::Connected;

/// A service that the caller can sign in with.
#[derive(Serialize, ToSchema)]
struct ConnectionView {
    /// The service's name.
    #[schema(example = "google")]
    provider: String,
    /// What it is called.
    #[schema(example = "Google")]
    label: String,
    /// The address that the service gave when it was connected.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// When it was connected.
    connected_at: DateTime<Utc>,
}

impl From<Connected> for ConnectionView {
    fn from(connected: Connected) -> Self {
        let Connected { provider, label, email, connected_at } = connected;
        Self { provider, label, email, connected_at }
    }
}

/// The services that the caller can sign in with.
#[derive(Serialize, ToSchema)]
pub(super) struct ConnectionList {
    /// The one connected first comes first.
    data: Vec<ConnectionView>,
}

/// Which services can I sign in with.
#[utoipa::path(get, path = "/api/v1/users/me/connections", tag = "users",
    responses((status = 200, description = "The services.", body = ConnectionList), Problems))]
pub(super) async fn connections(
    State(identity): State<Identity>,
    Who(principal): Who,
) -> Result<Json<ConnectionList>, Failure> {
    let found = identity.connections(principal.user_id).await?;
    Ok(Json(ConnectionList { data: found.into_iter().map(ConnectionView::from).collect() }))
}

/// Disconnect a service.
///
/// 409 `CONFLICT` when it is the caller's only way to sign in.
#[utoipa::path(delete, path = "/api/v1/users/me/connections/{provider}", tag = "users",
    params(("provider" = String, Path, description = "The service's name.")),
    responses((status = 204, description = "It is disconnected."), Problems))]
pub(super) async fn disconnect(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(provider): PathId<String>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.disconnect(principal.user_id, &provider, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}
