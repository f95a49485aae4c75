//! `GET /api/v1/models`: which models the server can ask. The gateway will own it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use quorate_http::openapi::Problems;
use quorate_http::{Access, Routes};
use quorate_kernel::{Page, Pagination, Permission};
use quorate_models::{ModelInfo, Models, Price};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// A model that can be asked, with what the catalogue knows of it. What is unknown is null.
#[derive(Debug, Serialize, ToSchema)]
struct ModelView {
    /// `provider/model`.
    #[schema(example = "offline/demo")]
    id: String,
    /// The provider's name in the configuration.
    provider: String,
    /// What the provider speaks.
    #[schema(example = "offline")]
    kind: String,
    /// Whether it is the offline demo model.
    offline: bool,
    /// The routes that lead to it.
    routes: Vec<String>,
    /// The longest input and output together, in tokens.
    context_tokens: Option<u64>,
    /// The longest answer, in tokens.
    max_output_tokens: Option<u64>,
    /// What may stand in a question: text, image, audio, video. Empty when unknown.
    #[schema(example = json!(["text", "image"]))]
    input: Vec<String>,
    /// Whether it calls tools.
    tools: Option<bool>,
    /// Whether an answer can be held to a JSON schema.
    json_schema: Option<bool>,
    /// Whether it thinks before it answers.
    reasoning: Option<bool>,
    /// What it costs; null when unknown, which is never zero.
    price: Option<ModelPriceView>,
}

/// The price of a model, for a million tokens each.
#[derive(Debug, Serialize, ToSchema)]
struct ModelPriceView {
    /// Input tokens, in micro-dollars.
    input_microusd: i64,
    /// Output tokens, reasoning included, in micro-dollars.
    output_microusd: i64,
    /// Input tokens read from the provider's cache, in micro-dollars.
    cached_read_microusd: i64,
    /// Input tokens written to the provider's cache, in micro-dollars.
    cache_write_microusd: i64,
}

impl From<Price> for ModelPriceView {
    fn from(price: Price) -> Self {
        Self {
            input_microusd: price.input.0,
            output_microusd: price.output.0,
            cached_read_microusd: price.cached_read.0,
            cache_write_microusd: price.cache_write.0,
        }
    }
}

impl From<ModelInfo> for ModelView {
    fn from(model: ModelInfo) -> Self {
        let ModelInfo { id, provider, kind, offline, routes, price, facts } = model;
        Self {
            id,
            provider,
            kind: kind.name().to_owned(),
            offline,
            routes,
            context_tokens: facts.context,
            max_output_tokens: facts.max_output,
            input: facts.input.iter().map(|modality| modality.name().to_owned()).collect(),
            tools: facts.tools,
            json_schema: facts.json_schema,
            reasoning: facts.reasoning,
            price: price.map(ModelPriceView::from),
        }
    }
}

/// The routes of the model list.
pub(crate) fn routes(models: Arc<Models>) -> Routes<()> {
    Routes::<Arc<Models>>::new().add(Access::Needs(Permission::ModelRead), routes!(list)).with_state(models)
}

/// List the models that the server can ask
#[utoipa::path(get, path = "/api/v1/models", operation_id = "list_models", tag = "models",
    responses((status = 200, body = Page<ModelView>), Problems))]
async fn list(State(models): State<Arc<Models>>) -> Json<Page<ModelView>> {
    let data = models.list().into_iter().map(ModelView::from).collect();
    Json(Page { data, pagination: Pagination::default() })
}
