use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What a page of another origin may send.
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key, last-event-id, x-device-fingerprint, \
                               x-device-name, x-request-id";

/// Which other origins' pages may read our answers. Never with cookies: they send an access token.
pub(super) struct Cors {
    origins: Vec<HeaderValue>,
}

impl Cors {
    pub(super) fn new(origins: &[String]) -> Self {
        let plain = origins.iter().map(|origin| origin.trim_end_matches('/'));
        Self { origins: plain.filter_map(|origin| HeaderValue::from_str(origin).ok()).collect() }
    }

    /// The request's origin, when it is on the list.
    pub(super) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        headers.get(header::ORIGIN).filter(|origin| self.origins.contains(origin)).cloned()
    }

    /// The answer to a browser that asks before it sends the real request.
    pub(super) fn preflight(request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        asks.then(|| {
            let headers = [
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
                (header::ACCESS_CONTROL_MAX_AGE, "600"),
            ];
            (StatusCode::NO_CONTENT, headers).into_response()
        })
    }

    pub(super) fn write(&self, headers: &mut HeaderMap, sender: Option<HeaderValue>) {
        if self.origins.is_empty() {
            return;
        }
        // Caches must not give one origin's answer to another.
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = sender {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let exposed = HeaderValue::from_static(crate::limits::EXPOSED);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}
