use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::generation::{Generation, thinking_config};
use super::schema::google_schema;
use crate::origin::{self, GEMINI};
use crate::{AnswerForm, Asked, Image, ImageSource, Part, Role, Tool, ToolChoice, Turn};

/// What Google takes instead of a signature for a tool call that no model of its made, so that a conversation can move
/// here from another provider.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";
/// The most stop sequences the API takes.
const MAX_STOPS: usize = 5;

/// The body of a call. The model's name goes into the address, and whether to stream does, too.
#[must_use]
pub fn write_request(asked: &Asked) -> Value {
    let generation = Generation::of(&asked.model);
    let mut system: Vec<Value> = Vec::new();
    let mut contents = Contents { generation, names: HashMap::new(), written: Vec::new() };
    for turn in &asked.turns {
        if turn.role == Role::System {
            system.extend(texts(&turn.parts).map(|text| json!({ "text": text })));
        } else {
            contents.turn(turn);
        }
    }
    let words = schema_in_words(asked, generation);
    system.extend(words.map(|text| json!({ "text": text })));
    // The API wants somebody to answer to.
    if contents.written.is_empty() {
        contents.written.push(("user", std::mem::take(&mut system)));
    }
    let mut body = Map::new();
    if !system.is_empty() {
        body.insert("systemInstruction".to_owned(), json!({ "parts": system }));
    }
    let contents = contents.written.into_iter().map(|(role, parts)| json!({ "role": role, "parts": parts }));
    body.insert("contents".to_owned(), contents.collect());
    if !asked.tools.is_empty() {
        let declarations: Vec<Value> = asked.tools.iter().map(declaration).collect();
        body.insert("tools".to_owned(), json!([{ "functionDeclarations": declarations }]));
        if let Some(choice) = &asked.tool_choice {
            body.insert("toolConfig".to_owned(), json!({ "functionCallingConfig": calling_config(choice) }));
        }
    }
    let config = generation_config(asked, generation);
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), Value::Object(config));
    }
    Value::Object(body)
}

/// The conversation, two roles in turn.
struct Contents<'a> {
    generation: Generation,
    /// The names of the tools called so far, by the ids of the calls: a result must name its tool.
    names: HashMap<&'a str, &'a str>,
    written: Vec<(&'static str, Vec<Value>)>,
}

impl<'a> Contents<'a> {
    fn turn(&mut self, turn: &'a Turn) {
        let role = if turn.role == Role::Assistant { "model" } else { "user" };
        let mut parts = Vec::new();
        let mut signature: Option<String> = None;
        for (index, part) in turn.parts.iter().enumerate() {
            match part {
                Part::Text { text, .. } | Part::Refusal(text) => {
                    let own = if call_follows(&turn.parts[index..]) { None } else { signature.take() };
                    if !text.is_empty() || own.is_some() {
                        parts.push(signed(json!({ "text": text }), own));
                    }
                }
                Part::Image(image) => parts.push(picture(image)),
                Part::ToolCall { id, name, arguments } => {
                    self.names.insert(id, name);
                    let call = json!({ "functionCall": { "id": id, "name": name, "args": object(arguments) } });
                    let own = signature.take().or_else(|| self.stand_in(&parts));
                    parts.push(signed(call, own));
                }
                Part::ToolResult { id, parts: inner, failed } => self.result(id, inner, *failed, &mut parts),
                Part::Thinking { text, signature: Some(secret) } => {
                    let Some(own) = origin::own(GEMINI, secret) else { continue };
                    parts.extend(signature.take().map(|earlier| signed(json!({ "text": "" }), Some(earlier))));
                    if !text.is_empty() {
                        parts.push(json!({ "text": text, "thought": true }));
                    }
                    signature = Some(own.to_owned());
                }
                // Nobody's proof that Google's model thought it.
                Part::Thinking { signature: None, .. } | Part::SealedThinking(_) => {}
            }
        }
        parts.extend(signature.map(|left| signed(json!({ "text": "" }), Some(left))));
        if parts.is_empty() {
            return;
        }
        match self.written.last_mut() {
            Some((last, before)) if *last == role => before.append(&mut parts),
            _ => self.written.push((role, parts)),
        }
    }

    /// What stands for the signature that a turn's first tool call lacks.
    fn stand_in(&self, parts: &[Value]) -> Option<String> {
        let before = match self.written.last() {
            Some(("model", before)) => before.as_slice(),
            _ => &[],
        };
        let first = !before.iter().chain(parts).any(|part| part.get("functionCall").is_some());
        (first && self.generation.wants_signatures()).then(|| NO_SIGNATURE.to_owned())
    }

