//! Signing in with another service over HTTP (IDN-5).

mod connections;
mod cookie;
mod query;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use quorate_http::openapi::Problems;
use quorate_http::{ACCESS_COOKIE, Access, Failure, PathId, QueryInput, Routes, SessionCookies};
use quorate_kernel::{Authenticator as _, Problem, UserId};
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::answer::sign_in_cookies;
use super::client::Client;
use crate::social::error::SocialError;
use crate::social::{HOME, Outcome, Provider, Return, own_page};
use crate::{Identity, IdentityError};

/// Where somebody goes who linked or tried to.
const SECURITY: &str = "/settings/security";

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Public, routes!(social_start))
        // Public, because whoever comes back to sign in is not signed in. The sealed cookie ties them to their question.
        .add(Access::Public, routes!(social_callback, social_callback_form))
        .add(Access::SignedIn, routes!(connections::connections))
        .add(Access::SignedIn, routes!(connections::disconnect))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StartQuery {
    /// Where to go afterwards: a path of the server's own pages. Anything else is ignored.
    next: Option<String>,
    /// `1` to connect the service with the account that is signed in.
    link: Option<String>,
}

/// Go to another service to sign in.
///
/// Leads a browser to the service. What ties the answer to this browser stays in a sealed cookie for ten minutes.
#[utoipa::path(get, path = "/api/v1/auth/social/{provider}/start", tag = "auth",
    params(("provider" = String, Path, description = "The service's name, as `GET /auth/methods` lists it."), StartQuery),
    responses((status = 302, description = "Where to go."), Problems))]
async fn social_start(
    State(identity): State<Identity>,
    PathId(provider): PathId<String>,
    QueryInput(query): QueryInput<StartQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let provider = identity.outside.provider(&provider).ok_or_else(|| Problem::not_found("provider"))?;
    let next = query.next.as_deref().and_then(own_page);
    let linking = query.link.as_deref() == Some("1");
    let link = if linking {
        // Another site's page must not connect its own identity with the account of whoever looks at it.
        identity.site.same_origin(&headers)?;
        match signed_in(&identity, &headers).await {
            Some(user) => Some(user),
            None => return Ok(gone_to(&with_query("/login", &[("next", next.unwrap_or(SECURITY))]), Vec::new())),
        }
    } else {
        None
    };
    let next = next.or(linking.then_some(SECURITY));
    Ok(match identity.ask_provider(provider, next, link).await {
        Ok(question) => {
            let cookie = cookie::set(&question.cookie, identity.site.is_https());
            gone_to(&question.location, cookie.into_iter().collect())
        }
        Err(error) => {
            log(provider, &error);
            let back = Return { next: next.unwrap_or(HOME).to_owned(), linking, outcome: Err(error) };
            answered(&identity, back, Vec::new())
        }
    })
}

/// Come back from another service.
///
/// Signs in with cookies and goes on to the page that was wanted, or to `/login?error=CODE`.
#[utoipa::path(get, path = "/api/v1/auth/social/{provider}/callback", tag = "auth",
    params(("provider" = String, Path, description = "The service's name.")),
    responses((status = 302, description = "Where to go."), Problems))]
async fn social_callback(
    State(identity): State<Identity>,
    PathId(provider): PathId<String>,
    RawQuery(query): RawQuery,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let provider = identity.outside.provider(&provider).ok_or_else(|| Problem::not_found("provider"))?;
    let https = identity.site.is_https();
    let cookie = cookie::value(&headers, https);
    let back = match query::answer(query.as_deref().unwrap_or_default()) {
        Some(answer) => {
            let signed_in = signed_in(&identity, &headers).await;
            identity.take_answer(provider, answer, cookie.as_deref(), signed_in, client.origin()).await
        }
        None => {
            let error = SocialError::failed("the answer says something twice");
            Return { next: HOME.to_owned(), linking: false, outcome: Err(error) }
        }
    };
    if let Err(error) = &back.outcome {
        log(provider, error);
    }
    // One question has one answer, good or bad.
    Ok(answered(&identity, back, cookie::clear(https).into_iter().collect()))
}

/// Come back from a service that answers with a form.
///
/// A form from another site brings no cookies along, so the browser is sent on to the same address with the answer in
/// the query, where it does.
#[utoipa::path(post, path = "/api/v1/auth/social/{provider}/callback", tag = "auth",
    params(("provider" = String, Path, description = "The service's name.")),
    responses((status = 303, description = "The same address, to be read."), Problems))]
async fn social_callback_form(
    State(identity): State<Identity>,
    PathId(provider): PathId<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    let provider = identity.outside.provider(&provider).ok_or_else(|| Problem::not_found("provider"))?;
    let path = format!("/api/v1/auth/social/{}/callback", provider.name());
    let location = format!("{path}?{}", query::of_form(&body));
    Ok(redirect(StatusCode::SEE_OTHER, &location, Vec::new()))
}

/// Who is signed in in this browser.
async fn signed_in(identity: &Identity, headers: &HeaderMap) -> Option<UserId> {
    let cookies = SessionCookies { secure: identity.site.is_https() };
    let token = cookies.value(headers, ACCESS_COOKIE)?;
    identity.authenticate(&token).await.ok().map(|principal| principal.user_id)
}

/// Sends somebody who is back to where they wanted, or tells the page what went wrong.
fn answered(identity: &Identity, back: Return, mut cookies: Vec<HeaderValue>) -> Response {
    let Return { next, linking, outcome } = back;
    let location = match outcome {
        Ok(Outcome::SignedIn(who)) => {
            cookies.extend(sign_in_cookies(&identity.site, &who));
            next
        }
        Ok(Outcome::Linked) => next,
        Err(SocialError::Identity(IdentityError::SecondFactorRequired(asked))) => {
            // In the fragment, which no server and no Referer sees.
            let mut fragment = Serializer::new(String::new());
            fragment
                .append_pair("challenge", &asked.challenge)
                .append_pair("methods", &asked.methods.join(","))
                .append_pair("expires_in", &asked.expires_in.to_string())
                .append_pair("next", &next);
            format!("/login/second-factor#{}", fragment.finish())
        }
        Err(error) if linking => with_query(SECURITY, &[("error", error.code())]),
        Err(error) if next == HOME => with_query("/login", &[("error", error.code())]),
        Err(error) => with_query("/login", &[("error", error.code()), ("next", &next)]),
    };
    gone_to(&location, cookies)
}

fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    format!("{path}?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn gone_to(location: &str, cookies: Vec<HeaderValue>) -> Response {
    redirect(StatusCode::FOUND, location, cookies)
}

fn redirect(status: StatusCode, location: &str, cookies: Vec<HeaderValue>) -> Response {
    // Every address here is encoded or made here; one that is no header leads to the log-in page.
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/login?error=SOCIAL_FAILED"));
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The address holds the code.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

fn log(provider: &Provider, error: &SocialError) {
    match error {
        SocialError::Identity(IdentityError::SecondFactorRequired(_)) => {}
        SocialError::Identity(IdentityError::Store(_) | IdentityError::Broken(_) | IdentityError::Sealed(_)) => {
            tracing::error!(provider = provider.name(), %error, "a social sign-in broke");
        }
        error => tracing::info!(provider = provider.name(), %error, code = error.code(), "a social sign-in failed"),
    }
}
