use axum::extract::{Path, State};
use axum::response::Response;
use quorate_http::{Failure, Who};
use quorate_kernel::{Principal, Problem};
use quorate_models::{Modality, ModelFacts, Price};
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
    #[serde(flatten)]
    known: Option<Known>,
}

/// What is known of a model beyond what either API says (GTW-3). What is unknown is left out.
#[derive(Serialize)]
struct Known {
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    input_modalities: Vec<Modality>,
    supports: Supports,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_microusd_per_million_tokens: Option<Rates>,
}

#[derive(Serialize)]
struct Supports {
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_schema: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<bool>,
}

#[derive(Serialize)]
struct Rates {
    input: i64,
    output: i64,
    cached_read: i64,
    cache_write: i64,
}

impl Known {
    fn new(facts: ModelFacts, price: Option<Price>) -> Self {
        let ModelFacts { context, max_output, input, tools, json_schema, reasoning, .. } = facts;
        let rates = |price: Price| Rates {
            input: price.input.0,
            output: price.output.0,
            cached_read: price.cached_read.0,
            cache_write: price.cache_write.0,
        };
        Self {
            context_length: context,
            max_output_tokens: max_output,
            input_modalities: input,
            supports: Supports { tools, json_schema, reasoning },
            price_microusd_per_million_tokens: price.map(rates),
        }
    }
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
/// The routes, the models they lead to, and the board's own models; of an API key only those it may be used for. Beside
/// what those two say of a model stands what the catalogue knows: limits, what it takes and can, and its price.
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
    params(("id" = String, Path, description = "The model; a slash in it is written `%2F`, as the SDKs do.")),
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
        let ours = |id: String| card(id, "quorate".to_owned(), None);
        let own = own::MODELS.iter().map(|(id, _)| ours((*id).to_owned()));
        let routes = self.models.route_names().into_iter().map(ours);
        let targets = self.models.list().into_iter().map(|model| {
            let known = Known::new(model.facts, model.price);
            card(model.id, model.provider, Some(known))
        });
        own.chain(routes).chain(targets).filter(|card| self.may_ask(principal, &card.id).is_ok()).collect()
    }
}

fn card(id: String, owned_by: String, known: Option<Known>) -> ModelCard {
    ModelCard {
        display_name: id.clone(),
        id,
        object: "model",
        r#type: "model",
        created: 0,
        created_at: "1970-01-01T00:00:00Z",
        owned_by,
        known,
    }
}
