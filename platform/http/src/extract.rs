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
        JsonRejection::JsonDataError(error) => wrong_place(&error.body_text(), "body"),
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(Code::UnsupportedMediaType, "Send the body as application/json.")
        }
        JsonRejection::BytesRejection(error) if error.status().as_u16() == 413 => {
            Problem::new(Code::PayloadTooLarge, "The body is too large.")
        }
        _ => Problem::new(Code::InvalidBody, "The body cannot be read."),
    }
}

/// axum's text is "Failed to deserialize …: path: what is wrong"; the part after the first colon is about the caller's
/// own input. The path is missing when the whole is wrong, or a field is not there.
fn wrong_place(text: &str, whole: &str) -> Problem {
    let told = text.split_once(": ").map_or(text, |(_, told)| told);
    let path = told.split_once(": ").filter(|(path, _)| !path.contains(' '));
    let (place, message) = path.map_or((None, told), |(path, message)| (Some(path), message));
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (place, missing) {
        (Some(place), Some(name)) => Problem::field(format!("{place}.{name}"), message),
        (Some(place), None) => Problem::field(place, message),
        (None, missing) => Problem::field(missing.unwrap_or(whole), message),
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
            Err(rejection) => Err(wrong_place(&rejection.body_text(), "query").into()),
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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Wanted {
        email: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Inner {
        count: u8,
    }

    async fn places(body: &str) -> (Code, Vec<(String, String)>) {
        let request =
            Request::post("/").header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_owned()));
        let refused = Json::<Wanted>::from_request(request.unwrap(), &()).await.unwrap_err();
        let problem = body_problem(&refused);
        (problem.code, problem.details.into_iter().map(|detail| (detail.field, detail.message)).collect())
    }

    #[tokio::test]
    async fn the_place_of_a_wrong_field_is_named() {
        for (body, field, message) in [
            ("{}", "email", "missing field `email`"),
            (r#"{"email":"a","inner":{}}"#, "inner.count", "missing field `count`"),
            (r#"{"email":"a","inner":{"count":300}}"#, "inner.count", "invalid value: integer `300`"),
            (r#"{"email":7}"#, "email", "invalid type: integer `7`, expected a string"),
            ("[]", "email", "invalid length 0"),
            ("3", "body", "invalid type: integer `3`"),
        ] {
            let (code, details) = places(body).await;
            assert_eq!(code, Code::ValidationFailed);
            assert!(details[0].1.starts_with(message), "{body}: {details:?}");
            if body != "[]" {
                assert_eq!(details[0].0, field, "{body}: {details:?}");
            }
        }
        assert_eq!(places("{").await.0, Code::InvalidBody);
    }
}
