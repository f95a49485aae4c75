use serde_json::{Map, Value, json};

use super::generation::Generation;
use super::schema::closed;
use super::{ANSWER_TOOL, marks};
use crate::openai_chat::data_url;
use crate::origin;
use crate::{AnswerForm, Asked, Effort, Image, ImageSource, Part, Role, Tool, ToolChoice, Turn};

/// The least that the protocol takes as a number of tokens to think.
const LEAST_BUDGET: u64 = 1_024;

/// How JSON is asked for.
enum Form<'a> {
    /// By the field for it.
    Field(&'a Value),
    /// By a tool that must be called.
    Tool(&'a Value),
    /// By an instruction.
    Words(String),
}

/// The body of a call.
#[must_use]
pub fn write_request(asked: &Asked) -> Value {
    let generation = Generation::of(&asked.model);
    let form = form(asked, generation);
    let (mut system, mut messages) = conversation(&asked.turns);
    if let Some(Form::Words(words)) = &form {
        system.push(json!({ "type": "text", "text": words }));
    }
    // The protocol wants somebody to answer to.
    if messages.is_empty() {
        messages.push(("user", std::mem::take(&mut system)));
    } else if messages.first().is_some_and(|(role, _)| *role == "assistant") {
        messages.insert(0, ("user", vec![json!({ "type": "text", "text": "Continue." })]));
    }
    let forced = matches!(form, Some(Form::Tool(_)))
        || (!asked.tools.is_empty() && matches!(asked.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_))));
    let thinking = thinking(asked, generation).filter(|thinking| !forced && may_think(thinking, &messages));
    let thinks = thinking.as_ref().is_some_and(|thinking| thinking.on);
    let budget = thinking.as_ref().and_then(|thinking| thinking.budget).unwrap_or_default();
    let limit = asked.max_output_tokens.unwrap_or_else(|| generation.default_limit().saturating_add(budget));

    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("model", json!(asked.model));
    put("max_tokens", json!(limit));
    if !system.is_empty() {
        put("system", Value::Array(system));
    }
    let messages = messages.into_iter().map(|(role, content)| json!({ "role": role, "content": content }));
    put("messages", messages.collect());
    if let Some(Form::Tool(schema)) = form {
        let description = "Gives the answer. Call it exactly once, with the whole answer.";
        put("tools", json!([{ "name": ANSWER_TOOL, "description": description, "input_schema": bare(schema) }]));
        put("tool_choice", json!({ "type": "tool", "name": ANSWER_TOOL, "disable_parallel_tool_use": true }));
    } else if !asked.tools.is_empty() {
        put("tools", asked.tools.iter().map(|inner| tool(inner, generation)).collect());
        if let Some(choice) = tool_choice(asked) {
            put("tool_choice", choice);
        }
    }
    let mut output = Map::new();
    if let Some(thinking) = thinking {
        put("thinking", thinking.field);
        output.extend(thinking.effort.map(|word| ("effort".to_owned(), json!(word))));
    }
    if let Some(Form::Field(schema)) = form {
        output.insert("format".to_owned(), json!({ "type": "json_schema", "schema": closed(schema) }));
    }
    if !output.is_empty() {
        put("output_config", Value::Object(output));
    }
    if !thinks && !generation.refuses_numbers() {
        if let Some(temperature) = asked.temperature {
            // The scale ends at 1 here.
            put("temperature", json!(temperature.min(1.0)));
        }
        if let Some(top_p) = asked.top_p.filter(|_| asked.temperature.is_none() || !generation.takes_one_sampler()) {
            put("top_p", json!(top_p));
        }
        if let Some(top_k) = asked.top_k {
            put("top_k", json!(top_k));
        }
    }
    // A sequence of white space is refused.
    let stop: Vec<&String> = asked.stop.iter().filter(|text| !text.trim().is_empty()).collect();
    if !stop.is_empty() {
        put("stop_sequences", json!(stop));
    }
    if let Some(user) = &asked.user {
        put("metadata", json!({ "user_id": user }));
    }
    if asked.stream {
        put("stream", json!(true));
    }
    for (name, value) in &asked.extra {
        body.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let mut body = Value::Object(body);
    marks::limit(&mut body);
    body
}

