//! The parts of `openapi.json` that belong to no domain.
//!
//! A handler names its own answers and adds [`Problems`] for every answer that is an error:
//!
//! ```
//! use quorate_http::openapi::Problems;
//!
//! #[utoipa::path(get, path = "/api/v1/things/{id}", tag = "things", params(("id" = String, Path)),
//!     responses((status = 200, body = String), Problems))]
//! async fn read() -> String {
//!     String::new()
//! }
//! ```
//!
//! Write types in full (`chrono::DateTime<Utc>`): utoipa does not see through aliases. Security is written by
//! [`Routes`] from the route's [`Access`], so a handler says nothing about it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use quorate_kernel::Problem;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, Ref, RefOr, Response as Answer, ResponseBuilder,
};
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::routes;

use crate::{ACCESS_COOKIE, Access, Failure, ProblemBody, Routes};

/// Status, name of the shared answer, what it tells.
const PROBLEMS: [(&str, &str, &str); 8] = [
    ("400", "InvalidBody", "The body is not the JSON that the endpoint reads."),
    ("401", "Unauthenticated", "No valid access token was sent."),
    ("403", "Forbidden", "The permission is missing, or a browser's request came from another origin."),
    ("404", "NotFound", "There is no such thing, or it belongs to somebody else."),
    ("409", "Conflict", "The thing is not in a state that allows this."),
    ("422", "ValidationFailed", "Some fields are not acceptable; `details` names each."),
    ("429", "RateLimited", "Too many requests; `Retry-After` tells when to try again."),
    ("500", "Internal", "Something is broken on the server; `request_id` finds it in the log."),
];

/// Every error answer of an operation, for `responses(…, Problems)`. Each is a reference to a shared answer that
/// [`describe`] adds.
#[derive(Debug, Clone, Copy)]
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Answer>> {
        PROBLEMS
            .iter()
            .map(|(status, name, _)| ((*status).to_owned(), RefOr::Ref(Ref::from_response_name(*name))))
            .collect()
    }
}

/// Completes the description that [`Routes::into_parts`] gave: title, security schemes, the shared error answers.
#[must_use]
pub fn describe(mut api: OpenApi, version: &str) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Quorate")
        .version(version)
        .description(Some(
            "A board of AI personas that debates your decision. Everything the web app does, it does here.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let components = api.components.get_or_insert_default();
    let mut schemas = vec![(ProblemBody::name().into_owned(), <ProblemBody as utoipa::PartialSchema>::schema())];
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (_, name, told) in PROBLEMS {
        components.responses.insert(name.to_owned(), RefOr::T(problem_answer(told)));
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of an API client, or an API key where the operation takes one."))
        .build();
    let cookie = ApiKeyValue::with_description(
        ACCESS_COOKIE,
        "The access token of a browser. Over HTTPS the cookie's name begins with `__Host-`. Requests that change \
         something must come from the server's own pages.",
    );
    let key = ApiKeyValue::with_description("x-api-key", "An API key, where it is not sent as a bearer token.");
    components.security_schemes.insert("api_key".to_owned(), RefOr::T(SecurityScheme::ApiKey(ApiKey::Header(key))));
    components.security_schemes.insert("bearer".to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    components.security_schemes.insert("cookie".to_owned(), RefOr::T(SecurityScheme::ApiKey(ApiKey::Cookie(cookie))));
    api
}

fn problem_answer(told: &str) -> Answer {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
    ResponseBuilder::new().description(told).content("application/json", body).build()
}

/// The finished `openapi.json`. It is empty until it is published, because it also describes the route that serves it.
#[derive(Debug, Clone, Default)]
pub struct Document(Arc<OnceLock<Bytes>>);

impl Document {
    /// Nothing published yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what the route answers. The first call counts.
    ///
    /// # Errors
    /// When the description cannot be written as JSON.
    pub fn publish(&self, api: &OpenApi) -> Result<(), serde_json::Error> {
        let json = serde_json::to_vec(api)?;
        self.0.get_or_init(|| json.into());
        Ok(())
    }

    /// `GET /api/v1/openapi.json`.
    #[must_use]
    pub fn routes(&self) -> Routes {
        Routes::<Self>::new().add(Access::Public, routes!(openapi_json)).with_state(self.clone())
    }
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "meta",
    responses((status = 200, description = "The OpenAPI 3.1 description of this server.", body = Object)))]
async fn openapi_json(State(document): State<Document>) -> Result<Response, Failure> {
    let json = document.0.get().cloned().ok_or_else(|| Problem::internal("the API's description was not published"))?;
    // It changes with the binary only.
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], json)
        .into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[utoipa::path(get, path = "/api/v1/sample", responses((status = 200, body = String), Problems))]
    async fn sample() -> String {
        String::new()
    }

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    match inner {
                        Value::String(target) if name == "$ref" => found.push(target.clone()),
                        _ => references(inner, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_of_the_description_leads_somewhere() {
        let document = Document::new();
        let (_, api, table) =
            Routes::<()>::new().add(Access::SignedIn, routes!(sample)).merge(document.routes()).into_parts();
        assert_eq!(table.len(), 2);
        let json = serde_json::to_value(describe(api, "1.2.3")).unwrap();
        assert_eq!(json["info"]["version"], "1.2.3");
        let answers = &json["paths"]["/api/v1/sample"]["get"]["responses"];
        assert_eq!(answers["404"]["$ref"], "#/components/responses/NotFound");
        assert_eq!(answers["200"]["content"]["text/plain"]["schema"]["type"], "string");
        let mut found = Vec::new();
        references(&json, &mut found);
        assert!(found.len() > 10, "{found:?}");
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(json.pointer(pointer).is_some(), "{target} leads nowhere");
        }
        for scheme in ["bearer", "cookie", "api_key"] {
            assert!(json["components"]["securitySchemes"][scheme].is_object());
        }
    }
}
