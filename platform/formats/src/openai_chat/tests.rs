use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    AnswerForm, Asked, BadBody, Effort, Finish, Garbled, Image, ImageSource, Meta, Part, Role, Said, Tool, ToolChoice,
    Turn, Usage,
};

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned(), cache: false }
}

fn meta() -> Meta {
    Meta { id: "1".into(), model: "fast".into(), created: 7, stream_usage: true, ..Meta::default() }
}

fn stream(lines: &[&str]) -> Result<Vec<Said>, Garbled> {
    let (mut reader, mut out) = (ReadStream::default(), Vec::new());
    for line in lines {
        reader.event(None, line, &mut out)?;
    }
    reader.end(&mut out);
    Ok(out)
}

#[test]
fn a_whole_request_is_read() {
    let body = json!({
        "model": "gpt-5", "messages": [
            { "role": "developer", "content": "Rules" },
            { "role": "user", "content": [
                { "type": "text", "text": "What is it?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA", "detail": "low" } },
                { "type": "image_url", "image_url": { "url": "https://x.test/a.png" } },
            ] },
            { "role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
                { "id": "c1", "type": "function", "function": { "name": "look", "arguments": "{\"a\":1}" } },
                { "id": "c2", "type": "function", "function": { "name": "look", "arguments": "{" } },
            ] },
            { "role": "tool", "tool_call_id": "c1", "content": "one" },
            { "role": "tool", "tool_call_id": "c2", "content": [{ "type": "text", "text": "two" }] },
            { "role": "user", "content": "And?" },
        ],
        "tools": [{ "type": "function", "function": { "name": "look", "description": "d", "strict": true } }],
        "tool_choice": { "type": "function", "function": { "name": "look" } },
        "parallel_tool_calls": false,
        "response_format": { "type": "json_schema", "json_schema": { "name": "n", "schema": { "type": "object" }, "strict": true } },
        "max_completion_tokens": 5, "temperature": 0.5, "top_p": 1, "stop": "END", "seed": 3,
        "reasoning_effort": "low", "user": "u", "stream": true, "stream_options": { "include_usage": true },
        "logit_bias": { "1": 2 }, "presence_penalty": null,
    });
    let asked = read_request(body.to_string().as_bytes()).unwrap();
    let source = ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
    let call =
        |id: &str, arguments: &str| Part::ToolCall { id: id.into(), name: "look".into(), arguments: arguments.into() };
    let result = |id: &str, said: &str| Part::ToolResult { id: id.into(), parts: vec![text(said)], failed: false };
    let turn = |role, parts| Turn { role, parts };
    assert_eq!(
        asked.turns,
        [
            turn(Role::System, vec![text("Rules")]),
            turn(
                Role::User,
                vec![
                    text("What is it?"),
                    Part::Image(Image { source, detail: Some("low".into()) }),
                    Part::Image(Image { source: ImageSource::Url("https://x.test/a.png".into()), detail: None }),
                ]
            ),
            turn(
                Role::Assistant,
                vec![Part::Thinking { text: "hm".into(), signature: None }, call("c1", "{\"a\":1}"), call("c2", "{")]
            ),
            turn(Role::User, vec![result("c1", "one"), result("c2", "two")]),
            turn(Role::User, vec![text("And?")]),
        ]
    );
    let parameters = json!({ "type": "object", "properties": {} });
    let tool = Tool { name: "look".into(), description: Some("d".into()), parameters, strict: Some(true) };
    assert_eq!(asked.tools, [tool]);
    assert_eq!(asked.tool_choice, Some(ToolChoice::Named("look".into())));
    assert_eq!(asked.parallel_tools, Some(false));
    let form = AnswerForm::Schema { name: "n".into(), schema: json!({ "type": "object" }), strict: Some(true) };
    assert_eq!(asked.form, Some(form));
    assert_eq!((asked.max_output_tokens, asked.temperature, asked.top_p), (Some(5), Some(0.5), Some(1.0)));
    assert_eq!((asked.stop.as_slice(), asked.seed), (["END".to_owned()].as_slice(), Some(3)));
    assert_eq!((asked.effort, asked.user.as_deref()), (Some(Effort::Low), Some("u")));
    assert!(asked.stream && asked.stream_usage);
    assert_eq!(Value::Object(asked.extra.clone()), json!({ "logit_bias": { "1": 2 }, "presence_penalty": null }));
    // What came in goes out again, in the words of today.
    let again = read_request(write_request(&asked).to_string().as_bytes()).unwrap();
    let unsigned = |asked: &Asked| asked.turns.iter().map(|turn| turn.parts.len()).collect::<Vec<_>>();
    assert_eq!(unsigned(&again), [1, 3, 2, 2, 1], "thinking that is nobody's is not given back");
    assert_eq!(Asked { turns: Vec::new(), ..again }, Asked { turns: Vec::new(), ..asked });
}

