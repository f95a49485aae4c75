use serde_json::{Map, Value, json};

use super::{Dialect, in_words};
use crate::concessions::Concessions;
use crate::strict::{OPENAI_REFUSES, strict};
use crate::upstream::Refusal;
use crate::{ChatRequest, Message, Role};

/// Ways of asking for JSON: a schema the server enforces, any JSON object, and only words.
const LAST_SCHEMA_STEP: u8 = 2;

/// The body of a call.
pub(super) fn body(dialect: &Dialect, model: &str, request: &ChatRequest, concessions: Concessions) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("model", json!(model));
    put("messages", messages(dialect, request, concessions));
    put("stream", json!(true));
    if dialect.stream_options && !concessions.no_extra {
        put("stream_options", json!({ "include_usage": true }));
    }
    if let Some(temperature) = request.temperature.filter(|_| !concessions.no_temperature) {
        // Through text: 0.7 as f32 would be sent as 0.699999988.
        put("temperature", temperature.to_string().parse::<f64>().map_or(Value::Null, Value::from));
    }
    if let Some(limit) = request.max_output_tokens {
        let name = if concessions.other_limit_name { dialect.other_limit_name } else { dialect.limit_name };
        put(name, json!(limit));
    }
    match (&request.response_schema, schema_step(dialect, concessions)) {
        (Some(schema), 0) => {
            let inner = strict(&schema.schema, OPENAI_REFUSES);
            let wanted = json!({ "name": schema.name, "schema": inner, "strict": true });
            put("response_format", json!({ "type": "json_schema", "json_schema": wanted }));
        }
        (Some(_), 1) => {
            put("response_format", json!({ "type": "json_object" }));
        }
        _ => {}
    }
    Value::Object(body)
}

/// What to leave out after `refusal`, if that may help.
pub(super) fn concede(
    dialect: &Dialect,
    request: &ChatRequest,
    so_far: Concessions,
    refusal: &Refusal,
) -> Option<Concessions> {
    if !matches!(refusal.status, Some(400 | 422)) {
        return None;
    }
    let names = |name: &str| refusal.body.contains(name);
    if request.temperature.is_some() && !so_far.no_temperature && names("temperature") {
        return Some(Concessions { no_temperature: true, ..so_far });
    }
    if dialect.stream_options && !so_far.no_extra && names("stream_options") {
        return Some(Concessions { no_extra: true, ..so_far });
    }
    if request.max_output_tokens.is_some() && !so_far.other_limit_name && names(dialect.other_limit_name) {
        // OpenAI says: use the other one instead.
        return Some(Concessions { other_limit_name: true, ..so_far });
    }
    let about_schema = names("response_format") || names("json_schema") || names("schema") || names("grammar");
    let step = schema_step(dialect, so_far);
    if request.response_schema.is_some() && step < LAST_SCHEMA_STEP && (about_schema || dialect.lenient) {
        return Some(Concessions { schema_step: step + 1, ..so_far });
    }
    None
}

/// How far down the ways of asking for JSON we are: not at the first one where nobody knows it.
fn schema_step(dialect: &Dialect, concessions: Concessions) -> u8 {
    concessions.schema_step.max(u8::from(!dialect.schemas))
}

fn messages(dialect: &Dialect, request: &ChatRequest, concessions: Concessions) -> Value {
    let mut list: Vec<Value> = request.messages.iter().map(|message| wire_message(dialect, message)).collect();
    if let Some(schema) = request.response_schema.as_ref().filter(|_| schema_step(dialect, concessions) > 0) {
        list.push(json!({ "role": "user", "content": in_words(&schema.schema) }));
    }
    Value::Array(list)
}

fn wire_message(dialect: &Dialect, message: &Message) -> Value {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    if dialect.cache_marks && message.cache {
        let part = json!({ "type": "text", "text": message.content, "cache_control": { "type": "ephemeral" } });
        return json!({ "role": role, "content": [part] });
    }
    json!({ "role": role, "content": message.content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProviderKind;
    use crate::{ModelError, ModelErrorKind, ResponseSchema};

    fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![Message { role: Role::User, content: "Hello".into(), cache: true }],
            temperature: Some(0.7),
            max_output_tokens: Some(100),
            response_schema: Some(ResponseSchema { name: "vote".into(), schema: json!({ "type": "object" }) }),
            template: None,
            purpose: "board".into(),
            idempotency_key: None,
            conversation: None,
            deadline: None,
            caller: None,
        }
    }

    fn refusal(status: u16, body: &str) -> Refusal {
        let error = ModelError::new(ModelErrorKind::BadRequest, "p/m", body);
        Refusal { error, status: Some(status), body: body.to_lowercase() }
    }

    #[test]
    fn each_kind_gets_its_own_names() {
        let of = |kind: ProviderKind| body(kind.facts().dialect, "m", &request(), Concessions::default());
        let openai = of(ProviderKind::OpenAi);
        assert_eq!(openai["max_completion_tokens"], 100);
        assert_eq!(openai["temperature"].to_string(), "0.7");
        assert_eq!(openai["stream_options"]["include_usage"], true);
        assert_eq!(openai["response_format"]["json_schema"]["name"], "vote");
        assert_eq!(openai["response_format"]["json_schema"]["strict"], true);
        assert_eq!(openai["messages"][0]["content"], "Hello");
        let other = of(ProviderKind::OpenAiCompatible);
        assert_eq!(other["max_tokens"], 100);
        assert!(other.get("max_completion_tokens").is_none());
        assert_eq!(of(ProviderKind::OpenRouter)["messages"][0]["content"][0]["cache_control"]["type"], "ephemeral");
    }

    #[test]
    fn a_refusal_costs_only_what_it_names() {
        let openai = ProviderKind::OpenAi.facts().dialect;
        let none = Concessions::default();
        let after = |dialect, body: &str| concede(dialect, &request(), none, &refusal(400, body));
        let temperature = after(openai, "Unsupported value: 'temperature' does not support 0.7").unwrap();
        assert!(temperature.no_temperature && temperature.schema_step == 0);
        let limit = after(openai, "'max_completion_tokens' is not known, use 'max_tokens' instead").unwrap();
        assert!(limit.other_limit_name);
        assert_eq!(after(openai, "Invalid schema for response_format 'vote'").unwrap().schema_step, 1);
        assert_eq!(after(openai, "The prompt is too long"), None, "a fault of the request itself");
        let lenient = ProviderKind::OpenAiCompatible.facts().dialect;
        assert_eq!(after(lenient, "bad request").unwrap().schema_step, 1, "self-hosted servers do not say why");
        assert_eq!(concede(lenient, &request(), none, &refusal(401, "temperature")), None);
    }

    #[test]
    fn without_a_schema_the_wish_is_put_in_words() {
        let dialect = ProviderKind::OpenAiCompatible.facts().dialect;
        let body = body(dialect, "m", &request(), Concessions { schema_step: 1, ..Concessions::default() });
        assert_eq!(body["response_format"], json!({ "type": "json_object" }));
        assert!(body["messages"][1]["content"].as_str().unwrap().contains(r#"{"type":"object"}"#));
    }
}
