use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use quorate_kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::answer::answer;
use super::asked::{Asked, Wire};
use super::dialect::Dialect;
use super::embeddings;
use super::faults::body;
use super::journal::{Journal, Outcome, Ticket, Visit};
use super::script::{Act, Rule, Script};
use super::wire::{Reply, error_body, events, whole};

/// The largest request taken.
const MAX_BODY: usize = 32 * 1024 * 1024;

#[derive(Clone, Default)]
pub(super) struct Server {
    script: Arc<Mutex<Script>>,
    journal: Journal,
}

/// Serves the scripted models on `listener` until the process ends.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let router = Router::new()
        .route("/v1/chat/completions", post(openai))
        .route("/v1/responses", post(responses))
        .route("/{vendor}/v1/chat/completions", post(imitator))
        .route("/{vendor}/v1/embeddings", post(embeddings::imitator))
        .route("/{vendor}/v1/models", get(list))
        .route("/v1/messages", post(anthropic))
        .route("/v1beta/models/{call}", post(gemini))
        .route("/v1/embeddings", post(embeddings::openai))
        .route("/v1/moderations", post(moderations))
        .route("/v1/models", get(list))
        .route("/_script", post(set_script).delete(clear_script))
        .route("/_journal", get(read_journal).delete(clear_journal))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Server::default());
    let listener = listener.tap_io(|stream| {
        // Without it a chunk may wait 40 ms for the one before it to be acknowledged.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

async fn openai(State(server): State<Server>, uri: Uri, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    server.chat(Wire::OpenAi, &uri, &headers, body).await
}

async fn responses(State(server): State<Server>, uri: Uri, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    server.chat(Wire::Responses, &uri, &headers, body).await
}

/// Somebody who speaks OpenAI's chat format in a dialect of their own.
async fn imitator(
    State(server): State<Server>,
    Path(vendor): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let Some(dialect) = Dialect::named(&vendor) else { return StatusCode::NOT_FOUND.into_response() };
    let refused = dialect.refuses(&body);
    let asked = Asked { dialect, ..Asked::read(Wire::OpenAi, body) };
    if let Some((status, error)) = refused {
        let (_, ticket) = server.enter(&asked, &uri, &headers);
        return finish((status, json_headers(), error.to_string()), ticket);
    }
    server.answer(asked, &uri, &headers).await
}

async fn anthropic(State(server): State<Server>, uri: Uri, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    server.chat(Wire::Anthropic, &uri, &headers, body).await
}

/// Gemini names the model and what to do with it in the address: `m:streamGenerateContent`.
async fn gemini(
    State(server): State<Server>,
    Path(call): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let mut asked = Asked::read(Wire::Gemini, body);
    match call.split_once(':') {
        Some((model, "streamGenerateContent")) if uri.query() == Some("alt=sse") => {
            (asked.model, asked.stream) = (model.to_owned(), true);
        }
        Some((model, "generateContent")) => model.clone_into(&mut asked.model),
        Some((model, "batchEmbedContents")) => {
            model.clone_into(&mut asked.model);
            return embeddings::gemini(&server, asked, &uri, &headers).await;
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    }
    server.answer(asked, &uri, &headers).await
}

impl Server {
    async fn chat(&self, wire: Wire, uri: &Uri, headers: &HeaderMap, body: Value) -> Response {
        self.answer(Asked::read(wire, body), uri, headers).await
    }

    async fn answer(&self, asked: Asked, uri: &Uri, headers: &HeaderMap) -> Response {
        let wire = asked.wire;
        let (act, ticket) = self.enter(&asked, uri, headers);
        if let Some(response) = prelude(wire, &act, asked.stream).await {
            return finish(response, ticket);
        }
        let reply = Reply::new(&asked, &act, text(&asked, &act));
        let (parts, kind) = if asked.stream {
            (events(&asked, &act, &reply), "text/event-stream")
        } else {
            (vec![whole(&asked, &reply).to_string()], "application/json")
        };
        ([(CONTENT_TYPE, kind)], super::faults::body(parts, &act, ticket)).into_response()
    }

    /// Writes the request into the journal and looks up what the script says about it.
    pub(super) fn enter(&self, asked: &Asked, uri: &Uri, headers: &HeaderMap) -> (Act, Ticket) {
        let taken = self.script.lock().unwrap_or_else(PoisonError::into_inner).take(|matching| asked.fits(matching));
        let (rule, act) = taken.map_or((None, Act::default()), |(number, act)| (Some(number), act));
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
        let visit = Visit {
            number: 0,
            at: SystemClock.now(),
            path: uri.path().to_owned(),
            model: asked.model.clone(),
            schema: asked.schema_name.clone(),
            stream: asked.stream,
            key: bearer.or_else(|| header("x-api-key")).or_else(|| header("x-goog-api-key")),
            idempotency_key: header("idempotency-key"),
            body_hash: format!("{:016x}", asked.hash),
            body: asked.body.clone(),
            rule,
            outcome: Outcome::Open,
        };
        (act, self.journal.enter(visit))
    }
}

/// What happens before or instead of an answer.
pub(super) async fn prelude(wire: Wire, act: &Act, stream: bool) -> Option<(StatusCode, HeaderMap, String)> {
    if let Some(delay) = act.delay_ms {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if act.hang {
        std::future::pending::<()>().await;
    }
    let status = act.status.unwrap_or(200);
    if status < 400 && act.body.is_none() {
        return None;
    }
    let mut headers = HeaderMap::new();
    let usual = if stream && status < 400 { "text/event-stream" } else { "application/json" };
    let kind = act.content_type.as_deref().unwrap_or(usual);
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("text/plain")));
    if let Some(value) = act.retry_after.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
        headers.insert(RETRY_AFTER, value);
    }
    let text = act.body.clone().unwrap_or_else(|| error_body(wire, status, act).to_string());
    Some((StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), headers, text))
}

