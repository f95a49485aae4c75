use serde_json::{Value, json};

use super::{data_url, thinking};
use crate::fields::Fields;
use crate::{AnswerForm, Asked, BadBody, Effort, Image, ImageSource, Part, Role, Tool, ToolChoice, Turn};

/// Reads a request.
///
/// # Errors
/// [`BadBody`] when it is not JSON, a field has a wrong type, or asks for what the neutral form cannot say.
pub fn read_request(body: &[u8]) -> Result<Asked, BadBody> {
    let mut fields = Fields::top(crate::bad_body::parse(body)?);
    let mut asked = Asked { model: fields.need_text("model")?, ..Asked::default() };
    for (index, message) in fields.list("messages")?.unwrap_or_default().into_iter().enumerate() {
        let message = Fields::at(&format!("messages[{index}]"), message)?;
        add(read_message(message)?, &mut asked.turns);
    }
    for (index, tool) in fields.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        asked.tools.push(read_tool(Fields::at(&format!("tools[{index}]"), tool)?)?);
    }
    for old in ["functions", "function_call"] {
        if fields.take(old).is_some() {
            return Err(BadBody::unsupported(old, "use `tools` instead"));
        }
    }
    asked.tool_choice = fields.take("tool_choice").map(read_choice).transpose()?;
    asked.parallel_tools = fields.flag("parallel_tool_calls")?;
    asked.form = fields.object("response_format")?.map(read_form).transpose()?.flatten();
    let newer = fields.count("max_completion_tokens")?;
    asked.max_output_tokens = newer.or(fields.count("max_tokens")?);
    asked.temperature = fields.number("temperature")?;
    asked.top_p = fields.number("top_p")?;
    asked.top_k = fields.count("top_k")?;
    asked.stop = fields.texts("stop")?;
    asked.seed = fields.whole("seed")?;
    asked.effort = fields.text("reasoning_effort")?.as_deref().map(effort).transpose()?;
    asked.user = fields.text("user")?;
    asked.stream = fields.flag("stream")?.unwrap_or_default();
    if let Some(mut options) = fields.object("stream_options")? {
        asked.stream_usage = options.flag("include_usage")?.unwrap_or_default();
    }
    asked.extra = fields.rest();
    Ok(asked)
}

/// OpenAI's words for efforts.
pub(crate) fn effort(word: &str) -> Result<Effort, BadBody> {
    match word {
        "none" => Ok(Effort::None),
        "minimal" => Ok(Effort::Minimal),
        "low" => Ok(Effort::Low),
        "medium" => Ok(Effort::Medium),
        // Nobody else has a word for more.
        "high" | "xhigh" | "max" => Ok(Effort::High),
        _ => Err(BadBody::wrong("reasoning_effort", "none, minimal, low, medium or high")),
    }
}

/// Adds a turn. What tools answered one after the other is one turn.
fn add(turn: Turn, turns: &mut Vec<Turn>) {
    let results = |turn: &Turn| turn.parts.iter().all(|part| matches!(part, Part::ToolResult { .. }));
    match turns.last_mut() {
        Some(last) if last.role == Role::User && turn.role == Role::User && results(last) && results(&turn) => {
            last.parts.extend(turn.parts);
        }
        _ => turns.push(turn),
    }
}

fn read_message(mut message: Fields) -> Result<Turn, BadBody> {
    let role = message.need_text("role")?;
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => return read_assistant(message),
        "tool" => {
            let id = message.need_text("tool_call_id")?;
            let parts = read_content(&mut message)?;
            let failed = message.flag("is_error")?.unwrap_or_default();
            return Ok(Turn { role: Role::User, parts: vec![Part::ToolResult { id, parts, failed }] });
        }
        _ => return Err(BadBody::wrong(message.path("role"), "system, developer, user, assistant or tool")),
    };
    Ok(Turn { role, parts: read_content(&mut message)? })
}