    /// What a tool answered. Pictures go inside where the model takes them there, after it where not.
    fn result(&self, id: &str, inner: &[Part], failed: bool, out: &mut Vec<Value>) {
        let text = texts(inner).collect::<Vec<_>>().join("\n");
        let whole = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(fields)) if !failed => Value::Object(fields),
            _ if failed => json!({ "error": text }),
            _ => json!({ "result": text }),
        };
        let name = self.names.get(id).copied().unwrap_or(id);
        let mut response = json!({ "id": id, "name": name, "response": whole });
        let pictures = inner.iter().filter_map(|part| match part {
            Part::Image(image) => Some(picture(image)),
            _ => None,
        });
        let pictures: Vec<Value> = pictures.collect();
        if self.generation.combines() && !pictures.is_empty() {
            response["parts"] = Value::Array(pictures);
            out.push(json!({ "functionResponse": response }));
        } else {
            out.push(json!({ "functionResponse": response }));
            out.extend(pictures);
        }
    }
}

/// Whether a tool call comes before the next signature: then the signature at hand is the call's, which cannot do
/// without, and not the text's before it, which can.
fn call_follows(parts: &[Part]) -> bool {
    let own = |part: &&Part| {
        matches!(part, Part::ToolCall { .. })
            || matches!(part, Part::Thinking { signature: Some(secret), .. } if origin::own(GEMINI, secret).is_some())
    };
    matches!(parts.iter().find(own), Some(Part::ToolCall { .. }))
}

fn signed(mut part: Value, signature: Option<String>) -> Value {
    if let Some(signature) = signature {
        part["thoughtSignature"] = Value::String(signature);
    }
    part
}

fn texts(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        Part::Text { text, .. } | Part::Refusal(text) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    })
}

/// Arguments as the object they have to be.
fn object(arguments: &str) -> Value {
    match serde_json::from_str::<Value>(arguments) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        Ok(Value::Null) => json!({}),
        Ok(other) => json!({ "arguments": other }),
        Err(_) if arguments.trim().is_empty() => json!({}),
        Err(_) => json!({ "arguments": arguments }),
    }
}

fn picture(image: &Image) -> Value {
    match &image.source {
        ImageSource::Base64 { media_type, data } => json!({ "inlineData": { "mimeType": media_type, "data": data } }),
        ImageSource::Url(url) => match data_url(url) {
            Some((media_type, data)) => json!({ "inlineData": { "mimeType": media_type, "data": data } }),
            None => json!({ "fileData": { "mimeType": media_type_of(url), "fileUri": url } }),
        },
    }
}

/// The type and the base64 of a `data:` address.
fn data_url(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    Some((media_type.split(';').next().unwrap_or(media_type), data))
}

/// The type that a picture's address promises. The API wants one; most pictures without an ending are JPEG.
fn media_type_of(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or(url).to_ascii_lowercase();
    match path.rsplit('.').next() {
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("gif") => "image/gif",
        Some("heic") => "image/heic",
        Some("heif") => "image/heif",
        Some("avif") => "image/avif",
        _ => "image/jpeg",
    }
}

fn declaration(tool: &Tool) -> Value {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(tool.name));
    if let Some(description) = &tool.description {
        out.insert("description".to_owned(), json!(description));
    }
    // A tool without parameters has no schema here: an object without properties was refused by older models.
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let plain = tool.parameters.as_object().is_none_or(|schema| !schema.contains_key("$ref"));
    if properties.is_some_and(|properties| !properties.is_empty()) || !plain {
        out.insert("parametersJsonSchema".to_owned(), google_schema(&tool.parameters));
    }
    Value::Object(out)
}

fn calling_config(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!({ "mode": "AUTO" }),
        ToolChoice::None => json!({ "mode": "NONE" }),
        ToolChoice::Required => json!({ "mode": "ANY" }),
        ToolChoice::Named(name) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    }
}

fn generation_config(asked: &Asked, generation: Generation) -> Map<String, Value> {
    let mut config = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(name.to_owned(), value);
        }
    };
    put("maxOutputTokens", asked.max_output_tokens.map(Value::from));
    put("temperature", asked.temperature.map(Value::from));
    put("topP", asked.top_p.map(Value::from));
    put("topK", asked.top_k.map(Value::from));
    let stops = || asked.stop.iter().take(MAX_STOPS).cloned().collect();
    put("stopSequences", (!asked.stop.is_empty()).then(stops));
    // The field is a 32-bit number.
    put("seed", asked.seed.and_then(|seed| i32::try_from(seed).ok()).map(Value::from));
    if can_answer_json(asked, generation) {
        let json_type = || Value::from("application/json");
        put("responseMimeType", asked.form.as_ref().map(|_| json_type()));
        if let Some(AnswerForm::Schema { schema, .. }) = &asked.form {
            put("responseJsonSchema", Some(google_schema(schema)));
        }
    }
    put("thinkingConfig", thinking_config(&asked.model, asked.effort, asked.thinking_budget));
    config
}

