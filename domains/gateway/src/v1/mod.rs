//! The API that programs written for OpenAI's or Anthropic's use (GTW-20): the same paths, bodies, streams and errors.

mod cached;
mod chat;
mod embeddings;
mod errors;
mod models;
mod own;

use std::sync::Arc;

use quorate_http::{Access, Routes};
use quorate_kernel::{Clock, Permission};
use quorate_models::Models;
use quorate_work::cache::Cache;
use utoipa_axum::routes;

pub use errors::error_body;
pub use own::{BoardDepth, BoardDoor, BoardQuestion, OwnAnswer};

use crate::ledger::Requests;

/// What the endpoints under `/v1/` stand on.
#[derive(Clone)]
pub struct Door {
    /// Who answers.
    pub models: Arc<Models>,
    /// Counts requests against the plan.
    pub requests: Requests,
    /// Convenes boards.
    pub board: Arc<dyn BoardDoor>,
    /// Answers that may be given again.
    pub cache: Cache,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Door {
    /// Everything under `/v1/`.
    #[must_use]
    pub fn routes(self) -> Routes<()> {
        routes(self)
    }
}

fn routes(door: Door) -> Routes<()> {
    let needed = Access::Needs(Permission::ModelUse);
    Routes::<Door>::new()
        .add(needed, routes!(chat::completions))
        .add(needed, routes!(chat::responses))
        .add(needed, routes!(chat::messages))
        .add(needed, routes!(chat::count_tokens))
        .add(needed, routes!(embeddings::create))
        .add(Access::Needs(Permission::ModelRead), routes!(models::list))
        .add(Access::Needs(Permission::ModelRead), routes!(models::one))
        .with_state(door)
}
