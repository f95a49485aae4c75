use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, PathId, Who};
use quorate_kernel::{Code, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::client::Client;
use super::authenticator_app::PasswordProof;
use super::{PasskeyQuestion, secret};
use crate::Identity;
use crate::second_factor::NewPasskey;
use crate::second_factor::webauthn::RegistrationJson;
use crate::store::passkeys::Passkey;

/// A passkey.
#[derive(Serialize, ToSchema)]
pub(super) struct PasskeyView {
    /// The passkey's id.
    id: Uuid,
    /// What its owner calls it.
    #[schema(example = "Laptop")]
    name: String,
    /// When it was added.
    created_at: DateTime<Utc>,
    /// When it was last used to log in.
    last_used_at: Option<DateTime<Utc>>,
    /// Whether it is kept on more than one device.
    backed_up: bool,
}

impl From<Passkey> for PasskeyView {
    fn from(passkey: Passkey) -> Self {
        let Passkey { id, name, created_at, last_used_at, backed_up, .. } = passkey;
        Self { id, name, created_at, last_used_at, backed_up }
    }
}

/// A person's passkeys.
#[derive(Serialize, ToSchema)]
pub(super) struct Passkeys {
    /// The oldest first.
    data: Vec<PasskeyView>,
}

/// A passkey that the browser has made.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewPasskeyBody {
    /// The challenge that it answers.
    challenge: String,
    /// The browser's `PublicKeyCredential.toJSON()`.
    credential: RegistrationJson,
    /// What to call it.
    #[schema(example = "Laptop", max_length = 100)]
    name: Option<String>,
}

/// Another name for a passkey.
#[derive(Deserialize, ToSchema)]
pub(super) struct PasskeyName {
    /// The name.
    #[schema(example = "Laptop", min_length = 1, max_length = 100)]
    name: String,
}

/// List one's passkeys.
#[utoipa::path(get, path = "/api/v1/users/me/passkeys", tag = "users",
    responses((status = 200, description = "The passkeys.", body = Passkeys), Problems))]
pub(super) async fn list_passkeys(
    State(identity): State<Identity>,
    Who(principal): Who,
) -> Result<Json<Passkeys>, Failure> {
    let passkeys = identity.passkeys(principal.user_id).await?;
    Ok(Json(Passkeys { data: passkeys.into_iter().map(PasskeyView::from).collect() }))
}

/// Begin to add a passkey.
///
/// 409 where the server has no passkeys: they need a name reached over HTTPS, or localhost.
#[utoipa::path(post, path = "/api/v1/users/me/passkeys/options", tag = "users", request_body = PasswordProof,
    responses((status = 200, description = "What the browser is to ask its user for.", body = PasskeyQuestion), Problems))]
pub(super) async fn passkey_options(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<PasswordProof>,
) -> Result<Response, Failure> {
    let question = identity.begin_passkey(&principal, body.password.as_deref(), &client.origin()).await?;
    Ok(secret(PasskeyQuestion::from(question)))
}

/// Add a passkey.
#[utoipa::path(post, path = "/api/v1/users/me/passkeys", tag = "users", request_body = NewPasskeyBody,
    responses((status = 201, description = "The passkey is added.", body = PasskeyView), Problems))]
pub(super) async fn add_passkey(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<NewPasskeyBody>,
) -> Result<(StatusCode, Json<PasskeyView>), Failure> {
    let new = NewPasskey { challenge: &body.challenge, credential: &body.credential, name: body.name.as_deref() };
    let passkey = identity.add_passkey(&principal, &new, &client.origin()).await?;
    Ok((StatusCode::CREATED, Json(passkey.into())))
}

/// Rename a passkey.
#[utoipa::path(patch, path = "/api/v1/users/me/passkeys/{id}", tag = "users", request_body = PasskeyName,
    params(("id" = Uuid, Path, description = "The passkey's id.")),
    responses((status = 200, description = "The passkey.", body = PasskeyView), Problems))]
pub(super) async fn rename_passkey(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    PathId(id): PathId<Uuid>,
    Input(body): Input<PasskeyName>,
) -> Result<Json<PasskeyView>, Failure> {
    Ok(Json(identity.rename_passkey(&principal, id, &body.name, &client.origin()).await?.into()))
}

/// Remove a passkey.
///
/// The last one of an account without an authenticator app goes only with the account's password, and the only way to
/// sign in does not go.
#[utoipa::path(delete, path = "/api/v1/users/me/passkeys/{id}", tag = "users", request_body = Option<PasswordProof>,
    params(("id" = Uuid, Path, description = "The passkey's id.")),
    responses((status = 204, description = "The passkey is removed."), Problems))]
pub(super) async fn remove_passkey(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    PathId(id): PathId<Uuid>,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    let proof = proof(&body)?;
    identity.remove_passkey(&principal, id, proof.password.as_deref(), &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body's password. An empty body is fine, since most passkeys go without.
fn proof(body: &Bytes) -> Result<PasswordProof, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(PasswordProof::default());
    }
    let read = serde_json::from_slice(body);
    Ok(read.map_err(|_| Problem::new(Code::InvalidBody, "The body must be JSON, with password as text."))?)
}
