use serde_json::{Map, Value, json};

use crate::concessions::Concessions;
use crate::openai::in_words;
use crate::strict::{ANTHROPIC_REFUSES, strict};
use crate::upstream::Refusal;
use crate::{ChatRequest, Message, ResponseSchema, Role};

/// The output limit of a request that names none; the protocol demands one. Room for thinking and a long answer,
/// and within the limit of every current model.
const DEFAULT_MAX_TOKENS: u32 = 16_000;
/// The most cache marks the protocol takes.
const MAX_CACHE_MARKS: usize = 4;
/// Ways of asking for JSON: a forced tool, the output format, and only words.
const LAST_SCHEMA_STEP: u8 = 2;

/// The body of a call.
pub(super) fn body(model: &str, request: &ChatRequest, concessions: Concessions) -> Value {
    let marked = marked_messages(&request.messages);
    let is_marked = |index: usize| marked.contains(&index);
    let mut system = Vec::new();
    let mut messages = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        let block = text_block(&message.content, is_marked(index));
        match message.role {
            Role::System => system.push(block),
            Role::User => messages.push(json!({ "role": "user", "content": [block] })),
            Role::Assistant => messages.push(json!({ "role": "assistant", "content": [block] })),
        }
    }
    // The protocol wants somebody to answer to.
    if messages.is_empty() {
        messages.push(json!({ "role": "user", "content": system }));
        system = Vec::new();
    }
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("model", json!(model));
    put("max_tokens", json!(request.max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS)));
    if !system.is_empty() {
        put("system", Value::Array(system));
    }
    if let Some(temperature) = request.temperature.filter(|_| !concessions.no_temperature) {
        // Through text, since 0.7 as f32 would be sent as 0.699999988; and this protocol's scale ends at 1.
        put("temperature", temperature.min(1.0).to_string().parse::<f64>().map_or(Value::Null, Value::from));
    }
    match (&request.response_schema, concessions.schema_step) {
        (Some(schema), 0) => {
            put("tools", json!([tool(schema, concessions)]));
            put("tool_choice", json!({ "type": "tool", "name": schema.name, "disable_parallel_tool_use": true }));
        }
        (Some(schema), 1) => {
            let format = json!({ "type": "json_schema", "schema": strict(&schema.schema, ANTHROPIC_REFUSES) });
            put("output_config", json!({ "format": format }));
        }
        (Some(schema), _) => messages.push(json!({ "role": "user", "content": in_words(&schema.schema) })),
        (None, _) => {}
    }
    put("messages", Value::Array(messages));
    put("stream", json!(true));
    Value::Object(body)
}

/// Whether the answer to such a request is a tool's input.
pub(super) const fn answers_with_tool(request: &ChatRequest, concessions: Concessions) -> bool {
    request.response_schema.is_some() && concessions.schema_step == 0
}

/// What to leave out after `refusal`, if that may help.
pub(super) fn concede(request: &ChatRequest, so_far: Concessions, refusal: &Refusal) -> Option<Concessions> {
    if !matches!(refusal.status, Some(400 | 422)) {
        return None;
    }
    let names = |name: &str| refusal.body.contains(name);
    if request.temperature.is_some() && !so_far.no_temperature && names("temperature") {
        return Some(Concessions { no_temperature: true, ..so_far });
    }
    let with_tool = answers_with_tool(request, so_far);
    if with_tool && !so_far.no_extra && names("eager_input_streaming") {
        return Some(Concessions { no_extra: true, ..so_far });
    }
    let about_schema = ["tool", "thinking", "output_config", "output_format", "schema"].iter().any(|name| names(name));
    if request.response_schema.is_some() && so_far.schema_step < LAST_SCHEMA_STEP && about_schema {
        return Some(Concessions { schema_step: so_far.schema_step + 1, ..so_far });
    }
    None
}

