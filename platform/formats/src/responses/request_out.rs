use serde_json::{Map, Value, json};

use crate::origin::{self, OPENAI};
use crate::{AnswerForm, Asked, Effort, Image, ImageSource, Part, Role, Tool, ToolChoice, Turn};

/// Fields that mean the same in OpenAI's chat completions, or come from this API itself, and are written as they came.
const SAME: &[&str] = &[
    "include",
    "max_tool_calls",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "top_logprobs",
    "truncation",
];
/// What brings OpenAI's reasoning along, so that it can be given back without being stored.
const SECRETS: &str = "reasoning.encrypted_content";

/// The body of a call to OpenAI. Nothing is stored there unless it was asked for.
#[must_use]
pub fn write_request(asked: &Asked) -> Value {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(asked.model));
    let (instructions, turns) = match asked.turns.split_first() {
        Some((first, rest)) if !rest.is_empty() => match only_text(first) {
            Some(text) => (Some(text), rest),
            None => (None, asked.turns.as_slice()),
        },
        _ => (None, asked.turns.as_slice()),
    };
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("instructions", instructions.map(Value::from));
    let mut items = Vec::new();
    turns.iter().for_each(|turn| write_turn(turn, &mut items));
    put("input", Some(Value::Array(items)));
    put("tools", (!asked.tools.is_empty()).then(|| asked.tools.iter().map(write_tool).collect()));
    put("tool_choice", asked.tool_choice.as_ref().map(write_choice));
    put("parallel_tool_calls", asked.parallel_tools.map(Value::from));
    put("max_output_tokens", asked.max_output_tokens.map(Value::from));
    put("temperature", asked.temperature.map(Value::from));
    put("top_p", asked.top_p.map(Value::from));
    put("user", asked.user.clone().map(Value::from));
    put("reasoning", reasoning(asked));
    put("text", text(asked));
    put("stream", asked.stream.then_some(Value::Bool(true)));
    for name in SAME {
        put(name, asked.extra.get(*name).cloned());
    }
    let stored = asked.extra.get("store").and_then(Value::as_bool).unwrap_or(false);
    put("store", Some(Value::Bool(stored)));
    if !stored && reasons(asked) && !asked.extra.contains_key("include") {
        put("include", Some(json!([SECRETS])));
    }
    Value::Object(body)
}

/// The text of a turn of instructions that is nothing but one text.
fn only_text(turn: &Turn) -> Option<&str> {
    match (turn.role, turn.parts.as_slice()) {
        (Role::System, [Part::Text { text, .. }]) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn write_turn(turn: &Turn, items: &mut Vec<Value>) {
    let role = match turn.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let mut content: Vec<Value> = Vec::new();
    let close = |content: &mut Vec<Value>, items: &mut Vec<Value>| {
        if !content.is_empty() {
            items.push(json!({ "type": "message", "role": role, "content": std::mem::take(content) }));
        }
    };
    for part in &turn.parts {
        let item = match part {
            Part::Text { text, .. } => {
                if turn.role == Role::Assistant {
                    content.push(json!({ "type": "output_text", "text": text, "annotations": [] }));
                } else {
                    content.push(json!({ "type": "input_text", "text": text }));
                }
                continue;
            }
            Part::Refusal(text) => {
                content.push(json!({ "type": "refusal", "refusal": text }));
                continue;
            }
            Part::Image(image) => {
                content.push(picture(image));
                continue;
            }
            Part::ToolCall { id, name, arguments } => {
                json!({ "type": "function_call", "call_id": id, "name": name, "arguments": arguments })
            }
            Part::ToolResult { id, parts, .. } => {
                json!({ "type": "function_call_output", "call_id": id, "output": output(parts) })
            }
            Part::Thinking { text, signature } => {
                let Some(own) = signature.as_deref().and_then(|secret| origin::own(OPENAI, secret)) else { continue };
                let summary = json!([{ "type": "summary_text", "text": text }]);
                json!({ "type": "reasoning", "summary": summary, "encrypted_content": own })
            }
            Part::SealedThinking(sealed) => {
                let Some(own) = origin::own(OPENAI, sealed) else { continue };
                json!({ "type": "reasoning", "summary": [], "encrypted_content": own })
            }
        };
        close(&mut content, items);
        items.push(item);
    }
    close(&mut content, items);
}

/// What a tool answered: text as it is, a list where there is more than one text.
fn output(parts: &[Part]) -> Value {
    match parts {
        [] => json!(""),
        [Part::Text { text, .. }] => json!(text),
        parts => parts
            .iter()
            .filter_map(|part| match part {
                Part::Text { text, .. } => Some(json!({ "type": "input_text", "text": text })),
                Part::Image(image) => Some(picture(image)),
                _ => None,
            })
            .collect(),
    }
}

fn picture(image: &Image) -> Value {
    let url = match &image.source {
        ImageSource::Url(url) => url.clone(),
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
    };
    match &image.detail {
        Some(detail) => json!({ "type": "input_image", "image_url": url, "detail": detail }),
        None => json!({ "type": "input_image", "image_url": url }),
    }
}

/// A tool. What nobody asked to be strict is not: this API would make it so by itself, and change the schema.
pub(super) fn write_tool(tool: &Tool) -> Value {
    let mut out = json!({ "type": "function", "name": tool.name });
    if let Some(description) = &tool.description {
        out["description"] = json!(description);
    }
    out["parameters"] = tool.parameters.clone();
    out["strict"] = Value::Bool(tool.strict.unwrap_or(false));
    out
}

pub(super) fn write_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({ "type": "function", "name": name }),
    }
}

