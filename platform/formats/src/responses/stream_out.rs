use serde::Serialize;
use serde_json::{Map, Value, json};

use super::echo::echo;
use super::secret;
use crate::error::openai;
use crate::{Asked, Finish, Meta, Said, Usage};

/// Writes one answer as the events of a streamed response.
#[derive(Debug)]
pub struct WriteStream {
    meta: Meta,
    sequence: u64,
    created: bool,
    /// The items so far, each as it will be when done.
    items: Vec<Value>,
    open: Open,
    /// The calls that are under way. They are closed with the answer, since their arguments may come mixed.
    calls: Vec<OpenCall>,
    refused: bool,
    /// The response as it ended.
    ended: Option<Value>,
}

/// The item whose text comes now.
#[derive(Debug)]
enum Open {
    Nothing,
    /// A message; its parts so far, the last one open.
    Message {
        item: usize,
        parts: Vec<Words>,
    },
    Reasoning {
        item: usize,
        summary: String,
    },
}

#[derive(Debug)]
struct Words {
    refusal: bool,
    text: String,
}

#[derive(Debug)]
struct OpenCall {
    /// Which call of the answer.
    index: usize,
    item: usize,
    id: String,
    name: String,
    arguments: String,
}

/// An event about a piece of an item. The API puts a sequence number into every event.
#[derive(Serialize)]
struct Piece<'a> {
    r#type: &'a str,
    sequence_number: u64,
    item_id: &'a str,
    output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary_index: Option<usize>,
    delta: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<[(); 0]>,
}

impl WriteStream {
    /// A stream with nothing written yet. The fields of a request that the response repeats must be there, so where
    /// nobody has read them they say what is usual.
    #[must_use]
    pub fn new(mut meta: Meta) -> Self {
        if meta.repeated.is_empty() {
            meta.repeated = echo(&Asked::default());
        }
        Self {
            meta,
            sequence: 0,
            created: false,
            items: Vec::new(),
            open: Open::Nothing,
            calls: Vec::new(),
            refused: false,
            ended: None,
        }
    }

    /// Writes the events that a piece of the answer makes. Nothing is written after its end.
    pub fn piece(&mut self, said: &Said, out: &mut Vec<u8>) {
        if self.ended.is_some() {
            return;
        }
        self.create(out);
        match said {
            Said::Begun { .. } => {}
            Said::Text(text) => self.words(text, false, out),
            Said::Refusal(text) => {
                self.refused = true;
                self.words(text, true, out);
            }
            Said::Thinking(text) => self.thinking(text, out),
            Said::Signature(signature) => self.reasoning_secret(secret::of_signature(signature), out),
            Said::SealedThinking(sealed) => {
                self.close_open(None, out);
                self.reasoning_secret(secret::of_sealed(sealed), out);
            }
            Said::ToolCall { index, id, name } => self.call(*index, id, name, out),
            Said::Arguments { index, piece } => self.arguments(*index, piece, out),
            Said::Done { finish, usage } => self.done(*finish, *usage, out),
        }
    }

    /// Ends the stream with a failure: the event `error`, at which the SDKs raise, and `response.failed`. Nothing is
    /// written after the end of the answer.
    pub fn fail(&mut self, status: u16, code: &str, message: &str, out: &mut Vec<u8>) {
        if self.ended.is_some() {
            return;
        }
        self.create(out);
        let error = openai(status, code, message)["error"].take();
        self.event("error", &[("error", error)], out);
        let mut response = self.response("failed");
        response["error"] = json!({ "code": code, "message": message });
        self.event("response.failed", &[("response", response.clone())], out);
        self.ended = Some(response);
    }

    fn create(&mut self, out: &mut Vec<u8>) {
        if !self.created {
            self.created = true;
            let response = self.response("in_progress");
            self.event("response.created", &[("response", response.clone())], out);
            self.event("response.in_progress", &[("response", response)], out);
        }
    }

