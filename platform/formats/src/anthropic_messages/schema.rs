use serde_json::{Map, Value};

/// Keywords that the provider's constrained decoding refuses. What is lost here the model reads no more; the caller's
/// own check still sees it.
const REFUSED: [&str; 14] = [
    "$schema",
    "title",
    "default",
    "examples",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// A schema as the provider takes it: every object closed, no refused keyword.
pub(super) fn closed(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (name, value) in fields {
        let inner = match name.as_str() {
            "properties" | "$defs" | "definitions" => match value {
                Value::Object(named) => {
                    Value::Object(named.iter().map(|(name, schema)| (name.clone(), closed(schema))).collect())
                }
                other => other.clone(),
            },
            "anyOf" | "oneOf" | "allOf" => match value {
                Value::Array(schemas) => schemas.iter().map(closed).collect(),
                other => other.clone(),
            },
            "items" => closed(value),
            keyword if REFUSED.contains(&keyword) => continue,
            _ => value.clone(),
        };
        out.insert(if name == "oneOf" { "anyOf".to_owned() } else { name.clone() }, inner);
    }
    if out.contains_key("properties") || out.get("type").is_some_and(|kind| kind == "object") {
        out.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_closed_and_keywords_left_out() {
        let schema = json!({
            "$schema": "x", "type": "object",
            "properties": {
                "minimum": { "type": "integer", "minimum": 0 },
                "list": { "type": "array", "items": { "type": "object", "properties": {} }, "minItems": 1 },
                "either": { "oneOf": [{ "type": "string", "maxLength": 3 }, { "$ref": "#/$defs/a" }] },
            },
            "required": ["list"],
            "$defs": { "a": { "type": "object", "properties": { "title": { "type": "string" } } } },
        });
        let expected = json!({
            "type": "object",
            "properties": {
                "minimum": { "type": "integer" },
                "list": { "type": "array", "items": { "type": "object", "properties": {}, "additionalProperties": false } },
                "either": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/a" }] },
            },
            "required": ["list"],
            "$defs": {
                "a": { "type": "object", "properties": { "title": { "type": "string" } }, "additionalProperties": false },
            },
            "additionalProperties": false,
        });
        assert_eq!(closed(&schema), expected);
    }
}
