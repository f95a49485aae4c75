use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use quorate_kernel::{Code, Problem};

use super::RequestId;
use crate::ProblemBody;

/// Writes the body of an answer that failed, and logs what the caller may not see. Takes [`crate::Failure`]s and
/// axum's own bare refusals (no such route, wrong method …).
pub(super) fn render(mut response: Response, id: &RequestId, foreign: Option<&Foreign>) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Arc<Problem>>() {
        log(&problem);
        return with_body(response, &problem, id, foreign);
    }
    match bare(&response) {
        Some(problem) => with_body(response, &problem, id, foreign),
        None => response,
    }
}

/// Says an error as another API does, with its status and body: of its path, the problem and the request's id.
pub type ErrorShape = fn(&str, &Problem, &str) -> (StatusCode, Vec<u8>);

/// A request to an API that is not our own, and how that one writes errors.
pub(super) struct Foreign {
    pub(super) path: String,
    pub(super) shape: ErrorShape,
}

/// Once, here at the boundary, and with the request's span around it.
fn log(problem: &Problem) {
    match problem.code {
        Code::Internal => tracing::error!(error = problem.chain(), "request failed"),
        Code::Unavailable | Code::Timeout => tracing::warn!(error = problem.chain(), message = problem.message),
        _ => {}
    }
}

fn with_body(response: Response, problem: &Problem, id: &RequestId, foreign: Option<&Foreign>) -> Response {
    let (mut parts, _) = response.into_parts();
    let own = || {
        serde_json::to_vec(&ProblemBody::of(problem, id.as_str())).unwrap_or_else(|error| {
            tracing::error!(%error, "a problem's body cannot be written");
            Vec::new()
        })
    };
    let body = match foreign {
        Some(foreign) => {
            let (status, body) = (foreign.shape)(&foreign.path, problem, id.as_str());
            parts.status = status;
            body
        }
        None => own(),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if parts.status == StatusCode::UNAUTHORIZED {
        // RFC 9110, 11.6.1: a 401 names the scheme to use.
        parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(parts, Body::from(body))
}

/// The problem of a refusal that is only a status, or a status with a line of plain text.
fn bare(response: &Response) -> Option<Problem> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !(status.is_client_error() || status.is_server_error())
        || kind.is_some_and(|kind| !kind.starts_with(b"text/plain"))
    {
        return None;
    }
    let (code, message) = match status {
        StatusCode::UNAUTHORIZED => (Code::Unauthenticated, "Sign in first."),
        StatusCode::FORBIDDEN => (Code::Forbidden, "This is not allowed."),
        StatusCode::NOT_FOUND => (Code::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => (Code::MethodNotAllowed, "This address does not take this method."),
        StatusCode::REQUEST_TIMEOUT => (Code::Timeout, "The request took longer than the server allows."),
        StatusCode::CONFLICT => (Code::Conflict, "The thing is not in a state that allows this."),
        StatusCode::PAYLOAD_TOO_LARGE => (Code::PayloadTooLarge, "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (Code::UnsupportedMediaType, "This content type is not read here."),
        StatusCode::UNPROCESSABLE_ENTITY => (Code::ValidationFailed, "Some fields are not acceptable."),
        StatusCode::TOO_MANY_REQUESTS => (Code::RateLimited, "Too many requests. Try again later."),
        StatusCode::SERVICE_UNAVAILABLE => (Code::Unavailable, "The server cannot do this just now."),
        _ if status.is_client_error() => (Code::InvalidBody, "The request cannot be read."),
        _ => (Code::Internal, "Something went wrong on our side."),
    };
    Some(Problem::new(code, message))
}
