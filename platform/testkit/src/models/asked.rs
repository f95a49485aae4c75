use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::dialect::Dialect;
use super::script::Match;

/// Which API a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    OpenAi,
    Responses,
    Anthropic,
    Gemini,
}

/// A chat request, as far as an answer depends on it.
pub(super) struct Asked {
    pub(super) wire: Wire,
    /// Whose chat format it is, where that is OpenAI's.
    pub(super) dialect: Dialect,
    pub(super) model: String,
    /// The texts of all messages, system included.
    pub(super) texts: Vec<String>,
    pub(super) schema_name: String,
    pub(super) schema: Option<Value>,
    /// The answer is to be the input of a tool.
    pub(super) by_tool: bool,
    pub(super) stream: bool,
    pub(super) wants_usage: bool,
    pub(super) hash: u64,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn read(wire: Wire, body: Value) -> Self {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let flag = |pointer: &str| body.pointer(pointer).and_then(Value::as_bool).unwrap_or(false);
        let mut texts = Vec::new();
        if let Some(instructions) = body.get("systemInstruction") {
            collect_text(&instructions["parts"], &mut texts);
        }
        for content in body.get("contents").and_then(Value::as_array).into_iter().flatten() {
            collect_text(&content["parts"], &mut texts);
        }
        if let Some(system) = body.get("system") {
            collect_text(system, &mut texts);
        }
        for message in body.get("messages").and_then(Value::as_array).into_iter().flatten() {
            collect_text(&message["content"], &mut texts);
        }
        if let Some(instructions) = body.get("instructions") {
            collect_text(instructions, &mut texts);
        }
        match body.get("input") {
            Some(Value::Array(items)) => items.iter().for_each(|item| collect_text(&item["content"], &mut texts)),
            Some(input) => collect_text(input, &mut texts),
            None => {}
        }
        let tool = forced_tool(&body).filter(|_| wire == Wire::Anthropic);
        let schema = match wire {
            Wire::OpenAi => body.pointer("/response_format/json_schema/schema").cloned(),
            Wire::Responses => body.pointer("/text/format/schema").cloned(),
            Wire::Anthropic => tool
                .map(|tool| tool["input_schema"].clone())
                .or_else(|| body.pointer("/output_config/format/schema").cloned()),
            Wire::Gemini => body.pointer("/generationConfig/responseJsonSchema").cloned(),
        };
        let schema_name = match wire {
            Wire::OpenAi => text("/response_format/json_schema/name"),
            Wire::Responses => text("/text/format/name"),
            Wire::Anthropic => tool.and_then(|tool| tool["name"].as_str()).map(str::to_owned),
            // This API's schemas have no names.
            Wire::Gemini => None,
        };
        Self {
            wire,
            dialect: Dialect::default(),
            model: text("/model").unwrap_or_default(),
            schema_name: schema_name.unwrap_or_default(),
            schema: schema.or_else(|| texts.last().and_then(|text| schema_in_words(text))),
            by_tool: tool.is_some(),
            stream: flag("/stream"),
            wants_usage: flag("/stream_options/include_usage"),
            hash: hash(&body),
            texts,
            body,
        }
    }

    pub(super) fn fits(&self, matching: &Match) -> bool {
        let contains = |part: &String| self.texts.iter().any(|text| text.contains(part));
        matching.contains.as_ref().is_none_or(contains)
            && matching.schema.as_ref().is_none_or(|name| *name == self.schema_name)
            && matching.model.as_ref().is_none_or(|model| *model == self.model)
            && matching.has.as_ref().is_none_or(|pointer| self.body.pointer(pointer).is_some())
    }

    /// Tokens of the input, by the usual four characters each.
    pub(super) fn tokens(&self) -> u64 {
        self.texts.iter().map(|text| tokens(text)).sum()
    }
}

/// The tool of a request of Anthropic's that must be called; one that only may be called is left alone.
fn forced_tool(body: &Value) -> Option<&Value> {
    let named = match body.pointer("/tool_choice/type")?.as_str()? {
        "tool" => Some(&body["tool_choice"]["name"]),
        "any" => None,
        _ => return None,
    };
    let tools = body["tools"].as_array()?;
    tools.iter().find(|tool| named.is_none_or(|name| tool["name"] == *name))
}

/// About how many tokens a text has.
pub(super) fn tokens(text: &str) -> u64 {
    text.chars().count().div_ceil(4) as u64
}

/// The same number for the same body.
pub(super) fn hash(body: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.to_string().hash(&mut hasher);
    hasher.finish()
}

/// The texts of a content: a string, or a list of blocks.
fn collect_text(content: &Value, texts: &mut Vec<String>) {
    match content {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(blocks) => {
            texts.extend(blocks.iter().filter_map(|block| block["text"].as_str()).map(str::to_owned));
        }
        _ => {}
    }
}

/// The schema that a message ends with, from clients that cannot have it enforced.
fn schema_in_words(text: &str) -> Option<Value> {
    let (_, schema) = text.rsplit_once("JSON schema:\n")?;
    serde_json::from_str(schema).ok()
}
