use quorate_formats::{AnswerForm, Asked, Part, Turn, gemini};
use serde_json::Value;

use crate::concessions::Concessions;
use crate::openai::in_words;
use crate::upstream::Refusal;
use crate::{ChatRequest, Role};

/// Ways of asking for JSON: a schema the model is held to, any JSON, and only words.
const LAST_SCHEMA_STEP: u8 = 2;

/// The body of a call.
pub(super) fn body(model: &str, request: &ChatRequest, concessions: Concessions) -> Value {
    let turn = |role, text: &str| {
        let part = Part::Text { text: text.to_owned(), cache: false };
        Turn { role, parts: vec![part] }
    };
    let mut turns: Vec<Turn> = Vec::new();
    for message in &request.messages {
        let role = match message.role {
            Role::System => quorate_formats::Role::System,
            Role::User => quorate_formats::Role::User,
            Role::Assistant => quorate_formats::Role::Assistant,
        };
        turns.push(turn(role, &message.content));
    }
    let schema = request.response_schema.as_ref();
    if let Some(schema) = schema.filter(|_| concessions.schema_step > 0) {
        turns.push(turn(quorate_formats::Role::User, &in_words(&schema.schema)));
    }
    let form = schema.and_then(|schema| match concessions.schema_step {
        0 => {
            let (name, schema) = (schema.name.clone(), schema.schema.clone());
            Some(AnswerForm::Schema { name, schema, strict: Some(true) })
        }
        1 => Some(AnswerForm::Json),
        _ => None,
    });
    // Through text: 0.7 as f32 would be sent as 0.699999988.
    let temperature = request.temperature.filter(|_| !concessions.no_temperature);
    let temperature = temperature.and_then(|temperature| temperature.to_string().parse().ok());
    gemini::write_request(&Asked {
        model: model.to_owned(),
        turns,
        form,
        temperature,
        max_output_tokens: request.max_output_tokens.map(u64::from),
        ..Asked::default()
    })
}

/// What to leave out after `refusal`, if that may help.
pub(super) fn concede(request: &ChatRequest, so_far: Concessions, refusal: &Refusal) -> Option<Concessions> {
    if refusal.status != Some(400) {
        return None;
    }
    let names = |name: &str| refusal.body.contains(name);
    if request.temperature.is_some() && !so_far.no_temperature && names("temperature") {
        return Some(Concessions { no_temperature: true, ..so_far });
    }
    let about_json = names("schema") || names("json") || names("mime");
    if request.response_schema.is_some() && so_far.schema_step < LAST_SCHEMA_STEP && about_json {
        return Some(Concessions { schema_step: so_far.schema_step + 1, ..so_far });
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Message, ModelError, ModelErrorKind, ResponseSchema};

    fn request() -> ChatRequest {
        let message = |role, content: &str| Message { role, content: content.into(), cache: true };
        ChatRequest {
            messages: vec![message(Role::System, "Be brief."), message(Role::User, "Move?")],
            temperature: Some(0.7),
            max_output_tokens: Some(100),
            response_schema: Some(ResponseSchema { name: "vote".into(), schema: json!({ "type": "object" }) }),
            template: None,
            purpose: "board".into(),
            idempotency_key: None,
            conversation: None,
            caller: None,
            deadline: None,
        }
    }

    #[test]
    fn each_step_asks_for_less() {
        let at =
            |schema_step| body("gemini-3.1-pro", &request(), Concessions { schema_step, ..Concessions::default() });
        let config = json!({
            "maxOutputTokens": 100, "temperature": 0.7,
            "responseMimeType": "application/json", "responseJsonSchema": { "type": "object" },
        });
        assert_eq!(at(0)["generationConfig"], config);
        assert_eq!(at(0)["contents"][0]["parts"].as_array().unwrap().len(), 1);
        assert_eq!(at(1)["generationConfig"].get("responseJsonSchema"), None);
        assert_eq!(at(1)["generationConfig"]["responseMimeType"], "application/json");
        assert_eq!(at(2)["generationConfig"].get("responseMimeType"), None);
        assert!(at(2)["contents"][0]["parts"][1]["text"].as_str().unwrap().contains("JSON schema"));
        assert_eq!(at(0)["systemInstruction"], json!({ "parts": [{ "text": "Be brief." }] }));
    }

    #[test]
    fn only_a_refusal_that_names_it_takes_something_away() {
        let after = |status: u16, body: &str, so_far: Concessions| {
            let error = ModelError::new(ModelErrorKind::BadRequest, "p/m", body);
            concede(&request(), so_far, &Refusal { error, status: Some(status), body: body.to_lowercase() })
        };
        let none = Concessions::default();
        let step = |schema_step| Concessions { schema_step, ..none };
        assert_eq!(after(400, "JSON mode is not enabled for models/gemma-3", none), Some(step(1)));
        assert_eq!(after(400, "Unknown name \"responseJsonSchema\"", step(1)), Some(step(2)));
        assert_eq!(after(400, "schema", step(2)), None);
        assert_eq!(after(400, "The input token count exceeds the maximum", none), None);
        assert_eq!(after(403, "schema", none), None);
        assert_eq!(after(400, "temperature", none), Some(Concessions { no_temperature: true, ..none }));
    }
}