#[test]
fn what_cannot_be_said_is_refused_by_its_name() {
    let cases = [
        (json!({ "messages": [] }), "model"),
        (json!({ "model": 5 }), "model"),
        (json!({ "model": "m", "messages": {} }), "messages"),
        (json!({ "model": "m", "messages": ["x"] }), "messages[0]"),
        (json!({ "model": "m", "messages": [{ "role": "robot" }] }), "messages[0].role"),
        (json!({ "model": "m", "messages": [{ "role": "user", "content": 5 }] }), "messages[0].content"),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": [{ "type": "input_audio" }] }] }),
            "messages[0].content[0].type",
        ),
        (json!({ "model": "m", "functions": [] }), "functions"),
        (json!({ "model": "m", "tools": [{ "type": "web_search" }] }), "tools[0].type"),
        (json!({ "model": "m", "tool_choice": "never" }), "tool_choice"),
        (json!({ "model": "m", "stop": [1] }), "stop"),
        (json!({ "model": "m", "temperature": "hot" }), "temperature"),
        (json!({ "model": "m", "reasoning_effort": "lots" }), "reasoning_effort"),
    ];
    for (body, field) in cases {
        let error = read_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.field(), Some(field), "{body}");
    }
    let deep = format!(r#"{{"model":"m","x":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(read_request(deep.as_bytes()), Err(BadBody::TooDeep));
}

#[test]
fn each_server_gets_the_limit_by_the_name_it_knows() {
    let name = |model: &str| {
        let asked = Asked { model: model.into(), max_output_tokens: Some(5), top_k: Some(1), ..Asked::default() };
        write_request(&asked)
    };
    for model in ["gpt-5-mini", "o3", "openai/gpt-4o", "chatgpt-4o-latest"] {
        assert!(name(model).get("max_completion_tokens").is_some() && name(model).get("top_k").is_none(), "{model}");
    }
    for model in ["gpt-oss:20b", "llama3.2", "mistral-large-latest", "openrouter/auto"] {
        assert!(name(model).get("max_tokens").is_some() && name(model).get("top_k").is_some(), "{model}");
    }
}

#[test]
fn pictures_and_failures_of_tools_are_told() {
    let source = ImageSource::Base64 { media_type: "image/png".into(), data: "AA==".into() };
    let picture = Part::Image(Image { source, detail: None });
    let result = Part::ToolResult { id: "c".into(), parts: vec![text("no such file"), picture], failed: true };
    let turns = vec![Turn { role: Role::User, parts: vec![result, text("Well?")] }];
    let body = write_request(&Asked { model: "m".into(), turns, ..Asked::default() });
    let expected = json!([
        { "role": "tool", "tool_call_id": "c", "content": "Error: no such file" },
        { "role": "user", "content": [
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } },
            { "type": "text", "text": "Well?" },
        ] },
    ]);
    assert_eq!(body["messages"], expected);
}

const USED: Usage = Usage { input: 10, output: 5, cached_input: 4, cache_write: 0, reasoning: 2 };
const USAGE: &str = r#"{"id":"x","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}"#;

