//! Where those who speak OpenAI's chat format depart from it, and how a request is brought into their dialect. What a
//! dialect does not touch reaches the provider byte for byte (GTW-32).

use memchr::memmem;
use serde_json::{Map, Value, json};

/// What differs among those who speak the format.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// The name of the output limit: OpenAI's newer models refuse the old one, most other servers know only that.
    pub(crate) limit_name: &'static str,
    /// The other name.
    pub(crate) other_limit_name: &'static str,
    /// Whether any 400 to a request with a schema is taken as "no schemas here": self-hosted servers rarely say why.
    pub(crate) lenient: bool,
    /// Whether messages may carry Anthropic's cache marks.
    pub(crate) cache_marks: bool,
    /// Whether the usage of a stream has to be asked for with `stream_options`. Others say it unasked.
    pub(crate) stream_options: bool,
    /// Whether an answer can be held to a schema; where not, JSON is asked for and the schema put in words.
    pub(crate) schemas: bool,
    /// Fields of OpenAI's that go by another name here.
    pub(crate) renamed: &'static [(&'static str, &'static str)],
    /// Fields of OpenAI's that are refused here, and without which the answer is the same.
    pub(crate) refused: &'static [&'static str],
    /// The word for "some tool must be called", where it is not `required`.
    pub(crate) some_tool: Option<&'static str>,
}

impl Dialect {
    /// OpenAI's own.
    pub(crate) const OPENAI: Self = Self {
        limit_name: "max_completion_tokens",
        other_limit_name: "max_tokens",
        lenient: false,
        cache_marks: false,
        stream_options: true,
        schemas: true,
        renamed: &[],
        refused: &[],
        some_tool: None,
    };

    /// Of most who imitate it.
    pub(crate) const COMMON: Self =
        Self { limit_name: "max_tokens", other_limit_name: "max_completion_tokens", lenient: true, ..Self::OPENAI };

    /// `body` in this dialect; the very bytes when nothing in it has to change.
    pub(crate) fn adapt(&self, body: Vec<u8>) -> Vec<u8> {
        if !self.concerns(&body) {
            return body;
        }
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(&body) else { return body };
        if !self.change(&mut fields) {
            return body;
        }
        Value::Object(fields).to_string().into_bytes()
    }

    /// Whether a name that may have to change stands anywhere in the bytes.
    fn concerns(&self, body: &[u8]) -> bool {
        let mut names: Vec<&str> = self.refused.to_vec();
        names.extend(self.renamed.iter().map(|(name, _)| *name));
        names.extend(self.some_tool.map(|_| "tool_choice"));
        names.extend((!self.schemas).then_some("json_schema"));
        names.iter().any(|name| memmem::find(body, name.as_bytes()).is_some())
    }

    fn change(&self, fields: &mut Map<String, Value>) -> bool {
        let mut changed = false;
        for name in self.refused {
            changed |= fields.shift_remove(*name).is_some();
        }
        for (name, here) in self.renamed {
            if let Some(value) = fields.shift_remove(*name) {
                // Who says it in the provider's own word means that.
                fields.entry(*here).or_insert(value);
                changed = true;
            }
        }
        if let Some(word) = self.some_tool
            && fields.get("tool_choice").and_then(Value::as_str) == Some("required")
        {
            fields.insert("tool_choice".to_owned(), json!(word));
            changed = true;
        }
        if !self.schemas
            && let Some(schema) = schema_of(fields)
        {
            fields.insert("response_format".to_owned(), json!({ "type": "json_object" }));
            if let Some(Value::Array(messages)) = fields.get_mut("messages") {
                messages.push(json!({ "role": "user", "content": in_words(&schema) }));
            }
            changed = true;
        }
        changed
    }
}

/// The schema that an answer is to follow.
fn schema_of(fields: &Map<String, Value>) -> Option<Value> {
    let format = fields.get("response_format").filter(|format| format["type"] == "json_schema")?;
    format.pointer("/json_schema/schema").cloned()
}

/// A schema as an instruction, for servers that cannot enforce it.
pub(crate) fn in_words(schema: &Value) -> String {
    format!("Answer with one JSON object and nothing else. It must follow this JSON schema:\n{schema}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProviderKind;

    fn adapted(kind: ProviderKind, body: &Value) -> Value {
        let body = kind.facts().dialect.adapt(body.to_string().into_bytes());
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn mistral_gets_its_own_words_and_nothing_it_refuses() {
        let body = json!({
            "model": "m", "messages": [], "seed": 7, "max_completion_tokens": 9, "tool_choice": "required",
            "stream_options": { "include_usage": true }, "user": "u", "safe_prompt": true,
        });
        let wanted = json!({
            "model": "m", "messages": [], "tool_choice": "any", "safe_prompt": true, "max_tokens": 9, "random_seed": 7,
        });
        assert_eq!(adapted(ProviderKind::Mistral, &body), wanted);
        let own = json!({ "random_seed": 1, "seed": 2, "tool_choice": "auto" });
        assert_eq!(adapted(ProviderKind::Mistral, &own), json!({ "random_seed": 1, "tool_choice": "auto" }));
    }

    #[test]
    fn deepseek_gets_a_schema_in_words() {
        let format = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": { "type": "object" } } });
        let body = json!({ "messages": [{ "role": "user", "content": "Hi" }], "response_format": format });
        let adapted = adapted(ProviderKind::DeepSeek, &body);
        assert_eq!(adapted["response_format"], json!({ "type": "json_object" }));
        assert_eq!(adapted["messages"][0]["content"], "Hi");
        assert!(adapted["messages"][1]["content"].as_str().unwrap().ends_with(r#"{"type":"object"}"#));
    }

    #[test]
    fn what_needs_no_change_keeps_its_bytes() {
        let spaced = br#"{ "model" : "m",  "n": 1.0, "messages": [{"role":"user","content":"my seed and user"}] }"#;
        for kind in ProviderKind::ALL {
            assert_eq!(kind.facts().dialect.adapt(spaced.to_vec()), spaced, "{kind:?}");
        }
        assert_eq!(ProviderKind::Mistral.facts().dialect.adapt(b"{\"seed\":".to_vec()), b"{\"seed\":");
    }
}
