//! One file for each kind of prompt template, and one for calls without any.

mod baseline;
mod chat;
mod clarify;
mod contribute;
mod decompose;
mod facilitate;
mod final_report;
mod form_options;
mod part_report;
mod report;
mod schema;
mod select;
mod vote;

use serde::Serialize;

use super::scene::Scene;
use crate::ChatRequest;

/// The whole answer to a request, as text.
pub(super) fn write(model: &str, request: &ChatRequest) -> String {
    if let Some(call) = &request.template {
        let scene = || Scene::read(&call.name, model, &call.variables);
        // "board.vote.v1" → "vote": a later version of a template that keeps its fields keeps its answer.
        let kind = call.name.strip_prefix("board.").and_then(|rest| rest.split('.').next()).unwrap_or_default();
        match kind {
            "clarify" => return json(&clarify::answer(&scene(), &call.variables)),
            "decompose" => return json(&decompose::answer(&scene(), &call.variables)),
            "select" => return json(&select::answer(&scene(), &call.variables)),
            "contribute" => return json(&contribute::answer(scene(), &call.variables)),
            "facilitate" => return json(&facilitate::answer(scene(), &call.variables)),
            "baseline" => return json(&baseline::answer(scene(), &call.variables)),
            "form_options" => return json(&form_options::answer(&scene(), &call.variables)),
            "vote" => return json(&vote::answer(scene(), &call.variables)),
            "synthesize_sub" => return json(&part_report::answer(scene(), &call.variables)),
            "synthesize" => return json(&final_report::answer(scene(), &call.variables)),
            _ => {}
        }
    }
    match &request.response_schema {
        Some(schema) => schema::instance(&schema.schema).to_string(),
        None => chat::answer(model, &request.messages),
    }
}

/// Fields come in the order of the struct: what is streamed to people comes first.
fn json<T: Serialize>(answer: &T) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