#[test]
fn a_stream_with_tools_is_read() {
    let said = stream(&[
        r#"{"id":"x","model":"gpt-5","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"usage":null}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"look","arguments":""}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"see","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        USAGE,
        "[DONE]",
    ]);
    let call = |index, id: &str, name: &str| Said::ToolCall { index, id: id.into(), name: name.into() };
    let arguments = |index, piece: &str| Said::Arguments { index, piece: piece.into() };
    let expected = [
        Said::Begun { id: Some("x".into()), model: Some("gpt-5".into()) },
        Said::Text("Hi".into()),
        call(0, "c1", "look"),
        arguments(0, "{\"a\""),
        call(1, "c2", "see"),
        arguments(1, "{}"),
        arguments(0, ":1}"),
        Said::Done { finish: Finish::ToolCalls, usage: Some(USED) },
    ];
    assert_eq!(said.unwrap(), expected);
}

#[test]
fn calls_of_sloppy_servers_are_told_apart() {
    // Gemini's compatible endpoint: no index, whole calls; the finish reason says nothing.
    let said = stream(&[
        r#"{"id":"x","choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"id":"b","function":{"name":"f","arguments":{"k":1}}}]},"finish_reason":"stop"}]}"#,
    ])
    .unwrap();
    let calls: Vec<&Said> = said.iter().filter(|piece| matches!(piece, Said::ToolCall { .. })).collect();
    assert_eq!(calls.len(), 2);
    assert!(said.contains(&Said::Arguments { index: 1, piece: r#"{"k":1}"#.into() }));
    assert_eq!(said.last(), Some(&Said::Done { finish: Finish::ToolCalls, usage: None }));
    // One index for all, and no id at all.
    let same = stream(&[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]}}]}"#,
    ]);
    assert_eq!(same.unwrap().iter().filter(|piece| matches!(piece, Said::ToolCall { .. })).count(), 2);
    let nameless = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#;
    assert!(matches!(stream(&[nameless]), Err(Garbled::Wire(_))));
}

