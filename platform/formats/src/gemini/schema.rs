use serde_json::{Map, Value, json};

/// The keywords of JSON schema that Google reads; those that only bound or describe what these allow are left out.
const KNOWN: &[&str] = &[
    "$id",
    "$anchor",
    "type",
    "format",
    "title",
    "description",
    "enum",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "required",
    "propertyOrdering",
];

/// `schema` in the subset of JSON schema that `parametersJsonSchema` and `responseJsonSchema` take: `const` becomes an
/// `enum` of one, an `allOf` is laid into one object, exclusive bounds become plain ones, nothing stands beside `$ref`,
/// and keywords that Google does not know are left out. What it can express keeps its meaning; what it cannot becomes
/// wider, never narrower.
#[must_use]
pub fn google_schema(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    if let Some(reference) = fields.get("$ref") {
        let mut out = Map::new();
        out.insert("$ref".to_owned(), reference.clone());
        // The root may refer into its own definitions.
        for name in ["$defs", "definitions"] {
            if let Some(inner) = fields.get(name) {
                out.insert(name.to_owned(), each_field(inner));
            }
        }
        return Value::Object(out);
    }
    let mut out = Map::new();
    for (name, value) in fields {
        match name.as_str() {
            "properties" | "$defs" | "definitions" => {
                out.insert(name.clone(), each_field(value));
            }
            "items" | "additionalProperties" => {
                out.insert(name.clone(), google_schema(value));
            }
            "anyOf" | "oneOf" | "prefixItems" => {
                out.insert(name.clone(), each_item(value));
            }
            "allOf" => lay_over(&mut out, value),
            "const" => {
                out.insert("enum".to_owned(), json!([value]));
            }
            "exclusiveMinimum" | "exclusiveMaximum" if value.is_number() => {
                let plain = if name == "exclusiveMinimum" { "minimum" } else { "maximum" };
                out.entry(plain.to_owned()).or_insert_with(|| value.clone());
            }
            known if KNOWN.contains(&known) => {
                out.insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }
    Value::Object(out)
}

/// Lays the members of an `allOf` into one object: properties and required names together, the rest as it comes first.
fn lay_over(out: &mut Map<String, Value>, members: &Value) {
    for member in members.as_array().into_iter().flatten() {
        let Value::Object(fields) = google_schema(member) else { continue };
        for (name, value) in fields {
            match (out.get_mut(&name), value) {
                (Some(Value::Object(here)), Value::Object(more)) => {
                    for (key, inner) in more {
                        here.entry(key).or_insert(inner);
                    }
                }
                (Some(Value::Array(here)), Value::Array(more)) if name == "required" => {
                    for item in more {
                        if !here.contains(&item) {
                            here.push(item);
                        }
                    }
                }
                (Some(_), _) => {}
                (None, value) => {
                    out.insert(name, value);
                }
            }
        }
    }
}

fn each_field(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, inner)| (name.clone(), google_schema(inner))).collect())
        }
        other => other.clone(),
    }
}

fn each_item(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(google_schema).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_google_knows_stays_and_the_rest_goes() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "kind": { "const": "vote" },
                "pattern": { "type": "string", "pattern": "^a", "minLength": 2, "default": "a" },
                "share": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
                "who": { "$ref": "#/$defs/Who", "description": "lost" },
                "maybe": { "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "null" }] },
                "list": { "type": "array", "items": { "type": "string", "maxLength": 3 }, "uniqueItems": true },
            },
            "required": ["kind"],
            "additionalProperties": false,
            "$defs": { "Who": { "allOf": [
                { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] },
                { "properties": { "b": { "type": "string" } }, "required": ["a", "b"] },
            ] } },
        });
        let expected = json!({
            "type": "object",
            "properties": {
                "kind": { "enum": ["vote"] },
                "pattern": { "type": "string" },
                "share": { "type": "number", "minimum": 0, "maximum": 1 },
                "who": { "$ref": "#/$defs/Who" },
                "maybe": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                "list": { "type": "array", "items": { "type": "string" } },
            },
            "required": ["kind"],
            "additionalProperties": false,
            "$defs": { "Who": {
                "type": "object",
                "properties": { "a": { "type": "string" }, "b": { "type": "string" } },
                "required": ["a", "b"],
            } },
        });
        assert_eq!(google_schema(&schema), expected);
        let rooted = json!({ "$ref": "#/$defs/A", "$defs": { "A": { "type": "string", "minLength": 1 } } });
        assert_eq!(google_schema(&rooted), json!({ "$ref": "#/$defs/A", "$defs": { "A": { "type": "string" } } }));
    }

    #[test]
    fn a_property_that_is_named_like_a_keyword_is_kept() {
        let schema = json!({ "type": "object", "properties": { "pattern": { "type": "string" }, "const": true } });
        assert_eq!(google_schema(&schema), schema);
    }
}
