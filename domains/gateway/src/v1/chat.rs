use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use quorate_formats::{Envelope, Format};
use quorate_http::{Failure, RequestId, Who};
use quorate_kernel::{Code, Principal, Problem};
use quorate_models::{Caller, Purpose, RelayCall, Relayed};
use tokio::time::Instant;

use super::cached::Answers;
use super::errors::bad_body;
use super::{Door, own};

/// The largest request: prompts with pictures are large.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// Who answered, as `provider/model`, and how many were asked (GTW-11).
const MODEL: HeaderName = HeaderName::from_static("x-quorate-model");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-quorate-attempts");

/// Complete a chat
///
/// OpenAI's chat completions: streams, tools, JSON schemas, pictures. `model` is a route, `provider/model`, or one of the
/// board's own models. Fields that are not known here reach a provider of the same format untouched.
#[utoipa::path(post, path = "/v1/chat/completions", operation_id = "create_chat_completion", tag = "openai",
    request_body(content = serde_json::Value, description = "As OpenAI describes it."),
    responses((status = 200, description = "As OpenAI describes it; with `stream`, server-sent events.", body = serde_json::Value)))]
pub(super) async fn completions(
    State(door): State<Door>,
    Who(principal): Who,
    request: Request,
) -> Result<Response, Failure> {
    door.serve(Format::OpenAiChat, "/v1/chat/completions", principal, request).await
}

/// Create a response
///
/// OpenAI's responses, without what is stored there: send the whole conversation.
#[utoipa::path(post, path = "/v1/responses", operation_id = "create_response", tag = "openai",
    request_body(content = serde_json::Value, description = "As OpenAI describes it."),
    responses((status = 200, description = "As OpenAI describes it; with `stream`, server-sent events.", body = serde_json::Value)))]
pub(super) async fn responses(
    State(door): State<Door>,
    Who(principal): Who,
    request: Request,
) -> Result<Response, Failure> {
    door.serve(Format::OpenAiResponses, "/v1/responses", principal, request).await
}

/// Create a message
///
/// Anthropic's messages: streams, tools, thinking with its signatures, pictures.
#[utoipa::path(post, path = "/v1/messages", operation_id = "create_message", tag = "anthropic",
    request_body(content = serde_json::Value, description = "As Anthropic describes it."),
    responses((status = 200, description = "As Anthropic describes it; with `stream`, server-sent events.", body = serde_json::Value)))]
pub(super) async fn messages(
    State(door): State<Door>,
    Who(principal): Who,
    request: Request,
) -> Result<Response, Failure> {
    door.serve(Format::AnthropicMessages, "/v1/messages", principal, request).await
}

/// Count the tokens of a message
///
/// An estimate of ours, within about 15 % on prose; nobody is asked and nothing is billed.
#[utoipa::path(post, path = "/v1/messages/count_tokens", operation_id = "count_message_tokens", tag = "anthropic",
    request_body(content = serde_json::Value, description = "As Anthropic describes it."),
    responses((status = 200, description = "`{input_tokens}`.", body = serde_json::Value)))]
pub(super) async fn count_tokens(
    State(door): State<Door>,
    Who(principal): Who,
    request: Request,
) -> Result<Response, Failure> {
    let (_, body) = read(request).await?;
    let envelope = Envelope::scan(Format::AnthropicMessages, &body).map_err(bad_body)?;
    door.may_ask(&principal, &envelope.model)?;
    let asked = quorate_formats::read_request(Format::AnthropicMessages, &body).map_err(bad_body)?;
    Ok(json(serde_json::json!({ "input_tokens": quorate_formats::count_tokens(&asked) }).to_string()))
}

impl Door {
    /// Answers one call: what may be asked is checked, then the route's targets are.
    async fn serve(
        &self,
        format: Format,
        endpoint: &'static str,
        principal: Principal,
        request: Request,
    ) -> Result<Response, Failure> {
        let (head, body) = read(request).await?;
        let begun = Instant::now();
        let envelope = Envelope::scan(format, &body).map_err(bad_body)?;
        self.may_ask(&principal, &envelope.model)?;
        self.requests.admit(principal.org_id).await?;
        if let Some(depth) = own::depth(&envelope.model) {
            return Ok(self.convene(format, depth, &principal, &body, &envelope, &head.request_id).await?);
        }
        let caller = caller(&principal, endpoint, head.request_id);
        let call = RelayCall {
            route: &envelope.model,
            format,
            body: &body,
            envelope: &envelope,
            headers: &head.headers,
            caller: &caller,
            begun,
        };
        Answers { models: &self.models, cache: &self.cache, clock: &self.clock }.answer(&call).await
    }

    /// Whether the key, if it is one, may be used for this model.
    pub(super) fn may_ask(&self, principal: &Principal, model: &str) -> Result<(), Problem> {
        match &principal.api_key {
            Some(grant) if !grant.may_ask(model) => {
                Err(Problem::new(Code::Forbidden, "This API key may not be used for this model.").with("model", model))
            }
            _ => Ok(()),
        }
    }
}

/// For whom a call of an endpoint is made.
pub(super) fn caller(principal: &Principal, endpoint: &'static str, request_id: String) -> Arc<Caller> {
    Arc::new(Caller {
        org_id: principal.org_id,
        user_id: Some(principal.user_id),
        api_key: principal.api_key.as_ref().map(|grant| grant.id),
        purpose: Purpose::Api,
        endpoint,
        request_id,
    })
}

pub(super) struct Head {
    pub(super) headers: HeaderMap,
    pub(super) request_id: String,
}

/// Reads the request into memory.
pub(super) async fn read(request: Request) -> Result<(Head, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned()).unwrap_or_default();
    let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = || Problem::new(Code::PayloadTooLarge, "The request is larger than 32 MiB.");
    if told.is_some_and(|length| length > MAX_BODY) {
        return Err(too_large());
    }
    let body = to_bytes(body, MAX_BODY).await.map_err(|error| too_large().caused_by(error))?;
    Ok((Head { headers: parts.headers, request_id }, body))
}

pub(super) fn respond(relayed: Relayed) -> Response {
    let Relayed { status, headers, target, attempts, body } = relayed;
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    answered_by(response, target, attempts)
}

/// Tells who answered.
pub(super) fn answered_by(mut response: Response, target: String, attempts: u32) -> Response {
    if let Ok(target) = HeaderValue::try_from(target) {
        response.headers_mut().insert(MODEL, target);
    }
    response.headers_mut().insert(ATTEMPTS, HeaderValue::from(attempts));
    response
}

pub(super) fn json(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.status_mut() = StatusCode::OK;
    response
}
