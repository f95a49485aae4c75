use serde_json::{Value, json};

use crate::fields::Fields;
use crate::openai_chat::effort;
use crate::{AnswerForm, Asked, BadBody, Effort, Image, ImageSource, Part, Role, Tool, ToolChoice, Turn};

/// Reads a request.
///
/// # Errors
/// [`BadBody`] when it is not JSON, a field has a wrong type, or asks for what the neutral form cannot say.
pub fn read_request(body: &[u8]) -> Result<Asked, BadBody> {
    let mut fields = Fields::top(crate::bad_body::parse(body)?);
    let mut asked = Asked { model: fields.need_text("model")?, ..Asked::default() };
    let system = read_content(&mut fields, "system")?;
    if !system.is_empty() {
        asked.turns.push(Turn { role: Role::System, parts: system });
    }
    for (index, message) in fields.list("messages")?.unwrap_or_default().into_iter().enumerate() {
        let mut message = Fields::at(&format!("messages[{index}]"), message)?;
        let role = match message.need_text("role")?.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => return Err(BadBody::wrong(message.path("role"), "user or assistant")),
        };
        asked.turns.push(Turn { role, parts: read_content(&mut message, "content")? });
    }
    for (index, tool) in fields.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        asked.tools.push(read_tool(Fields::at(&format!("tools[{index}]"), tool)?)?);
    }
    if let Some(mut choice) = fields.object("tool_choice")? {
        asked.parallel_tools = choice.flag("disable_parallel_tool_use")?.map(|disabled| !disabled);
        asked.tool_choice = Some(match choice.need_text("type")?.as_str() {
            "auto" => ToolChoice::Auto,
            "any" => ToolChoice::Required,
            "none" => ToolChoice::None,
            "tool" => ToolChoice::Named(choice.need_text("name")?),
            _ => return Err(BadBody::wrong("tool_choice.type", "auto, any, tool or none")),
        });
    }
    asked.max_output_tokens = fields.count("max_tokens")?;
    asked.temperature = fields.number("temperature")?;
    asked.top_p = fields.number("top_p")?;
    asked.top_k = fields.count("top_k")?;
    asked.stop = fields.texts("stop_sequences")?;
    asked.stream = fields.flag("stream")?.unwrap_or_default();
    if let Some(mut metadata) = fields.object("metadata")? {
        asked.user = metadata.text("user_id")?;
    }
    let mut form = fields.object("output_format")?;
    if let Some(mut config) = fields.object("output_config")? {
        asked.effort = config.text("effort")?.as_deref().map(effort).transpose()?;
        form = config.object("format")?.or(form);
    }
    asked.form = form.map(read_form).transpose()?;
    if let Some(mut thinking) = fields.object("thinking")? {
        match thinking.need_text("type")?.as_str() {
            "enabled" => asked.thinking_budget = thinking.count("budget_tokens")?,
            "disabled" => asked.thinking_budget = Some(0),
            // As much as the model likes.
            "adaptive" => asked.effort = asked.effort.or(Some(Effort::Medium)),
            _ => return Err(BadBody::wrong("thinking.type", "enabled, disabled or adaptive")),
        }
    }
    asked.extra = fields.rest();
    Ok(asked)
}

fn read_form(mut form: Fields) -> Result<AnswerForm, BadBody> {
    if form.need_text("type")? != "json_schema" {
        return Err(BadBody::wrong(form.path("type"), "json_schema"));
    }
    Ok(AnswerForm::Schema { name: "answer".to_owned(), schema: form.need("schema")?, strict: Some(true) })
}

/// A text, or a list of blocks.
fn read_content(fields: &mut Fields, name: &str) -> Result<Vec<Part>, BadBody> {
    let path = fields.path(name);
    match fields.take(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text { text, cache: false }]),
        Some(Value::Array(blocks)) => {
            let block = |(index, block)| read_block(Fields::at(&format!("{path}[{index}]"), block)?);
            blocks.into_iter().enumerate().map(block).collect()
        }
        Some(_) => Err(BadBody::wrong(path, "a string or a list of blocks")),
    }
}

fn read_block(mut block: Fields) -> Result<Part, BadBody> {
    match block.need_text("type")?.as_str() {
        "text" => Ok(Part::Text { text: block.need_text("text")?, cache: block.take("cache_control").is_some() }),
        "image" => {
            let path = block.path("source");
            let mut source = Fields::at(&path, block.need("source")?)?;
            let source = match source.need_text("type")?.as_str() {
                "base64" => {
                    ImageSource::Base64 { media_type: source.need_text("media_type")?, data: source.need_text("data")? }
                }
                "url" => ImageSource::Url(source.need_text("url")?),
                _ => return Err(BadBody::unsupported(path, "only base64 and url can be translated")),
            };
            Ok(Part::Image(Image { source, detail: None }))
        }
        "document" => {
            let path = block.path("source");
            let mut source = Fields::at(&path, block.need("source")?)?;
            if source.need_text("type")? != "text" {
                return Err(BadBody::unsupported(path, "only documents of plain text can be translated"));
            }
            Ok(Part::Text { text: source.need_text("data")?, cache: block.take("cache_control").is_some() })
        }
        "tool_use" => Ok(Part::ToolCall {
            id: block.need_text("id")?,
            name: block.need_text("name")?,
            arguments: block.take("input").unwrap_or_else(|| json!({})).to_string(),
        }),
        "tool_result" => Ok(Part::ToolResult {
            id: block.need_text("tool_use_id")?,
            failed: block.flag("is_error")?.unwrap_or_default(),
            parts: read_content(&mut block, "content")?,
        }),
        "thinking" => {
            let signature = block.text("signature")?.filter(|signature| !signature.is_empty());
            let text = block.text("thinking")?.unwrap_or_default();
            Ok(Part::Thinking { text, signature })
        }
        "redacted_thinking" => Ok(Part::SealedThinking(block.need_text("data")?)),
        _ => {
            let why = "only texts, pictures, calls, their results and thinking can be translated";
            Err(BadBody::unsupported(block.path("type"), why))
        }
    }
}

fn read_tool(mut tool: Fields) -> Result<Tool, BadBody> {
    if tool.text("type")?.is_some_and(|kind| kind != "custom") {
        return Err(BadBody::unsupported(tool.path("type"), "only tools of the caller's own can be translated"));
    }
    Ok(Tool {
        name: tool.need_text("name")?,
        description: tool.text("description")?,
        parameters: tool.need("input_schema")?,
        strict: tool.flag("strict")?,
    })
}
