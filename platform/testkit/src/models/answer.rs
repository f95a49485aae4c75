//! A valid instance of any JSON schema: the same for the same request, another for another. It knows as much about
//! the board's prompts as a dull but obedient model would: codes are taken from the lists in the prompt, votes differ,
//! a discussion goes on until no rounds are left.

use serde_json::{Map, Value, json};

use super::asked::Asked;

/// How deep a schema may refer to itself before lists stay empty.
const MAX_DEPTH: usize = 12;

/// The answer to a request: an instance of its schema, or a sentence.
pub(super) fn answer(asked: &Asked) -> Value {
    let mut author = Author::new(asked);
    match &asked.schema {
        Some(schema) => author.instance(schema, "", None, 0),
        None => Value::String(author.text("answer")),
    }
}

struct Author<'a> {
    root: Value,
    seed: u64,
    /// Grows with each value, so that two fields of one answer differ.
    step: u64,
    texts: &'a [String],
    /// Codes listed in the prompt as "- `code`: …", the last list's first.
    codes: Vec<String>,
    next_code: usize,
}

impl<'a> Author<'a> {
    fn new(asked: &'a Asked) -> Self {
        let root = asked.schema.clone().unwrap_or(Value::Null);
        let codes = asked.texts.last().map(|text| listed_codes(text)).unwrap_or_default();
        Self { root, seed: asked.hash, step: 0, texts: &asked.texts, codes, next_code: 0 }
    }

    fn instance(&mut self, schema: &Value, field: &str, siblings: Option<&Map<String, Value>>, depth: usize) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)).cloned();
            return target.map_or(Value::Null, |target| self.instance(&target, field, siblings, depth + 1));
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema["enum"].as_array() {
            return self.choose(values, field);
        }
        for list in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[list].as_array() {
                return self.one_of(choices, field, siblings, depth);
            }
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ if schema.get("properties").is_some() => vec!["object"],
            _ => vec!["string"],
        };
        if kinds.contains(&"null") && !is_filled(field, siblings) {
            return Value::Null;
        }
        match kinds.iter().find(|kind| **kind != "null").copied() {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(schema, field, siblings, depth),
            Some("integer") => json!(self.number(schema, field).round() as i64),
            Some("number") => json!((self.number(schema, field) * 100.0).round() / 100.0),
            Some("boolean") => json!(self.draw(2) == 0),
            Some("string") => Value::String(self.string(schema, field)),
            _ => Value::Null,
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut fields = Map::new();
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let value = self.instance(inner, name, Some(&fields), depth + 1);
            fields.insert(name.clone(), value);
        }
        Value::Object(fields)
    }

    fn array(&mut self, schema: &Value, field: &str, siblings: Option<&Map<String, Value>>, depth: usize) -> Value {
        let bound = |name: &str| schema[name].as_u64().and_then(|value| usize::try_from(value).ok());
        let (least, most) = (bound("minItems").unwrap_or(0), bound("maxItems").unwrap_or(usize::MAX));
        let usual = match field {
            // Refs and positions would have to exist.
            "builds_on" | "depends_on" => 0,
            "speakers" if chosen(siblings, "action").is_some_and(|action| matches!(action, "vote" | "ask_user")) => 0,
            "speakers" => usize::from(chosen(siblings, "action") == Some("continue")) + 1,
            "seats" => self.exactly().unwrap_or(2),
            _ if depth >= MAX_DEPTH => 0,
            _ => 1 + self.draw(2),
        };
        let count = usual.max(least).min(most);
        Value::Array((0..count).map(|_| self.instance(&schema["items"], field, None, depth + 1)).collect())
    }

    fn one_of(&mut self, choices: &[Value], field: &str, siblings: Option<&Map<String, Value>>, depth: usize) -> Value {
        let single = |choice: &Value| -> Option<Value> {
            choice
                .get("const")
                .cloned()
                .or_else(|| Some(choice["enum"].as_array().filter(|list| list.len() == 1)?[0].clone()))
        };
        if let Some(values) = choices.iter().map(single).collect::<Option<Vec<Value>>>() {
            return self.choose(&values, field);
        }
        let is_null = |choice: &Value| choice["type"] == "null";
        if choices.iter().any(is_null) && !is_filled(field, siblings) {
            return Value::Null;
        }
        let choice = choices.iter().find(|choice| !is_null(choice)).cloned().unwrap_or(Value::Null);
        self.instance(&choice, field, siblings, depth + 1)
    }

    fn choose(&mut self, values: &[Value], field: &str) -> Value {
        let last_round = || self.texts.last().is_some_and(|text| text.contains("No rounds are left"));
        let wanted = match field {
            "action" if last_round() => values.iter().find(|value| *value == "vote"),
            "decision" => values.get(self.draw(values.len())),
            _ => None,
        };
        wanted.or_else(|| values.iter().find(|value| !value.is_null())).cloned().unwrap_or(Value::Null)
    }

    fn number(&mut self, schema: &Value, field: &str) -> f64 {
        let least = schema["minimum"].as_f64().unwrap_or(0.0);
        let usual_most = if matches!(field, "confidence" | "complexity") { 1.0 } else { least + 10.0 };
        let most = schema["maximum"].as_f64().unwrap_or(usual_most);
        // From the middle upwards: neither certain nor clueless.
        least + (most - least) * (0.5 + self.draw(45) as f64 / 100.0)
    }

    fn string(&mut self, schema: &Value, field: &str) -> String {
        if matches!(field, "code" | "speakers") && !self.codes.is_empty() {
            let code = self.codes[self.next_code % self.codes.len()].clone();
            self.next_code += 1;
            return code;
        }
        let bound = |name: &str| schema[name].as_u64().and_then(|value| usize::try_from(value).ok());
        let mut text = self.text(field);
        while text.chars().count() < bound("minLength").unwrap_or(0) {
            text = format!("{text} {}", self.text(field));
        }
        text.chars().take(bound("maxLength").unwrap_or(usize::MAX)).collect()
    }

    /// A text that names its field and carries a hash, long where a field is read at length.
    fn text(&mut self, field: &str) -> String {
        let mark = self.mark();
        let name = field.replace('_', " ");
        match field {
            "content" | "answer" | "executive_summary" | "summary" | "reasoning" => {
                let (second, third) = (self.mark(), self.mark());
                format!(
                    "The scripted {name} {mark} begins with the costs and with what they rest on. \
                     It then weighs the risk {second} against the gain {third}. \
                     The step can be taken back within a quarter, which speaks for trying it."
                )
            }
            "title" => format!("Scripted title {mark}"),
            _ => format!("Scripted {name} {mark}."),
        }
    }

    fn mark(&mut self) -> String {
        format!("{:06x}", self.next() & 0xff_ffff)
    }

    fn draw(&mut self, below: usize) -> usize {
        usize::try_from(self.next() % below.max(1) as u64).unwrap_or(0)
    }

    /// The next number of the sequence that the request's hash begins (SplitMix64).
    fn next(&mut self) -> u64 {
        self.step += 1;
        let mut value = self.seed.wrapping_add(self.step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// The number in "exactly 4", if the prompt asks for that many.
    fn exactly(&self) -> Option<usize> {
        let (_, rest) = self.texts.last()?.rsplit_once("exactly ")?;
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    }
}

/// Whether a field that may be null is better filled: a facilitator who goes on has a question.
fn is_filled(field: &str, siblings: Option<&Map<String, Value>>) -> bool {
    field == "question" && chosen(siblings, "action").is_some_and(|action| action != "vote")
}

fn chosen<'v>(siblings: Option<&'v Map<String, Value>>, field: &str) -> Option<&'v str> {
    siblings?.get(field)?.as_str()
}

