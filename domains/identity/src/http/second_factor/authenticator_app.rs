use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::client::Client;
use super::secret;
use crate::Identity;
use crate::second_factor::AppSetup;

/// The password once more.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct PasswordProof {
    /// The account's password, if it has one.
    #[schema(format = Password)]
    pub(super) password: Option<String>,
}

/// A code of the authenticator app.
#[derive(Deserialize, ToSchema)]
pub(super) struct AppCode {
    /// The six digits that the app shows.
    #[schema(example = "123456")]
    code: String,
}

/// What proves that the app may be removed.
#[derive(Deserialize, ToSchema)]
pub(super) struct AppRemoval {
    /// The account's password, if it has one.
    #[schema(format = Password)]
    password: Option<String>,
    /// The six digits that the app shows, or a recovery code.
    #[schema(example = "123456")]
    code: String,
}

/// What an authenticator app is told. Shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct AppSetupView {
    /// The secret in base 32, for who types it.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The address that apps read.
    #[schema(example = "otpauth://totp/Quorate%20%28board.example.com%29:ada%40example.com?secret=GEZDGNBVGY3TQOJQ")]
    otpauth_uri: String,
    /// The same as a QR code, an SVG picture.
    qr_svg: String,
}

impl From<AppSetup> for AppSetupView {
    fn from(setup: AppSetup) -> Self {
        Self { secret: setup.secret, otpauth_uri: setup.uri, qr_svg: setup.qr_svg }
    }
}

/// Codes for who has lost the app. Shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryCodes {
    /// Ten codes, each good once.
    #[schema(example = json!(["7h2k-m4np-q6rs"]))]
    recovery_codes: Vec<String>,
}

/// Set up an authenticator app.
///
/// It counts once it is confirmed with a first code, within ten minutes.
#[utoipa::path(post, path = "/api/v1/users/me/second-factor/totp", tag = "users", request_body = PasswordProof,
    responses((status = 200, description = "What the app is told.", body = AppSetupView), Problems))]
pub(super) async fn set_up_app(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<PasswordProof>,
) -> Result<Response, Failure> {
    let setup = identity.set_up_app(&principal, body.password.as_deref(), &client.origin()).await?;
    Ok(secret(AppSetupView::from(setup)))
}

/// Confirm the authenticator app.
#[utoipa::path(post, path = "/api/v1/users/me/second-factor/totp/confirm", tag = "users", request_body = AppCode,
    responses((status = 200, description = "The app is the second factor from now on.", body = RecoveryCodes), Problems))]
pub(super) async fn confirm_app(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<AppCode>,
) -> Result<Response, Failure> {
    let recovery_codes = identity.confirm_app(&principal, &body.code, &client.origin()).await?;
    Ok(secret(RecoveryCodes { recovery_codes }))
}

/// Remove the authenticator app.
///
/// The recovery codes go with it.
#[utoipa::path(post, path = "/api/v1/users/me/second-factor/totp/remove", tag = "users", request_body = AppRemoval,
    responses((status = 204, description = "The app is removed."), Problems))]
pub(super) async fn remove_app(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<AppRemoval>,
) -> Result<StatusCode, Failure> {
    identity.remove_app(&principal, body.password.as_deref(), &body.code, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make new recovery codes.
///
/// The earlier ones are void.
#[utoipa::path(post, path = "/api/v1/users/me/second-factor/recovery-codes", tag = "users", request_body = AppCode,
    responses((status = 200, description = "The new codes.", body = RecoveryCodes), Problems))]
pub(super) async fn renew_recovery_codes(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<AppCode>,
) -> Result<Response, Failure> {
    let recovery_codes = identity.renew_recovery_codes(&principal, &body.code, &client.origin()).await?;
    Ok(secret(RecoveryCodes { recovery_codes }))
}