/// Older models refuse a JSON answer together with tools.
fn can_answer_json(asked: &Asked, generation: Generation) -> bool {
    asked.tools.is_empty() || generation.combines()
}

/// The form of the answer in words, where it cannot be enforced.
fn schema_in_words(asked: &Asked, generation: Generation) -> Option<String> {
    if can_answer_json(asked, generation) {
        return None;
    }
    match asked.form.as_ref()? {
        AnswerForm::Json => Some("Answer with one JSON object and nothing else.".to_owned()),
        AnswerForm::Schema { schema, .. } => {
            Some(format!("Answer with one JSON object and nothing else. It must follow this JSON schema:\n{schema}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Part {
        Part::Text { text: text.to_owned(), cache: false }
    }

    fn call(id: &str, arguments: &str) -> Part {
        Part::ToolCall { id: id.to_owned(), name: "weather".to_owned(), arguments: arguments.to_owned() }
    }

    fn thinking(text: &str, signature: &str) -> Part {
        Part::Thinking { text: text.to_owned(), signature: Some(signature.to_owned()) }
    }

    fn asked(model: &str, turns: Vec<(Role, Vec<Part>)>) -> Asked {
        let turns = turns.into_iter().map(|(role, parts)| Turn { role, parts }).collect();
        Asked { model: model.to_owned(), turns, ..Asked::default() }
    }

    #[test]
    fn a_conversation_with_a_tool_keeps_its_signature() {
        let result = Part::ToolResult { id: "c1".to_owned(), parts: vec![text("{\"celsius\":9}")], failed: false };
        let turns = vec![
            (Role::System, vec![text("Be brief.")]),
            (Role::User, vec![text("Weather?")]),
            (
                Role::Assistant,
                vec![thinking("hm", "gemini#c2ln"), text("Let me see."), call("c1", "{\"in\":\"Bern\"}")],
            ),
            (Role::User, vec![result]),
            (Role::User, vec![text("So?")]),
        ];
        let body = write_request(&asked("gemini-3.1-pro-preview", turns));
        let expected = json!({
            "systemInstruction": { "parts": [{ "text": "Be brief." }] },
            "contents": [
                { "role": "user", "parts": [{ "text": "Weather?" }] },
                { "role": "model", "parts": [
                    { "text": "hm", "thought": true },
                    { "text": "Let me see." },
                    { "functionCall": { "id": "c1", "name": "weather", "args": { "in": "Bern" } }, "thoughtSignature": "c2ln" },
                ] },
                { "role": "user", "parts": [
                    { "functionResponse": { "id": "c1", "name": "weather", "response": { "celsius": 9 } } },
                    { "text": "So?" },
                ] },
            ],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_call_of_another_providers_gets_the_stand_in_once() {
        let turns = vec![
            (Role::User, vec![text("Weather?")]),
            (Role::Assistant, vec![thinking("hm", "EqoB"), call("c1", ""), call("c2", "[1]")]),
        ];
        let parts = |model: &str| write_request(&asked(model, turns.clone()))["contents"][1]["parts"].clone();
        let now = parts("gemini-3-flash-preview");
        assert_eq!(now[0]["thoughtSignature"], json!(NO_SIGNATURE));
        assert_eq!(now[0]["functionCall"]["args"], json!({}));
        assert_eq!(now[1].get("thoughtSignature"), None);
        assert_eq!(now[1]["functionCall"]["args"], json!({ "arguments": [1] }));
        assert_eq!(parts("gemini-2.5-flash")[0].get("thoughtSignature"), None);
    }

    #[test]
    fn a_signature_belongs_to_what_follows_it_or_to_the_end() {
        let parts = |parts: Vec<Part>| {
            let turns = vec![(Role::User, vec![text("?")]), (Role::Assistant, parts)];
            write_request(&asked("gemini-3.1-pro", turns))["contents"][1]["parts"].clone()
        };
        assert_eq!(
            parts(vec![thinking("", "gemini#a"), text("Hi")]),
            json!([{ "text": "Hi", "thoughtSignature": "a" }])
        );
        let end = json!([{ "text": "Hi" }, { "text": "", "thoughtSignature": "a" }]);
        assert_eq!(parts(vec![text("Hi"), thinking("", "gemini#a")]), end);
        let two = parts(vec![thinking("", "gemini#a"), text("Hi"), thinking("", "gemini#b"), call("c", "{}")]);
        assert_eq!(two[0]["thoughtSignature"], "a");
        assert_eq!(two[1]["thoughtSignature"], "b");
    }

    #[test]
    fn failures_pictures_and_unknown_calls_are_told() {
        let image = |source| Part::Image(Image { source, detail: None });
        let data = ImageSource::Base64 { media_type: "image/png".to_owned(), data: "AAAA".to_owned() };
        let failed = Part::ToolResult { id: "c9".to_owned(), parts: vec![text("no"), image(data)], failed: true };
        let url = image(ImageSource::Url("https://a.example/b.PNG?x=1".to_owned()));
        let inline = image(ImageSource::Url("data:image/webp;base64,BBBB".to_owned()));
        let turns = vec![(Role::User, vec![failed, url, inline])];
        let old = write_request(&asked("gemini-2.5-flash", turns.clone()))["contents"][0]["parts"].clone();
        let response = json!({ "id": "c9", "name": "c9", "response": { "error": "no" } });
        assert_eq!(old[0]["functionResponse"], response);
        assert_eq!(old[1], json!({ "inlineData": { "mimeType": "image/png", "data": "AAAA" } }));
        assert_eq!(
            old[2],
            json!({ "fileData": { "mimeType": "image/png", "fileUri": "https://a.example/b.PNG?x=1" } })
        );
        assert_eq!(old[3], json!({ "inlineData": { "mimeType": "image/webp", "data": "BBBB" } }));
        let new = write_request(&asked("gemini-3.1-pro", turns))["contents"][0]["parts"].clone();
        assert_eq!(new[0]["functionResponse"]["parts"][0]["inlineData"]["data"], "AAAA");
        assert_eq!(new.as_array().unwrap().len(), 3);
    }

    #[test]
    fn settings_tools_and_forms_have_their_places() {
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string", "minLength": 1 } } });
        let tool = |parameters: Value| Tool { name: "t".to_owned(), description: None, parameters, strict: None };
        let mut request = asked("gemini-3.1-pro", vec![(Role::User, vec![text("?")])]);
        request.tools = vec![tool(schema.clone()), tool(json!({ "type": "object", "properties": {} }))];
        request.tool_choice = Some(ToolChoice::Named("t".to_owned()));
        request.form = Some(AnswerForm::Schema { name: "n".to_owned(), schema, strict: None });
        request.max_output_tokens = Some(100);
        request.temperature = Some(0.5);
        request.top_p = Some(0.9);
        request.top_k = Some(40);
        request.stop = (0..7).map(|n| n.to_string()).collect();
        request.seed = Some(i64::MAX);
        let body = write_request(&request);
        let declared = json!([{ "functionDeclarations": [
            { "name": "t", "parametersJsonSchema": { "type": "object", "properties": { "a": { "type": "string" } } } },
            { "name": "t" },
        ] }]);
        assert_eq!(body["tools"], declared);
        let config = json!({ "mode": "ANY", "allowedFunctionNames": ["t"] });
        assert_eq!(body["toolConfig"]["functionCallingConfig"], config);
        let expected = json!({
            "maxOutputTokens": 100, "temperature": 0.5, "topP": 0.9, "topK": 40,
            "stopSequences": ["0", "1", "2", "3", "4"],
            "responseMimeType": "application/json",
            "responseJsonSchema": { "type": "object", "properties": { "a": { "type": "string" } } },
        });
        assert_eq!(body["generationConfig"], expected);
        request.model = "gemini-2.5-flash".to_owned();
        request.seed = Some(7);
        let body = write_request(&request);
        assert_eq!(body["generationConfig"].get("responseMimeType"), None, "refused beside tools");
        assert_eq!(body["generationConfig"]["seed"], 7);
        assert!(body["systemInstruction"]["parts"][0]["text"].as_str().unwrap().contains("JSON schema"));
    }

    #[test]
    fn instructions_alone_are_asked_as_a_question() {
        let body = write_request(&asked("gemini-3.1-pro", vec![(Role::System, vec![text("Say hi.")])]));
        assert_eq!(body, json!({ "contents": [{ "role": "user", "parts": [{ "text": "Say hi." }] }] }));
    }
}