pub(super) fn finish(response: (StatusCode, HeaderMap, String), ticket: Ticket) -> Response {
    let (status, headers, text) = response;
    (status, headers, body(vec![text], &Act::default(), ticket)).into_response()
}

/// The text of the answer, with the script's own words laid over it.
fn text(asked: &Asked, act: &Act) -> String {
    let mut answer = answer(asked);
    match (&act.content, &mut answer) {
        (Some(Value::Object(own)), Value::Object(fields)) => fields.extend(own.clone()),
        (Some(own), answer) => *answer = own.clone(),
        (None, _) => {}
    }
    let mut text = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
    if act.malformed_json {
        let keep = text.chars().count() * 2 / 3;
        text = text.chars().take(keep).collect();
    }
    text
}

/// Flags what holds the word `violence`.
async fn moderations(State(server): State<Server>, uri: Uri, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let asked = Asked::read(Wire::OpenAi, body);
    let (act, ticket) = server.enter(&asked, &uri, &headers);
    if let Some(response) = prelude(Wire::OpenAi, &act, false).await {
        return finish(response, ticket);
    }
    let flagged = asked.body["input"].as_str().is_some_and(|text| text.contains("violence"));
    let result = json!({ "flagged": flagged, "categories": { "violence": flagged, "sexual": false } });
    let answer = json!({ "id": "modr-1", "model": asked.model, "results": [result] });
    finish((StatusCode::OK, json_headers(), answer.to_string()), ticket)
}

pub(super) fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

async fn list() -> Json<Value> {
    Json(json!({ "object": "list", "data": [{ "id": "scripted", "object": "model", "owned_by": "quorate" }] }))
}

async fn set_script(State(server): State<Server>, Json(rules): Json<Vec<Rule>>) -> StatusCode {
    *server.script.lock().unwrap_or_else(PoisonError::into_inner) = Script::new(rules);
    StatusCode::NO_CONTENT
}

async fn clear_script(State(server): State<Server>) -> StatusCode {
    *server.script.lock().unwrap_or_else(PoisonError::into_inner) = Script::default();
    StatusCode::NO_CONTENT
}

async fn read_journal(State(server): State<Server>) -> Json<Vec<Visit>> {
    Json(server.journal.all())
}

async fn clear_journal(State(server): State<Server>) -> StatusCode {
    server.journal.clear();
    StatusCode::NO_CONTENT
}
