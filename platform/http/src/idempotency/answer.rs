use axum::body::Body;
use axum::http::response::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate_kernel::Problem;
use serde::{Deserialize, Serialize};

use super::replayed;

/// The headers that belong to an answer's meaning. Cookies are no part of it: a session is renewed, not replayed.
const KEPT_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::CONTENT_DISPOSITION];

/// An answer as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// In base64.
    body: String,
}

impl Answer {
    pub(super) fn of(parts: &Parts, body: &[u8]) -> Self {
        let value = |name: &HeaderName| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
        let headers = KEPT_HEADERS.iter().filter_map(|name| Some((name.as_str().to_owned(), value(name)?))).collect();
        Self { status: parts.status.as_u16(), headers, body: STANDARD.encode(body) }
    }

    /// The same answer again, marked as such.
    pub(super) fn replay(self) -> Result<Response, Problem> {
        let body = STANDARD.decode(&self.body).map_err(Problem::internal)?;
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).map_err(Problem::internal)?;
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name).map_err(Problem::internal)?;
            let value = HeaderValue::try_from(value).map_err(Problem::internal)?;
            response.headers_mut().insert(name, value);
        }
        let (name, value) = replayed();
        response.headers_mut().insert(name, value);
        Ok(response)
    }
}