    fn words(&mut self, text: &str, refusal: bool, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.open, Open::Message { .. }) {
            self.close_open(None, out);
            let item = self.add(|id| json!({ "id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": [] }), "msg", out);
            self.open = Open::Message { item, parts: Vec::new() };
        }
        let Open::Message { item, parts } = &mut self.open else { return };
        let item = *item;
        let begins = parts.last().is_none_or(|part| part.refusal != refusal);
        if begins {
            let before = parts.len().checked_sub(1);
            parts.push(Words { refusal, text: String::new() });
            let at = parts.len() - 1;
            if let Some(before) = before {
                self.close_part(before, out);
            }
            self.about(
                item,
                "response.content_part.added",
                &[("content_index", json!(at)), ("part", part_of(refusal, ""))],
                out,
            );
        }
        let Open::Message { parts, .. } = &mut self.open else { return };
        let at = parts.len() - 1;
        parts[at].text.push_str(text);
        let kind = if refusal { "response.refusal.delta" } else { "response.output_text.delta" };
        self.delta(kind, item, Some(at), None, text, out);
    }

    fn thinking(&mut self, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.open, Open::Reasoning { .. }) {
            self.close_open(None, out);
            let item = self.add(|id| json!({ "id": id, "type": "reasoning", "summary": [] }), "rs", out);
            self.open = Open::Reasoning { item, summary: String::new() };
            let part = json!({ "type": "summary_text", "text": "" });
            self.about(
                item,
                "response.reasoning_summary_part.added",
                &[("summary_index", json!(0)), ("part", part)],
                out,
            );
        }
        let Open::Reasoning { item, summary } = &mut self.open else { return };
        summary.push_str(text);
        let item = *item;
        self.delta("response.reasoning_summary_text.delta", item, None, Some(0), text, out);
    }

    /// Closes the reasoning under way with its secret, or writes an item that has nothing else.
    fn reasoning_secret(&mut self, secret: String, out: &mut Vec<u8>) {
        if !matches!(self.open, Open::Reasoning { .. }) {
            self.close_open(None, out);
            let item = self.add(|id| json!({ "id": id, "type": "reasoning", "summary": [] }), "rs", out);
            self.open = Open::Reasoning { item, summary: String::new() };
        }
        self.close_open(Some(secret), out);
    }

    fn call(&mut self, index: usize, id: &str, name: &str, out: &mut Vec<u8>) {
        self.close_open(None, out);
        let begun = |item_id: &str| json!({ "id": item_id, "type": "function_call", "status": "in_progress", "arguments": "", "call_id": id, "name": name });
        let item = self.add(begun, "fc", out);
        self.calls.push(OpenCall { index, item, id: id.to_owned(), name: name.to_owned(), arguments: String::new() });
    }

    fn arguments(&mut self, index: usize, piece: &str, out: &mut Vec<u8>) {
        let Some(call) = self.calls.iter_mut().find(|call| call.index == index) else { return };
        if !piece.is_empty() {
            call.arguments.push_str(piece);
            let item = call.item;
            self.delta("response.function_call_arguments.delta", item, None, None, piece, out);
        }
    }

    fn done(&mut self, finish: Finish, usage: Option<Usage>, out: &mut Vec<u8>) {
        self.close_open(None, out);
        for call in std::mem::take(&mut self.calls) {
            let arguments = json!(call.arguments);
            self.about(call.item, "response.function_call_arguments.done", &[("arguments", arguments)], out);
            let id = self.id_of(call.item).to_owned();
            let item = json!({
                "id": id, "type": "function_call", "status": "completed", "arguments": call.arguments,
                "call_id": call.id, "name": call.name,
            });
            self.item_done(call.item, item, out);
        }
        let incomplete = match finish {
            Finish::Length => Some("max_output_tokens"),
            // A refusal in words is an answer; one without is a filter's.
            Finish::Refused if !self.refused => Some("content_filter"),
            _ => None,
        };
        let mut response = self.response(if incomplete.is_some() { "incomplete" } else { "completed" });
        if let Some(reason) = incomplete {
            response["incomplete_details"] = json!({ "reason": reason });
        }
        response["usage"] = written(usage.unwrap_or_default());
        let kind = if incomplete.is_some() { "response.incomplete" } else { "response.completed" };
        self.event(kind, &[("response", response.clone())], out);
        self.ended = Some(response);
    }

    /// Closes the message or the reasoning under way.
    fn close_open(&mut self, secret: Option<String>, out: &mut Vec<u8>) {
        if let Open::Message { parts, .. } = &self.open
            && let Some(last) = parts.len().checked_sub(1)
        {
            self.close_part(last, out);
        }
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Message { item, parts } => {
                let id = self.id_of(item).to_owned();
                let content: Vec<Value> = parts.iter().map(|part| part_of(part.refusal, &part.text)).collect();
                let done = json!({ "id": id, "type": "message", "status": "completed", "role": "assistant", "content": content });
                self.item_done(item, done, out);
            }
            Open::Reasoning { item, summary } => {
                let part = json!({ "type": "summary_text", "text": summary });
                let id = self.id_of(item).to_owned();
                let mut done = json!({ "id": id, "type": "reasoning", "summary": [] });
                if !summary.is_empty() {
                    let at = ("summary_index", json!(0));
                    let text = ("text", json!(summary));
                    self.about(item, "response.reasoning_summary_text.done", &[at.clone(), text], out);
                    self.about(item, "response.reasoning_summary_part.done", &[at, ("part", part.clone())], out);
                    done["summary"] = json!([part]);
                }
                if let Some(secret) = secret {
                    done["encrypted_content"] = Value::String(secret);
                }
                self.item_done(item, done, out);
            }
        }
    }

    /// Closes a part of the message under way.
    fn close_part(&mut self, at: usize, out: &mut Vec<u8>) {
        let Open::Message { item, parts } = &self.open else { return };
        let Some(Words { refusal, text }) = parts.get(at) else { return };
        let (item, part, index) = (*item, part_of(*refusal, text), ("content_index", json!(at)));
        let words = json!(text);
        if *refusal {
            self.about(item, "response.refusal.done", &[index.clone(), ("refusal", words)], out);
        } else {
            let fields = [index.clone(), ("text", words), ("logprobs", json!([]))];
            self.about(item, "response.output_text.done", &fields, out);
        }
        self.about(item, "response.content_part.done", &[index, ("part", part)], out);
    }

    /// Adds an item, and gives its place.
    fn add(&mut self, item: impl FnOnce(&str) -> Value, prefix: &str, out: &mut Vec<u8>) -> usize {
        let place = self.items.len();
        let item = item(&format!("{prefix}_{}_{place}", self.meta.id));
        self.event("response.output_item.added", &[("output_index", json!(place)), ("item", item.clone())], out);
        self.items.push(item);
        place
    }

    fn item_done(&mut self, place: usize, item: Value, out: &mut Vec<u8>) {
        self.event("response.output_item.done", &[("output_index", json!(place)), ("item", item.clone())], out);
        if let Some(kept) = self.items.get_mut(place) {
            *kept = item;
        }
    }

    fn id_of(&self, place: usize) -> &str {
        self.items.get(place).and_then(|item| item.get("id")?.as_str()).unwrap_or_default()
    }

    /// The response as it stands.
    fn response(&self, status: &str) -> Value {
        let mut response = Map::new();
        let mut put = |name: &str, value: Value| response.insert(name.to_owned(), value);
        put("id", json!(format!("resp_{}", self.meta.id)));
        put("object", json!("response"));
        put("created_at", json!(self.meta.created));
        put("status", json!(status));
        put("background", json!(false));
        put("error", Value::Null);
        put("incomplete_details", Value::Null);
        put("model", json!(self.meta.model));
        put("output", if status == "in_progress" { json!([]) } else { Value::Array(self.items.clone()) });
        put("usage", Value::Null);
        response.extend(self.meta.repeated.clone());
        Value::Object(response)
    }

    fn delta(
        &mut self,
        kind: &str,
        item: usize,
        content_index: Option<usize>,
        summary_index: Option<usize>,
        delta: &str,
        out: &mut Vec<u8>,
    ) {
        let sequence_number = self.next();
        let logprobs = (kind == "response.output_text.delta").then_some([]);
        let item_id = self.id_of(item);
        let output_index = item;
        let event = Piece {
            r#type: kind,
            sequence_number,
            item_id,
            output_index,
            content_index,
            summary_index,
            delta,
            logprobs,
        };
        frame(kind, &event, out);
    }

    /// An event about an item.
    fn about(&mut self, item: usize, kind: &str, fields: &[(&str, Value)], out: &mut Vec<u8>) {
        let mut all = vec![("item_id", json!(self.id_of(item))), ("output_index", json!(item))];
        all.extend_from_slice(fields);
        self.event(kind, &all, out);
    }

    fn event(&mut self, kind: &str, fields: &[(&str, Value)], out: &mut Vec<u8>) {
        let mut event = Map::new();
        event.insert("type".to_owned(), json!(kind));
        event.insert("sequence_number".to_owned(), json!(self.next()));
        event.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        frame(kind, &event, out);
    }

    const fn next(&mut self) -> u64 {
        let number = self.sequence;
        self.sequence += 1;
        number
    }
}

