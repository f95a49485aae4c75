use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use quorate_http::Failure;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::jwt::PublicJwk;

/// The public keys that verify this server's access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
struct JwkSet {
    /// The keys, the newest first. Retired ones stay until the last token signed with them has expired.
    keys: Vec<PublicJwk>,
}

/// The public signing keys.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "auth",
    responses((status = 200, description = "The keys.", body = JwkSet)))]
pub(super) async fn jwks(State(identity): State<Identity>) -> Result<Response, Failure> {
    let keys = identity.keys.public(identity.clock.now()).await?;
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(JwkSet { keys })).into_response())
}
