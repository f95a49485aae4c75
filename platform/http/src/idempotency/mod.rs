//! `Idempotency-Key`: a request that changes something and is sent again changes nothing, and gets the answer that the
//! first one got. Kept for a day by organization, person and key; another request under a used key is refused.
//!
//! Only success is kept. A refused request changed nothing, so it is looked at anew; after a failure of ours the caller
//! is meant to try again. Requests without a principal (`/api/v1/auth/*`) have nobody to keep an answer for.

mod answer;
mod claim;
mod store;

use std::sync::Arc;
use std::time::Duration;

use axum::RequestExt;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use quorate_kernel::{Clock, Code, Ids, OrgId, Principal, Problem};
use quorate_store::{MasterKey, MigrationSet, Store, StoreError};
use sha2::{Digest, Sha256};
use tracing::Instrument;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use crate::Failure;
use answer::Answer;
use claim::Claim;

/// The table of answers. Apply it before the server starts.
pub static MIGRATIONS: MigrationSet = sqlx::migrate!();

/// The header with the key.
pub(crate) const HEADER: &str = "idempotency-key";
/// Set on an answer that was kept from an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_KEY: usize = 255;
/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);
/// How long a call is believed to be at work: longer than any request may take.
const HELD: Duration = Duration::from_mins(2);
/// How long the same request waits for the first one, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(25);
const LOOK: Duration = Duration::from_millis(50);
/// Larger answers are not kept. Requests that change something answer with far less.
const MAX_ANSWER: usize = 1024 * 1024;

/// Keeps answers. Cheap to clone.
#[derive(Clone)]
pub struct Idempotency {
    store: Store,
    key: MasterKey,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Idempotency {
    /// With [`MIGRATIONS`] applied to `store`. Answers are sealed with `key`.
    #[must_use]
    pub const fn new(store: Store, key: MasterKey, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { store, key, clock, ids }
    }

    /// Forgets every answer of an organization that is no more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_organization(&self, org: OrgId) -> Result<(), Problem> {
        let forgotten = async {
            let mut tx = self.store.system("the organization was deleted").await?;
            store::forget(&mut tx, org).await?;
            tx.commit().await
        };
        forgotten.await.map_err(|error: StoreError| Problem::internal(error))
    }

    /// Lets the handler answer, or answers for it with what was answered before.
    pub(crate) async fn answer(
        self,
        key: String,
        principal: Principal,
        request: Request,
        next: Next,
    ) -> Result<Response, Problem> {
        let (fingerprint, request) = read(&self.key, request).await?;
        let claim = Claim::new(&self, principal, key, fingerprint);
        if let Some(kept) = claim.take().await? {
            return kept.replay();
        }
        // On a task of its own: a caller who leaves in the middle gets the answer when they ask again.
        let answering = async move {
            let response = next.run(request).await;
            if !response.status().is_success() || is_stream(response.headers()) {
                claim.give_up().await;
                return response;
            }
            let (parts, body) = response.into_parts();
            match to_bytes(body, MAX_ANSWER).await {
                Ok(body) => {
                    claim.keep(&Answer::of(&parts, &body)).await;
                    Response::from_parts(parts, Body::from(body))
                }
                Err(error) => {
                    claim.give_up().await;
                    Failure::from(Problem::internal(error)).into_response()
                }
            }
        };
        let answered = tokio::spawn(answering.in_current_span()).await;
        answered.map_err(Problem::internal)
    }
}

/// The header as the description of an operation names it.
pub(crate) fn parameter() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(MAX_KEY));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The same request with the same key is done once and answered the same for 24 hours."))
        .schema(Some(text.build()))
        .build()
}

/// The key of a request that changes something; `None` when it names none.
///
/// # Errors
/// `ValidationFailed` when it is not 1 to 255 visible ASCII characters.
pub(crate) fn key_of(method: &Method, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(None);
    }
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(Problem::field(HEADER, "must be 1 to 255 visible ASCII characters"));
    }
    Ok(Some(key.to_owned()))
}

/// What tells one request from another, and the request with its body in memory.
///
/// Bodies hold passwords now and then: without the key nobody who has the database can try some against it.
async fn read(key: &MasterKey, request: Request) -> Result<(String, Request), Problem> {
    let (parts, body) = request.with_limited_body().into_parts();
    let too_large = |_| Problem::new(Code::PayloadTooLarge, "The body is too large.");
    // The limit is the route's own, which the body carries.
    let body = to_bytes(body, usize::MAX).await.map_err(too_large)?;
    let mut hash = Sha256::new();
    hash.update(key.derive("idempotency fingerprint"));
    for part in [parts.method.as_str(), parts.uri.path_and_query().map_or("/", |address| address.as_str())] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(&body);
    let fingerprint = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((fingerprint, Request::from_parts(parts, Body::from(body))))
}

fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

fn replayed() -> (HeaderName, HeaderValue) {
    (REPLAYED, HeaderValue::from_static("true"))
}
