//! What every request of the server goes through, whatever its route.

mod cors;
mod headers;
mod problems;
mod request_id;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode, Version, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::Extensions;
use quorate_kernel::{Authenticator, Code, Ids, Problem};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tracing::Instrument;
use tracing::field::Empty;

use crate::{ClientAddress, Failure, Idempotency, RequestLimits, Site, StreamTimes, TrustedProxies};
use cors::Cors;
use headers::SecurityHeaders;
pub use problems::ErrorShape;
use problems::Foreign;
pub use request_id::RequestId;

/// Answers under this path carry secrets beside what the caller sent, so compressing them would leak (BREACH, OPS-8).
const SECRET_ANSWERS: &str = "/api/v1/auth/";
/// Under this path stand other vendors' APIs, as their own clients know them (GTW-20). Their errors have their own shape,
/// an answer takes as long as a model does, and bytes are passed on as they come.
pub(crate) const FOREIGN: &str = "/v1/";
/// Answers smaller than this many bytes are not worth compressing.
const WORTH_COMPRESSING: u64 = 512;

/// What the whole server needs of every request: ids, who may authenticate, limits, headers (OPS-8).
#[derive(Clone)]
pub struct Middleware {
    /// The server's public address.
    pub site: Site,
    /// Turns access tokens into principals.
    pub authenticator: Arc<dyn Authenticator>,
    /// Makes request ids.
    pub ids: Arc<dyn Ids>,
    /// The largest body in bytes; 1 MiB unless told. A route that takes more declares axum's `DefaultBodyLimit`.
    pub body_limit: usize,
    /// How long a request may take until its answer begins; 30 s unless told. Streams begin at once, so it does not
    /// end them.
    pub timeout: Duration,
    /// Hashes of the scripts that stand inside our own pages, as `sha256-…`, for the content security policy.
    pub inline_scripts: Vec<String>,
    /// Other origins whose scripts and frames our pages may show, such as a human check's; none unless told.
    pub widgets: Vec<String>,
    /// Other origins whose pages may call the API with an access token (never with cookies); none unless told.
    pub cors_origins: Vec<String>,
    /// The proxies in front of the server, whose word about the caller's address is taken; none unless told.
    pub proxies: TrustedProxies,
    /// The heartbeat and the patience of live streams.
    pub streams: StreamTimes,
    /// What was answered under idempotency keys; without it such keys mean nothing.
    pub idempotency: Option<Idempotency>,
    /// How many requests callers may send (PLT-3); without it as many as they like.
    pub limits: Option<RequestLimits>,
    /// How errors under `/v1/` are written; as everywhere unless told.
    pub foreign_errors: Option<ErrorShape>,
}

impl Middleware {
    /// The defaults around what only the composition knows.
    #[must_use]
    pub fn new(site: Site, authenticator: Arc<dyn Authenticator>, ids: Arc<dyn Ids>) -> Self {
        Self {
            site,
            authenticator,
            ids,
            body_limit: 1024 * 1024,
            timeout: Duration::from_secs(30),
            inline_scripts: Vec::new(),
            widgets: Vec::new(),
            cors_origins: Vec::new(),
            proxies: TrustedProxies::default(),
            streams: StreamTimes::default(),
            idempotency: None,
            limits: None,
            foreign_errors: None,
        }
    }

    /// Puts everything around the whole router. Add all routes and the fallback before.
    pub fn wrap(self, router: Router) -> Router {
        let compression = CompressionLayer::new()
            .gzip(true)
            .br(true)
            .quality(CompressionLevel::Precise(4))
            .compress_when(DefaultPredicate::new().and(SizeAbove::new(WORTH_COMPRESSING)).and(sets_no_cookie));
        let body_limit = DefaultBodyLimit::max(self.body_limit);
        let around = Arc::new(Around {
            security: SecurityHeaders::new(self.site.is_https(), &self.inline_scripts, &self.widgets),
            cors: Cors::new(&self.cors_origins),
            middleware: self,
        });
        router.layer(body_limit).layer(compression).layer(from_fn_with_state(around, handle))
    }
}

struct Around {
    middleware: Middleware,
    security: SecurityHeaders,
    cors: Cors,
}

fn sets_no_cookie(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(header::SET_COOKIE)
}

async fn handle(State(around): State<Arc<Around>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(request.headers(), &*around.middleware.ids);
    let route = request.extensions().get::<MatchedPath>().cloned();
    // The template and never the address itself: that may hold tokens.
    let template = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = tracing::info_span!("request", method = %request.method(), route = template, request_id = id.as_str(),
        user_id = Empty, org_id = Empty);
    let answered = async move {
        let response = around.answer(request, next, &id).await;
        let (status, ms) = (response.status().as_u16(), begun.elapsed().as_secs_f64() * 1e3);
        tracing::debug!(status, ms, "answered");
        response
    };
    answered.instrument(span).await
}

impl Around {
    async fn answer(&self, mut request: Request, next: Next, id: &RequestId) -> Response {
        let path = request.uri().path();
        let is_api = path.starts_with("/api/");
        let foreign = path.starts_with(FOREIGN);
        let shape = self.middleware.foreign_errors.filter(|_| foreign);
        let shape = shape.map(|shape| Foreign { path: path.to_owned(), shape });
        if foreign || path.starts_with(SECRET_ANSWERS) {
            request.headers_mut().remove(header::ACCEPT_ENCODING);
        }
        let sender = self.cors.allowed(request.headers());
        let mut response = if let Some(answer) = sender.as_ref().and_then(|_| Cors::preflight(&request)) {
            answer
        } else {
            self.extend(&mut request, id);
            problems::render(self.run(request, next, !foreign).await, id, shape.as_ref())
        };
        self.cors.write(response.headers_mut(), sender);
        self.security.write(response.status(), response.headers_mut());
        if is_api || foreign || response.status().is_client_error() || response.status().is_server_error() {
            headers::do_not_store(response.headers_mut());
        }
        id.write(response.headers_mut(), foreign);
        response
    }

    /// What handlers, guards and streams find beside the request.
    fn extend(&self, request: &mut Request, id: &RequestId) {
        ClientAddress::note(&self.middleware.proxies, request);
        let extensions = request.extensions_mut();
        extensions.insert(id.clone());
        extensions.insert(self.middleware.site.clone());
        extensions.insert(Arc::clone(&self.middleware.authenticator));
        extensions.insert(self.middleware.streams);
        if let Some(idempotency) = &self.middleware.idempotency {
            extensions.insert(idempotency.clone());
        }
        if let Some(limits) = &self.middleware.limits {
            extensions.insert(limits.clone());
        }
    }

    /// The rest of the server, held to its time if `timed`, and a problem where it panics.
    async fn run(&self, request: Request, next: Next, timed: bool) -> Response {
        // Nothing is looked at after a panic but the answer, so no broken state is seen.
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
        let answered =
            if timed { tokio::time::timeout(self.middleware.timeout, answer).await } else { Ok(answer.await) };
        let problem = match answered {
            Ok(Ok(response)) => return response,
            Ok(Err(panic)) => Problem::internal(format!("a handler panicked: {}", told(&*panic))),
            Err(_) => Problem::new(Code::Timeout, "The request took longer than the server allows."),
        };
        Failure::from(problem).into_response()
    }
}

fn told(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
