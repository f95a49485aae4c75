use axum::extract::{Request, State};
use axum::response::Response;
use quorate_formats::embeddings::{read_request, write_answer};
use quorate_http::{Failure, Who};

use super::Door;
use super::chat::{answered_by, caller, json, read};
use super::errors::{bad_body, problem};

/// Create embeddings
///
/// Texts become vectors, as lists of numbers or in base64. `model` is a route or `provider/model`; an offline provider
/// embeds on this machine.
#[utoipa::path(post, path = "/v1/embeddings", operation_id = "create_embeddings", tag = "openai",
    request_body(content = serde_json::Value, description = "As OpenAI describes it."),
    responses((status = 200, description = "As OpenAI describes it.", body = serde_json::Value)))]
pub(super) async fn create(
    State(door): State<Door>,
    Who(principal): Who,
    request: Request,
) -> Result<Response, Failure> {
    let (head, body) = read(request).await?;
    let asked = read_request(&body).map_err(bad_body)?;
    door.may_ask(&principal, &asked.model)?;
    door.requests.admit(principal.org_id).await?;
    let caller = caller(&principal, "/v1/embeddings", head.request_id);
    let vectors = door.models.embed(&asked, &caller).await.map_err(|error| problem(&error))?;
    let tokens = vectors.embedded.tokens.unwrap_or_default();
    let answer = write_answer(&vectors.embedded, &asked.model, asked.encoding, tokens);
    Ok(answered_by(json(answer), vectors.target, vectors.attempts))
}
