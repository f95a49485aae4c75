use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    AnswerForm, Asked, BadBody, Effort, Finish, Garbled, Image, ImageSource, Meta, Part, Role, Said, ToolChoice, Turn,
    Usage,
};

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned(), cache: false }
}

fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, parts }
}

fn meta() -> Meta {
    Meta { id: "1".into(), model: "deep".into(), created: 7, ..Meta::default() }
}

fn read(body: &Value) -> Result<Asked, BadBody> {
    read_request(body.to_string().as_bytes())
}

fn stream(lines: &[&str]) -> Result<Vec<Said>, Garbled> {
    let (mut reader, mut out) = (ReadStream::default(), Vec::new());
    for line in lines {
        reader.event(None, line, &mut out)?;
    }
    reader.end(&mut out);
    Ok(out)
}

fn written(said: &[Said]) -> Vec<Value> {
    let (mut writer, mut out) = (WriteStream::new(meta()), Vec::new());
    said.iter().for_each(|piece| writer.piece(piece, &mut out));
    let out = String::from_utf8(out).unwrap();
    let data = out.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[test]
fn a_whole_request_is_read_and_written_again() {
    let cached = json!({ "type": "ephemeral" });
    let body = json!({
        "model": "claude-sonnet-4-5", "max_tokens": 5000,
        "system": [
            { "type": "text", "text": "Rules" },
            { "type": "text", "text": "More", "cache_control": cached },
        ],
        "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "What is it?" },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
                { "type": "image", "source": { "type": "url", "url": "https://x.test/a.png" } },
            ] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "hm", "signature": "EqoB" },
                { "type": "redacted_thinking", "data": "xyz=" },
                { "type": "text", "text": "I look." },
                { "type": "tool_use", "id": "toolu_1", "name": "look", "input": { "a": 1 } },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": [{ "type": "text", "text": "no" }], "is_error": true },
                { "type": "text", "text": "And?" },
            ] },
        ],
        "tools": [{ "name": "look", "description": "d", "input_schema": { "type": "object" } }],
        "tool_choice": { "type": "auto", "disable_parallel_tool_use": true },
        "thinking": { "type": "enabled", "budget_tokens": 2000 },
        "stop_sequences": ["END"], "stream": true, "metadata": { "user_id": "u" },
    });
    let asked = read(&body).unwrap();
    assert_eq!(asked.turns.len(), 4);
    let more = Part::Text { text: "More".into(), cache: true };
    assert_eq!(asked.turns[0], turn(Role::System, vec![text("Rules"), more]));
    let picture = ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
    assert_eq!(asked.turns[1].parts[1], Part::Image(Image { source: picture, detail: None }));
    let thinking = Part::Thinking { text: "hm".into(), signature: Some("EqoB".into()) };
    assert_eq!(asked.turns[2].parts[..2], [thinking, Part::SealedThinking("xyz=".into())]);
    let result = Part::ToolResult { id: "toolu_1".into(), parts: vec![text("no")], failed: true };
    assert_eq!(asked.turns[3].parts[0], result);
    assert_eq!((asked.parallel_tools, asked.thinking_budget), (Some(false), Some(2000)));
    assert_eq!(write_request(&asked), body, "nothing is lost on the way");
}

#[test]
fn texts_may_be_plain() {
    let body = json!({
        "model": "m", "max_tokens": 5, "system": "Rules",
        "messages": [{ "role": "user", "content": "Hi" }, { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "t", "content": "done" },
            { "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "doc" } },
        ] }],
        "anthropic_version": "x",
    });
    let asked = read(&body).unwrap();
    let result = Part::ToolResult { id: "t".into(), parts: vec![text("done")], failed: false };
    let expected = [
        turn(Role::System, vec![text("Rules")]),
        turn(Role::User, vec![text("Hi")]),
        turn(Role::User, vec![result, text("doc")]),
    ];
    assert_eq!(asked.turns, expected);
    assert_eq!(asked.extra.get("anthropic_version"), Some(&json!("x")));
    let messages = write_request(&asked)["messages"].take();
    assert_eq!(messages.as_array().map(Vec::len), Some(1), "one role is one message");
    assert_eq!(messages[0]["content"][0]["type"], "tool_result", "results come first");
}

