use std::str::FromStr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use quorate_kernel::{Code, Principal, Problem};
use serde::de::DeserializeOwned;

use crate::Failure;

/// The principal that the route's [`crate::Access`] let in.
#[derive(Debug, Clone)]
pub struct Who(pub Principal);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let principal = parts.extensions.get::<Principal>().cloned();
        principal.map(Self).ok_or_else(|| Problem::internal("a public route asks who the caller is").into())
    }
}

/// A JSON body. Broken JSON is 400 `INVALID_BODY`; JSON of the wrong shape is 422 `VALIDATION_FAILED` naming the place.
#[derive(Debug)]
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let Json(value) =
            Json::<T>::from_request(request, state).await.map_err(|rejection| body_problem(&rejection))?;
        Ok(Self(value))
    }
}

fn body_problem(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonSyntaxError(_) => Problem::new(Code::InvalidBody, "The body is not valid JSON."),
        JsonRejection::JsonDataError(error) => {
            // axum's text is "Failed to deserialize …: path: what is wrong at line …"; the part after the first colon
            // is about the caller's own JSON.
            let text = error.body_text();
            let told = text.split_once(": ").map_or(text.as_str(), |(_, told)| told);
            let (field, message) = told.split_once(": ").unwrap_or(("body", told));
            let field = if field.contains(' ') { "body" } else { field };
            Problem::field(field, message)
        }
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(Code::UnsupportedMediaType, "Send the body as application/json.")
        }
        JsonRejection::BytesRejection(error) if error.status().as_u16() == 413 => {
            Problem::new(Code::PayloadTooLarge, "The body is too large.")
        }
        _ => Problem::new(Code::InvalidBody, "The body cannot be read."),
    }
}

/// Query parameters; wrong ones are 422 `VALIDATION_FAILED`.
#[derive(Debug)]
pub struct QueryInput<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryInput<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let told = text.split_once(": ").map_or(text.as_str(), |(_, told)| told);
                Err(Problem::field("query", told).into())
            }
        }
    }
}

/// An id from the path. One that is no id names nothing, so it is 404 like any other that is not there.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Ok(Path(text)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(Problem::not_found("thing").into());
        };
        text.parse().map(Self).map_err(|_| Problem::not_found("thing").into())
    }
}