#[test]
fn thinking_comes_back_to_its_server_the_way_it_came() {
    let said = stream(&[
        r#"{"choices":[{"delta":{"reasoning":"h","reasoning_content":"h"}}]}"#,
        r#"{"choices":[{"delta":{"reasoning_content":"m"}}]}"#,
        r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#,
    ])
    .unwrap();
    let thought = |text: &str| Said::Thinking(text.into());
    let signature = Said::Signature("chat#reasoning_content".into());
    assert_eq!(said[1..5], [thought("h"), thought("m"), signature, Said::Text("Hi".into())]);

    let answer = write_answer(&said, &meta());
    let message = &answer["choices"][0]["message"];
    assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("Hi"), &json!("hm")));
    let body = json!({ "model": "m", "messages": [message] });
    let asked = read_request(body.to_string().as_bytes()).unwrap();
    let again = write_request(&asked);
    assert_eq!(again["messages"][0], json!({ "role": "assistant", "content": "Hi", "reasoning_content": "hm" }));

    let details = r#"{"choices":[{"delta":{"reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","signature":"s","format":"x"}]}}]}"#;
    let said = stream(&[details, r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#]).unwrap();
    let message = write_answer(&said, &meta())["choices"][0]["message"].take();
    let asked = read_request(json!({ "model": "m", "messages": [message] }).to_string().as_bytes()).unwrap();
    let given_back = json!([{ "type": "reasoning.text", "text": "h", "signature": "s", "format": "x" }]);
    assert_eq!(write_request(&asked)["messages"][0]["reasoning_details"], given_back);
}

#[test]
fn endings_are_told_apart() {
    let end = |reason: &str| {
        stream(&[&format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#), "[DONE]"])
            .map(|said| said.last().cloned())
    };
    let done = |finish| Ok(Some(Said::Done { finish, usage: None }));
    assert_eq!(end("stop"), done(Finish::Stop));
    assert_eq!(end("length"), done(Finish::Length));
    assert_eq!(end("content_filter"), done(Finish::Refused));
    assert!(matches!(end("error"), Err(Garbled::Reported { .. })));
    assert!(matches!(stream(&["[DONE]"]), Err(Garbled::Wire(_))), "closed before it was finished");
    assert!(matches!(stream(&[r#"{"choices": tru"#]), Err(Garbled::Wire(_))));
    let error = r#"{"error":{"message":"slow down","type":"rate_limit_error","code":429}}"#;
    let reported =
        Garbled::Reported { status: Some(429), code: "rate_limit_error".into(), message: "slow down".into() };
    assert_eq!(stream(&[error]), Err(reported));
    let refusal = r#"{"choices":[{"delta":{"refusal":"No."},"finish_reason":"stop"}]}"#;
    let said = stream(&[refusal]).unwrap();
    assert_eq!(said[1..], [Said::Refusal("No.".into()), Said::Done { finish: Finish::Refused, usage: None }]);
}

#[test]
fn a_stream_is_written_as_the_sdks_want_it() {
    let said = [
        Said::Begun { id: None, model: None },
        Said::Text("Hi".into()),
        Said::ToolCall { index: 0, id: "c".into(), name: "f".into() },
        Said::Arguments { index: 0, piece: "{}".into() },
        Said::Done { finish: Finish::ToolCalls, usage: Some(USED) },
        Said::Text("late".into()),
    ];
    let written = |stream_usage| {
        let (mut writer, mut out) = (WriteStream::new(Meta { stream_usage, ..meta() }), Vec::new());
        said.iter().for_each(|piece| writer.piece(piece, &mut out));
        writer.fail(500, "X", "late", &mut out);
        String::from_utf8(out).unwrap()
    };
    let out = written(true);
    let events: Vec<&str> = out.split("\n\n").filter(|event| !event.is_empty()).collect();
    assert_eq!(events.len(), 7);
    assert_eq!(events[6], "data: [DONE]");
    let chunk = |at: usize| -> Value { serde_json::from_str(events[at].strip_prefix("data: ").unwrap()).unwrap() };
    assert_eq!(chunk(0)["choices"][0]["delta"], json!({ "role": "assistant", "content": "" }));
    assert_eq!(chunk(0)["id"], "chatcmpl-1");
    assert_eq!(chunk(1)["choices"][0]["delta"], json!({ "content": "Hi" }));
    assert_eq!(chunk(2)["choices"][0]["delta"]["tool_calls"][0]["function"], json!({ "name": "f", "arguments": "" }));
    assert_eq!(chunk(4)["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!((&chunk(5)["choices"], &chunk(5)["usage"]["total_tokens"]), (&json!([]), &json!(15)));
    assert!(!written(false).contains("usage"), "only for those who ask");
}

#[test]
fn a_failure_is_the_last_that_is_written() {
    let (mut writer, mut out) = (WriteStream::new(meta()), Vec::new());
    writer.piece(&Said::Text("Hi".into()), &mut out);
    let before = out.len();
    writer.fail(502, "UPSTREAM_CUT", "The model broke off.", &mut out);
    writer.piece(&Said::Done { finish: Finish::Stop, usage: None }, &mut out);
    let tail = String::from_utf8(out.split_off(before)).unwrap();
    let error = r#"data: {"error":{"message":"The model broke off.","type":"server_error","param":null,"code":"UPSTREAM_CUT"}}"#;
    assert_eq!(tail, format!("{error}\n\n"));
}

#[test]
fn a_whole_answer_is_read_and_written() {
    let body = json!({
        "id": "x", "object": "chat.completion", "model": "m",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi", "tool_calls": [
            { "id": "c", "type": "function", "function": { "name": "f", "arguments": "{\"a\":1}" } },
        ] }, "finish_reason": "tool_calls" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": { "cached_tokens": 4 }, "completion_tokens_details": { "reasoning_tokens": 2 } },
    });
    let said = read_answer(body.to_string().as_bytes()).unwrap();
    let answer = write_answer(&said, &meta());
    assert_eq!(answer["usage"], body["usage"]);
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(answer["choices"][0]["message"]["tool_calls"], body["choices"][0]["message"]["tool_calls"]);
    assert_eq!(read_answer(answer.to_string().as_bytes()).unwrap()[1..], said[1..]);
    assert!(read_answer(b"[]").is_err());
    assert!(read_answer(br#"{"choices":[{"message":{"content":"Hi"}}]}"#).is_err(), "no finish reason");
}

proptest! {
    #[test]
    fn a_request_survives_a_round_trip(asked in crate::arbitrary::asked(true)) {
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
