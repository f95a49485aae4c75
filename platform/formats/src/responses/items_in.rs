use serde_json::Value;

use super::secret::{self, Secret};
use crate::fields::Fields;
use crate::{BadBody, Image, ImageSource, Part, Role, Turn};

/// Why an item, a part or a tool of the API's own is refused.
const OWN: &str = "only OpenAI itself can read it; leave it out, or name a model of OpenAI's";
/// Why a file by its id is.
const STORED: &str = "files are stored at their provider; send the picture itself";

/// The turns that `input` says. What one model said in one go, thinking, text and calls, becomes one turn, and so do
/// results of tools that follow each other.
pub(super) fn turns(input: Value, turns: &mut Vec<Turn>) -> Result<(), BadBody> {
    match input {
        Value::String(text) => turns.push(Turn { role: Role::User, parts: vec![plain(text)] }),
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                one(item, &format!("input[{index}]"), turns)?;
            }
        }
        _ => return Err(BadBody::wrong("input", "a string or a list of items")),
    }
    Ok(())
}

fn one(item: Value, path: &str, turns: &mut Vec<Turn>) -> Result<(), BadBody> {
    let mut item = Fields::at(path, item)?;
    let kind = item.text("type")?;
    match kind.as_deref() {
        None | Some("message") => {
            let role = item.need_text("role")?;
            let role = match role.as_str() {
                "user" => Role::User,
                "assistant" => Role::Assistant,
                "system" | "developer" => Role::System,
                _ => return Err(BadBody::wrong(item.path("role"), "user, assistant, system or developer")),
            };
            let content = item.need("content")?;
            let parts = content_parts(content, &item.path("content"))?;
            match turns.last_mut() {
                Some(last) if role == Role::Assistant && last.role == role => last.parts.extend(parts),
                _ => turns.push(Turn { role, parts }),
            }
        }
        Some("function_call") => {
            let id = item.need_text("call_id")?;
            let name = item.need_text("name")?;
            let arguments = item.text("arguments")?.unwrap_or_default();
            assistant(turns, Part::ToolCall { id, name, arguments });
        }
        Some("function_call_output") => {
            let id = item.need_text("call_id")?;
            let output = item.need("output")?;
            let parts = content_parts(output, &item.path("output"))?;
            let result = Part::ToolResult { id, parts, failed: false };
            let is_result = |part: &Part| matches!(part, Part::ToolResult { .. });
            match turns.last_mut() {
                Some(last) if last.role == Role::User && last.parts.iter().all(is_result) => last.parts.push(result),
                _ => turns.push(Turn { role: Role::User, parts: vec![result] }),
            }
        }
        Some("reasoning") => {
            if let Some(part) = reasoning(&mut item)? {
                assistant(turns, part);
            }
        }
        Some(_) => return Err(BadBody::unsupported(item.path("type"), OWN)),
    }
    Ok(())
}

fn assistant(turns: &mut Vec<Turn>, part: Part) {
    match turns.last_mut() {
        Some(last) if last.role == Role::Assistant => last.parts.push(part),
        _ => turns.push(Turn { role: Role::Assistant, parts: vec![part] }),
    }
}

/// A reasoning item: its summary, or its text where a server shows it.
fn reasoning(item: &mut Fields) -> Result<Option<Part>, BadBody> {
    let mut texts = Vec::new();
    for field in ["summary", "content"] {
        let found: Vec<Value> = item.list(field)?.unwrap_or_default();
        if texts.is_empty() {
            texts.extend(found.iter().filter_map(|part| part.get("text")?.as_str()).map(str::to_owned));
        }
    }
    let text = texts.join("\n\n");
    let secret = item.text("encrypted_content")?.filter(|content| !content.is_empty());
    Ok(match secret.map(|content| secret::read(&content, !text.is_empty())) {
        Some(Secret::Signature(signature)) => Some(Part::Thinking { text, signature: Some(signature) }),
        Some(Secret::Sealed(sealed)) => Some(Part::SealedThinking(sealed)),
        None if text.is_empty() => None,
        None => Some(Part::Thinking { text, signature: None }),
    })
}

fn content_parts(content: Value, path: &str) -> Result<Vec<Part>, BadBody> {
    match content {
        Value::String(text) => Ok(vec![plain(text)]),
        Value::Array(parts) => {
            let read = parts.into_iter().enumerate();
            read.map(|(index, part)| content_part(part, &format!("{path}[{index}]"))).collect()
        }
        _ => Err(BadBody::wrong(path, "a string or a list of parts")),
    }
}

fn content_part(part: Value, path: &str) -> Result<Part, BadBody> {
    let mut part = Fields::at(path, part)?;
    let kind = part.need_text("type")?;
    match kind.as_str() {
        "input_text" | "output_text" | "text" | "summary_text" => Ok(plain(part.need_text("text")?)),
        "refusal" => Ok(Part::Refusal(part.need_text("refusal")?)),
        "input_image" => {
            refuse(&mut part, "file_id", STORED)?;
            let url = part.need_text("image_url")?;
            Ok(Part::Image(Image { source: source(url), detail: part.text("detail")? }))
        }
        _ => Err(BadBody::unsupported(part.path("type"), OWN)),
    }
}

/// A field that leans on what a provider keeps: refused unless it is absent, `null` or `false`.
pub(super) fn refuse(fields: &mut Fields, name: &str, why: &'static str) -> Result<(), BadBody> {
    match fields.take(name) {
        None | Some(Value::Bool(false)) => Ok(()),
        Some(_) => Err(BadBody::unsupported(fields.path(name), why)),
    }
}

/// A picture's address, or the picture in it.
fn source(url: String) -> ImageSource {
    match crate::openai_chat::data_url(&url) {
        Some((media_type, data)) => ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() },
        None => ImageSource::Url(url),
    }
}

const fn plain(text: String) -> Part {
    Part::Text { text, cache: false }
}