/// Codes in list items of the form "- `code`: …".
fn listed_codes(text: &str) -> Vec<String> {
    let code = |line: &str| line.trim_start().strip_prefix("- `")?.split_once("`:").map(|(code, _)| code.to_owned());
    text.lines().filter_map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::asked::Wire;

    fn ask(schema: &Value, text: &str) -> Value {
        let format = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": schema } });
        let messages = json!([{ "role": "user", "content": text }]);
        answer(&Asked::read(Wire::OpenAi, json!({ "model": "m", "messages": messages, "response_format": format })))
    }

    #[test]
    fn an_instance_keeps_to_its_schema_and_to_its_request() {
        let schema = json!({
            "type": "object",
            "properties": {
                "content": { "type": "string", "minLength": 400 },
                "decision": { "anyOf": [{ "enum": ["yes"] }, { "enum": ["no"] }, { "enum": ["abstain"] }] },
                "confidence": { "type": "number", "minimum": 0, "maximum": 1 },
                "flip_reason": { "type": ["string", "null"] },
                "conditions": { "type": "array", "minItems": 3, "items": { "$ref": "#/$defs/Text" } },
                "builds_on": { "type": "array", "items": { "type": "string" } },
                "count": { "type": "integer", "minimum": 2, "maximum": 4 },
            },
            "$defs": { "Text": { "type": "string", "maxLength": 8 } },
        });
        let one = ask(&schema, "A");
        assert_eq!(one, ask(&schema, "A"));
        assert_ne!(one["content"], ask(&schema, "B")["content"]);
        assert!(one["content"].as_str().unwrap().chars().count() >= 400);
        assert!((0.0..=1.0).contains(&one["confidence"].as_f64().unwrap()));
        assert!((2..=4).contains(&one["count"].as_i64().unwrap()));
        assert_eq!(one["flip_reason"], Value::Null);
        assert_eq!(one["builds_on"], json!([]));
        let conditions = one["conditions"].as_array().unwrap();
        assert!(conditions.len() >= 3 && conditions.iter().all(|text| text.as_str().unwrap().chars().count() <= 8));
        let decisions: std::collections::BTreeSet<String> =
            (0..20).map(|n| ask(&schema, &n.to_string())["decision"].to_string()).collect();
        assert_eq!(decisions.len(), 3, "votes differ");
    }

    #[test]
    fn codes_come_from_the_prompt() {
        let seat =
            json!({ "type": "object", "properties": { "code": { "type": "string" }, "reason": { "type": "string" } } });
        let schema = json!({ "type": "object", "properties": { "seats": { "type": "array", "items": seat } } });
        let prompt = "- `lawyer`: L\n- `banker`: B\n- `chair`: C\n\nChoose exactly 2 different candidates.\nexactly 2";
        let seats = ask(&schema, prompt);
        assert_eq!(seats["seats"][0]["code"], "lawyer");
        assert_eq!(seats["seats"][1]["code"], "banker");
        assert_eq!(seats["seats"].as_array().unwrap().len(), 2);
        let schema = json!({ "type": "object", "properties": {
            "action": { "type": "string", "enum": ["continue", "challenge", "vote"] },
            "speakers": { "type": "array", "items": { "type": "string" } },
            "question": { "type": ["string", "null"] },
        } });
        let on = ask(&schema, "- `lawyer`: L\n- `banker`: B");
        assert_eq!((on["action"].as_str(), on["speakers"].as_array().unwrap().len()), (Some("continue"), 2));
        assert!(on["question"].is_string());
        let over = ask(&schema, "- `lawyer`: L\nNo rounds are left: choose `vote`.");
        assert_eq!(over, json!({ "action": "vote", "speakers": [], "question": null }));
    }
}
