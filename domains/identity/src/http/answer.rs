use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use quorate_http::{SessionCookies, Site};
use quorate_kernel::{SubscriptionSummary, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sign_in::SignedIn;
use crate::user::User;

/// A person with an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserView {
    /// The user's id.
    id: Uuid,
    /// The address they log in with.
    #[schema(example = "ada@example.com")]
    email: String,
    /// What they are called.
    #[schema(example = "Ada")]
    name: String,
    /// Their language tag.
    #[schema(example = "en")]
    locale: String,
    /// Their time zone, an IANA name.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// Whether they run this server.
    operator: bool,
    /// Whether the address was confirmed.
    email_verified: bool,
    /// Whether they can log in with a password.
    has_password: bool,
    /// Where their picture is, if they have one.
    #[schema(example = "/api/v1/users/01990000-0000-7000-8000-000000000000/avatar?v=1")]
    avatar_url: Option<String>,
    /// When the account was made.
    created_at: DateTime<Utc>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let avatar_url = avatar_url(user.id, user.avatar_at);
        let User { id, email, name, locale, time_zone, operator, email_verified, has_password, created_at, .. } = user;
        Self {
            id: id.0,
            email,
            name,
            locale,
            time_zone,
            operator,
            email_verified,
            has_password,
            avatar_url,
            created_at,
        }
    }
}

/// Where a person's picture is. The version makes a changed picture another address, so that it can be cached.
pub(super) fn avatar_url(user: UserId, changed_at: Option<DateTime<Utc>>) -> Option<String> {
    changed_at.map(|at| format!("/api/v1/users/{user}/avatar?v={}", at.timestamp_millis()))
}

/// What the organization has subscribed to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriptionView {
    /// The plan.
    #[schema(example = "free")]
    plan: String,
    /// Whether it may be used.
    #[schema(example = "active")]
    status: String,
}

impl From<SubscriptionSummary> for SubscriptionView {
    fn from(subscription: SubscriptionSummary) -> Self {
        let SubscriptionSummary { plan, status, .. } = subscription;
        Self { plan, status }
    }
}

/// Somebody who has signed in. A browser client gets the tokens as cookies, so they are absent here.
#[derive(Serialize, ToSchema)]
pub(super) struct AuthAnswer {
    /// Who signed in.
    user: UserView,
    /// Send it as `Authorization: Bearer …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Exchange it once for the next pair, at `/api/v1/auth/refresh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: i64,
    /// What the organization has subscribed to.
    subscription: SubscriptionView,
}

/// The answer to a sign-in: tokens as cookies or in the body, never both.
pub(super) fn signed_in(status: StatusCode, site: &Site, as_cookies: bool, who: SignedIn) -> Response {
    let cookies = if as_cookies { sign_in_cookies(site, &who) } else { Vec::new() };
    let tokens = (!as_cookies).then(|| (who.access_token, who.refresh_token.expose().to_owned()));
    let (access_token, refresh_token) = tokens.unzip();
    let body = AuthAnswer {
        user: who.user.into(),
        access_token,
        refresh_token,
        expires_in: who.expires_in,
        subscription: who.subscription.into(),
    };
    with_cookies((status, Json(body)).into_response(), cookies)
}

/// The cookies of somebody who has just signed in.
pub(super) fn sign_in_cookies(site: &Site, who: &SignedIn) -> Vec<HeaderValue> {
    let access = (who.access_token.as_str(), who.expires_in);
    cookies(site).set(access, (who.refresh_token.expose(), who.refresh_expires_in))
}

/// The answer to a log-out.
pub(super) fn signed_out(site: &Site) -> Response {
    with_cookies(StatusCode::NO_CONTENT.into_response(), cookies(site).clear())
}

fn cookies(site: &Site) -> SessionCookies {
    SessionCookies { secure: site.is_https() }
}

fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    // Tokens belong in no cache on the way.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
