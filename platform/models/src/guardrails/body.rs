//! The texts of a request, in whatever format it is.

use serde_json::Value;

/// Where a request has texts.
const FIELDS: [&str; 11] = [
    "messages",
    "system",
    "input",
    "instructions",
    "prompt",
    "contents",
    "tools",
    "functions",
    "response_format",
    "text",
    "prediction",
];
/// What is no text: names, kinds, and what has to come back as it was.
const NOT_TEXT: [&str; 18] = [
    "type",
    "role",
    "id",
    "name",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "url",
    "image_url",
    "file_url",
    "file_id",
    "file_data",
    "media_type",
    "format",
    "detail",
    "cache_control",
    "status",
    "required",
];
/// What only its provider may change, in parts of these kinds.
const SEALED: [&str; 3] = ["thinking", "redacted_thinking", "reasoning"];
const SEALED_FIELDS: [&str; 5] = ["thinking", "data", "signature", "encrypted_content", "summary"];
/// Where a call of a tool has its own fields, under whatever names.
const ARGUMENTS: [&str; 3] = ["input", "arguments", "args"];

/// Hands each text of a request to `each`, to be replaced where it gives another.
pub(super) fn texts(request: &mut Value, each: &mut impl FnMut(&str) -> Option<String>) {
    let Value::Object(fields) = request else { return };
    for (name, value) in fields {
        if FIELDS.contains(&name.as_str()) {
            walk(value, each);
        }
    }
}

fn walk(value: &mut Value, each: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => replace(text, each),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, each)),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            let sealed = SEALED.contains(&kind);
            // A document of plain text has it where pictures have their bytes.
            let opaque = kind != "text";
            for (name, value) in fields {
                let name = name.as_str();
                if sealed && SEALED_FIELDS.contains(&name) || opaque && name == "data" {
                    continue;
                }
                if ARGUMENTS.contains(&name) {
                    arguments(value, each);
                } else if !NOT_TEXT.contains(&name) || value.is_object() {
                    walk(value, each);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a tool is called with: all of it is content. Where it is JSON in a string, that is looked at and not its letters,
/// or an escape would hide a word, and a mask would break it.
fn arguments(value: &mut Value, each: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(mut inner @ (Value::Object(_) | Value::Array(_))) => {
                let before = inner.clone();
                arguments(&mut inner, each);
                if inner != before {
                    *text = inner.to_string();
                }
            }
            _ => replace(text, each),
        },
        Value::Number(number) => {
            if let Some(other) = each(&number.to_string()) {
                *value = Value::String(other);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| arguments(item, each)),
        Value::Object(fields) => fields.values_mut().for_each(|field| arguments(field, each)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn replace(text: &mut String, each: &mut impl FnMut(&str) -> Option<String>) {
    if let Some(other) = each(text) {
        *text = other;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_is_seen_and_nothing_else() {
        let mut request = json!({
            "model": "not this", "user": "nor this",
            "system": [{ "type": "text", "text": "a" }],
            "instructions": "b",
            "messages": [
                { "role": "user", "content": "c" },
                { "role": "user", "content": [
                    { "type": "text", "text": "d" },
                    { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } },
                    { "type": "tool_result", "tool_use_id": "t", "content": "e" }] },
                { "role": "assistant", "content": [
                    { "type": "thinking", "thinking": "sealed", "signature": "s" },
                    { "type": "tool_use", "id": "t", "name": "look", "input": { "where": "f" } }],
                  "tool_calls": [{ "id": "t", "type": "function", "function": { "name": "look", "arguments": "g" } }] },
            ],
            "tools": [{ "name": "not this", "description": "h" }],
        });
        let mut seen = Vec::new();
        texts(&mut request, &mut |text| {
            seen.push(text.to_owned());
            (text == "f").then(|| "F".to_owned())
        });
        seen.sort();
        assert_eq!(seen, ["a", "b", "c", "d", "e", "f", "g", "h"]);
        assert_eq!(request["messages"][2]["content"][1]["input"]["where"], "F");
        let mut tricks = json!({ "messages": [
            { "role": "user", "type": "reasoning", "content": "a" },
            { "type": "document", "source": { "type": "text", "data": "b" } },
            { "type": "tool_use", "input": { "name": "c", "data": ["d"], "number": 7 } },
            { "function": { "name": "look", "arguments": "{\"x\":\"\\u0065\"}" } },
        ] });
        let mut seen = Vec::new();
        texts(&mut tricks, &mut |text| {
            seen.push(text.to_owned());
            (text == "e" || text == "7").then(|| "[x]".to_owned())
        });
        seen.sort();
        assert_eq!(seen, ["7", "a", "b", "c", "d", "e"]);
        assert_eq!(tricks["messages"][2]["input"]["number"], "[x]");
        assert_eq!(tricks["messages"][3]["function"]["arguments"], r#"{"x":"[x]"}"#);
        texts(&mut json!("no object"), &mut |_| panic!("there is none"));
    }
}
