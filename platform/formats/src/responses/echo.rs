use serde_json::{Map, Value, json};

use super::request_out::{effort_word, write_choice, write_form, write_tool};
use crate::{Asked, Part, Role};

/// What an answer repeats of its request, as the API does.
pub(crate) fn echo(asked: &Asked) -> Map<String, Value> {
    let instructions = asked.turns.first().filter(|turn| turn.role == Role::System).and_then(|turn| {
        turn.parts.iter().find_map(|part| if let Part::Text { text, .. } = part { Some(text.as_str()) } else { None })
    });
    let form = asked.form.as_ref().map_or_else(|| json!({ "type": "text" }), write_form);
    let effort = asked.effort.map(effort_word);
    let given = |name: &str| asked.extra.get(name).cloned();
    let fields = [
        ("instructions", json!(instructions)),
        ("max_output_tokens", json!(asked.max_output_tokens)),
        ("metadata", given("metadata").unwrap_or_else(|| json!({}))),
        ("parallel_tool_calls", json!(asked.parallel_tools.unwrap_or(true))),
        ("previous_response_id", Value::Null),
        ("reasoning", json!({ "effort": effort, "summary": null })),
        ("service_tier", given("service_tier").unwrap_or_else(|| json!("default"))),
        // Nothing is kept here to be continued from.
        ("store", Value::Bool(false)),
        ("temperature", json!(asked.temperature)),
        ("text", json!({ "format": form })),
        ("tool_choice", asked.tool_choice.as_ref().map_or_else(|| json!("auto"), write_choice)),
        ("tools", asked.tools.iter().map(write_tool).collect()),
        ("top_p", json!(asked.top_p)),
        ("truncation", given("truncation").unwrap_or_else(|| json!("disabled"))),
        ("user", json!(asked.user)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