#[test]
fn what_cannot_be_said_is_refused_by_its_name() {
    let message = |block: Value| json!({ "model": "m", "messages": [{ "role": "user", "content": [block] }] });
    let cases = [
        (json!({ "max_tokens": 1 }), "model"),
        (json!({ "model": "m", "messages": [{ "role": "robot", "content": "x" }] }), "messages[0].role"),
        (message(json!({ "type": "server_tool_use" })), "messages[0].content[0].type"),
        (message(json!({ "type": "text" })), "messages[0].content[0].text"),
        (message(json!({ "type": "image", "source": { "type": "file" } })), "messages[0].content[0].source"),
        (message(json!({ "type": "document", "source": { "type": "base64" } })), "messages[0].content[0].source"),
        (json!({ "model": "m", "tools": [{ "type": "web_search_20250305", "name": "w" }] }), "tools[0].type"),
        (json!({ "model": "m", "tool_choice": "auto" }), "tool_choice"),
        (json!({ "model": "m", "thinking": { "type": "x" } }), "thinking.type"),
        (json!({ "model": "m", "max_tokens": "5" }), "max_tokens"),
    ];
    for (body, field) in cases {
        assert_eq!(read(&body).unwrap_err().field(), Some(field), "{body}");
    }
    let deep = format!(r#"{{"model":"m","x":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(read_request(deep.as_bytes()), Err(BadBody::TooDeep));
}

#[test]
fn a_conversation_from_elsewhere_is_made_to_fit() {
    let call = Part::ToolCall { id: "call:1/x".into(), name: "f".into(), arguments: "{bad".into() };
    let foreign = Part::Thinking { text: "hm".into(), signature: Some("gemini#abc".into()) };
    let nobodys = Part::Thinking { text: "hm".into(), signature: None };
    let asked = Asked {
        model: "claude-sonnet-4-5".into(),
        turns: vec![
            turn(Role::Assistant, vec![foreign, nobodys, text("  "), call]),
            turn(
                Role::User,
                vec![text("and"), Part::ToolResult { id: "call:1/x".into(), parts: vec![], failed: false }],
            ),
            turn(Role::System, vec![text("Late rule")]),
            turn(Role::Assistant, vec![text("So \n")]),
        ],
        temperature: Some(1.6),
        top_p: Some(0.5),
        stop: vec!["\n".into(), "END".into()],
        ..Asked::default()
    };
    let body = write_request(&asked);
    let expected = json!([
        { "role": "user", "content": [{ "type": "text", "text": "Continue." }] },
        { "role": "assistant", "content": [
            { "type": "tool_use", "id": "call_1_x", "name": "f", "input": { "arguments": "{bad" } },
        ] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "call_1_x", "content": [] },
            { "type": "text", "text": "and" },
        ] },
        { "role": "assistant", "content": [{ "type": "text", "text": "So" }] },
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(body["system"], json!([{ "type": "text", "text": "Late rule" }]));
    assert_eq!((&body["temperature"], body.get("top_p")), (&json!(1.0), None));
    assert_eq!((&body["stop_sequences"], &body["max_tokens"]), (&json!(["END"]), &json!(16_000)));

    let alone = Asked { turns: vec![turn(Role::System, vec![text("Say hello")])], ..Asked::default() };
    let body = write_request(&alone);
    assert!(body.get("system").is_none());
    assert_eq!(body["messages"][0]["role"], "user");
}

#[test]
fn thinking_is_asked_for_as_the_model_takes_it() {
    let question = || vec![turn(Role::User, vec![text("Hi")])];
    let body = |model: &str, effort, budget, limit| {
        write_request(&Asked {
            model: model.into(),
            turns: question(),
            effort,
            thinking_budget: budget,
            max_output_tokens: limit,
            temperature: Some(0.5),
            ..Asked::default()
        })
    };
    let by_budget = body("claude-sonnet-4-5", None, Some(3000), None);
    assert_eq!(by_budget["thinking"], json!({ "type": "enabled", "budget_tokens": 3000 }));
    assert_eq!((&by_budget["max_tokens"], by_budget.get("temperature")), (&json!(19_000), None));
    let by_word = body("claude-opus-4-6", Some(Effort::Low), None, None);
    assert_eq!(
        (&by_word["thinking"]["type"], &by_word["output_config"]["effort"]),
        (&json!("adaptive"), &json!("low"))
    );
    let newest = body("claude-opus-5", None, Some(9000), None);
    assert_eq!(
        (&newest["thinking"], &newest["output_config"]["effort"]),
        (&json!({ "type": "adaptive" }), &json!("medium"))
    );
    let tight = body("claude-sonnet-4-5", Some(Effort::High), None, Some(2000));
    assert_eq!(tight["thinking"]["budget_tokens"], 1999);
    let too_tight = body("claude-sonnet-4-5", Some(Effort::High), None, Some(500));
    assert_eq!((too_tight.get("thinking"), &too_tight["temperature"]), (None, &json!(0.5)));
    assert!(body("claude-3-5-haiku-latest", Some(Effort::High), None, None).get("thinking").is_none());
    assert_eq!(body("claude-sonnet-4-5", Some(Effort::None), None, None)["thinking"], json!({ "type": "disabled" }));
    assert!(body("claude-opus-5", None, None, None).get("temperature").is_none(), "it refuses one");

    // In the middle of a tool's work that another model began, it cannot show what it thought.
    let call = Part::ToolCall { id: "c".into(), name: "f".into(), arguments: "{}".into() };
    let result = Part::ToolResult { id: "c".into(), parts: vec![text("x")], failed: false };
    let mut asked = Asked {
        model: "claude-sonnet-4-5".into(),
        turns: vec![question().remove(0), turn(Role::Assistant, vec![call]), turn(Role::User, vec![result])],
        effort: Some(Effort::Low),
        ..Asked::default()
    };
    assert!(write_request(&asked).get("thinking").is_none());
    let own = Part::Thinking { text: "hm".into(), signature: Some("EqoB".into()) };
    asked.turns[1].parts.insert(0, own);
    assert_eq!(write_request(&asked)["thinking"]["type"], "enabled");
}

#[test]
fn json_is_asked_for_as_the_model_gives_it() {
    let schema =
        json!({ "$schema": "x", "type": "object", "properties": { "n": { "type": "integer", "minimum": 0 } } });
    let form = Some(AnswerForm::Schema { name: "vote".into(), schema, strict: None });
    let mut asked = Asked {
        model: "claude-sonnet-4-5".into(),
        turns: vec![turn(Role::User, vec![text("Hi")])],
        form,
        effort: Some(Effort::Low),
        ..Asked::default()
    };
    let body = write_request(&asked);
    let closed =
        json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "additionalProperties": false });
    assert_eq!(body["output_config"]["format"], json!({ "type": "json_schema", "schema": closed }));
    assert!(body.get("thinking").is_some() && body.get("tools").is_none());
    asked.model = "claude-3-7-sonnet-latest".into();
    let body = write_request(&asked);
    assert_eq!((&body["tools"][0]["name"], &body["tool_choice"]["name"]), (&json!(ANSWER_TOOL), &json!(ANSWER_TOOL)));
    assert!(body["tools"][0]["input_schema"].get("$schema").is_none());
    assert!(body.get("thinking").is_none(), "a forced tool and thinking are refused together");
    asked.form = Some(AnswerForm::Json);
    assert!(write_request(&asked)["system"][0]["text"].as_str().unwrap().contains("JSON"));
}

