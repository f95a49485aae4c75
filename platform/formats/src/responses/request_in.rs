use serde_json::{Map, Value, json};

use super::items_in::{self, refuse};
use crate::fields::Fields;
use crate::openai_chat::effort;
use crate::{AnswerForm, Asked, BadBody, Effort, Part, Role, Tool, ToolChoice, Turn};

const STATE: &str = "the conversation is stored at the provider that had it; send it whole as `input`";
const PROMPT: &str = "the prompt is stored at OpenAI; send its text";
const BACKGROUND: &str = "answers are not kept here to be fetched later";
const BUILT_IN: &str = "only functions can be called through this model; built-in tools are OpenAI's own";

/// Reads the body of a `/v1/responses` call.
///
/// # Errors
/// When the body is not what the API says, or asks for something that only OpenAI can do: stored conversations and
/// prompts, answers in the background, built-in tools.
pub fn read_request(body: &[u8]) -> Result<Asked, BadBody> {
    let mut fields = Fields::top(crate::bad_body::parse(body)?);
    refuse(&mut fields, "previous_response_id", STATE)?;
    refuse(&mut fields, "conversation", STATE)?;
    refuse(&mut fields, "prompt", PROMPT)?;
    refuse(&mut fields, "background", BACKGROUND)?;
    let mut asked = Asked { model: fields.need_text("model")?, stream_usage: true, ..Asked::default() };
    if let Some(text) = fields.text("instructions")?.filter(|text| !text.is_empty()) {
        asked.turns.push(Turn { role: Role::System, parts: vec![Part::Text { text, cache: false }] });
    }
    let input = fields.need("input")?;
    items_in::turns(input, &mut asked.turns)?;
    for (index, tool) in fields.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        asked.tools.push(read_tool(tool, &format!("tools[{index}]"))?);
    }
    if let Some(choice) = fields.take("tool_choice") {
        asked.tool_choice = Some(read_choice(choice, &mut asked.tools)?);
    }
    asked.parallel_tools = fields.flag("parallel_tool_calls")?;
    asked.max_output_tokens = fields.count("max_output_tokens")?;
    asked.temperature = fields.number("temperature")?;
    asked.top_p = fields.number("top_p")?;
    asked.user = fields.text("user")?;
    asked.stream = fields.flag("stream")?.unwrap_or(false);
    let mut part_read = Map::new();
    if let Some(mut reasoning) = fields.object("reasoning")? {
        asked.effort = reasoning.text("effort")?.map(|word| read_effort(&word)).transpose()?;
        part_read.insert("reasoning".to_owned(), Value::Object(reasoning.rest()));
    }
    if let Some(mut text) = fields.object("text")? {
        asked.form = text.object("format")?.map(read_form).transpose()?.flatten();
        part_read.insert("text".to_owned(), Value::Object(text.rest()));
    }
    asked.extra = fields.rest();
    part_read.retain(|_, rest| rest.as_object().is_some_and(|fields| !fields.is_empty()));
    asked.extra.extend(part_read);
    asked.extra.retain(|_, value| !value.is_null());
    Ok(asked)
}

/// An effort, the words being those of chat completions.
fn read_effort(word: &str) -> Result<Effort, BadBody> {
    effort(word).map_err(|_| BadBody::wrong("reasoning.effort", "none, minimal, low, medium, high or xhigh"))
}

fn read_tool(tool: Value, path: &str) -> Result<Tool, BadBody> {
    let mut tool = Fields::at(path, tool)?;
    if tool.need_text("type")? != "function" {
        return Err(BadBody::unsupported(tool.path("type"), BUILT_IN));
    }
    let parameters = match tool.take("parameters") {
        None => json!({ "type": "object", "properties": {} }),
        Some(Value::Object(schema)) => Value::Object(schema),
        Some(_) => return Err(BadBody::wrong(tool.path("parameters"), "a JSON schema")),
    };
    let name = tool.need_text("name")?;
    Ok(Tool { name, description: tool.text("description")?, parameters, strict: tool.flag("strict")? })
}

