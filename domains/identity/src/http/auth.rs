use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, ProblemBody};
use quorate_kernel::{Authenticator as _, Code, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{AuthAnswer, signed_in, signed_out};
use super::client::Client;
use crate::accounts::Registered;
use crate::user::NewAccount;
use crate::{Identity, IdentityError};

/// A new account.
#[derive(Deserialize, ToSchema)]
pub(super) struct RegisterBody {
    /// The address to log in with; upper and lower case are the same.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// 8 to 128 characters, not easy to guess.
    #[schema(example = "seven green umbrellas", min_length = 8, max_length = 128, format = Password)]
    password: String,
    /// What the person is called; the address's local part unless told.
    #[schema(example = "Ada", max_length = 100)]
    name: Option<String>,
    /// A language tag; `en` unless told.
    #[schema(example = "en", max_length = 35)]
    locale: Option<String>,
    /// The answer of the human check, where the server asks for one.
    turnstile_token: Option<String>,
    /// The token of an invitation to this address: the account joins the organization with it.
    invitation: Option<String>,
}

impl From<RegisterBody> for NewAccount {
    fn from(body: RegisterBody) -> Self {
        Self { email: body.email, password: body.password, name: body.name, locale: body.locale }
    }
}

/// E-mail and password.
#[derive(Deserialize, ToSchema)]
pub(super) struct LogInBody {
    /// The address of the account.
    #[schema(example = "ada@example.com")]
    email: String,
    /// Its password.
    #[schema(example = "seven green umbrellas", format = Password)]
    password: String,
    /// The answer of the human check, where the server asks for one.
    turnstile_token: Option<String>,
}

/// The answer that is the same for everybody.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckMail {
    /// `check_mail`.
    status: &'static str,
}

/// A refresh token, unless it comes as a cookie.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct RefreshBody {
    /// The refresh token of the last answer.
    refresh_token: Option<String>,
}

/// The first operator's account.
#[derive(Deserialize, ToSchema)]
pub(super) struct FirstOperatorBody {
    /// The token of the link that the server printed when it started.
    token: String,
    /// The address to log in with.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// 8 to 128 characters, not easy to guess.
    #[schema(example = "seven green umbrellas", min_length = 8, max_length = 128, format = Password)]
    password: String,
    /// What the person is called; the address's local part unless told.
    #[schema(example = "Ada", max_length = 100)]
    name: Option<String>,
}

/// Register.
///
/// Makes an account with a personal organization and signs in. A browser client sends `X-Quorate-Client: web` and gets
/// the tokens as `HttpOnly` cookies instead of in the body; so it is for every call that signs in.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "auth", request_body = RegisterBody,
    responses((status = 201, description = "The account is made and signed in.", body = AuthAnswer),
        (status = 202, description = "On a server that conceals who has an account: the owner of the address has mail.",
            body = CheckMail), Problems))]
pub(super) async fn register(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<RegisterBody>,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    identity.check_human(body.turnstile_token.as_deref(), &client.origin()).await?;
    let invitation = body.invitation.clone();
    Ok(match identity.register(&body.into(), invitation.as_deref(), client.origin()).await? {
        Registered::SignedIn(who) => signed_in(StatusCode::CREATED, &identity.site, client.is_web(), *who),
        Registered::CheckMail => (StatusCode::ACCEPTED, Json(CheckMail { status: "check_mail" })).into_response(),
    })
}

/// Log in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LogInBody,
    responses((status = 200, description = "Signed in.", body = AuthAnswer),
        (status = 503, description = "Too many sign in just now.", body = ProblemBody), Problems))]
pub(super) async fn log_in(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<LogInBody>,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    identity.check_human(body.turnstile_token.as_deref(), &client.origin()).await?;
    let who = identity.log_in(&body.email, &body.password, client.origin()).await?;
    Ok(signed_in(StatusCode::OK, &identity.site, client.is_web(), who))
}

/// Refresh.
///
/// Exchanges the refresh token of the body, or else of the cookie, for the next pair. Each is good for one exchange. If
/// the answer was lost the same token may be sent once more, as long as nothing of the new pair has been used; any other
/// second use ends the login session with `REFRESH_TOKEN_REUSED`.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", request_body = Option<RefreshBody>,
    responses((status = 200, description = "The next pair.", body = AuthAnswer), Problems))]
pub(super) async fn refresh(
    State(identity): State<Identity>,
    client: Client,
    body: Bytes,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    let (token, from_cookie) = match refresh_token(&body)? {
        Some(token) => (Some(token), false),
        None => (client.refresh_cookie(&identity.site)?, true),
    };
    let token = token.ok_or(IdentityError::InvalidRefreshToken)?;
    let who = identity.refresh(&token, client.origin()).await?;
    // What came as a cookie stays one: a script that got into the page must not turn it into text it can read.
    Ok(signed_in(StatusCode::OK, &identity.site, from_cookie || client.is_web(), who))
}

/// Log out.
///
/// Ends the login session of the access token, or else of the refresh token in the body or the cookie, and clears the
/// cookies.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", request_body = Option<RefreshBody>,
    responses((status = 204, description = "The login session has ended."), Problems))]
pub(super) async fn log_out(
    State(identity): State<Identity>,
    client: Client,
    body: Bytes,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    let session = if let Some(token) = client.bearer() {
        Some(identity.authenticate(token).await?.login_session_id)
    } else {
        let token = match refresh_token(&body)? {
            Some(token) => Some(token),
            None => client.refresh_cookie(&identity.site)?,
        };
        match token {
            Some(token) => identity.session_of_refresh_token(&token).await?,
            None => None,
        }
    };
    match session {
        Some(session) => identity.log_out(session).await?,
        // A browser may ask to be rid of cookies that mean nothing any more.
        None if client.is_web() => {}
        None => return Err(Problem::new(Code::Unauthenticated, "Sign in first.").into()),
    }
    Ok(signed_out(&identity.site))
}

/// Make the first operator.
///
/// For whoever holds the link that the server printed when it started; it works once, within 24 hours.
#[utoipa::path(post, path = "/api/v1/auth/first-operator", tag = "auth", request_body = FirstOperatorBody,
    responses((status = 201, description = "The operator's account is made and signed in.", body = AuthAnswer),
        (status = 410, description = "The link is wrong, used or expired.", body = ProblemBody), Problems))]
pub(super) async fn first_operator(
    State(identity): State<Identity>,
    client: Client,
    Input(body): Input<FirstOperatorBody>,
) -> Result<Response, Failure> {
    client.own_page_if_web(&identity.site)?;
    let account = NewAccount { email: body.email, password: body.password, name: body.name, locale: None };
    let who = identity.register_first_operator(&body.token, &account, client.origin()).await?;
    Ok(signed_in(StatusCode::CREATED, &identity.site, client.is_web(), who))
}

/// The body's refresh token. An empty body is fine, since a browser sends a cookie.
fn refresh_token(body: &Bytes) -> Result<Option<String>, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let body: RefreshBody = serde_json::from_slice(body)
        .map_err(|_| Problem::new(Code::InvalidBody, "The body must be JSON, with refresh_token as text."))?;
    Ok(body.refresh_token)
}