const START: &str = r#"{"type":"message_start","message":{"id":"m","model":"claude","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":30,"cache_creation_input_tokens":5,"output_tokens":1}}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;
const USED: Usage = Usage { input: 45, output: 7, cached_input: 30, cache_write: 5, reasoning: 0 };

fn end(reason: &str) -> String {
    format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}},"usage":{{"output_tokens":7}}}}"#)
}

#[test]
fn a_stream_with_all_kinds_of_blocks_is_read() {
    let said = stream(&[
        START,
        r#"{"type":"ping"}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqoB"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"xyz="}}"#,
        r#"{"type":"content_block_stop","index":1}"#,
        r#"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Hi"}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{}}}"#,
        r#"{"type":"content_block_stop","index":2}"#,
        r#"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t1","name":"look","input":{}}}"#,
        r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}"#,
        r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}"#,
        r#"{"type":"content_block_stop","index":3}"#,
        r#"{"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"t2","name":"look","input":{}}}"#,
        r#"{"type":"content_block_stop","index":4}"#,
        r#"{"type":"something_new","x":1}"#,
        &end("tool_use"),
        STOP,
    ]);
    let call = |index, id: &str| Said::ToolCall { index, id: id.into(), name: "look".into() };
    let arguments = |index, piece: &str| Said::Arguments { index, piece: piece.into() };
    let expected = [
        Said::Begun { id: Some("m".into()), model: Some("claude".into()) },
        Said::Thinking("hm".into()),
        Said::Signature("EqoB".into()),
        Said::SealedThinking("xyz=".into()),
        Said::Text("Hi".into()),
        call(0, "t1"),
        arguments(0, "{\"a\":1}"),
        call(1, "t2"),
        arguments(1, "{}"),
        Said::Done { finish: Finish::ToolCalls, usage: Some(USED) },
    ];
    assert_eq!(said.unwrap(), expected);
}

