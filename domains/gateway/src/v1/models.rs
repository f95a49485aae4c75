use axum::extract::{Path, State};
use axum::response::Response;
use quorate_http::{Failure, Who};
use quorate_kernel::{Principal, Problem};
use serde::Serialize;

use super::chat::json;
use super::{Door, own};

/// A model as both OpenAI and Anthropic list one.
#[derive(Serialize)]
struct ModelCard {
    id: String,
    object: &'static str,
    /// Anthropic's word for `object`.
    r#type: &'static str,
    display_name: String,
    /// When a model was made is its provider's to know.
    created: i64,
    created_at: &'static str,
    owned_by: String,
}

#[derive(Serialize)]
struct Cards {
    object: &'static str,
    data: Vec<ModelCard>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

/// List models
///
/// The routes, the models they lead to, and the board's own models; of an API key only those it may be used for.
#[utoipa::path(get, path = "/v1/models", operation_id = "list_openai_models", tag = "openai",
    responses((status = 200, description = "As OpenAI and Anthropic describe it.", body = serde_json::Value)))]
pub(super) async fn list(State(door): State<Door>, Who(principal): Who) -> Result<Response, Failure> {
    let data = door.cards(&principal);
    let id = |card: Option<&ModelCard>| card.map(|card| card.id.clone());
    let (first_id, last_id) = (id(data.first()), id(data.last()));
    write(&Cards { object: "list", data, has_more: false, first_id, last_id })
}

/// Read a model
#[utoipa::path(get, path = "/v1/models/{id}", operation_id = "get_openai_model", tag = "openai",
    params(("id" = String, Path, description = "The model; slashes may stand as they are.")),
    responses((status = 200, description = "As OpenAI and Anthropic describe it.", body = serde_json::Value)))]
pub(super) async fn one(
    State(door): State<Door>,
    Who(principal): Who,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let card = door.cards(&principal).into_iter().find(|card| card.id == id);
    write(&card.ok_or_else(|| Problem::not_found("model"))?)
}

fn write(body: &impl Serialize) -> Result<Response, Failure> {
    Ok(json(serde_json::to_vec(body).map_err(Problem::internal)?))
}

impl Door {
    fn cards(&self, principal: &Principal) -> Vec<ModelCard> {
        let own = own::MODELS.iter().map(|(id, _)| ((*id).to_owned(), "quorate".to_owned()));
        let routes = self.models.route_names().into_iter().map(|route| (route, "quorate".to_owned()));
        let targets = self.models.list().into_iter().map(|model| (model.id, model.provider));
        own.chain(routes).chain(targets).filter(|(id, _)| self.may_ask(principal, id).is_ok()).map(card).collect()
    }
}

fn card((id, owned_by): (String, String)) -> ModelCard {
    ModelCard {
        display_name: id.clone(),
        id,
        object: "model",
        r#type: "model",
        created: 0,
        created_at: "1970-01-01T00:00:00Z",
        owned_by,
    }
}
