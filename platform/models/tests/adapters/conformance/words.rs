//! What is said: answers, streams, tools, schemas, pictures, thinking, and fields that only the provider knows.

use quorate_formats::{
    AnswerForm, Finish, Format, Image, ImageSource, Part, Role, Said, Tool, ToolChoice, Turn, write_request,
};
use quorate_testkit::models::{Act, Outcome, ScriptedCall};
use serde_json::{Value, json};

use super::table::CHAT;
use super::{ask, ask_body, long, question, text, turn};

#[tokio::test]
async fn an_answer_is_the_same_to_every_caller() {
    for row in &CHAT {
        let bench = row.bench().await;
        bench.always(Act { content: Some(json!("It is noon.")), ..Act::default() }).await;
        for format in row.callers() {
            let answer = ask(&bench, format, &question(false)).await.unwrap();
            let said = answer.said.unwrap();
            assert_eq!((text(&said).as_str(), answer.attempts), ("It is noon.", 1), "{} {format:?}", row.name);
            assert_eq!(answer.relayed_as, 200);
            let Some(Said::Done { finish, usage }) = said.last() else { panic!("{}: {said:?}", row.name) };
            assert_eq!(*finish, Finish::Stop);
            assert!(usage.is_some_and(|usage| usage.input > 0 && usage.output > 0), "{} {format:?}", row.name);
        }
        let journal = bench.server.settled_journal().await.unwrap();
        assert!(journal.iter().all(|visit| visit.outcome == Outcome::Answered && !visit.stream));
        assert!(journal.iter().all(|visit| visit.key.as_deref() == Some("sk-scripted") && visit.model == "m"));
    }
}

