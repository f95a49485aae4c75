//! Addresses and passwords over HTTP (IDN-3).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, Input, Routes, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::client::Client;
use crate::Identity;
use crate::email_change::EmailChangeStatus;

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Public, routes!(verify_email))
        .add_for_any_device(Access::SignedIn, routes!(resend_verification))
        .add(Access::Public, routes!(forgot_password))
        .add(Access::Public, routes!(reset_password))
        .add(Access::Public, routes!(confirm_email))
        .add(Access::SignedIn, routes!(change_password))
        .add(Access::SignedIn, routes!(change_email))
}

/// The token of a link that was sent by mail.
#[derive(Deserialize, ToSchema)]
struct TokenBody {
    /// What follows `token=` in the link.
    token: String,
}

/// An address that was confirmed.
#[derive(Serialize, ToSchema)]
struct Verified {
    /// The address.
    #[schema(example = "ada@example.com")]
    email: String,
}

/// What happened to a request that ends in a mail.
#[derive(Serialize, ToSchema)]
struct MailAnswer {
    /// `sent`, `already_verified` or `check_mail`.
    status: &'static str,
}

/// Confirm an address.
#[utoipa::path(post, path = "/api/v1/auth/verify-email", tag = "auth", request_body = TokenBody,
    responses((status = 200, description = "The address is confirmed.", body = Verified), Problems))]
async fn verify_email(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<TokenBody>,
) -> Result<Json<Verified>, Failure> {
    let email = identity.verify_email(&body.token, &client.origin()).await?;
    Ok(Json(Verified { email }))
}

/// Send the confirmation mail again.
#[utoipa::path(post, path = "/api/v1/auth/verify-email/resend", tag = "auth",
    responses((status = 202, description = "The mail is on its way, or there is nothing to confirm.",
        body = MailAnswer), Problems))]
async fn resend_verification(
    State(identity): State<Identity>,
    Who(principal): Who,
) -> Result<(StatusCode, Json<MailAnswer>), Failure> {
    let sent = identity.resend_verification(&principal).await?;
    let status = if sent { "sent" } else { "already_verified" };
    Ok((StatusCode::ACCEPTED, Json(MailAnswer { status })))
}

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
struct ForgotBody {
    /// The address of the account.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// The answer of the human check, where the server asks for one.
    turnstile_token: Option<String>,
}

/// Ask for a new password.
///
/// The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/api/v1/auth/forgot-password", tag = "auth", request_body = ForgotBody,
    responses((status = 202, description = "If there is such an account, a mail is on its way.",
        body = MailAnswer), Problems))]
async fn forgot_password(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<ForgotBody>,
) -> Result<(StatusCode, Json<MailAnswer>), Failure> {
    client.own_page_if_web(&identity.site)?;
    identity.check_human(body.turnstile_token.as_deref(), &client.origin()).await?;
    identity.forgot_password(&body.email, client.origin()).await?;
    Ok((StatusCode::ACCEPTED, Json(MailAnswer { status: "check_mail" })))
}

/// A new password by the token of a mail.
#[derive(Deserialize, ToSchema)]
struct ResetBody {
    /// What follows `token=` in the link.
    token: String,
    /// 8 to 128 characters, not easy to guess.
    #[schema(example = "seven green umbrellas", min_length = 8, max_length = 128, format = Password)]
    password: String,
}

/// Set a new password.
///
/// Ends every login session of the account and signs nobody in. A second factor stays as it is.
#[utoipa::path(post, path = "/api/v1/auth/reset-password", tag = "auth", request_body = ResetBody,
    responses((status = 204, description = "The password is set."), Problems))]
async fn reset_password(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<ResetBody>,
) -> Result<StatusCode, Failure> {
    client.own_page_if_web(&identity.site)?;
    identity.reset_password(&body.token, &body.password, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How far a change of address has come.
#[derive(Serialize, ToSchema)]
struct EmailChangeAnswer {
    /// The new address.
    #[schema(example = "ada@example.org")]
    email: String,
    /// `changed`, or `other_confirmation_needed` while the other address has not agreed.
    status: &'static str,
}

/// Agree to a change of address.
///
/// One mail goes to the old and one to the new address; the change happens when both links were used.
#[utoipa::path(post, path = "/api/v1/auth/confirm-email", tag = "auth", request_body = TokenBody,
    responses((status = 200, description = "This address agreed.", body = EmailChangeAnswer), Problems))]
async fn confirm_email(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<TokenBody>,
) -> Result<Json<EmailChangeAnswer>, Failure> {
    let (email, status) = identity.confirm_email(&body.token, &client.origin()).await?;
    let status = match status {
        EmailChangeStatus::Changed => "changed",
        EmailChangeStatus::OtherConfirmationNeeded => "other_confirmation_needed",
    };
    Ok(Json(EmailChangeAnswer { email, status }))
}

/// A change of password.
#[derive(Deserialize, ToSchema)]
struct PasswordBody {
    /// The password so far, unless the account has none.
    #[schema(format = Password)]
    current_password: Option<String>,
    /// 8 to 128 characters, not easy to guess.
    #[schema(example = "eight green umbrellas", min_length = 8, max_length = 128, format = Password)]
    new_password: String,
}

/// Change the password.
///
/// Ends the other login sessions of the account.
#[utoipa::path(post, path = "/api/v1/users/me/password", tag = "users", request_body = PasswordBody,
    responses((status = 204, description = "The password is changed."), Problems))]
async fn change_password(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<PasswordBody>,
) -> Result<StatusCode, Failure> {
    let current = body.current_password.as_deref();
    identity.change_password(&principal, current, &body.new_password, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A change of address.
#[derive(Deserialize, ToSchema)]
struct EmailBody {
    /// The new address.
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
    /// The password, unless the account has none.
    #[schema(format = Password)]
    password: Option<String>,
}

/// Change the address.
///
/// Sends a mail to both addresses; the change happens when both links were used.
#[utoipa::path(post, path = "/api/v1/users/me/email", tag = "users", request_body = EmailBody,
    responses((status = 202, description = "The mails are on their way.", body = MailAnswer), Problems))]
async fn change_email(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<EmailBody>,
) -> Result<(StatusCode, Json<MailAnswer>), Failure> {
    identity.change_email(&principal, &body.email, body.password.as_deref(), &client.origin()).await?;
    Ok((StatusCode::ACCEPTED, Json(MailAnswer { status: "check_mail" })))
}