fn form(asked: &Asked, generation: Generation) -> Option<Form<'_>> {
    match asked.form.as_ref()? {
        AnswerForm::Json => Some(Form::Words("Answer with one JSON object and nothing else.".to_owned())),
        AnswerForm::Schema { schema, .. } if generation.takes_schema() => Some(Form::Field(schema)),
        AnswerForm::Schema { schema, .. } if asked.tools.is_empty() => Some(Form::Tool(schema)),
        AnswerForm::Schema { schema, .. } => Some(Form::Words(format!(
            "Answer with one JSON object and nothing else. It must follow this JSON schema:\n{schema}"
        ))),
    }
}

/// Thinking as the model takes it.
struct Thinking {
    on: bool,
    field: Value,
    budget: Option<u64>,
    effort: Option<&'static str>,
}

fn thinking(asked: &Asked, generation: Generation) -> Option<Thinking> {
    if !generation.thinks() {
        return None;
    }
    if asked.thinking_budget == Some(0) || (asked.thinking_budget.is_none() && asked.effort == Some(Effort::None)) {
        let field = json!({ "type": "disabled" });
        return Some(Thinking { on: false, field, budget: None, effort: None });
    }
    let (effort, budget) = match (asked.effort, asked.thinking_budget) {
        (None, None) => return None,
        (Some(effort), budget) => (effort, budget),
        (None, Some(budget @ 0..=4_096)) => (Effort::Low, Some(budget)),
        (None, Some(budget @ 4_097..=16_384)) => (Effort::Medium, Some(budget)),
        (None, Some(budget)) => (Effort::High, Some(budget)),
    };
    if generation.refuses_numbers() || (generation.adapts() && budget.is_none()) {
        let word = match effort {
            Effort::None | Effort::Minimal | Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
        };
        return Some(Thinking { on: true, field: json!({ "type": "adaptive" }), budget: None, effort: Some(word) });
    }
    let budget = budget.unwrap_or(match effort {
        Effort::None | Effort::Minimal => LEAST_BUDGET,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
    });
    // It must leave room for an answer.
    let most = asked.max_output_tokens.map_or(u64::MAX, |limit| limit.saturating_sub(1));
    let budget = budget.max(LEAST_BUDGET).min(most);
    let field = json!({ "type": "enabled", "budget_tokens": budget });
    (budget >= LEAST_BUDGET).then_some(Thinking { on: true, field, budget: Some(budget), effort: None })
}

/// A model that thinks wants to see what it thought before a call whose results it gets. Where another model made the
/// call there is nothing to show, and thinking has to rest until the next question.
fn may_think(thinking: &Thinking, messages: &[(&str, Vec<Value>)]) -> bool {
    let is = |block: &Value, kinds: &[&str]| block["type"].as_str().is_some_and(|kind| kinds.contains(&kind));
    let in_loop = messages.last().is_some_and(|(_, blocks)| blocks.iter().any(|block| is(block, &["tool_result"])));
    let last = messages.iter().rev().find(|(role, _)| *role == "assistant");
    let thought =
        last.and_then(|(_, blocks)| blocks.first()).is_some_and(|block| is(block, &["thinking", "redacted_thinking"]));
    !thinking.on || !in_loop || thought
}