pub(super) const fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

/// The effort for a budget, since this API knows no tokens: by the middle of what others spend for each word.
const fn effort_of(budget: u64) -> Effort {
    match budget {
        0 => Effort::None,
        1..=4095 => Effort::Low,
        4096..=16_383 => Effort::Medium,
        _ => Effort::High,
    }
}

fn reasoning(asked: &Asked) -> Option<Value> {
    let mut out = rest_of(asked, "reasoning");
    if let Some(effort) = asked.effort.or(asked.thinking_budget.map(effort_of)) {
        out.insert("effort".to_owned(), json!(effort_word(effort)));
        // Somebody who says how much to think wants to see that it is thought.
        if effort != Effort::None && !out.contains_key("summary") {
            out.insert("summary".to_owned(), json!("auto"));
        }
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

fn text(asked: &Asked) -> Option<Value> {
    let mut out = rest_of(asked, "text");
    if let Some(form) = &asked.form {
        out.insert("format".to_owned(), write_form(form));
    }
    // As chat completions say it.
    if let Some(verbosity) = asked.extra.get("verbosity") {
        out.entry("verbosity").or_insert_with(|| verbosity.clone());
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

pub(super) fn write_form(form: &AnswerForm) -> Value {
    match form {
        AnswerForm::Json => json!({ "type": "json_object" }),
        AnswerForm::Schema { name, schema, strict } => {
            json!({ "type": "json_schema", "name": name, "schema": schema, "strict": strict.unwrap_or(false) })
        }
    }
}

fn rest_of(asked: &Asked, name: &str) -> Map<String, Value> {
    asked.extra.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Whether the model reasons: only then may its encrypted reasoning be asked for.
fn reasons(asked: &Asked) -> bool {
    let name = asked.model.to_ascii_lowercase();
    let digit_after = |prefix: &str| {
        let digits: String = name.strip_prefix(prefix)?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let thinking = asked.effort.is_some_and(|effort| effort != Effort::None) || asked.thinking_budget.is_some();
    let series = digit_after("o").is_some() || digit_after("gpt-").is_some_and(|number| number >= 5);
    thinking || (series && !name.contains("-chat"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::read_request;
    use super::*;

    fn plain(text: &str) -> Part {
        Part::Text { text: text.to_owned(), cache: false }
    }

    #[test]
    fn a_conversation_becomes_items() {
        let image = Image { source: ImageSource::Url("https://a.example/b".to_owned()), detail: None };
        let thought = |signature: &str| Part::Thinking { text: "hm".to_owned(), signature: Some(signature.to_owned()) };
        let call = Part::ToolCall { id: "c1".to_owned(), name: "look".to_owned(), arguments: "{}".to_owned() };
        let result = Part::ToolResult { id: "c1".to_owned(), parts: vec![plain("a cat")], failed: false };
        let sealed = Part::SealedThinking("openai#s".to_owned());
        let turns = vec![
            Turn { role: Role::System, parts: vec![plain("Be brief.")] },
            Turn { role: Role::User, parts: vec![plain("What?"), Part::Image(image)] },
            Turn {
                role: Role::Assistant,
                parts: vec![thought("openai#gAAA"), thought("EqoB"), sealed, plain("So."), call],
            },
            Turn { role: Role::User, parts: vec![result, plain("And?")] },
        ];
        let body = write_request(&Asked { model: "gpt-5.1".to_owned(), turns, ..Asked::default() });
        let expected = json!({
            "model": "gpt-5.1",
            "instructions": "Be brief.",
            "input": [
                { "type": "message", "role": "user", "content": [
                    { "type": "input_text", "text": "What?" },
                    { "type": "input_image", "image_url": "https://a.example/b" },
                ] },
                { "type": "reasoning", "summary": [{ "type": "summary_text", "text": "hm" }], "encrypted_content": "gAAA" },
                { "type": "reasoning", "summary": [], "encrypted_content": "s" },
                { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "So.", "annotations": [] }] },
                { "type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}" },
                { "type": "function_call_output", "call_id": "c1", "output": "a cat" },
                { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "And?" }] },
            ],
            "store": false,
            "include": ["reasoning.encrypted_content"],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn only_what_both_apis_know_is_passed_on() {
        let extra = json!({ "logit_bias": { "1": 2 }, "metadata": { "a": "b" }, "verbosity": "low", "store": true });
        let Value::Object(extra) = extra else { panic!() };
        let asked = Asked {
            model: "gpt-4.1".to_owned(),
            turns: vec![Turn { role: Role::User, parts: vec![plain("x")] }],
            thinking_budget: None,
            form: Some(AnswerForm::Json),
            extra,
            ..Asked::default()
        };
        let body = write_request(&asked);
        assert_eq!(body.get("logit_bias"), None);
        assert_eq!(body["metadata"], json!({ "a": "b" }));
        assert_eq!(body["text"], json!({ "format": { "type": "json_object" }, "verbosity": "low" }));
        assert_eq!((&body["store"], body.get("include")), (&json!(true), None));
    }

    #[test]
    fn reasoning_is_asked_for_only_where_there_is_some() {
        let includes = |model: &str, effort: Option<Effort>| {
            write_request(&Asked { model: model.to_owned(), effort, ..Asked::default() }).get("include").is_some()
        };
        for (model, wanted) in [
            ("gpt-5.1", true),
            ("o4-mini", true),
            ("gpt-10", true),
            ("gpt-5-chat-latest", false),
            ("gpt-4.1", false),
            ("omni", false),
        ] {
            assert_eq!(includes(model, None), wanted, "{model}");
        }
        assert!(includes("mine", Some(Effort::Low)));
        let budget = Asked { thinking_budget: Some(8000), ..Asked::default() };
        assert_eq!(write_request(&budget)["reasoning"], json!({ "effort": "medium", "summary": "auto" }));
    }

    fn text_part() -> impl Strategy<Value = Part> {
        "[a-zé ]{1,12}".prop_map(|text| Part::Text { text, cache: false })
    }

    fn picture_part() -> impl Strategy<Value = Part> {
        let url = "https://[a-z]{1,8}".prop_map(ImageSource::Url);
        let data =
            "[A-Za-z0-9+/]{4,12}".prop_map(|data| ImageSource::Base64 { media_type: "image/png".to_owned(), data });
        let detail = prop::option::of(Just("low".to_owned()));
        (prop_oneof![url, data], detail).prop_map(|(source, detail)| Part::Image(Image { source, detail }))
    }

    fn assistant_part() -> impl Strategy<Value = Part> {
        let call = ("[a-z0-9]{1,8}", "[a-z_]{1,8}", "\\{[\" a-z:]{0,9}")
            .prop_map(|(id, name, arguments)| Part::ToolCall { id, name, arguments });
        let thinking = ("[a-z]{1,9}", "[a-z]{1,9}")
            .prop_map(|(text, secret)| Part::Thinking { text, signature: Some(format!("openai#{secret}")) });
        let sealed = "[a-z]{1,9}".prop_map(|secret| Part::SealedThinking(format!("openai#{secret}")));
        prop_oneof![text_part(), call, thinking, sealed, "[a-z]{1,9}".prop_map(Part::Refusal)]
    }

    /// Turns as the reader makes them: results by themselves, no two turns of a model or of results in a row.
    fn turns() -> impl Strategy<Value = Vec<Turn>> {
        let asked = prop::collection::vec(prop_oneof![text_part(), picture_part()], 1..3);
        let result = ("[a-z0-9]{1,8}", prop::collection::vec(prop_oneof![text_part(), picture_part()], 1..3))
            .prop_map(|(id, parts)| Part::ToolResult { id, parts, failed: false });
        let round = (asked, prop::collection::vec(assistant_part(), 1..5), prop::collection::vec(result, 0..3));
        let turn = |role: Role, parts: Vec<Part>| Turn { role, parts };
        let rounds = prop::collection::vec(round, 1..4).prop_map(move |rounds| {
            let rounds = rounds.into_iter().flat_map(|(user, assistant, results)| {
                [turn(Role::User, user), turn(Role::Assistant, assistant), turn(Role::User, results)]
            });
            rounds.filter(|turn| !turn.parts.is_empty()).collect::<Vec<_>>()
        });
        (prop::option::of(text_part()), rounds).prop_map(|(system, mut turns)| {
            if let Some(system) = system {
                turns.insert(0, Turn { role: Role::System, parts: vec![system] });
            }
            turns
        })
    }

    fn anything() -> impl Strategy<Value = Asked> {
        let choice = prop_oneof![
            Just(ToolChoice::Auto),
            Just(ToolChoice::None),
            Just(ToolChoice::Required),
            "[a-z]{1,5}".prop_map(ToolChoice::Named)
        ];
        let effort = prop_oneof![Just(Effort::None), Just(Effort::Minimal), Just(Effort::High)];
        let form = prop_oneof![
            Just(AnswerForm::Json),
            any::<bool>().prop_map(|strict| AnswerForm::Schema {
                name: "n".to_owned(),
                schema: json!({ "type": "object" }),
                strict: Some(strict),
            })
        ];
        let tools = prop::collection::vec(("[a-z]{1,9}", prop::option::of("[a-z]{1,9}"), any::<bool>()), 0..3);
        let settings = (
            prop::option::of(choice),
            prop::option::of(any::<bool>()),
            prop::option::of(form),
            prop::option::of(1_u64..100_000),
            prop::option::of(0.0_f64..2.0),
            prop::option::of(effort),
            any::<bool>(),
        );
        (turns(), tools, settings).prop_map(
            |(turns, tools, (choice, parallel, form, most, temperature, effort, stream))| {
                let tool = |(name, description, strict)| Tool {
                    name,
                    description,
                    parameters: json!({ "type": "object" }),
                    strict: Some(strict),
                };
                Asked {
                    model: "gpt-5.1".to_owned(),
                    turns,
                    tools: tools.into_iter().map(tool).collect(),
                    tool_choice: choice,
                    parallel_tools: parallel,
                    form,
                    max_output_tokens: most,
                    temperature,
                    effort,
                    stream,
                    stream_usage: true,
                    ..Asked::default()
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(asked in anything()) {
            let mut read = read_request(write_request(&asked).to_string().as_bytes()).unwrap();
            // What the writer adds of its own.
            for name in ["store", "include", "reasoning"] {
                read.extra.shift_remove(name);
            }
            prop_assert_eq!(read, asked);
        }

        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_request(&body);
        }
    }
}