fn read_assistant(mut message: Fields) -> Result<Turn, BadBody> {
    let mut parts = thinking::read_message(&mut message)?;
    parts.extend(read_content(&mut message)?);
    parts.extend(message.text("refusal")?.filter(|text| !text.is_empty()).map(Part::Refusal));
    let path = message.path("tool_calls");
    for (index, call) in message.list("tool_calls")?.unwrap_or_default().into_iter().enumerate() {
        let mut call = Fields::at(&format!("{path}[{index}]"), call)?;
        let id = call.need_text("id")?;
        let function = call.path("function");
        let Some(mut function) = call.take("function").map(|value| Fields::at(&function, value)).transpose()? else {
            return Err(BadBody::unsupported(call.path("type"), "only calls of functions can be translated"));
        };
        let name = function.need_text("name")?;
        let arguments = function.text("arguments")?.unwrap_or_default();
        parts.push(Part::ToolCall { id, name, arguments });
    }
    Ok(Turn { role: Role::Assistant, parts })
}

/// The content of a message: a text, a list of parts, or nothing.
fn read_content(message: &mut Fields) -> Result<Vec<Part>, BadBody> {
    let path = message.path("content");
    match message.take("content") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text { text, cache: false }]),
        Some(Value::Array(items)) => {
            let part = |(index, item)| read_part(Fields::at(&format!("{path}[{index}]"), item)?);
            items.into_iter().enumerate().map(part).collect()
        }
        Some(_) => Err(BadBody::wrong(path, "a string or a list of parts")),
    }
}

fn read_part(mut part: Fields) -> Result<Part, BadBody> {
    match part.need_text("type")?.as_str() {
        "text" => Ok(Part::Text { text: part.need_text("text")?, cache: part.take("cache_control").is_some() }),
        "refusal" => Ok(Part::Refusal(part.need_text("refusal")?)),
        "image_url" => {
            let path = part.path("image_url");
            let mut picture = match part.need("image_url")? {
                // Not documented, but many send it and many take it.
                Value::String(url) => Fields::at(&path, json!({ "url": url }))?,
                other => Fields::at(&path, other)?,
            };
            let url = picture.need_text("url")?;
            let source = match data_url(&url) {
                Some((media_type, data)) => {
                    ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() }
                }
                None if url.starts_with("data:") => return Err(BadBody::wrong(path, "an address or base64 data")),
                None => ImageSource::Url(url),
            };
            Ok(Part::Image(Image { source, detail: picture.text("detail")? }))
        }
        _ => Err(BadBody::unsupported(part.path("type"), "only texts and pictures can be translated")),
    }
}

fn read_tool(mut tool: Fields) -> Result<Tool, BadBody> {
    if tool.text("type")?.is_some_and(|kind| kind != "function") {
        return Err(BadBody::unsupported(tool.path("type"), "only functions can be translated"));
    }
    let path = tool.path("function");
    let mut function = Fields::at(&path, tool.need("function")?)?;
    Ok(Tool {
        name: function.need_text("name")?,
        description: function.text("description")?,
        parameters: function.take("parameters").unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
        strict: function.flag("strict")?,
    })
}

fn read_choice(choice: Value) -> Result<ToolChoice, BadBody> {
    match choice {
        Value::String(word) => match word.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(BadBody::wrong("tool_choice", "auto, none, required or a function")),
        },
        other => {
            let mut choice = Fields::at("tool_choice", other)?;
            if choice.text("type")?.is_some_and(|kind| kind != "function") {
                return Err(BadBody::unsupported("tool_choice.type", "only a function can be chosen"));
            }
            let mut function = Fields::at("tool_choice.function", choice.need("function")?)?;
            Ok(ToolChoice::Named(function.need_text("name")?))
        }
    }
}

fn read_form(mut form: Fields) -> Result<Option<AnswerForm>, BadBody> {
    match form.need_text("type")?.as_str() {
        "text" => Ok(None),
        "json_object" => Ok(Some(AnswerForm::Json)),
        "json_schema" => {
            let mut inner = Fields::at("response_format.json_schema", form.need("json_schema")?)?;
            Ok(Some(AnswerForm::Schema {
                name: inner.need_text("name")?,
                schema: inner.take("schema").unwrap_or_else(|| json!({ "type": "object" })),
                strict: inner.flag("strict")?,
            }))
        }
        _ => Err(BadBody::wrong("response_format.type", "text, json_object or json_schema")),
    }
}
