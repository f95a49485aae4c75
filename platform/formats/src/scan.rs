//! What the gateway reads of an answer that it relays (GTW-13, GTW-32): what it took, why it ended, whether it is
//! whole. Events are found in the bytes, and only those that can say such a thing are parsed.

use std::sync::LazyLock;

use memchr::memmem::{Finder, find};
use serde::Deserialize;
use serde_json::Value;

use crate::sse::{Event, Events, never};
use crate::usage::{ChatUsage, GeminiUsage, MessagesCounts, MessagesUsage, ResponsesUsage};
use crate::{Finish, Format, Usage};

/// Names that are looked for in every chunk; to prepare for one costs more than to find it.
pub(crate) static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"usage\""));
static FINISH_REASON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"finish_reason\""));
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"error\""));

/// Looks over the shoulder of a relayed answer.
#[derive(Debug)]
pub struct UsageScanner {
    format: Format,
    events: Events,
    usage: Option<Usage>,
    cost: Option<f64>,
    messages: MessagesCounts,
    finish: Option<Finish>,
    error: Option<Value>,
    done: bool,
    content: bool,
    /// Gemini's reason for a call is the same as for its end.
    calls: bool,
}

impl UsageScanner {
    /// One for an answer in this format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            format,
            events: Events::default(),
            usage: None,
            cost: None,
            messages: MessagesCounts::default(),
            finish: None,
            error: None,
            done: false,
            content: false,
            calls: false,
        }
    }

    /// Looks at bytes of a stream, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut events = std::mem::take(&mut self.events);
        never(events.push(bytes, |event| {
            self.event(&event);
            Ok(())
        }));
        self.events = events;
    }

    /// The stream is over.
    pub fn end(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        never(events.end(|event| {
            self.event(&event);
            Ok(())
        }));
    }

    /// Looks at a whole answer that was not streamed. Tells whether an error stands in its place where that was seen in
    /// passing, so that nobody needs to read it once more; `None` for what is not of its format, or not told so.
    pub fn whole_body(&mut self, body: &[u8]) -> Option<bool> {
        self.content = true;
        let mut failed = None;
        match self.format {
            Format::OpenAiChat => failed = self.chat(body),
            Format::AnthropicMessages => self.message(body),
            Format::OpenAiResponses => {
                if let Ok(response) = serde_json::from_slice(body) {
                    self.response(response);
                }
            }
            Format::Gemini => self.gemini(body),
        }
        self.done = self.finish.is_some();
        failed
    }

    /// What the answer took, as far as the provider has said.
    #[must_use]
    pub const fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// What the provider says that the answer cost, where it does: OpenRouter's `usage.cost`, in dollars. Whether to
    /// believe it is the caller's to know; others may mean something else by the name.
    #[must_use]
    pub const fn told_cost(&self) -> Option<f64> {
        self.cost
    }

    /// Why the answer ended, once it has.
    #[must_use]
    pub const fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// The error object that came in place of the rest.
    #[must_use]
    pub const fn error(&self) -> Option<&Value> {
        self.error.as_ref()
    }

    /// Whether the end mark was seen: `[DONE]`, `message_stop`, `response.completed` and its like; Gemini has none but
    /// the finish reason.
    #[must_use]
    pub const fn done(&self) -> bool {
        self.done
    }

    /// Whether the answer is whole, should the stream end here: some servers close it after the finish reason without
    /// the end mark.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.finish.is_some() && self.error.is_none()
    }

    /// Whether anything the model made has come: text, thinking, a call.
    #[must_use]
    pub const fn first_content_seen(&self) -> bool {
        self.content
    }

    fn event(&mut self, event: &Event<'_>) {
        let data = event.data;
        match self.format {
            Format::OpenAiChat => {
                if data.trim_ascii() == b"[DONE]" {
                    self.done = true;
                } else if !self.content
                    || value_after(data, &USAGE) == Some(b'{')
                    || value_after(data, &FINISH_REASON) == Some(b'"')
                    || value_after(data, &ERROR).is_some_and(|first| first != b'n')
                {
                    self.chat(data);
                }
                if event.name == b"error" && self.error.is_none() {
                    // A server that names its events may have the error itself as the data.
                    self.fail(serde_json::from_slice(data).ok());
                }
            }
            Format::AnthropicMessages => {
                // Quotes inside a text are escaped, so that this can only be a value of the event's own.
                if find(data, b"\"content_block_").is_some() {
                    self.content = true;
                } else if ["message_start", "message_delta", "message_stop", "error"]
                    .iter()
                    .any(|kind| find(data, kind.as_bytes()).is_some())
                {
                    self.message_event(data);
                }
            }
            Format::OpenAiResponses => self.response_event(data),
            Format::Gemini => self.gemini(data),
        }
    }

    /// Tells whether it holds an error; `None` when it is no chunk.
    fn chat(&mut self, data: &[u8]) -> Option<bool> {
        #[derive(Deserialize)]
        struct Chunk {
            choices: Option<Vec<Choice>>,
            usage: Option<ChatUsage>,
            error: Option<Value>,
            x_groq: Option<Groq>,
        }
        #[derive(Deserialize)]
        struct Choice {
            #[serde(default)]
            index: u32,
            delta: Option<Value>,
            finish_reason: Option<String>,
            /// Moonshot's place for it.
            usage: Option<ChatUsage>,
        }
        #[derive(Deserialize)]
        struct Groq {
            usage: Option<ChatUsage>,
        }
        let chunk = serde_json::from_slice::<Chunk>(data).ok()?;
        let failed = chunk.error.is_some();
        self.fail(chunk.error);
        if let Some(usage) = chunk.usage.or(chunk.x_groq.and_then(|groq| groq.usage)) {
            self.cost = usage.cost.or(self.cost);
            self.usage = Some(Usage::from(&usage));
        }
        for choice in chunk.choices.into_iter().flatten() {
            if let Some(usage) = &choice.usage {
                self.usage = Some(Usage::from(usage));
            }
            self.content |= choice.delta.is_some_and(|delta| has_content(&delta));
            if choice.index == 0 {
                match choice.finish_reason.as_deref() {
                    None | Some("") => {}
                    Some("error") => {
                        self.error.get_or_insert_with(|| serde_json::json!({ "message": "ended with an error" }));
                    }
                    Some(reason) => self.finish = Some(chat_finish(reason)),
                }
            }
        }
        Some(failed)
    }

    fn message_event(&mut self, data: &[u8]) {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "type")]
            kind: String,
            message: Option<Message>,
            delta: Option<Ending>,
            usage: Option<MessagesUsage>,
            error: Option<Value>,
        }
        #[derive(Deserialize)]
        struct Message {
            usage: Option<MessagesUsage>,
        }
        let Ok(event) = serde_json::from_slice::<Wire>(data) else { return };
        match event.kind.as_str() {
            "message_start" => self.count(event.message.and_then(|message| message.usage)),
            "message_delta" => {
                self.count(event.usage);
                self.ended(event.delta.as_ref());
            }
            "message_stop" => self.done = true,
            "error" => self.fail(event.error),
            _ => {}
        }
    }

    fn message(&mut self, body: &[u8]) {
        #[derive(Deserialize)]
        struct Wire {
            usage: Option<MessagesUsage>,
            stop_reason: Option<String>,
            error: Option<Value>,
        }
        let Ok(message) = serde_json::from_slice::<Wire>(body) else { return };
        self.fail(message.error);
        self.count(message.usage);
        self.ended(Some(&Ending { stop_reason: message.stop_reason }));
    }

    fn count(&mut self, usage: Option<MessagesUsage>) {
        if let Some(usage) = usage {
            self.messages.update(&usage);
            self.usage = self.messages.usage();
        }
    }

    fn ended(&mut self, ending: Option<&Ending>) {
        if let Some(reason) = ending.and_then(|ending| ending.stop_reason.as_deref()) {
            self.finish = Some(messages_finish(reason));
        }
    }

    fn response_event(&mut self, data: &[u8]) {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "type")]
            kind: String,
            response: Option<Response>,
            error: Option<Value>,
            code: Option<Value>,
            message: Option<Value>,
        }
        if !self.content && find(data, b".delta\"").is_some() {
            self.content = true;
        }
        let ends = ["response.completed", "response.incomplete", "response.failed", "\"error\""];
        if !ends.iter().any(|kind| find(data, kind.as_bytes()).is_some()) {
            return;
        }
        let Ok(event) = serde_json::from_slice::<Wire>(data) else { return };
        match event.kind.as_str() {
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.done = true;
                if let Some(response) = event.response {
                    self.response(response);
                }
                if event.kind == "response.failed" {
                    self.error.get_or_insert_with(|| serde_json::json!({ "message": "the response failed" }));
                }
            }
            "error" => {
                // Documented as fields of the event itself, sent by some as an object.
                let flat = || serde_json::json!({ "code": event.code, "message": event.message });
                self.fail(Some(event.error.filter(|error| !error.is_null()).unwrap_or_else(flat)));
            }
            _ => {}
        }
    }

    fn response(&mut self, response: Response) {
        if let Some(usage) = &response.usage {
            self.usage = Some(Usage::from(usage));
        }
        self.fail(response.error);
        match response.status.as_deref() {
            Some("completed") => {
                let call = response.output.iter().flatten().any(|item| item.kind.as_deref() == Some("function_call"));
                self.finish = Some(if call { Finish::ToolCalls } else { Finish::Stop });
            }
            Some("incomplete") => {
                let reason = response.incomplete_details.and_then(|details| details.reason);
                let filtered = reason.as_deref() == Some("content_filter");
                self.finish = Some(if filtered { Finish::Refused } else { Finish::Length });
            }
            _ => {}
        }
    }

    fn gemini(&mut self, data: &[u8]) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            candidates: Option<Vec<Candidate>>,
            prompt_feedback: Option<Feedback>,
            usage_metadata: Option<GeminiUsage>,
            error: Option<Value>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Candidate {
            content: Option<Content>,
            finish_reason: Option<String>,
        }
        #[derive(Deserialize)]
        struct Content {
            parts: Option<Vec<Part>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Part {
            function_call: Option<serde::de::IgnoredAny>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Feedback {
            block_reason: Option<String>,
        }
        let Ok(chunk) = serde_json::from_slice::<Wire>(data) else { return };
        self.fail(chunk.error);
        if let Some(usage) = &chunk.usage_metadata {
            self.usage = Some(Usage::from(usage));
        }
        for candidate in chunk.candidates.into_iter().flatten().take(1) {
            let parts = candidate.content.and_then(|content| content.parts).unwrap_or_default();
            self.content |= !parts.is_empty();
            self.calls |= parts.iter().any(|part| part.function_call.is_some());
            match candidate.finish_reason.as_deref() {
                None | Some("" | "FINISH_REASON_UNSPECIFIED") => {}
                Some("STOP") if self.calls => self.finish = Some(Finish::ToolCalls),
                Some("STOP") => self.finish = Some(Finish::Stop),
                Some("MAX_TOKENS") => self.finish = Some(Finish::Length),
                Some(_) => self.finish = Some(Finish::Refused),
            }
        }
        if chunk.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
            self.finish = Some(Finish::Refused);
        }
        self.done |= self.finish.is_some();
    }

    fn fail(&mut self, error: Option<Value>) {
        if let Some(error) = error.filter(|error| !error.is_null()) {
            self.error.get_or_insert(error);
        }
    }
}

