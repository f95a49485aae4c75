//! The texts of a request, in whatever format it is.

use serde_json::Value;

/// Where a request has texts.
const FIELDS: [&str; 6] = ["messages", "system", "input", "instructions", "prompt", "contents"];
/// What is no text: names, kinds, and what has to come back as it was.
const NOT_TEXT: [&str; 20] = [
    "type",
    "role",
    "id",
    "name",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "data",
    "url",
    "image_url",
    "file_url",
    "file_id",
    "file_data",
    "media_type",
    "format",
    "detail",
    "signature",
    "encrypted_content",
    "cache_control",
    "status",
];
/// What only its provider may change.
const SEALED: [&str; 3] = ["thinking", "redacted_thinking", "reasoning"];

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
        Value::String(text) => {
            if let Some(other) = each(text) {
                *text = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, each)),
        Value::Object(fields) => {
            let sealed = fields.get("type").and_then(Value::as_str).is_some_and(|kind| SEALED.contains(&kind));
            if sealed {
                return;
            }
            for (name, value) in fields {
                // A tool's input has fields of its own names.
                if !NOT_TEXT.contains(&name.as_str()) || value.is_object() {
                    walk(value, each);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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
            "tools": [{ "name": "not this" }],
        });
        let mut seen = Vec::new();
        texts(&mut request, &mut |text| {
            seen.push(text.to_owned());
            (text == "f").then(|| "F".to_owned())
        });
        seen.sort();
        assert_eq!(seen, ["a", "b", "c", "d", "e", "f", "g"]);
        assert_eq!(request["messages"][2]["content"][1]["input"]["where"], "F");
        texts(&mut json!("no object"), &mut |_| panic!("there is none"));
    }
}