/// The body of a whole response.
#[must_use]
pub fn write_answer(said: &[Said], meta: &Meta) -> Value {
    let mut stream = WriteStream::new(meta.clone());
    let mut unsent = Vec::new();
    for piece in said {
        stream.piece(piece, &mut unsent);
        unsent.clear();
    }
    stream.ended.take().unwrap_or_else(|| stream.response("incomplete"))
}

fn part_of(refusal: bool, text: &str) -> Value {
    if refusal {
        json!({ "type": "refusal", "refusal": text })
    } else {
        json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
    }
}

/// Usage. What a provider did not count is written as nothing: the SDKs' types have no place for what is unknown, and
/// lose the end of the stream when it is missing.
fn written(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": { "cached_tokens": usage.cached_input },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.input.saturating_add(usage.output),
    })
}

fn frame(kind: &str, event: &impl Serialize, out: &mut Vec<u8>) {
    let before = out.len();
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    if serde_json::to_writer(&mut *out, event).is_err() {
        // Values of ours always serialize; half an event would be worse than none.
        out.truncate(before);
        return;
    }
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{ReadStream, read_answer};
    use super::*;

    fn meta() -> Meta {
        Meta {
            id: "a1".to_owned(),
            created: 1_787_659_560,
            model: "board/default".to_owned(),
            stream_usage: true,
            ..Meta::default()
        }
    }

    fn stream(said: &[Said]) -> String {
        let (mut stream, mut out) = (WriteStream::new(meta()), Vec::new());
        said.iter().for_each(|piece| stream.piece(piece, &mut out));
        String::from_utf8(out).unwrap()
    }

    /// The data of the events, each checked against its name and number.
    fn events(sse: &str) -> Vec<Value> {
        let frames = sse.split_terminator("\n\n").enumerate().map(|(number, frame)| {
            let (name, data) = frame.split_once('\n').unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(data["type"].as_str(), name.strip_prefix("event: "));
            assert_eq!(data["sequence_number"], number);
            data
        });
        frames.collect()
    }

    fn kinds(events: &[Value]) -> Vec<&str> {
        events.iter().map(|event| event["type"].as_str().unwrap()).collect()
    }

    fn answer() -> Vec<Said> {
        let usage = Usage { input: 10, output: 7, cached_input: 4, cache_write: 0, reasoning: 2 };
        vec![
            Said::Begun { id: Some("x".to_owned()), model: Some("claude".to_owned()) },
            Said::Thinking("h".to_owned()),
            Said::Thinking("m".to_owned()),
            Said::Signature("EqoB".to_owned()),
            Said::Text("Hel".to_owned()),
            Said::Text("lo".to_owned()),
            Said::ToolCall { index: 0, id: "c0".to_owned(), name: "f".to_owned() },
            Said::Arguments { index: 0, piece: "{\"a\"".to_owned() },
            Said::ToolCall { index: 1, id: "c1".to_owned(), name: "g".to_owned() },
            Said::Arguments { index: 0, piece: ":1}".to_owned() },
            Said::Done { finish: Finish::ToolCalls, usage: Some(usage) },
        ]
    }

    #[test]
    fn the_events_come_in_the_order_of_the_api() {
        let all = events(&stream(&answer()));
        let expected = [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ];
        assert_eq!(kinds(&all), expected);
        let delta = json!({ "type": "response.output_text.delta", "sequence_number": 11, "item_id": "msg_a1_1",
            "output_index": 1, "content_index": 0, "delta": "Hel", "logprobs": [] });
        assert_eq!(all[11], delta);
        let response = &all[24]["response"];
        let output = json!([
            { "id": "rs_a1_0", "type": "reasoning", "summary": [{ "type": "summary_text", "text": "hm" }], "encrypted_content": "sig:anthropic#EqoB" },
            { "id": "msg_a1_1", "type": "message", "status": "completed", "role": "assistant",
              "content": [{ "type": "output_text", "text": "Hello", "annotations": [], "logprobs": [] }] },
            { "id": "fc_a1_2", "type": "function_call", "status": "completed", "arguments": "{\"a\":1}", "call_id": "c0", "name": "f" },
            { "id": "fc_a1_3", "type": "function_call", "status": "completed", "arguments": "", "call_id": "c1", "name": "g" },
        ]);
        assert_eq!(response["output"], output);
        let usage = json!({ "input_tokens": 10, "input_tokens_details": { "cached_tokens": 4 }, "output_tokens": 7,
            "output_tokens_details": { "reasoning_tokens": 2 }, "total_tokens": 17 });
        assert_eq!(response["usage"], usage);
        assert_eq!((&response["id"], &response["model"]), (&json!("resp_a1"), &json!("board/default")));
        assert_eq!(*response, write_answer(&answer(), &meta()));
    }

    #[test]
    fn refusals_limits_and_filters_end_as_they_should() {
        let ended = |said: Option<Said>, finish: Finish| {
            let mut all: Vec<Said> = said.into_iter().collect();
            all.push(Said::Done { finish, usage: None });
            events(&stream(&all)).pop().unwrap()
        };
        let refusal = ended(Some(Said::Refusal("No.".to_owned())), Finish::Refused);
        assert_eq!(refusal["type"], "response.completed");
        assert_eq!(refusal["response"]["output"][0]["content"], json!([{ "type": "refusal", "refusal": "No." }]));
        let filtered = ended(None, Finish::Refused);
        assert_eq!(filtered["response"]["incomplete_details"], json!({ "reason": "content_filter" }));
        let cut = ended(Some(Said::Text("a".to_owned())), Finish::Length);
        assert_eq!((&cut["type"], &cut["response"]["status"]), (&json!("response.incomplete"), &json!("incomplete")));
        assert_eq!(cut["response"]["incomplete_details"]["reason"], "max_output_tokens");
        assert_eq!(cut["response"]["usage"]["total_tokens"], 0);
    }

    #[test]
    fn a_text_and_a_refusal_are_two_parts_of_one_message() {
        let said = [
            Said::Text("a".to_owned()),
            Said::Refusal("b".to_owned()),
            Said::Done { finish: Finish::Refused, usage: None },
        ];
        let all = events(&stream(&said));
        let ending = [
            "response.content_part.added",
            "response.refusal.delta",
            "response.refusal.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ];
        assert_eq!(kinds(&all)[kinds(&all).len() - 6..], ending);
        assert_eq!(all[all.len() - 5]["content_index"], 1);
    }

    #[test]
    fn a_failure_is_an_error_and_nothing_comes_after_it() {
        let (mut stream, mut out) = (WriteStream::new(meta()), Vec::new());
        stream.piece(&Said::Text("Hel".to_owned()), &mut out);
        stream.fail(502, "UPSTREAM_FAILED", "the provider is gone", &mut out);
        let length = out.len();
        stream.piece(&Said::Done { finish: Finish::Stop, usage: None }, &mut out);
        stream.fail(500, "x", "y", &mut out);
        assert_eq!(out.len(), length);
        let all = events(std::str::from_utf8(&out).unwrap());
        let [.., error, failed] = all.as_slice() else { panic!() };
        assert_eq!(error["error"]["message"], "the provider is gone");
        assert_eq!(failed["type"], "response.failed");
        assert_eq!(
            failed["response"]["error"],
            json!({ "code": "UPSTREAM_FAILED", "message": "the provider is gone" })
        );
    }

    #[test]
    fn the_request_is_repeated() {
        let asked = Asked { temperature: Some(0.5), parallel_tools: Some(false), ..Asked::default() };
        let response = write_answer(&answer(), &Meta { repeated: echo(&asked), ..meta() });
        assert_eq!((&response["temperature"], &response["parallel_tool_calls"]), (&json!(0.5), &json!(false)));
    }

    fn pieces() -> impl Strategy<Value = Vec<Said>> {
        let word = || "[a-zé\"\\\\ \n]{1,6}";
        let piece = prop_oneof![
            4 => word().prop_map(Said::Text),
            2 => word().prop_map(Said::Thinking),
            1 => word().prop_map(Said::Refusal),
            1 => "[a-z]{1,4}".prop_map(Said::Signature),
            1 => "[a-z]{1,4}".prop_map(Said::SealedThinking),
            1 => "[a-z]{1,4}".prop_map(|name| Said::ToolCall { index: 0, id: String::new(), name }),
            2 => word().prop_map(|piece| Said::Arguments { index: 0, piece }),
        ];
        prop::collection::vec(piece, 0..20).prop_map(|mut pieces| {
            let mut calls = 0;
            pieces.retain_mut(|piece| match piece {
                Said::ToolCall { index, id, .. } => {
                    *index = calls;
                    *id = format!("c{calls}");
                    calls += 1;
                    true
                }
                Said::Arguments { index, .. } => {
                    *index = calls.saturating_sub(1);
                    calls > 0
                }
                _ => true,
            });
            let refused = pieces.iter().any(|piece| matches!(piece, Said::Refusal(_)));
            let finish = match (refused, calls) {
                (true, _) => Finish::Refused,
                (_, 0) => Finish::Stop,
                _ => Finish::ToolCalls,
            };
            pieces.push(Said::Done { finish, usage: Some(Usage { input: 3, output: 2, ..Usage::default() }) });
            pieces
        })
    }

    /// What is left when pieces of one kind are put together, and the secrets' marks and kinds are left aside: on this
    /// wire both kinds are one field.
    fn joined(said: &[Said]) -> Joined {
        let mut all = Joined::default();
        for piece in said {
            match piece {
                Said::Begun { .. } => {}
                Said::Text(piece) => all.text.push_str(piece),
                Said::Thinking(piece) => all.thought.push_str(piece),
                Said::Refusal(piece) => all.refused.push_str(piece),
                Said::Signature(secret) | Said::SealedThinking(secret) => {
                    all.secrets.push(secret.rsplit(['#', ':']).next().unwrap().to_owned());
                }
                Said::ToolCall { id, name, .. } => all.calls.push([id.clone(), name.clone(), String::new()]),
                Said::Arguments { index, piece } => all.calls[*index][2].push_str(piece),
                Said::Done { .. } => all.end = Some(piece.clone()),
            }
        }
        all
    }

    #[derive(Debug, Default, PartialEq)]
    struct Joined {
        text: String,
        thought: String,
        refused: String,
        secrets: Vec<String>,
        calls: Vec<[String; 3]>,
        end: Option<Said>,
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(said in pieces()) {
            let (mut reader, mut read) = (ReadStream::default(), Vec::new());
            for event in events(&stream(&said)) {
                reader.event(None, &event.to_string(), &mut read).unwrap();
            }
            prop_assert_eq!(joined(&read), joined(&said));
            let whole = read_answer(write_answer(&said, &meta()).to_string().as_bytes()).unwrap();
            prop_assert_eq!(joined(&whole), joined(&said));
        }
    }
}