#[derive(Deserialize)]
struct Ending {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    status: Option<String>,
    output: Option<Vec<Item>>,
    usage: Option<ResponsesUsage>,
    error: Option<Value>,
    incomplete_details: Option<Incomplete>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

/// What a whole answer took.
#[must_use]
pub fn usage_of(format: Format, body: &[u8]) -> Option<Usage> {
    let mut scanner = UsageScanner::new(format);
    scanner.whole_body(body);
    scanner.usage()
}

/// OpenAI's finish reasons, and those of its imitators.
pub(crate) fn chat_finish(reason: &str) -> Finish {
    match reason {
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        "content_filter" | "refusal" => Finish::Refused,
        _ => Finish::Stop,
    }
}

/// Anthropic's stop reasons.
pub(crate) fn messages_finish(reason: &str) -> Finish {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::Refused,
        _ => Finish::Stop,
    }
}

/// Whether a delta has more in it than a role.
fn has_content(delta: &Value) -> bool {
    delta.as_object().is_some_and(|fields| {
        fields.iter().filter(|(name, _)| *name != "role").any(|(_, value)| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        })
    })
}

/// The first byte of the first value of `name` that is not null; `n` if all are. `name` comes with its quotes: inside
/// a string they would be escaped.
pub(crate) fn value_after(data: &[u8], name: &Finder<'_>) -> Option<u8> {
    let mut rest = data;
    let mut found = None;
    while let Some(at) = name.find(rest) {
        rest = rest.get(at + name.needle().len()..).unwrap_or_default();
        if let Some(value) = rest.trim_ascii_start().strip_prefix(b":") {
            found = value.trim_ascii_start().first().copied();
            if found.is_some_and(|byte| byte != b'n') {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(format: Format, stream: &[u8], step: usize) -> UsageScanner {
        let mut scanner = UsageScanner::new(format);
        for portion in stream.chunks(step) {
            scanner.push(portion);
        }
        scanner.end();
        scanner
    }

    fn sse(lines: &[&str]) -> String {
        lines.iter().map(|line| format!("data: {line}\n\n")).collect()
    }

    const CHAT: [&str; 5] = [
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"\"usage\":{\"prompt_tokens\":99}"}}],"usage":null}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
        r#"{"choices":[],"usage" : {"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4}}}"#,
        "[DONE]",
    ];
    const USED: Usage = Usage { input: 10, output: 5, cached_input: 4, cache_write: 0, reasoning: 0 };

    #[test]
    fn a_chat_stream_is_read_wherever_it_is_cut() {
        let stream = sse(&CHAT);
        for step in [1, 2, 3, 7, 64, stream.len()] {
            let scanner = scan(Format::OpenAiChat, stream.as_bytes(), step);
            assert_eq!((scanner.usage(), scanner.finish()), (Some(USED), Some(Finish::Stop)), "{step}");
            assert!(scanner.done() && scanner.is_whole() && scanner.first_content_seen());
        }
        let begun = scan(Format::OpenAiChat, sse(&CHAT[..1]).as_bytes(), 9);
        assert!(!begun.first_content_seen(), "a role is no content");
        let cut = scan(Format::OpenAiChat, sse(&CHAT[..2]).as_bytes(), 9);
        assert!(cut.first_content_seen() && !cut.is_whole() && !cut.done());
        assert_eq!(cut.usage(), None);
        let unmarked = scan(Format::OpenAiChat, sse(&CHAT[..3]).as_bytes(), 9);
        assert!(unmarked.is_whole() && !unmarked.done());
    }

    #[test]
    fn usage_in_odd_places_is_found() {
        let groq = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}"#;
        let moonshot = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":2}}]}"#;
        for line in [groq, moonshot] {
            let usage = scan(Format::OpenAiChat, sse(&[line]).as_bytes(), 50).usage();
            assert_eq!(usage, Some(Usage { input: 1, output: 2, ..Usage::default() }), "{line}");
        }
    }

    #[test]
    fn errors_in_a_stream_are_kept() {
        let cases = [
            (Format::OpenAiChat, r#"data: {"error":{"message":"no","code":429}}"#),
            (Format::OpenAiChat, "event: error\ndata: {\"message\":\"no\",\"code\":429}"),
            (Format::AnthropicMessages, r#"data: {"type":"error","error":{"message":"no","type":"overloaded_error"}}"#),
            (Format::OpenAiResponses, r#"data: {"type":"error","message":"no","code":"x"}"#),
            (
                Format::OpenAiResponses,
                r#"data: {"type":"response.failed","response":{"status":"failed","error":{"message":"no"}}}"#,
            ),
            (Format::Gemini, r#"data: {"error":{"message":"no","code":503}}"#),
        ];
        for (format, line) in cases {
            let scanner = scan(format, format!("{line}\n\n").as_bytes(), 5);
            assert_eq!(scanner.error().and_then(|error| error.get("message")), Some(&Value::from("no")), "{line}");
            assert!(!scanner.is_whole());
        }
        let ended = r#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#;
        assert!(scan(Format::OpenAiChat, sse(&[ended]).as_bytes(), 50).error().is_some());
    }

    #[test]
    fn a_stream_of_messages_adds_up_its_usage() {
        let lines = [
            r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":10,"cache_read_input_tokens":30,"cache_creation_input_tokens":5,"output_tokens":1}}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"message_delta error"}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}}"#,
            r#"{"type":"message_stop"}"#,
        ];
        let scanner = scan(Format::AnthropicMessages, sse(&lines).as_bytes(), 11);
        let usage = Usage { input: 45, output: 7, cached_input: 30, cache_write: 5, reasoning: 0 };
        assert_eq!((scanner.usage(), scanner.finish()), (Some(usage), Some(Finish::ToolCalls)));
        assert!(scanner.done() && scanner.first_content_seen());
        let cut = scan(Format::AnthropicMessages, sse(&lines[..2]).as_bytes(), 11);
        assert_eq!(cut.usage(), Some(Usage { output: 1, ..usage }), "what a cut stream took is known");
        assert!(!cut.is_whole());
    }

    #[test]
    fn a_stream_of_a_response_and_of_gemini_are_read() {
        let lines = [
            r#"{"type":"response.created","response":{"status":"in_progress","usage":null,"error":null}}"#,
            r#"{"type":"response.output_text.delta","delta":"Hi"}"#,
            r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message"}],"usage":{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cached_tokens":4}}}}"#,
        ];
        let scanner = scan(Format::OpenAiResponses, sse(&lines).as_bytes(), 13);
        assert_eq!((scanner.usage(), scanner.finish(), scanner.done()), (Some(USED), Some(Finish::Stop), true));
        assert!(scanner.first_content_seen() && scanner.is_whole());

        let lines = [
            r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}],"usageMetadata":{"promptTokenCount":10}}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"cachedContentTokenCount":4}}"#,
        ];
        let scanner = scan(Format::Gemini, sse(&lines).as_bytes(), 13);
        assert_eq!((scanner.usage(), scanner.finish()), (Some(USED), Some(Finish::ToolCalls)));
        let blocked = r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#;
        assert_eq!(scan(Format::Gemini, sse(&[blocked]).as_bytes(), 13).finish(), Some(Finish::Refused));
    }

    #[test]
    fn whole_bodies_are_read() {
        let chat = br#"{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}}"#;
        assert_eq!(usage_of(Format::OpenAiChat, chat), Some(USED));
        let message = br#"{"content":[],"stop_reason":"end_turn","usage":{"input_tokens":6,"cache_read_input_tokens":4,"output_tokens":5}}"#;
        assert_eq!(usage_of(Format::AnthropicMessages, message), Some(USED));
        let response = br#"{"status":"completed","usage":{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cached_tokens":4}}}"#;
        assert_eq!(usage_of(Format::OpenAiResponses, response), Some(USED));
        let embedding = br#"{"object":"list","data":[],"usage":{"prompt_tokens":10,"total_tokens":10}}"#;
        assert_eq!(usage_of(Format::OpenAiChat, embedding).map(|usage| usage.input), Some(10));
        assert_eq!(usage_of(Format::OpenAiChat, b"<html>"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), tail in ".{0,80}") {
            for format in [Format::OpenAiChat, Format::OpenAiResponses, Format::AnthropicMessages, Format::Gemini] {
                scan(format, &bytes, 7);
                scan(format, format!("data: {tail}\n\n").as_bytes(), 7);
            }
        }
    }
}
