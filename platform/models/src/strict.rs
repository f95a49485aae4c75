//! JSON schemas in the form that providers' constrained decoding takes: every object closed and every property
//! required, no `$schema`, no keyword they refuse. What is lost here is checked when the answer is read.

use serde_json::{Map, Value, json};

/// Keywords that OpenAI's strict mode refuses.
pub(crate) const OPENAI_REFUSES: &[&str] =
    &["$schema", "title", "default", "format", "minLength", "maxLength", "examples"];

/// Keywords that Anthropic's `output_config.format` refuses.
pub(crate) const ANTHROPIC_REFUSES: &[&str] = &[
    "$schema",
    "title",
    "default",
    "format",
    "minLength",
    "maxLength",
    "examples",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// `schema` in strict form, without the keywords in `refused`.
pub(crate) fn strict(schema: &Value, refused: &[&str]) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    // Beside `$ref` nothing else may stand.
    if let Some(reference) = fields.get("$ref") {
        return json!({ "$ref": reference });
    }
    let mut out = Map::new();
    for (name, value) in fields {
        match name.as_str() {
            "properties" => {
                out.insert(name.clone(), properties(fields, value, refused));
            }
            // `properties` decides what is required.
            "required" => {}
            "$defs" | "definitions" => {
                out.insert(name.clone(), each_field(value, |inner| strict(inner, refused)));
            }
            "oneOf" | "anyOf" => {
                out.insert("anyOf".to_owned(), each_item(value, |inner| strict(inner, refused)));
            }
            "items" => {
                out.insert(name.clone(), strict(value, refused));
            }
            "const" => {
                out.insert("enum".to_owned(), json!([value]));
            }
            keyword if refused.contains(&keyword) => {}
            _ => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    if let Some(Value::Object(properties)) = out.get("properties") {
        let required: Vec<Value> = properties.keys().map(|name| Value::String(name.clone())).collect();
        out.insert("required".to_owned(), Value::Array(required));
        out.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    Value::Object(out)
}

/// The properties in strict form. One that may be left out, and has no default, may be null instead.
fn properties(object: &Map<String, Value>, properties: &Value, refused: &[&str]) -> Value {
    let required: Vec<&str> =
        object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let Value::Object(fields) = properties else { return properties.clone() };
    let mut out = Map::new();
    for (name, schema) in fields {
        let inner = strict(schema, refused);
        let must = required.contains(&name.as_str()) || schema.get("default").is_some_and(|default| !default.is_null());
        out.insert(name.clone(), if must || takes_null(&inner) { inner } else { or_null(&inner) });
    }
    Value::Object(out)
}

fn takes_null(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => return kind == "null",
        Some(Value::Array(kinds)) => return kinds.iter().any(|kind| kind == "null"),
        _ => {}
    }
    schema.get("anyOf").and_then(Value::as_array).is_some_and(|choices| choices.iter().any(takes_null))
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn each_field(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), change(value))).collect())
        }
        other => other.clone(),
    }
}

fn each_item(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(change).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_closed_and_optional_properties_may_be_null() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Vote",
            "type": "object",
            "properties": {
                "reasoning": { "type": "string", "minLength": 10 },
                "decision": { "oneOf": [{ "const": "yes", "description": "for it" }, { "const": "no" }] },
                "confidence": { "type": "number", "format": "double", "minimum": 0 },
                "flip_reason": { "type": ["string", "null"] },
                "note": { "type": "string" },
                "conditions": { "type": "array", "items": { "$ref": "#/$defs/Condition" }, "default": [] },
                "first": { "$ref": "#/$defs/Condition", "description": "lost" },
            },
            "required": ["reasoning", "decision", "confidence", "first"],
            "$defs": { "Condition": { "type": "object", "properties": { "what": { "type": "string" } }, "required": ["what"] } },
        });
        let out = strict(&schema, OPENAI_REFUSES);
        let order = ["reasoning", "decision", "confidence", "flip_reason", "note", "conditions", "first"];
        assert_eq!(out["required"], json!(order));
        assert_eq!(
            out["properties"].as_object().unwrap().keys().collect::<Vec<_>>(),
            order,
            "order decides the stream"
        );
        assert_eq!(out["additionalProperties"], json!(false));
        assert_eq!(out["$defs"]["Condition"]["additionalProperties"], json!(false));
        assert!(out.get("$schema").is_none() && out.get("title").is_none());
        let property = |name: &str| out["properties"][name].clone();
        assert_eq!(property("reasoning"), json!({ "type": "string" }));
        assert_eq!(
            property("decision"),
            json!({ "anyOf": [{ "enum": ["yes"], "description": "for it" }, { "enum": ["no"] }] })
        );
        assert_eq!(property("confidence"), json!({ "type": "number", "minimum": 0 }));
        assert_eq!(property("flip_reason"), json!({ "type": ["string", "null"] }));
        assert_eq!(property("note"), json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }));
        assert_eq!(property("conditions"), json!({ "type": "array", "items": { "$ref": "#/$defs/Condition" } }));
        assert_eq!(property("first"), json!({ "$ref": "#/$defs/Condition" }));
        assert!(strict(&schema, ANTHROPIC_REFUSES)["properties"]["confidence"].get("minimum").is_none());
    }
}