/// The last messages flagged as stable, as many as may carry a mark: each mark covers everything before it.
fn marked_messages(messages: &[Message]) -> Vec<usize> {
    let flagged = messages.iter().enumerate().rev().filter(|(_, message)| message.cache && !message.content.is_empty());
    flagged.map(|(index, _)| index).take(MAX_CACHE_MARKS).collect()
}

fn text_block(text: &str, marked: bool) -> Value {
    if marked {
        json!({ "type": "text", "text": text, "cache_control": { "type": "ephemeral" } })
    } else {
        json!({ "type": "text", "text": text })
    }
}

fn tool(schema: &ResponseSchema, concessions: Concessions) -> Value {
    let mut input = schema.schema.clone();
    if let Value::Object(fields) = &mut input {
        fields.remove("$schema");
    }
    let mut tool = json!({
        "name": schema.name,
        "description": "Gives the answer. Call it exactly once, with the whole answer.",
        "input_schema": input,
    });
    if !concessions.no_extra {
        // Without it the provider holds each property back until it is whole, and nothing streams.
        tool["eager_input_streaming"] = json!(true);
    }
    tool
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ModelError, ModelErrorKind};

    fn message(role: Role, content: &str, cache: bool) -> Message {
        Message { role, content: content.into(), cache }
    }

    fn request(messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            messages,
            temperature: Some(1.4),
            max_output_tokens: None,
            response_schema: Some(ResponseSchema {
                name: "vote".into(),
                schema: json!({ "$schema": "x", "type": "object", "properties": { "n": { "type": "integer", "minimum": 0 } } }),
            }),
            template: None,
            purpose: "board".into(),
            idempotency_key: None,
            conversation: None,
            deadline: None,
            caller: None,
        }
    }

    #[test]
    fn system_blocks_and_stable_prefixes_are_marked() {
        let mut messages = vec![message(Role::System, "Rules", true), message(Role::System, "Persona", false)];
        messages.push(message(Role::User, "Decide", true));
        let body = body("m", &request(messages), Concessions::default());
        assert_eq!(body["system"][0]["cache_control"]["type"], "ephemeral");
        assert!(body["system"][1].get("cache_control").is_none());
        assert_eq!(body["messages"][0]["content"][0]["cache_control"]["type"], "ephemeral");
        assert_eq!(body["temperature"], json!(1.0));
        assert_eq!(body["tool_choice"]["name"], "vote");
        assert!(body["tools"][0]["input_schema"].get("$schema").is_none());
        assert_eq!(body["tools"][0]["eager_input_streaming"], true);
        let many: Vec<Message> = (0..6).map(|_| message(Role::User, "x", true)).collect();
        assert_eq!(marked_messages(&many), [5, 4, 3, 2]);
    }

    #[test]
    fn a_lone_system_message_becomes_the_question() {
        let body = body("m", &request(vec![message(Role::System, "Say hello", false)]), Concessions::default());
        assert!(body.get("system").is_none());
        assert_eq!(body["messages"][0]["content"][0]["text"], "Say hello");
    }

    #[test]
    fn models_that_refuse_a_forced_tool_get_the_output_format() {
        let request = request(vec![message(Role::User, "Decide", false)]);
        let refusal = |body: &str| Refusal {
            error: ModelError::new(ModelErrorKind::BadRequest, "p/m", body),
            status: Some(400),
            body: body.to_lowercase(),
        };
        let none = Concessions::default();
        let step =
            concede(&request, none, &refusal(r#"tool_choice: type "tool" and "any" are not supported"#)).unwrap();
        assert_eq!(step.schema_step, 1);
        let body = body("m", &request, step);
        assert!(body.get("tools").is_none());
        assert_eq!(body["output_config"]["format"]["schema"]["additionalProperties"], false);
        assert!(body["output_config"]["format"]["schema"]["properties"]["n"].to_string().find("minimum").is_none());
        let temperature = concede(&request, none, &refusal("`temperature` is deprecated for this model.")).unwrap();
        assert!(temperature.no_temperature);
        assert_eq!(temperature.schema_step, 0);
        assert_eq!(concede(&request, none, &refusal("prompt is too long")), None);
    }
}
