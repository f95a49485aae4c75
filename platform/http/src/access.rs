use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use quorate_kernel::{API_KEY_PREFIX, Authenticator, Code, DeviceClaim, Permission, Principal, Problem};
use quorate_work::limits::Decision;

use crate::idempotency::{self, Idempotency};
use crate::limits::{self, Counting, RequestLimits};
use crate::middleware::FOREIGN;
use crate::place::Place;
use crate::{ACCESS_COOKIE, ClientAddress, Failure, SessionCookies, Site};

/// The header by which a client says which device it runs on (IDN-10).
pub const DEVICE_FINGERPRINT: &str = "x-device-fingerprint";
/// The header by which a program sends an API key, where it does not send it as a bearer token (PLT-1).
const API_KEY: &str = "x-api-key";
/// The header by which a client says what its device is called.
pub const DEVICE_NAME: &str = "x-device-name";

/// Who may use a route. Every route declares one (IDN-22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, signed in or not.
    Public,
    /// Anyone who is signed in, whatever their role: one's own account and log-out. No API key, whatever it may do.
    SignedIn,
    /// A principal who holds the permission.
    Needs(Permission),
    /// Whoever runs the server, signed in. No API key.
    Operator,
}

/// What stands before a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    pub(crate) access: Access,
    /// Whether the device that the request names must be admitted.
    pub(crate) devices: bool,
    /// How its requests are counted (PLT-3).
    pub(crate) counting: Counting,
}

/// How a request says who it is.
enum Credential {
    Bearer(String),
    Cookie(String),
}

/// Authenticates, counts and authorizes a request, then leaves the principal for the handler ([`crate::Who`]).
pub(crate) async fn check(guard: Guard, mut request: Request, next: Next) -> Response {
    let all_limits = request.extensions().get::<RequestLimits>().cloned();
    let limits = all_limits.as_ref().filter(|_| guard.counting != Counting::Never);
    if guard.access == Access::Public {
        let caller = request.extensions().get::<ClientAddress>().copied();
        let counted = match limits {
            Some(limits) => limits.of_address(caller, guard.counting).await,
            None => None,
        };
        return within(counted, next.run(request)).await;
    }
    let page = matches!(credential_of(&request), Some(Credential::Cookie(_)));
    // The request's body is not `Sync`, so nothing of it is held over the wait.
    let asked = question(&request);
    let device = if guard.devices { device(&request) } else { Ok(None) };
    let (principal, authenticator) = match authenticate(asked, all_limits.as_ref()).await {
        Ok(known) => known,
        Err(problem) => return Failure::from(problem).into_response(),
    };
    let (place, counted) = match let_in(limits, &principal, page).await {
        Ok(let_in) => let_in,
        Err(problem) => return Failure::from(problem).into_response(),
    };
    if let Some(place) = &place {
        request.extensions_mut().insert(place.clone());
    }
    let answered = async {
        authorize(guard.access, &principal, device, &*authenticator).await?;
        // The request's span then names them in every line of its log (OPS-5).
        let (user, org) = (principal.user_id, principal.org_id);
        tracing::record_all!(tracing::Span::current(), user_id = %user, org_id = %org);
        request.extensions_mut().insert(principal.clone());
        once(principal, request, next).await
    };
    let answered = async { answered.await.unwrap_or_else(|problem| Failure::from(problem).into_response()) };
    let response = within(counted, answered).await;
    match place {
        Some(place) => place.hold(response),
        None => response,
    }
}

/// The place that the request takes, if such are counted, and what the limits say to it. A request that finds no place is
/// not counted: who tries again soon must not use up their minute by it.
async fn let_in(
    limits: Option<&RequestLimits>,
    principal: &Principal,
    page: bool,
) -> Result<(Option<Place>, Option<Decision>), Problem> {
    let Some(limits) = limits else { return Ok((None, None)) };
    let place = limits.enter(principal).await?;
    Ok((place, limits.of_principal(principal, page).await?))
}

/// The answer if the limit allows it, with what the caller may know of the limit.
async fn within(counted: Option<Decision>, answer: impl Future<Output = Response>) -> Response {
    let Some(decision) = counted else { return answer.await };
    let mut response = if decision.allowed { answer.await } else { limits::refusal(&decision) };
    limits::tell(&decision, response.headers_mut());
    response
}

/// Answers a request that names an idempotency key once, however often it is sent.
async fn once(principal: Principal, request: Request, next: Next) -> Result<Response, Problem> {
    // Other vendors' APIs have their own meaning of such a key: it goes to the provider, or nowhere.
    if request.uri().path().starts_with(FOREIGN) {
        return Ok(next.run(request).await);
    }
    let key = idempotency::key_of(request.method(), request.headers())?;
    match (key, request.extensions().get::<Idempotency>().cloned()) {
        (Some(key), Some(answers)) => Box::pin(answers.answer(key, principal, request, next)).await,
        _ => Ok(next.run(request).await),
    }
}

/// Who is asked for whom, and where the caller is.
type Question = (String, Option<IpAddr>, Arc<dyn Authenticator>);