/// What `tool_choice` says. `allowed_tools` leaves only those in the list.
fn read_choice(choice: Value, tools: &mut Vec<Tool>) -> Result<ToolChoice, BadBody> {
    const PATH: &str = "tool_choice";
    if let Value::String(word) = &choice {
        return by_word(word);
    }
    let mut choice = Fields::at(PATH, choice)?;
    match choice.need_text("type")?.as_str() {
        "function" => Ok(ToolChoice::Named(choice.need_text("name")?)),
        "allowed_tools" => {
            let allowed = choice.list("tools")?.unwrap_or_default();
            let named =
                |tool: &Tool| allowed.iter().any(|one| one.get("name").and_then(Value::as_str) == Some(&tool.name));
            tools.retain(named);
            choice.text("mode")?.map_or(Ok(ToolChoice::Auto), |word| by_word(&word))
        }
        _ => Err(BadBody::unsupported("tool_choice.type", BUILT_IN)),
    }
}

fn by_word(word: &str) -> Result<ToolChoice, BadBody> {
    match word {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        "required" => Ok(ToolChoice::Required),
        _ => Err(BadBody::wrong("tool_choice", "auto, none, required or a function")),
    }
}

fn read_form(mut format: Fields) -> Result<Option<AnswerForm>, BadBody> {
    match format.need_text("type")?.as_str() {
        "text" => Ok(None),
        "json_object" => Ok(Some(AnswerForm::Json)),
        "json_schema" => {
            let name = format.need_text("name")?;
            let schema = format.need("schema")?;
            Ok(Some(AnswerForm::Schema { name, schema, strict: format.flag("strict")? }))
        }
        _ => Err(BadBody::wrong(format.path("type"), "text, json_object or json_schema")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Image, ImageSource};

    fn read(body: &Value) -> Result<Asked, BadBody> {
        read_request(body.to_string().as_bytes())
    }

    fn text(text: &str) -> Part {
        Part::Text { text: text.to_owned(), cache: false }
    }

    #[test]
    fn a_plain_question_is_a_turn() {
        let asked =
            read(&json!({ "model": "gpt-5.1", "input": "Hi", "instructions": "Be brief.", "stream": true })).unwrap();
        let system = Turn { role: Role::System, parts: vec![text("Be brief.")] };
        assert_eq!(asked.turns, [system, Turn { role: Role::User, parts: vec![text("Hi")] }]);
        assert!(asked.stream && asked.extra.is_empty());
    }

    #[test]
    fn items_become_turns_and_what_one_model_said_is_one() {
        let asked = read(&json!({ "model": "m", "input": [
            { "role": "developer", "content": "Be brief." },
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "What is it?" },
                { "type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low" },
                { "type": "input_image", "image_url": "https://a.example/b.png" },
            ] },
            { "type": "reasoning", "id": "rs_1", "summary": [{ "type": "summary_text", "text": "a" }, { "type": "summary_text", "text": "b" }], "encrypted_content": "sig:gemini#x" },
            { "type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [{ "type": "output_text", "text": "Let me see.", "annotations": [] }] },
            { "type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": "{}" },
            { "type": "function_call", "call_id": "c2", "name": "look", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "c1", "output": "a cat" },
            { "type": "function_call_output", "call_id": "c2", "output": [{ "type": "input_text", "text": "a dog" }] },
        ] }))
        .unwrap();
        let image = |source, detail: Option<&str>| Part::Image(Image { source, detail: detail.map(str::to_owned) });
        let call = |id: &str| Part::ToolCall { id: id.to_owned(), name: "look".to_owned(), arguments: "{}".to_owned() };
        let result =
            |id: &str, said: &str| Part::ToolResult { id: id.to_owned(), parts: vec![text(said)], failed: false };
        let base64 = ImageSource::Base64 { media_type: "image/png".to_owned(), data: "AAAA".to_owned() };
        let url = ImageSource::Url("https://a.example/b.png".to_owned());
        let thinking = Part::Thinking { text: "a\n\nb".to_owned(), signature: Some("gemini#x".to_owned()) };
        let expected = [
            Turn { role: Role::System, parts: vec![text("Be brief.")] },
            Turn { role: Role::User, parts: vec![text("What is it?"), image(base64, Some("low")), image(url, None)] },
            Turn { role: Role::Assistant, parts: vec![thinking, text("Let me see."), call("c1"), call("c2")] },
            Turn { role: Role::User, parts: vec![result("c1", "a cat"), result("c2", "a dog")] },
        ];
        assert_eq!(asked.turns, expected);
    }

    #[test]
    fn settings_are_read_and_the_rest_is_carried() {
        let asked = read(&json!({
            "model": "m", "input": "x", "max_output_tokens": 10, "temperature": 0.5, "top_p": 1, "user": "u",
            "parallel_tool_calls": false, "reasoning": { "effort": "xhigh", "summary": "auto" },
            "text": { "format": { "type": "json_schema", "name": "n", "schema": { "type": "object" }, "strict": true }, "verbosity": "low" },
            "tools": [
                { "type": "function", "name": "a", "parameters": null },
                { "type": "function", "name": "b", "description": "B", "parameters": { "type": "object" }, "strict": false },
            ],
            "tool_choice": { "type": "allowed_tools", "mode": "required", "tools": [{ "type": "function", "name": "b" }] },
            "store": false, "metadata": { "k": "v" }, "service_tier": null, "background": false,
        }))
        .unwrap();
        assert_eq!((asked.max_output_tokens, asked.temperature, asked.top_p), (Some(10), Some(0.5), Some(1.0)));
        assert_eq!((asked.effort, asked.parallel_tools), (Some(Effort::High), Some(false)));
        assert_eq!(asked.tool_choice, Some(ToolChoice::Required));
        assert_eq!(asked.tools.len(), 1);
        assert_eq!(asked.tools[0].strict, Some(false));
        assert!(matches!(asked.form, Some(AnswerForm::Schema { strict: Some(true), .. })));
        let extra = json!({ "store": false, "metadata": { "k": "v" }, "reasoning": { "summary": "auto" }, "text": { "verbosity": "low" } });
        assert_eq!(Value::Object(asked.extra), extra);
    }

    #[test]
    fn what_only_openai_can_do_is_refused_by_name() {
        let refused = |extra: Value| {
            let mut body = json!({ "model": "m", "input": "x" });
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            match read(&body) {
                Err(BadBody::Unsupported { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        };
        let cases = [
            (json!({ "previous_response_id": "resp_1" }), "previous_response_id"),
            (json!({ "conversation": { "id": "conv_1" } }), "conversation"),
            (json!({ "background": true }), "background"),
            (json!({ "prompt": { "id": "pmpt_1" } }), "prompt"),
            (json!({ "tools": [{ "type": "web_search" }] }), "tools[0].type"),
            (json!({ "tool_choice": { "type": "file_search" } }), "tool_choice.type"),
            (json!({ "input": [{ "type": "item_reference", "id": "msg_1" }] }), "input[0].type"),
            (
                json!({ "input": [{ "role": "user", "content": [{ "type": "input_file", "file_id": "f" }] }] }),
                "input[0].content[0].type",
            ),
            (
                json!({ "input": [{ "role": "user", "content": [{ "type": "input_image", "file_id": "f" }] }] }),
                "input[0].content[0].file_id",
            ),
        ];
        for (extra, field) in cases {
            assert_eq!(refused(extra), field);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let field = |body: Value| read(&body).unwrap_err().field().unwrap().to_owned();
        assert_eq!(field(json!({ "input": "x" })), "model");
        assert_eq!(field(json!({ "model": "m" })), "input");
        assert_eq!(field(json!({ "model": "m", "input": 1 })), "input");
        assert_eq!(field(json!({ "model": "m", "input": [{ "role": "x", "content": "" }] })), "input[0].role");
        assert_eq!(field(json!({ "model": "m", "input": "x", "max_output_tokens": -1 })), "max_output_tokens");
        assert_eq!(field(json!({ "model": "m", "input": "x", "reasoning": { "effort": "?" } })), "reasoning.effort");
        assert_eq!(field(json!({ "model": "m", "input": [{ "type": "function_call" }] })), "input[0].call_id");
    }
}
