use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, ProblemBody};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::answer::{AuthAnswer, signed_in};
use super::super::client::Client;
use super::{PasskeyQuestion, secret};
use crate::Identity;
use crate::second_factor::webauthn::AssertionJson;

/// A code of the second factor.
#[derive(Deserialize, ToSchema)]
pub(super) struct CodeAnswer {
    /// The challenge of `SECOND_FACTOR_REQUIRED`.
    challenge: String,
    /// The six digits that the authenticator app shows, or a recovery code.
    #[schema(example = "123456")]
    code: String,
}

/// A log-in that has passed its first factor.
#[derive(Deserialize, ToSchema)]
pub(super) struct HalfWayBody {
    /// The challenge of `SECOND_FACTOR_REQUIRED`.
    challenge: String,
}

/// What the browser asks for.
#[derive(Serialize, ToSchema)]
pub(super) struct PasskeyOptions {
    /// What the browser's `PublicKeyCredential.parseRequestOptionsFromJSON` takes, under `publicKey`.
    #[schema(value_type = Object)]
    options: Value,
}

/// A passkey's answer.
#[derive(Deserialize, ToSchema)]
pub(super) struct PasskeyAnswer {
    /// The challenge that it answers.
    challenge: String,
    /// The browser's `PublicKeyCredential.toJSON()`.
    credential: AssertionJson,
}

/// Answer with a code.
///
/// Ends a log-in that was answered with `SECOND_FACTOR_REQUIRED`. Each code is good once. After five wrong codes the
/// challenge is void and the log-in begins again; many wrong codes make the account wait.
#[utoipa::path(post, path = "/api/v1/auth/second-factor", tag = "auth", request_body = CodeAnswer,
    responses((status = 200, description = "Signed in.", body = AuthAnswer),
        (status = 410, description = "The challenge is void.", body = ProblemBody), Problems))]
pub(super) async fn answer_with_code(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<CodeAnswer>,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    let who = identity.answer_with_code(&body.challenge, &body.code, client.origin()).await?;
    Ok(signed_in(StatusCode::OK, &identity.site, client.is_web(), who))
}

/// Ask a passkey as the second factor.
#[utoipa::path(post, path = "/api/v1/auth/second-factor/passkey/options", tag = "auth", request_body = HalfWayBody,
    responses((status = 200, description = "What the browser is to ask its user for.", body = PasskeyOptions),
        (status = 410, description = "The challenge is void.", body = ProblemBody), Problems))]
pub(super) async fn second_factor_passkey_options(
    State(identity): State<Identity>,
    Input(body): Input<HalfWayBody>,
) -> Result<Response, Failure> {
    Ok(secret(PasskeyOptions { options: identity.second_factor_passkey_options(&body.challenge).await? }))
}

/// Answer with a passkey.
#[utoipa::path(post, path = "/api/v1/auth/second-factor/passkey", tag = "auth", request_body = PasskeyAnswer,
    responses((status = 200, description = "Signed in.", body = AuthAnswer),
        (status = 410, description = "The challenge is void.", body = ProblemBody), Problems))]
pub(super) async fn answer_with_passkey(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<PasskeyAnswer>,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    let who = identity.answer_with_passkey(&body.challenge, &body.credential, client.origin()).await?;
    Ok(signed_in(StatusCode::OK, &identity.site, client.is_web(), who))
}

/// Ask a passkey for a log-in.
///
/// The passkey says whose it is, so no address is needed. 409 where the server has no passkeys: they need a name reached
/// over HTTPS, or localhost.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/options", tag = "auth",
    responses((status = 200, description = "What the browser is to ask its user for.", body = PasskeyQuestion), Problems))]
pub(super) async fn passkey_login_options(State(identity): State<Identity>) -> Result<Response, Failure> {
    Ok(secret(PasskeyQuestion::from(identity.begin_passkey_login().await?)))
}

/// Log in with a passkey.
///
/// It has verified its user, so it counts as two factors and no other one is asked for.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/login", tag = "auth", request_body = PasskeyAnswer,
    responses((status = 200, description = "Signed in.", body = AuthAnswer),
        (status = 410, description = "The challenge is void.", body = ProblemBody), Problems))]
pub(super) async fn log_in_with_passkey(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<PasskeyAnswer>,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    let who = identity.log_in_with_passkey(&body.challenge, &body.credential, client.origin()).await?;
    Ok(signed_in(StatusCode::OK, &identity.site, client.is_web(), who))
}