fn credential_of(request: &Request) -> Option<Credential> {
    let site = request.extensions().get::<Site>();
    credential(request.headers(), SessionCookies { secure: site.is_some_and(Site::is_https) })
}

fn question(request: &Request) -> Result<Question, Problem> {
    let site = request.extensions().get::<Site>();
    let token = match credential_of(request) {
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
    let authenticator =
        authenticator.ok_or_else(|| Problem::internal("no authenticator is composed into the server"))?;
    let address = request.extensions().get::<ClientAddress>().map(|ClientAddress(address)| *address);
    Ok((token, address, authenticator))
}

/// Whose request it is. Keys that are refused are counted by address, and refused unseen where they were too many.
async fn authenticate(
    asked: Result<Question, Problem>,
    limits: Option<&RequestLimits>,
) -> Result<(Principal, Arc<dyn Authenticator>), Problem> {
    let (token, address, authenticator) = asked?;
    let limits = limits.filter(|_| token.starts_with(API_KEY_PREFIX));
    if limits.is_some_and(|limits| limits.is_shut(address)) {
        let known = authenticator.recall(&token, address).ok_or_else(RequestLimits::too_many_failures)?;
        return Ok((known, authenticator));
    }
    match (authenticator.authenticate_from(&token, address).await, limits) {
        (Ok(principal), _) => Ok((principal, authenticator)),
        // Where nobody can tell whether it is good, it was not refused.
        (Err(problem), Some(limits)) if problem.code.status() < 500 => {
            Err(Box::pin(limits.failed(address, problem)).await)
        }
        (Err(problem), _) => Err(problem),
    }
}

async fn authorize(
    access: Access,
    principal: &Principal,
    device: Result<Option<DeviceClaim>, Problem>,
    authenticator: &dyn Authenticator,
) -> Result<(), Problem> {
    match access {
        Access::Needs(permission) if !principal.allows(permission) => {
            let message = match principal.api_key {
                Some(_) if principal.role.allows(permission) => "This API key does not allow this.",
                _ => "Your role does not allow this.",
            };
            return Err(Problem::new(Code::Forbidden, message).with("permission", permission.name()));
        }
        // What belongs to the account, or to the server, takes a person: a key that leaks must not change either.
        Access::SignedIn | Access::Operator if principal.api_key.is_some() => {
            return Err(Problem::new(Code::Forbidden, "An API key cannot do this: sign in."));
        }
        Access::Operator if !principal.operator => {
            return Err(Problem::new(Code::Forbidden, "Only the server's operators may do this."));
        }
        _ => {}
    }
    if let Some(device) = device? {
        authenticator.admit_device(principal, &device).await?;
    }
    Ok(())
}

/// The device that the request names, if it names one.
fn device(request: &Request) -> Result<Option<DeviceClaim>, Problem> {
    DeviceClaim::read(request.headers(), request.extensions().get::<ClientAddress>().copied())
}

/// Reads what a request says about its device.
pub trait ReadDevice: Sized {
    /// The claim of these headers, or `None` when they name no device.
    ///
    /// # Errors
    /// `ValidationFailed` when the fingerprint is not 16 to 200 visible ASCII characters.
    fn read(headers: &HeaderMap, caller: Option<ClientAddress>) -> Result<Option<Self>, Problem>;
}

impl ReadDevice for DeviceClaim {
    fn read(headers: &HeaderMap, caller: Option<ClientAddress>) -> Result<Option<Self>, Problem> {
        let Some(value) = headers.get(DEVICE_FINGERPRINT) else { return Ok(None) };
        let fingerprint = value.to_str().unwrap_or_default().trim();
        if !(16..=200).contains(&fingerprint.len()) || !fingerprint.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::field(DEVICE_FINGERPRINT, "must be 16 to 200 visible ASCII characters"));
        }
        let name = headers.get(DEVICE_NAME).and_then(|name| name.to_str().ok());
        let name = name.map(|name| name.trim().chars().take(100).collect()).filter(|name: &String| !name.is_empty());
        let ip = caller.map(|ClientAddress(address)| address.to_string());
        Ok(Some(Self { fingerprint: fingerprint.to_owned(), name, ip }))
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
    // Proxies use the header for keys of their own, which say nothing about who asks us.
    let key = headers.get(API_KEY).and_then(|key| key.to_str().ok()).map(str::trim);
    if let Some(key) = key.filter(|key| key.starts_with(API_KEY_PREFIX)) {
        return Some(Credential::Bearer(key.to_owned()));
    }
    cookies.value(headers, ACCESS_COOKIE).map(Credential::Cookie)
}

#[cfg(test)]
mod tests {
    use std::mem::size_of_val;

    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    /// Each request has one made, moved and thrown away: at 170 kB, which it once was, that was a tenth of its cost.
    #[tokio::test]
    async fn what_stands_before_every_handler_is_small() {
        let guard = Guard { access: Access::SignedIn, devices: true, counting: Counting::Usual };
        let router = Router::new().route("/", get(|| async {})).route_layer(from_fn(move |request, next| {
            let standing = check(guard, request, next);
            let size = size_of_val(&standing);
            async move { if size < 8_192 { StatusCode::OK } else { StatusCode::INSUFFICIENT_STORAGE } }
        }));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
}
