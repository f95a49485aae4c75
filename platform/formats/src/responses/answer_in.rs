use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::origin::{self, OPENAI};
use crate::usage::ResponsesUsage;
use crate::{Finish, Garbled, Said, Usage};

/// A response, whole or as far as it is.
#[derive(Deserialize)]
struct Response {
    id: Option<String>,
    model: Option<String>,
    status: Option<String>,
    error: Option<WireError>,
    incomplete_details: Option<Incomplete>,
    output: Option<Vec<Item>>,
    usage: Option<ResponsesUsage>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct WireError {
    code: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

/// An item of the output. Items of kinds we do not know are the built-in tools' and say nothing to us.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
    content: Option<Vec<ItemPart>>,
    summary: Option<Vec<ItemPart>>,
    encrypted_content: Option<String>,
}

#[derive(Deserialize)]
struct ItemPart {
    text: Option<String>,
    refusal: Option<String>,
}

/// One event.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: Option<String>,
    response: Option<Response>,
    item: Option<Item>,
    #[serde(default)]
    output_index: usize,
    #[serde(default)]
    summary_index: usize,
    delta: Option<Value>,
    arguments: Option<String>,
    error: Option<WireError>,
    code: Option<Value>,
    message: Option<String>,
}

/// What was said of one item before it was done.
#[derive(Debug, Default)]
struct Seen {
    /// The number of the call, if it is one.
    call: Option<usize>,
    /// Whether any of its text, arguments or thinking came in pieces.
    pieces: bool,
}

/// Reads the events of one streamed response.
#[derive(Debug, Default)]
pub struct ReadStream {
    begun: bool,
    calls: usize,
    refused: bool,
    seen: HashMap<usize, Seen>,
    done: bool,
}

