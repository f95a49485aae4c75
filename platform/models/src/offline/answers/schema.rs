use serde_json::{Map, Value, json};

/// How deep nested schemas and references are followed.
const DEEPEST: u8 = 16;

/// The smallest value that fits a JSON schema, for calls that ask for JSON without a template of ours.
pub(super) fn instance(schema: &Value) -> Value {
    build(schema, schema, 0)
}

fn build(schema: &Value, root: &Value, depth: u8) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#')) {
        return root.pointer(target).map_or(Value::Null, |target| build(target, root, depth + 1));
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(first) = schema.get(key).and_then(Value::as_array).and_then(|values| values.first()) {
            return build(first, root, depth + 1);
        }
    }
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        let mut merged = Map::new();
        for part in all {
            match build(part, root, depth + 1) {
                Value::Object(fields) => merged.extend(fields),
                other => return other,
            }
        }
        return Value::Object(merged);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        Some(kind) => kind.as_str(),
        None => schema.get("properties").map(|_| "object"),
    };
    match kind {
        Some("object") => object(schema, root, depth),
        Some("array") => {
            let least =
                usize::try_from(schema.get("minItems").and_then(Value::as_u64).unwrap_or(0)).unwrap_or(0).min(64);
            let item = schema.get("items").map_or(Value::Null, |items| build(items, root, depth + 1));
            Value::Array(vec![item; least])
        }
        Some("string") => text(schema),
        Some("integer") => {
            let least = schema.get("exclusiveMinimum").and_then(Value::as_i64).map(|least| least.saturating_add(1));
            let least = least.or_else(|| schema.get("minimum").and_then(Value::as_i64)).unwrap_or(0);
            let most = schema.get("maximum").and_then(Value::as_i64).unwrap_or(i64::MAX);
            json!(least.max(0.min(most)).min(most))
        }
        Some("number") => {
            let least = schema.get("minimum").and_then(Value::as_f64).unwrap_or(0.0);
            let most = schema.get("maximum").and_then(Value::as_f64).unwrap_or(f64::MAX);
            json!(least.max(0.0_f64.min(most)))
        }
        Some("boolean") => Value::Bool(false),
        _ => Value::Null,
    }
}

fn object(schema: &Value, root: &Value, depth: u8) -> Value {
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let fields = required.iter().filter_map(Value::as_str).map(|name| {
        let value = schema.pointer(&format!("/properties/{}", name.replace('~', "~0").replace('/', "~1")));
        (name.to_owned(), value.map_or(Value::Null, |value| build(value, root, depth + 1)))
    });
    Value::Object(fields.collect())
}

fn text(schema: &Value) -> Value {
    let formatted = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "1970-01-01T00:00:00Z",
        Some("date") => "1970-01-01",
        Some("email") => "demo@example.org",
        Some("uri") => "https://example.org/",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => "offline demo model",
    };
    let least = usize::try_from(schema.get("minLength").and_then(Value::as_u64).unwrap_or(0)).unwrap_or(0).min(10_000);
    let most =
        usize::try_from(schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let padded: String =
        formatted.chars().chain(std::iter::repeat('.')).take(least.max(formatted.len()).min(most)).collect();
    Value::String(padded)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::instance;

    #[test]
    fn instances_fit_their_schema() {
        let schema = json!({
            "type": "object",
            "required": ["name", "kind", "score", "tags", "part"],
            "properties": {
                "name": {"type": "string", "maxLength": 7},
                "kind": {"enum": ["a", "b"]},
                "score": {"type": "integer", "minimum": 3},
                "tags": {"type": "array", "minItems": 2, "items": {"type": "boolean"}},
                "part": {"$ref": "#/$defs/part"},
                "note": {"type": "string"},
            },
            "$defs": {"part": {"anyOf": [{"type": "object", "required": ["of"], "properties": {"of": {"type": ["number", "null"]}}}]}},
        });
        let expected = json!({"name": "offline", "kind": "a", "score": 3, "tags": [false, false], "part": {"of": 0.0}});
        assert_eq!(instance(&schema), expected);
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"type": "object", "required": ["again"], "properties": {"again": {"$ref": "#"}}});
        assert!(instance(&schema).is_object());
    }
}
