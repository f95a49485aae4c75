use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use quorate_kernel::{Authenticator, Code, Permission, Principal, Problem};

use crate::{ACCESS_COOKIE, Failure, SessionCookies, Site};

/// Who may use a route. Every route declares one (IDN-22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, signed in or not.
    Public,
    /// Anyone who is signed in, whatever their role: one's own account and log-out.
    SignedIn,
    /// A principal who holds the permission.
    Needs(Permission),
}

/// How a request says who it is.
enum Credential {
    Bearer(String),
    Cookie(String),
}

/// Authenticates and authorizes a request, then leaves the principal for the handler ([`crate::Who`]).
pub(crate) async fn check(access: Access, mut request: Request, next: Next) -> Response {
    if access == Access::Public {
        return next.run(request).await;
    }
    // The request's body is not `Sync`, so nothing of it is held over the wait.
    let asked = question(&request);
    match authorize(access, asked).await {
        Ok(principal) => {
            // The request's span then names them in every line of its log (OPS-5).
            let (user, org) = (principal.user_id.to_string(), principal.org_id.to_string());
            tracing::Span::current().record("user_id", user).record("org_id", org);
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(problem) => Failure::from(problem).into_response(),
    }
}

type Question = (String, Arc<dyn Authenticator>);

fn question(request: &Request) -> Result<Question, Problem> {
    let site = request.extensions().get::<Site>();
    let cookies = SessionCookies { secure: site.is_some_and(Site::is_https) };
    let token = match credential(request.headers(), cookies) {
        Some(Credential::Bearer(token)) => token,
        Some(Credential::Cookie(token)) => {
            // A cookie comes along with whatever page sends the request, so its sender must be ours. A WebSocket
            // handshake is a GET that no CORS rule holds back.
            if changes_something(request) {
                site.map_or_else(
                    || Err(Problem::new(Code::CrossOrigin, "The request's origin cannot be checked.")),
                    |site| site.same_origin(request.headers()),
                )?;
            }
            token
        }
        None => return Err(Problem::new(Code::Unauthenticated, "Sign in first.")),
    };
    let authenticator = request.extensions().get::<Arc<dyn Authenticator>>().cloned();
    Ok((token, authenticator.ok_or_else(|| Problem::internal("no authenticator is composed into the server"))?))
}

async fn authorize(access: Access, asked: Result<Question, Problem>) -> Result<Principal, Problem> {
    let (token, authenticator) = asked?;
    let principal = authenticator.authenticate(&token).await?;
    match access {
        Access::Needs(permission) if !principal.allows(permission) => {
            Err(Problem::new(Code::Forbidden, "Your role does not allow this.").with("permission", permission.name()))
        }
        _ => Ok(principal),
    }
}

fn changes_something(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        || request.headers().contains_key(header::UPGRADE)
}

fn credential(headers: &HeaderMap, cookies: SessionCookies) -> Option<Credential> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| Credential::Bearer(token.trim().to_owned()));
    }
    cookies.value(headers, ACCESS_COOKIE).map(Credential::Cookie)
}