impl ReadStream {
    /// Reads one event. Events of types we do not know are skipped.
    ///
    /// # Errors
    /// When the data is not what the API says, or is an error of the provider's.
    pub fn event(&mut self, name: Option<&str>, data: &str, out: &mut Vec<Said>) -> Result<(), Garbled> {
        if self.done || data.trim() == "[DONE]" {
            return Ok(());
        }
        // A list would be read as the fields in their order.
        if !data.trim_start().starts_with('{') {
            return Err(Garbled::wire("an event is no JSON object"));
        }
        let mut event: Event = serde_json::from_str(data)?;
        let kind = event.kind.take().or_else(|| name.map(str::to_owned)).unwrap_or_default();
        match kind.as_str() {
            "response.created" | "response.in_progress" => self.begin(event.response.as_ref(), out),
            "response.output_text.delta" => out.extend(self.piece(&event).map(Said::Text)),
            "response.refusal.delta" => {
                self.refused = true;
                out.extend(self.piece(&event).map(Said::Refusal));
            }
            // Summaries come in parts, which are paragraphs.
            "response.reasoning_summary_part.added" if event.summary_index > 0 => {
                out.push(Said::Thinking("\n\n".to_owned()));
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                out.extend(self.piece(&event).map(Said::Thinking));
            }
            "response.function_call_arguments.delta" => {
                if let (Some(piece), Some(index)) = (self.piece(&event), self.call_at(event.output_index)) {
                    out.push(Said::Arguments { index, piece });
                }
            }
            "response.function_call_arguments.done" => {
                self.arguments(event.output_index, event.arguments.unwrap_or_default(), out);
            }
            "response.output_item.added" => {
                if let Some(item) = event.item.filter(|item| item.kind == "function_call") {
                    self.call(event.output_index, &item, out)?;
                }
            }
            "response.output_item.done" => {
                if let Some(item) = event.item {
                    self.item(event.output_index, item, out)?;
                }
            }
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                let response = event.response.ok_or_else(|| Garbled::wire(format!("{kind} holds no response")))?;
                self.begin(Some(&response), out);
                self.end(response, out)?;
            }
            "error" => {
                let whole = WireError { code: event.code, kind: None, message: event.message };
                return Err(reported(event.error.unwrap_or(whole)));
            }
            _ => {
                // Servers that speak it loosely send an error without a type.
                if let Some(error) = event.error {
                    return Err(reported(error));
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, response: Option<&Response>, out: &mut Vec<Said>) {
        if !self.begun {
            self.begun = true;
            let id = response.and_then(|response| response.id.clone());
            out.push(Said::Begun { id, model: response.and_then(|response| response.model.clone()) });
        }
    }

    /// The text of a delta, noted as seen.
    fn piece(&mut self, event: &Event) -> Option<String> {
        let text = event.delta.as_ref()?.as_str().filter(|text| !text.is_empty())?;
        self.seen.entry(event.output_index).or_default().pieces = true;
        Some(text.to_owned())
    }

    fn call_at(&self, output_index: usize) -> Option<usize> {
        self.seen.get(&output_index)?.call
    }

    fn call(&mut self, output_index: usize, item: &Item, out: &mut Vec<Said>) -> Result<(), Garbled> {
        let seen = self.seen.entry(output_index).or_default();
        if seen.call.is_some() {
            return Ok(());
        }
        let (Some(id), Some(name)) = (&item.call_id, &item.name) else {
            return Err(Garbled::wire("a function call has no id or no name"));
        };
        let index = self.calls;
        self.calls += 1;
        seen.call = Some(index);
        out.push(Said::ToolCall { index, id: id.clone(), name: name.clone() });
        Ok(())
    }

    /// Arguments given whole, unless they came in pieces.
    fn arguments(&mut self, output_index: usize, arguments: String, out: &mut Vec<Said>) {
        let Some(Seen { call: Some(index), pieces }) = self.seen.get_mut(&output_index) else { return };
        if !*pieces && !arguments.is_empty() {
            *pieces = true;
            out.push(Said::Arguments { index: *index, piece: arguments });
        }
    }

    /// A finished item: what of it did not come in pieces is said now.
    fn item(&mut self, output_index: usize, item: Item, out: &mut Vec<Said>) -> Result<(), Garbled> {
        let pieces = self.seen.get(&output_index).is_some_and(|seen| seen.pieces);
        match item.kind.as_str() {
            "function_call" => {
                self.call(output_index, &item, out)?;
                self.arguments(output_index, item.arguments.unwrap_or_default(), out);
            }
            "message" if !pieces => {
                for part in item.content.into_iter().flatten() {
                    out.extend(part.text.filter(|text| !text.is_empty()).map(Said::Text));
                    if let Some(refusal) = part.refusal.filter(|text| !text.is_empty()) {
                        self.refused = true;
                        out.push(Said::Refusal(refusal));
                    }
                }
            }
            "reasoning" => {
                let mut thought = pieces;
                if !pieces {
                    let lists = [item.summary, item.content];
                    let texts = lists.into_iter().flatten().map(|parts| {
                        let texts: Vec<String> = parts.into_iter().filter_map(|part| part.text).collect();
                        texts.join("\n\n")
                    });
                    if let Some(text) = texts.into_iter().find(|text| !text.is_empty()) {
                        thought = true;
                        out.push(Said::Thinking(text));
                    }
                }
                if let Some(secret) = item.encrypted_content.filter(|secret| !secret.is_empty()) {
                    let secret = origin::marked(OPENAI, &secret);
                    out.push(if thought { Said::Signature(secret) } else { Said::SealedThinking(secret) });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, response: Response, out: &mut Vec<Said>) -> Result<(), Garbled> {
        if let Some(error) = response.error {
            return Err(reported(error));
        }
        let finish = match response.status.as_deref() {
            Some("failed" | "cancelled") => {
                return Err(reported(WireError { code: None, kind: None, message: None }));
            }
            Some("incomplete") => match response.incomplete_details.and_then(|details| details.reason).as_deref() {
                Some("content_filter") => Finish::Refused,
                _ => Finish::Length,
            },
            Some("completed") if self.refused => Finish::Refused,
            Some("completed") if self.calls > 0 => Finish::ToolCalls,
            Some("completed") => Finish::Stop,
            other => return Err(Garbled::wire(format!("the response ends with the status {other:?}"))),
        };
        self.done = true;
        out.push(Said::Done { finish, usage: response.usage.as_ref().map(Usage::from) });
        Ok(())
    }
}

/// Reads a whole response.
///
/// # Errors
/// When the body is not what the API says, is not finished, or is an error of the provider's.
pub fn read_answer(body: &[u8]) -> Result<Vec<Said>, Garbled> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Garbled::wire("the answer is no JSON object"));
    }
    let mut response: Response = serde_json::from_slice(body)?;
    let (mut stream, mut out) = (ReadStream::default(), Vec::new());
    stream.begin(Some(&response), &mut out);
    for (index, item) in response.output.take().into_iter().flatten().enumerate() {
        stream.item(index, item, &mut out)?;
    }
    stream.end(response, &mut out)?;
    Ok(out)
}

fn reported(error: WireError) -> Garbled {
    let code = match error.code {
        Some(Value::String(code)) => Some(code),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => None,
    };
    let status = code.as_deref().and_then(|code| code.parse().ok()).filter(|status| (400..600).contains(status));
    Garbled::Reported {
        status,
        code: code.or(error.kind).unwrap_or_default(),
        message: error.message.unwrap_or_else(|| "the provider reported an error in its answer".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(events: &[Value]) -> Result<Vec<Said>, Garbled> {
        let (mut stream, mut out) = (ReadStream::default(), Vec::new());
        for event in events {
            stream.event(None, &event.to_string(), &mut out)?;
        }
        Ok(out)
    }

    fn created() -> Value {
        let response = json!({ "id": "resp_1", "object": "response", "status": "in_progress", "model": "gpt-5.1", "output": [], "usage": null, "error": null });
        json!({ "type": "response.created", "response": response, "sequence_number": 0 })
    }

    fn completed(output: &Value) -> Value {
        let usage = json!({ "input_tokens": 45, "input_tokens_details": { "cache_write_tokens": 0, "cached_tokens": 20 },
            "output_tokens": 25, "output_tokens_details": { "reasoning_tokens": 12 }, "total_tokens": 70 });
        let response = json!({ "id": "resp_1", "status": "completed", "model": "gpt-5.1", "error": null,
            "incomplete_details": null, "output": output, "usage": usage });
        json!({ "type": "response.completed", "response": response })
    }

    fn done(finish: Finish) -> Said {
        let usage = Usage { input: 45, output: 25, cached_input: 20, cache_write: 0, reasoning: 12 };
        Said::Done { finish, usage: Some(usage) }
    }

    fn begun() -> Said {
        Said::Begun { id: Some("resp_1".to_owned()), model: Some("gpt-5.1".to_owned()) }
    }

    fn items() -> [Value; 3] {
        [
            json!({ "id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA", "summary": [
                { "type": "summary_text", "text": "One" }, { "type": "summary_text", "text": "Two" }] }),
            json!({ "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
                "content": [{ "type": "output_text", "text": "Hi", "annotations": [] }] }),
            json!({ "id": "fc_1", "type": "function_call", "status": "completed", "arguments": "{\"city\":1}",
                "call_id": "call_2", "name": "get_weather" }),
        ]
    }

    fn expected() -> Vec<Said> {
        vec![
            begun(),
            Said::Thinking("One".to_owned()),
            Said::Thinking("\n\n".to_owned()),
            Said::Thinking("Two".to_owned()),
            Said::Signature("openai#gAAA".to_owned()),
            Said::Text("Hi".to_owned()),
            Said::ToolCall { index: 0, id: "call_2".to_owned(), name: "get_weather".to_owned() },
            Said::Arguments { index: 0, piece: "{\"city".to_owned() },
            Said::Arguments { index: 0, piece: "\":1}".to_owned() },
            done(Finish::ToolCalls),
        ]
    }

    #[test]
    fn a_stream_with_reasoning_text_and_a_call_is_read() {
        let [reasoning, message, call] = items();
        let summary = |kind: &str, at: usize, more: Value| {
            let mut event = json!({ "type": format!("response.reasoning_summary_{kind}"), "item_id": "rs_1", "output_index": 0, "summary_index": at });
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            event
        };
        let arguments = |delta: &str| json!({ "type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 2, "delta": delta });
        let events = [
            created(),
            json!({ "type": "response.in_progress", "response": { "id": "resp_1" } }),
            json!({ "type": "response.output_item.added", "output_index": 0, "item": { "id": "rs_1", "type": "reasoning", "encrypted_content": "early", "summary": [] } }),
            summary("part.added", 0, json!({ "part": {} })),
            summary("text.delta", 0, json!({ "delta": "One", "obfuscation": "x" })),
            summary("text.done", 0, json!({ "text": "One" })),
            summary("part.added", 1, json!({ "part": {} })),
            summary("text.delta", 1, json!({ "delta": "Two" })),
            json!({ "type": "response.output_item.done", "output_index": 0, "item": reasoning }),
            json!({ "type": "response.output_item.added", "output_index": 1, "item": { "id": "msg_1", "type": "message", "content": [] } }),
            json!({ "type": "response.content_part.added", "output_index": 1, "content_index": 0, "part": { "type": "output_text", "text": "" } }),
            json!({ "type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Hi", "logprobs": [] }),
            json!({ "type": "response.output_text.done", "output_index": 1, "content_index": 0, "text": "Hi" }),
            json!({ "type": "response.output_item.done", "output_index": 1, "item": message }),
            json!({ "type": "response.output_item.added", "output_index": 2, "item": { "id": "fc_1", "type": "function_call", "arguments": "", "call_id": "call_2", "name": "get_weather" } }),
            arguments("{\"city"),
            arguments("\":1}"),
            json!({ "type": "response.function_call_arguments.done", "output_index": 2, "arguments": "{\"city\":1}" }),
            json!({ "type": "response.output_item.done", "output_index": 2, "item": call }),
            json!({ "type": "response.something_new", "x": 1 }),
            completed(&json!(items())),
        ];
        assert_eq!(read(&events).unwrap(), expected());
    }

    #[test]
    fn a_whole_answer_says_the_same_in_fewer_pieces() {
        let whole = completed(&json!(items()))["response"].to_string();
        let said = read_answer(whole.as_bytes()).unwrap();
        let mut wanted = expected();
        wanted.splice(1..4, [Said::Thinking("One\n\nTwo".to_owned())]);
        wanted.splice(5..7, [Said::Arguments { index: 0, piece: "{\"city\":1}".to_owned() }]);
        assert_eq!(said, wanted);
    }

    #[test]
    fn items_that_come_only_when_done_are_not_lost() {
        let events: Vec<Value> = items()
            .into_iter()
            .enumerate()
            .map(|(index, item)| json!({ "type": "response.output_item.done", "output_index": index, "item": item }))
            .collect();
        let mut all = vec![created()];
        all.extend(events);
        all.push(completed(&json!([])));
        let whole = completed(&json!(items()))["response"].to_string();
        assert_eq!(read(&all).unwrap(), read_answer(whole.as_bytes()).unwrap());
    }

    #[test]
    fn every_ending_is_told_apart() {
        let ended = |kind: &str, response: Value| match read(&[
            created(),
            json!({ "type": kind, "response": response }),
        ])?
        .pop()
        {
            Some(Said::Done { finish, .. }) => Ok::<Finish, Garbled>(finish),
            other => panic!("{other:?}"),
        };
        let incomplete = |reason: &str| json!({ "status": "incomplete", "incomplete_details": { "reason": reason } });
        assert_eq!(ended("response.incomplete", incomplete("max_output_tokens")), Ok(Finish::Length));
        assert_eq!(ended("response.incomplete", incomplete("content_filter")), Ok(Finish::Refused));
        assert_eq!(ended("response.completed", json!({ "status": "completed" })), Ok(Finish::Stop));
        let failed = json!({ "status": "failed", "error": { "code": "rate_limit_exceeded", "message": "slow down" } });
        let message = "slow down".to_owned();
        let expected = Garbled::Reported { status: None, code: "rate_limit_exceeded".to_owned(), message };
        assert_eq!(ended("response.failed", failed), Err(expected));
        let refusal = json!({ "type": "response.refusal.delta", "output_index": 0, "delta": "No." });
        let said = read(&[created(), refusal, completed(&json!([]))]).unwrap();
        assert_eq!(said[1..], [Said::Refusal("No.".to_owned()), done(Finish::Refused)]);
        assert!(!read(&[created()]).unwrap().iter().any(|said| matches!(said, Said::Done { .. })), "cut");
    }

    #[test]
    fn errors_are_reported_in_both_shapes() {
        let nested =
            json!({ "type": "error", "error": { "type": "insufficient_quota", "code": null, "message": "no money" } });
        let flat = json!({ "type": "error", "code": "insufficient_quota", "message": "no money", "param": null });
        let bare = json!({ "error": { "message": "no money", "type": "insufficient_quota" } });
        let message = "no money".to_owned();
        let expected = Garbled::Reported { status: None, code: "insufficient_quota".to_owned(), message };
        for event in [nested, flat, bare] {
            assert_eq!(read(&[created(), event]), Err(expected.clone()));
        }
        assert!(matches!(ReadStream::default().event(None, "{", &mut Vec::new()), Err(Garbled::Wire(_))));
        assert!(matches!(read_answer(b"[]"), Err(Garbled::Wire(_))));
    }

    proptest! {
        #[test]
        fn nothing_panics(body in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
            let _ = read_answer(&body);
            let _ = ReadStream::default().event(Some("response.output_item.done"), &text, &mut Vec::new());
        }
    }
}
