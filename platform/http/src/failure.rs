use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use quorate_kernel::{Code, FieldError, Problem};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What a handler fails with: anything that is a [`Problem`]. The middleware writes the body, since only it knows the
/// request's id, and logs what the caller may not see.
#[derive(Debug)]
pub struct Failure(Box<Problem>);

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error.into()))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = *self.0;
        let mut response = status(problem.code).into_response();
        if let Some(seconds) = problem.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Arc::new(problem));
        response
    }
}

pub(crate) fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The body of every error answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// What went wrong.
    pub error: ProblemDetail,
}

/// What went wrong, as the caller may know it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetail {
    /// The stable code.
    pub code: Code,
    /// A sentence in plain English.
    pub message: String,
    /// What is wrong with which field.
    pub details: Vec<FieldError>,
    /// Values that go with the message.
    #[schema(value_type = Object)]
    pub params: Map<String, Value>,
    /// Finds the request in the server's log.
    pub request_id: String,
}

impl ProblemBody {
    /// The body for a problem of one request.
    #[must_use]
    pub fn of(problem: &Problem, request_id: &str) -> Self {
        Self {
            error: ProblemDetail {
                code: problem.code,
                message: problem.message.clone(),
                details: problem.details.clone(),
                params: problem.params.clone(),
                request_id: request_id.to_owned(),
            },
        }
    }
}