#[test]
fn the_input_of_the_answers_tool_is_the_answer() {
    let start = format!(
        r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"tool_use","id":"t","name":"{ANSWER_TOOL}","input":{{}}}}}}"#
    );
    let piece =
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"n\":1}"}}"#;
    let stop = r#"{"type":"content_block_stop","index":0}"#;
    let said = stream(&[START, &start, piece, stop, &end("tool_use"), STOP]).unwrap();
    let done = Said::Done { finish: Finish::Stop, usage: Some(USED) };
    assert_eq!(said[1..], [Said::Text("{\"n\":1}".into()), done]);
}

#[test]
fn endings_are_told_apart() {
    let finish = |reason: &str| match stream(&[START, &end(reason), STOP]).unwrap().pop() {
        Some(Said::Done { finish, .. }) => finish,
        other => panic!("{other:?}"),
    };
    assert_eq!(finish("end_turn"), Finish::Stop);
    assert_eq!(finish("stop_sequence"), Finish::Stop);
    assert_eq!(finish("max_tokens"), Finish::Length);
    assert_eq!(finish("refusal"), Finish::Refused);
    assert!(matches!(stream(&[START, STOP]), Err(Garbled::Wire(_))));
    assert!(!stream(&[START]).unwrap().iter().any(|piece| matches!(piece, Said::Done { .. })));
    assert!(matches!(stream(&["{"]), Err(Garbled::Wire(_))));
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let reported = Garbled::Reported { status: None, code: "overloaded_error".into(), message: "Overloaded".into() };
    assert_eq!(stream(&[START, error]), Err(reported));
}

#[test]
fn a_stream_is_written_block_by_block() {
    let events = written(&[
        Said::Begun { id: None, model: None },
        Said::Thinking("h".into()),
        Said::Thinking("m".into()),
        Said::Signature("anthropic#EqoB".into()),
        Said::Signature("gemini#abc".into()),
        Said::Text("Hi".into()),
        Said::SealedThinking("xyz=".into()),
        Said::ToolCall { index: 0, id: "c".into(), name: "f".into() },
        Said::Arguments { index: 0, piece: "{}".into() },
        Said::ToolCall { index: 1, id: "d".into(), name: "f".into() },
        Said::Arguments { index: 1, piece: "{}".into() },
        Said::Done { finish: Finish::ToolCalls, usage: Some(USED) },
        Said::Text("late".into()),
    ]);
    let short: Vec<String> = events
        .iter()
        .map(|event| {
            let kind = event["type"].as_str().unwrap();
            let what = event.pointer("/content_block/type").or_else(|| event.pointer("/delta/type"));
            format!("{kind} {} {}", event["index"], what.and_then(Value::as_str).unwrap_or_default())
        })
        .collect();
    let expected = [
        "message_start null ",
        "ping null ",
        "content_block_start 0 thinking",
        "content_block_delta 0 thinking_delta",
        "content_block_delta 0 thinking_delta",
        "content_block_delta 0 signature_delta",
        "content_block_stop 0 ",
        "content_block_start 1 thinking",
        "content_block_delta 1 signature_delta",
        "content_block_stop 1 ",
        "content_block_start 2 text",
        "content_block_delta 2 text_delta",
        "content_block_stop 2 ",
        "content_block_start 3 redacted_thinking",
        "content_block_stop 3 ",
        "content_block_start 4 tool_use",
        "content_block_delta 4 input_json_delta",
        "content_block_stop 4 ",
        "content_block_start 5 tool_use",
        "content_block_delta 5 input_json_delta",
        "content_block_stop 5 ",
        "message_delta null ",
        "message_stop null ",
    ];
    assert_eq!(short, expected);
    assert_eq!(events[5]["delta"]["signature"], "EqoB", "its own as it wrote it");
    assert_eq!(events[8]["delta"]["signature"], "gemini#abc", "another's with its mark");
    let usage = json!({
        "input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 30, "output_tokens": 7,
    });
    assert_eq!((&events[21]["usage"], &events[21]["delta"]["stop_reason"]), (&usage, &json!("tool_use")));
    assert_eq!(events[0]["message"]["id"], "msg_1");
}