#[tokio::test]
async fn a_stream_comes_in_pieces_to_every_caller() {
    for row in &CHAT {
        let bench = row.bench().await;
        bench.always(Act { content: Some(long()), ..Act::default() }).await;
        for format in row.callers() {
            let answer = ask(&bench, format, &question(true)).await.unwrap();
            let said = answer.said.unwrap_or_else(|error| panic!("{} {format:?}: {error}", row.name));
            assert_eq!(json!(text(&said)), long(), "{} {format:?}", row.name);
            assert!(said.iter().filter(|piece| matches!(piece, Said::Text(_))).count() > 50, "{}", row.name);
            let Some(Said::Done { finish: Finish::Stop, usage }) = said.last() else { panic!("{}", row.name) };
            assert!(usage.is_some_and(|usage| usage.output > 0), "{} {format:?}", row.name);
        }
        assert!(bench.server.journal().await.unwrap().iter().all(|visit| visit.stream));
    }
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_given_back() {
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let tool = Tool { name: "weather".into(), description: Some("The weather.".into()), parameters, strict: None };
    let arguments = json!({ "city": "Porto, where the river meets the sea" });
    for row in &CHAT {
        let bench = row.bench().await;
        for (format, stream) in row.callers().into_iter().flat_map(|format| [(format, false), (format, true)]) {
            let call = ScriptedCall { name: "weather".into(), arguments: arguments.clone() };
            bench.always(Act { call: Some(call), ..Act::default() }).await;
            let mut asked = question(stream);
            asked.tools = vec![tool.clone()];
            asked.tool_choice = Some(ToolChoice::Required);
            let said = ask(&bench, format, &asked).await.unwrap().said.unwrap();
            let (id, name) = said
                .iter()
                .find_map(|piece| match piece {
                    Said::ToolCall { id, name, .. } => Some((id.clone(), name.clone())),
                    _ => None,
                })
                .unwrap_or_else(|| panic!("{} {format:?}: no call in {said:?}", row.name));
            let written: String = said
                .iter()
                .filter_map(|piece| if let Said::Arguments { piece, .. } = piece { Some(piece.as_str()) } else { None })
                .collect();
            assert_eq!((name.as_str(), crate::parse(&written)), ("weather", arguments.clone()), "{}", row.name);
            assert!(matches!(said.last(), Some(Said::Done { finish: Finish::ToolCalls, .. })), "{}", row.name);

            bench.always(Act { content: Some(json!("Rain.")), ..Act::default() }).await;
            let call = Part::ToolCall { id: id.clone(), name, arguments: written };
            let result = Part::ToolResult { id, parts: turn(Role::User, "wet and windy").parts, failed: false };
            asked.tool_choice = None;
            asked.turns.push(Turn { role: Role::Assistant, parts: vec![call] });
            asked.turns.push(Turn { role: Role::User, parts: vec![result] });
            assert_eq!(text(&ask(&bench, format, &asked).await.unwrap().said.unwrap()), "Rain.", "{}", row.name);
            let journal = bench.server.journal().await.unwrap();
            let sent = journal.last().unwrap().body.to_string();
            assert!(sent.contains("wet and windy") && sent.contains("river meets"), "{}: {sent}", row.name);
        }
    }
}

#[tokio::test]
async fn an_answer_follows_a_schema() {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["decision"],
        "properties": { "decision": { "type": "string", "enum": ["yes", "no", "conditional"] } },
    });
    for row in &CHAT {
        let bench = row.bench().await;
        for format in row.callers() {
            let mut asked = question(false);
            asked.form = Some(AnswerForm::Schema { name: "vote".into(), schema: schema.clone(), strict: Some(true) });
            let said = ask(&bench, format, &asked).await.unwrap().said.unwrap();
            let said = text(&said);
            assert!(said.starts_with('{'), "{} {format:?}: {said}", row.name);
            assert!(["yes", "no", "conditional"].contains(&crate::parse(&said)["decision"].as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn a_picture_reaches_the_model() {
    for row in &CHAT {
        let bench = row.bench().await;
        for format in row.callers() {
            let mut asked = question(false);
            let source = ImageSource::Base64 { media_type: "image/png".into(), data: "aGVsbG8gcGl4ZWxz".into() };
            asked.turns[1].parts.push(Part::Image(Image { source, detail: None }));
            ask(&bench, format, &asked).await.unwrap().said.unwrap();
            let journal = bench.server.journal().await.unwrap();
            let sent = journal.last().unwrap().body.to_string();
            assert!(sent.contains("aGVsbG8gcGl4ZWxz") && sent.contains("image/png"), "{} {format:?}: {sent}", row.name);
        }
    }
}

#[tokio::test]
async fn thinking_is_told_apart_from_the_answer() {
    for row in &CHAT {
        let bench = row.bench().await;
        let act = Act { thinking: Some("Let me see.".into()), content: Some(json!("Noon.")), ..Act::default() };
        bench.always(act).await;
        for (format, stream) in row.callers().into_iter().flat_map(|format| [(format, false), (format, true)]) {
            let said = ask(&bench, format, &question(stream)).await.unwrap().said.unwrap();
            let thinking: String = said
                .iter()
                .filter_map(|piece| if let Said::Thinking(text) = piece { Some(text.as_str()) } else { None })
                .collect();
            assert_eq!((thinking.as_str(), text(&said).as_str()), ("Let me see.", "Noon."), "{} {format:?}", row.name);
        }
    }
}

#[tokio::test]
async fn fields_that_only_the_provider_knows_pass_both_ways() {
    for row in &CHAT {
        let bench = row.bench().await;
        bench.always(Act { extra: Some(json!({ "x_told": "by the provider" })), ..Act::default() }).await;
        for stream in [false, true] {
            let mut body = write_request(row.format, &question(stream));
            body["x_asked"] = json!({ "deep": [1.50, null] });
            let answer = ask_body(&bench, row.format, &body).await.unwrap();
            answer.said.unwrap();
            let journal = bench.server.journal().await.unwrap();
            let reached = journal.last().unwrap().body.get("x_asked");
            let told = String::from_utf8_lossy(&answer.bytes).contains("by the provider");
            // Translated, they mean nothing to the other side, and are no fault.
            let expected = row.native.then(|| json!({ "deep": [1.50, null] }));
            assert_eq!((reached, told), (expected.as_ref(), row.native), "{}", row.name);
        }
    }
}

#[tokio::test]
async fn a_dialect_is_spoken_whatever_the_caller_says() {
    let mistral = CHAT.iter().find(|row| row.name == "mistral").unwrap();
    let bench = mistral.bench().await;
    let mut body = write_request(mistral.format, &question(true));
    for (name, value) in [("seed", json!(7)), ("user", json!("u")), ("max_completion_tokens", json!(9))] {
        body[name] = value;
    }
    body.as_object_mut().unwrap().remove("max_tokens");
    ask_body(&bench, mistral.format, &body).await.unwrap().said.unwrap();
    let sent = bench.server.journal().await.unwrap()[0].body.clone();
    let of = |name: &str| sent.get(name).cloned().unwrap_or(Value::Null);
    assert_eq!((of("random_seed"), of("max_tokens"), of("stream_options")), (json!(7), json!(9), Value::Null));
}

#[tokio::test]
async fn a_translated_response_repeats_its_request() {
    for name in ["anthropic", "gemini", "compatible"] {
        let row = CHAT.iter().find(|row| row.name == name).unwrap();
        let bench = row.bench().await;
        for stream in [false, true] {
            let body = json!({
                "model": "default", "input": "Hi", "instructions": "Be brief.", "stream": stream,
                "temperature": 0.5, "max_output_tokens": 77, "metadata": { "k": "v" },
            });
            let answer = ask_body(&bench, Format::OpenAiResponses, &body).await.unwrap();
            answer.said.unwrap();
            let whole = if stream {
                let text = String::from_utf8_lossy(&answer.bytes).into_owned();
                let last = text.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
                crate::parse(last)["response"].clone()
            } else {
                serde_json::from_slice::<Value>(&answer.bytes).unwrap()
            };
            let repeated = (&whole["temperature"], &whole["max_output_tokens"], &whole["instructions"]);
            assert_eq!(repeated, (&json!(0.5), &json!(77), &json!("Be brief.")), "{name} {stream}");
            assert_eq!(whole["metadata"], json!({ "k": "v" }), "{name} {stream}");
        }
    }
}
