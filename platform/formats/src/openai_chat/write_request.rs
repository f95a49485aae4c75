use serde_json::{Map, Value, json};

use super::thinking;
use crate::{AnswerForm, Asked, Effort, Image, ImageSource, Part, Role, ToolChoice, Turn};

/// The body of a call.
#[must_use]
pub fn write_request(asked: &Asked) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("model", json!(asked.model));
    let mut messages = Vec::new();
    for turn in &asked.turns {
        match turn.role {
            Role::System => messages.push(json!({ "role": "system", "content": content(turn.parts.iter()) })),
            Role::User => user(turn, &mut messages),
            Role::Assistant => messages.push(assistant(turn)),
        }
    }
    put("messages", Value::Array(messages));
    if !asked.tools.is_empty() {
        put("tools", asked.tools.iter().map(tool).collect());
        if let Some(choice) = &asked.tool_choice {
            put("tool_choice", tool_choice(choice));
        }
        if let Some(parallel) = asked.parallel_tools {
            put("parallel_tool_calls", json!(parallel));
        }
    }
    match &asked.form {
        None => {}
        Some(AnswerForm::Json) => {
            put("response_format", json!({ "type": "json_object" }));
        }
        Some(AnswerForm::Schema { name, schema, strict }) => {
            let mut inner = json!({ "name": name, "schema": schema });
            if let Some(strict) = strict {
                inner["strict"] = json!(strict);
            }
            put("response_format", json!({ "type": "json_schema", "json_schema": inner }));
        }
    }
    if let Some(limit) = asked.max_output_tokens {
        put(if of_openai(&asked.model) { "max_completion_tokens" } else { "max_tokens" }, json!(limit));
    }
    let mut optional = |name: &str, value: Option<Value>| value.and_then(|value| put(name, value));
    optional("temperature", asked.temperature.map(Value::from));
    optional("top_p", asked.top_p.map(Value::from));
    optional("top_k", asked.top_k.filter(|_| !of_openai(&asked.model)).map(Value::from));
    optional("stop", (!asked.stop.is_empty()).then(|| json!(asked.stop)));
    optional("seed", asked.seed.map(Value::from));
    optional("reasoning_effort", effort(asked).map(Value::from));
    optional("user", asked.user.clone().map(Value::from));
    if asked.stream {
        put("stream", json!(true));
        if asked.stream_usage {
            put("stream_options", json!({ "include_usage": true }));
        }
    }
    for (name, value) in &asked.extra {
        body.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(body)
}

/// Whether a model is one of OpenAI's own, by its name. Those refuse `max_tokens` or `top_k`, and the rest of the world
/// does not know `max_completion_tokens`.
fn of_openai(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let o_series = name.starts_with('o') && name.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    o_series || name.starts_with("chatgpt-") || (name.starts_with("gpt-") && !name.starts_with("gpt-oss"))
}

/// How much to think. A number of tokens becomes a word only where the model is known to think: others refuse it.
fn effort(asked: &Asked) -> Option<&'static str> {
    let word = |effort| match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    };
    if let Some(effort) = asked.effort {
        return Some(word(effort));
    }
    let name = asked.model.rsplit('/').next().unwrap_or_default();
    let thinks = ["o1", "o3", "o4", "gpt-5", "gpt-6", "gpt-oss"].iter().any(|prefix| name.starts_with(prefix));
    asked.thinking_budget.filter(|_| thinks).map(|budget| match budget {
        // `none` is a word that only the newest know.
        0..=4_096 => "low",
        4_097..=16_384 => "medium",
        _ => "high",
    })
}

/// What a user says, and before it what tools answered.
fn user(turn: &Turn, messages: &mut Vec<Value>) {
    let mut said = Vec::new();
    // A tool's message takes only text here; pictures come after it, in the user's name.
    let mut pictures = Vec::new();
    for part in &turn.parts {
        match part {
            Part::ToolResult { id, parts, failed } => {
                let text = content(parts.iter().filter(|part| !matches!(part, Part::Image(_))));
                // The format has no flag for it; the model has to read it.
                let text = match text {
                    Value::String(text) if *failed && !text.to_lowercase().contains("error") => {
                        json!(format!("Error: {text}"))
                    }
                    other => other,
                };
                messages.push(json!({ "role": "tool", "tool_call_id": id, "content": text }));
                pictures.extend(parts.iter().filter(|part| matches!(part, Part::Image(_))));
            }
            other => said.push(other),
        }
    }
    pictures.extend(said);
    if !pictures.is_empty() || turn.parts.is_empty() {
        messages.push(json!({ "role": "user", "content": content(pictures.into_iter()) }));
    }
}

fn assistant(turn: &Turn) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("assistant"));
    let mut calls = Vec::new();
    let mut refusal = String::new();
    let mut said = Vec::new();
    for part in &turn.parts {
        match part {
            Part::ToolCall { id, name, arguments } => {
                let function = json!({ "name": name, "arguments": arguments });
                calls.push(json!({ "id": id, "type": "function", "function": function }));
            }
            Part::Refusal(text) => refusal.push_str(text),
            Part::Text { .. } | Part::Image(_) => said.push(part),
            Part::Thinking { .. } | Part::SealedThinking(_) | Part::ToolResult { .. } => {}
        }
    }
    let empty = said.is_empty() && (!calls.is_empty() || !refusal.is_empty());
    message.insert("content".to_owned(), if empty { Value::Null } else { content(said.into_iter()) });
    message.extend(thinking::write_message(&turn.parts));
    if !refusal.is_empty() {
        message.insert("refusal".to_owned(), json!(refusal));
    }
    if !calls.is_empty() {
        message.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    Value::Object(message)
}

/// A lone text as a text, which every server takes; more as a list.
fn content<'a>(parts: impl Iterator<Item = &'a Part>) -> Value {
    let mut items = Vec::new();
    for part in parts {
        match part {
            Part::Text { text, .. } | Part::Refusal(text) => items.push(json!({ "type": "text", "text": text })),
            Part::Image(image) => items.push(json!({ "type": "image_url", "image_url": picture(image) })),
            _ => {}
        }
    }
    match items.as_mut_slice() {
        [] => json!(""),
        [only] if only["type"] == "text" => only["text"].take(),
        _ => Value::Array(items),
    }
}

fn picture(image: &Image) -> Value {
    let url = match &image.source {
        ImageSource::Url(url) => url.clone(),
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
    };
    match &image.detail {
        Some(detail) => json!({ "url": url, "detail": detail }),
        None => json!({ "url": url }),
    }
}

fn tool(tool: &crate::Tool) -> Value {
    let mut function = json!({ "name": tool.name });
    if let Some(description) = &tool.description {
        function["description"] = json!(description);
    }
    function["parameters"] = tool.parameters.clone();
    if let Some(strict) = tool.strict {
        function["strict"] = json!(strict);
    }
    json!({ "type": "function", "function": function })
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
    }
}
