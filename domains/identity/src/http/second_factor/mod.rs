//! The second factor and passkeys over HTTP (IDN-6).

mod authenticator_app;
mod log_in;
mod passkeys;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use quorate_http::{Access, Routes};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::Identity;
use crate::secret::Secret;

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Public, routes!(log_in::answer_with_code))
        .add(Access::Public, routes!(log_in::second_factor_passkey_options))
        .add(Access::Public, routes!(log_in::answer_with_passkey))
        .add(Access::Public, routes!(log_in::passkey_login_options))
        .add(Access::Public, routes!(log_in::log_in_with_passkey))
        .add(Access::SignedIn, routes!(authenticator_app::set_up_app))
        .add(Access::SignedIn, routes!(authenticator_app::confirm_app))
        .add(Access::SignedIn, routes!(authenticator_app::remove_app))
        .add(Access::SignedIn, routes!(authenticator_app::renew_recovery_codes))
        .add(Access::SignedIn, routes!(passkeys::list_passkeys, passkeys::add_passkey))
        .add(Access::SignedIn, routes!(passkeys::passkey_options))
        .add(Access::SignedIn, routes!(passkeys::rename_passkey, passkeys::remove_passkey))
}

/// A question for a passkey.
#[derive(Serialize, ToSchema)]
struct PasskeyQuestion {
    /// Send it along with the answer, within five minutes.
    #[schema(example = "qc_0JZ0mB1v4cR5xq7l2uQ3n8k6s9d1f4h7j0a2c5e8g0")]
    challenge: String,
    /// What the browser's `PublicKeyCredential.parse…OptionsFromJSON` takes, under `publicKey`.
    #[schema(value_type = Object)]
    options: Value,
}

impl From<(Secret, Value)> for PasskeyQuestion {
    fn from((secret, options): (Secret, Value)) -> Self {
        Self { challenge: secret.expose().to_owned(), options }
    }
}

/// An answer with secrets in it, which belongs in no cache on the way.
fn secret(body: impl Serialize) -> Response {
    (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
