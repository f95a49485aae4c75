//! `GET /api/v1/models`: which models the server can ask. The gateway will own it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use quorate_http::openapi::Problems;
use quorate_http::{Access, Routes};
use quorate_kernel::{Page, Pagination, Permission};
use quorate_models::{ModelInfo, Models};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// A model that can be asked. What it costs is for operators.
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
}

impl From<ModelInfo> for ModelView {
    fn from(model: ModelInfo) -> Self {
        let ModelInfo { id, provider, kind, offline, routes, .. } = model;
        Self { id, provider, kind: kind.name().to_owned(), offline, routes }
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