#[test]
fn a_failure_is_the_last_that_is_written() {
    let (mut writer, mut out) = (WriteStream::new(meta()), Vec::new());
    writer.piece(&Said::Text("Hi".into()), &mut out);
    let before = out.len();
    writer.fail(529, "UPSTREAM_OVERLOADED", "Too much.", &mut out);
    writer.piece(&Said::Done { finish: Finish::Stop, usage: None }, &mut out);
    let tail = String::from_utf8(out.split_off(before)).unwrap();
    let error =
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Too much.","code":"UPSTREAM_OVERLOADED"}}"#;
    assert_eq!(tail, format!("event: error\ndata: {error}\n\n"));
}

#[test]
fn a_whole_answer_is_read_and_written() {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "deep",
        "content": [
            { "type": "thinking", "thinking": "hm", "signature": "EqoB" },
            { "type": "thinking", "thinking": "and", "signature": "Zz" },
            { "type": "redacted_thinking", "data": "xyz=" },
            { "type": "text", "text": "Hi" },
            { "type": "tool_use", "id": "t", "name": "look", "input": { "a": [1, { "b": null }] } },
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": { "input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 30, "output_tokens": 7 },
    });
    let said = read_answer(body.to_string().as_bytes()).unwrap();
    assert_eq!(write_answer(&said, &meta()), body);
    assert!(read_answer(br#"{"content":[]}"#).is_err(), "no stop reason");
    let error = br#"{"type":"error","error":{"type":"api_error","message":"no"}}"#;
    assert!(matches!(read_answer(error), Err(Garbled::Reported { .. })));
}

#[test]
fn a_choice_of_tools_is_read_and_written() {
    let cases = [
        (json!({ "type": "any" }), Some(ToolChoice::Required), None),
        (json!({ "type": "none" }), Some(ToolChoice::None), None),
        (
            json!({ "type": "tool", "name": "f", "disable_parallel_tool_use": false }),
            Some(ToolChoice::Named("f".into())),
            Some(true),
        ),
    ];
    for (choice, expected, parallel) in cases {
        let tools = json!([{ "name": "f", "input_schema": { "type": "object" } }]);
        let asked = read(&json!({ "model": "m", "max_tokens": 9, "tools": tools, "tool_choice": choice })).unwrap();
        assert_eq!((&asked.tool_choice, asked.parallel_tools), (&expected, parallel));
        assert_eq!(write_request(&asked)["tool_choice"], choice);
    }
}

proptest! {
    #[test]
    fn a_request_survives_a_round_trip(asked in crate::arbitrary::asked(false)) {
        let body = write_request(&asked).to_string();
        let mut again = read_request(body.as_bytes()).unwrap();
        crate::arbitrary::settle(&mut again);
        let mut expected = asked;
        crate::arbitrary::settle(&mut expected);
        prop_assert_eq!(again, expected);
    }

    #[test]
    fn an_answer_survives_a_round_trip(said in crate::arbitrary::said()) {
        let answer = write_answer(&said, &meta()).to_string();
        let again = read_answer(answer.as_bytes()).unwrap();
        prop_assert_eq!(crate::arbitrary::outcome(&again), crate::arbitrary::outcome(&said));
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), line in r#"[\[\]{}:,"a-z0-9\\]{0,80}"#) {
        let _ = read_request(&bytes);
        let _ = read_answer(&bytes);
        let _ = stream(&[&line]);
    }
}
