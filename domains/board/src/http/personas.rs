use axum::Json;
use axum::extract::State;
use quorate_http::Failure;
use quorate_http::openapi::Problems;
use quorate_kernel::{Page, Pagination};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Board;
use crate::persona::{Persona, Traits};

/// An expert who can take a seat.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonaView {
    code: String,
    name: String,
    archetype: String,
    category: String,
    emoji: String,
    /// `#rrggbb`.
    color: String,
    /// What it looks at.
    summary: String,
    traits: Traits,
    temperature: f32,
}

impl From<&Persona> for PersonaView {
    fn from(persona: &Persona) -> Self {
        Self {
            code: persona.code.clone(),
            name: persona.name.clone(),
            archetype: persona.archetype.clone(),
            category: persona.category.clone(),
            emoji: persona.emoji.clone(),
            color: persona.color.clone(),
            summary: persona.summary.clone(),
            traits: persona.traits,
            temperature: persona.temperature,
        }
    }
}

/// List the personas, by category and name
#[utoipa::path(get, path = "/api/v1/personas", operation_id = "list_personas", tag = "board",
    responses((status = 200, body = Page<PersonaView>), Problems))]
pub(super) async fn list(State(board): State<Board>) -> Result<Json<Page<PersonaView>>, Failure> {
    let data = board.personas().all().into_iter().map(PersonaView::from).collect();
    Ok(Json(Page { data, pagination: Pagination::default() }))
}