/// The instructions, and the messages with two roles in turn.
fn conversation(turns: &[Turn]) -> (Vec<Value>, Vec<(&'static str, Vec<Value>)>) {
    let mut system = Vec::new();
    let mut messages: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for turn in turns {
        let blocks: Vec<Value> = turn.parts.iter().filter_map(block).collect();
        let role = match turn.role {
            Role::System => {
                system.extend(blocks);
                continue;
            }
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        match messages.last_mut() {
            Some((last, before)) if *last == role => before.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => messages.push((role, blocks)),
        }
    }
    for (role, blocks) in &mut messages {
        if *role == "user" {
            // Results come before anything else that is said.
            blocks.sort_by_key(|block| block["type"] != "tool_result");
        }
    }
    // The beginning of an answer that the model is to go on with may not end in white space.
    if let Some(("assistant", blocks)) = messages.last_mut()
        && let Some(Value::String(text)) = blocks.last_mut().and_then(|block| block.get_mut("text"))
    {
        text.truncate(text.trim_end().len());
    }
    (system, messages)
}

fn block(part: &Part) -> Option<Value> {
    Some(match part {
        // Text that is only white space is refused.
        Part::Text { text, .. } | Part::Refusal(text) if text.trim().is_empty() => return None,
        Part::Text { text, cache } => {
            let mut block = json!({ "type": "text", "text": text });
            if *cache {
                marks::mark(&mut block);
            }
            block
        }
        Part::Refusal(text) => json!({ "type": "text", "text": text }),
        Part::Image(image) => picture(image),
        Part::ToolCall { id, name, arguments } => {
            json!({ "type": "tool_use", "id": safe(id), "name": name, "input": object(arguments) })
        }
        Part::ToolResult { id, parts, failed } => {
            let content: Vec<Value> = parts.iter().filter_map(block).collect();
            let mut block = json!({ "type": "tool_result", "tool_use_id": safe(id), "content": content });
            if *failed {
                block["is_error"] = json!(true);
            }
            block
        }
        Part::Thinking { text, signature } => {
            let own = origin::of_anthropic(signature.as_deref()?)?;
            json!({ "type": "thinking", "thinking": text, "signature": own })
        }
        Part::SealedThinking(data) => json!({ "type": "redacted_thinking", "data": origin::of_anthropic(data)? }),
    })
}

fn picture(image: &Image) -> Value {
    let base64 = |media_type: &str, data: &str| json!({ "type": "image", "source": { "type": "base64", "media_type": media_type, "data": data } });
    match &image.source {
        ImageSource::Base64 { media_type, data } => base64(media_type, data),
        ImageSource::Url(url) => match data_url(url) {
            Some((media_type, data)) => base64(media_type, data),
            None => json!({ "type": "image", "source": { "type": "url", "url": url } }),
        },
    }
}

/// The arguments of a call, which must be an object here.
fn object(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        _ if arguments.trim().is_empty() => json!({}),
        _ => json!({ "arguments": arguments }),
    }
}

/// An id in the letters that the protocol takes; the same for a call and its result.
fn safe(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' }).collect()
}

/// A schema without the field that no tool may have.
fn bare(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(fields) = &mut schema {
        fields.shift_remove("$schema");
    }
    schema
}

fn tool(tool: &Tool, generation: Generation) -> Value {
    let strict = tool.strict.filter(|_| generation.takes_schema());
    let schema = if strict == Some(true) { closed(&tool.parameters) } else { bare(&tool.parameters) };
    let mut out = json!({ "name": tool.name });
    if let Some(description) = &tool.description {
        out["description"] = json!(description);
    }
    out["input_schema"] = schema;
    if let Some(strict) = strict {
        out["strict"] = json!(strict);
    }
    out
}

fn tool_choice(asked: &Asked) -> Option<Value> {
    let parallel = asked.parallel_tools;
    let mut choice = match &asked.tool_choice {
        None if parallel.is_none() => return None,
        None | Some(ToolChoice::Auto) => json!({ "type": "auto" }),
        Some(ToolChoice::Required) => json!({ "type": "any" }),
        Some(ToolChoice::None) => return Some(json!({ "type": "none" })),
        Some(ToolChoice::Named(name)) => json!({ "type": "tool", "name": name }),
    };
    if let Some(parallel) = parallel {
        choice["disable_parallel_tool_use"] = json!(!parallel);
    }
    Some(choice)
}
