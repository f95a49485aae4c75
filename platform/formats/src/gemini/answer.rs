use serde::Deserialize;
use serde_json::Value;

use super::error;
use crate::origin::{self, GEMINI};
use crate::usage::GeminiUsage;
use crate::{Finish, Garbled, Said, Usage};

/// One event of a stream, or a whole answer: they do not differ.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<GeminiUsage>,
    model_version: Option<String>,
    response_id: Option<String>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    index: u32,
    content: Option<Content>,
    finish_reason: Option<String>,
    finish_message: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    parts: Option<Vec<WirePart>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePart {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<Call>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    id: Option<String>,
    name: Option<String>,
    args: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

/// Reads the events of one `streamGenerateContent?alt=sse`.
#[derive(Debug, Default)]
pub struct ReadStream {
    begun: bool,
    /// The provider's id of the answer, from which ids of calls are made.
    id: Option<String>,
    calls: usize,
    spoke: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
    done: bool,
}

impl ReadStream {
    /// Reads one event. Gemini's have no names. What comes after the end is not read.
    ///
    /// # Errors
    /// When the data is not what the API says, or is an error of the provider's.
    pub fn event(&mut self, _name: Option<&str>, data: &str, out: &mut Vec<Said>) -> Result<(), Garbled> {
        if self.done {
            return Ok(());
        }
        // A list would be read as the fields in their order.
        if !data.trim_start().starts_with('{') {
            return Err(Garbled::wire("an event is no JSON object"));
        }
        let chunk: Chunk = serde_json::from_str(data)?;
        self.chunk(chunk, out)
    }

    /// The stream is over. It has no mark of its end: the answer is whole if a finish reason came, and `Done` is said
    /// now if the usage was still missing then.
    pub fn end(&mut self, out: &mut Vec<Said>) {
        if let Some(finish) = self.finish {
            self.close(finish, out);
        }
    }

    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<Said>) -> Result<(), Garbled> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(reported(&error));
        }
        if !self.begun {
            self.begun = true;
            self.id.clone_from(&chunk.response_id);
            out.push(Said::Begun { id: chunk.response_id, model: chunk.model_version });
        }
        let counted = chunk.usage_metadata.filter(GeminiUsage::counts).as_ref().map(Usage::from);
        let counted_now = counted.is_some();
        self.usage = counted.or(self.usage);
        for candidate in chunk.candidates.into_iter().flatten().filter(|candidate| candidate.index == 0) {
            for part in candidate.content.and_then(|content| content.parts).into_iter().flatten() {
                self.part(part, out)?;
            }
            if let Some(reason) = candidate.finish_reason {
                self.finish = Some(self.finish(&reason, candidate.finish_message)?);
            }
        }
        if chunk.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
            self.finish = Some(Finish::Refused);
        }
        if let Some(finish) = self.finish.filter(|_| counted_now) {
            self.close(finish, out);
        }
        Ok(())
    }

    fn part(&mut self, part: WirePart, out: &mut Vec<Said>) -> Result<(), Garbled> {
        // It signs the part it stands on, which must come right after it when it is given back.
        if let Some(signature) = part.thought_signature.filter(|signature| !signature.is_empty()) {
            out.push(Said::Signature(origin::marked(GEMINI, &signature)));
        }
        if let Some(text) = part.text.filter(|text| !text.is_empty()) {
            self.spoke |= !part.thought;
            out.push(if part.thought { Said::Thinking(text) } else { Said::Text(text) });
        }
        let Some(call) = part.function_call else { return Ok(()) };
        let name = call.name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Garbled::wire("a function call has no name"))?;
        let index = self.calls;
        self.calls += 1;
        let piece = call.args.filter(|args| !args.is_null()).map_or_else(|| "{}".to_owned(), |args| args.to_string());
        let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(|| self.call_id(index, &name, &piece));
        out.push(Said::ToolCall { index, id, name });
        out.push(Said::Arguments { index, piece });
        Ok(())
    }

    /// An id for a call that came without one: the same whenever the same answer is read, another for another call.
    fn call_id(&self, index: usize, name: &str, arguments: &str) -> String {
        match &self.id {
            Some(id) => format!("call_{id}_{index}"),
            None => format!("call_{:016x}_{index}", fnv(&[name, arguments])),
        }
    }

    fn finish(&self, reason: &str, message: Option<String>) -> Result<Finish, Garbled> {
        match reason {
            "MAX_TOKENS" => Ok(Finish::Length),
            "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION"
            | "MODEL_ARMOR" => Ok(Finish::Refused),
            "MALFORMED_FUNCTION_CALL"
            | "MALFORMED_RESPONSE"
            | "UNEXPECTED_TOOL_CALL"
            | "TOO_MANY_TOOL_CALLS"
            | "MISSING_THOUGHT_SIGNATURE" => {
                let message = message.unwrap_or_else(|| "the model wrote an answer that could not be read".to_owned());
                Err(Garbled::wire(format!("{reason}: {message}")))
            }
            _ if self.calls > 0 => Ok(Finish::ToolCalls),
            "STOP" => Ok(Finish::Stop),
            // `OTHER` and what may come: nothing said is nothing granted.
            _ if !self.spoke => Ok(Finish::Refused),
            _ => Ok(Finish::Stop),
        }
    }

    fn close(&mut self, finish: Finish, out: &mut Vec<Said>) {
        if !self.done {
            self.done = true;
            out.push(Said::Done { finish, usage: self.usage });
        }
    }
}

/// Reads a whole answer, or the list of chunks that a stream without `alt=sse` is.
///
/// # Errors
/// When the body is not what the API says, has no end, or is an error of the provider's.
pub fn read_answer(body: &[u8]) -> Result<Vec<Said>, Garbled> {
    let is_list = body.trim_ascii_start().first() == Some(&b'[');
    let chunks: Vec<Chunk> = if is_list { serde_json::from_slice(body)? } else { vec![serde_json::from_slice(body)?] };
    let (mut stream, mut out) = (ReadStream::default(), Vec::new());
    for chunk in chunks {
        stream.chunk(chunk, &mut out)?;
    }
    stream.end(&mut out);
    if stream.done { Ok(out) } else { Err(Garbled::wire("the answer has no finish reason")) }
}

/// An error that came where an answer was expected.
fn reported(error: &Value) -> Garbled {
    error::of_value(error).map_or_else(
        || Garbled::Reported { status: None, code: String::new(), message: error.to_string() },
        |error| Garbled::Reported { status: Some(error.status), code: error.name, message: error.message },
    )
}

/// FNV-1a: a hash that stays the same in every build.
fn fnv(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(lines: &[&str]) -> Result<Vec<Said>, Garbled> {
        let (mut stream, mut out) = (ReadStream::default(), Vec::new());
        for line in lines {
            stream.event(None, line, &mut out)?;
        }
        stream.end(&mut out);
        Ok(out)
    }

    fn begun() -> Said {
        Said::Begun { id: Some("QHiL-a_1".to_owned()), model: Some("gemini-3-pro-preview".to_owned()) }
    }

    fn chunk(candidate: &Value, usage: &Value) -> String {
        let mut chunk = json!({ "modelVersion": "gemini-3-pro-preview", "responseId": "QHiL-a_1" });
        chunk["candidates"] = json!([candidate]);
        chunk["usageMetadata"] = usage.clone();
        chunk.to_string()
    }

    #[test]
    fn text_thoughts_and_the_signature_at_the_end_are_read() {
        let usage = |candidates: u64| {
            json!({ "promptTokenCount": 9, "candidatesTokenCount": candidates, "totalTokenCount": 311 + candidates,
                "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": 9 }], "thoughtsTokenCount": 302,
                "cachedContentTokenCount": 4, "serviceTier": "standard" })
        };
        let part = |part: Value| json!({ "content": { "parts": [part], "role": "model" }, "index": 0 });
        let mut last = part(json!({ "text": "", "thoughtSignature": "EpAI" }));
        last["finishReason"] = json!("STOP");
        let lines = [
            chunk(&part(json!({ "text": "Counting.", "thought": true })), &usage(0)),
            chunk(&part(json!({ "text": "Three" })), &usage(13)),
            chunk(&last, &usage(23)),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let expected = [
            begun(),
            Said::Thinking("Counting.".to_owned()),
            Said::Text("Three".to_owned()),
            Said::Signature("gemini#EpAI".to_owned()),
            Said::Done {
                finish: Finish::Stop,
                usage: Some(Usage { input: 9, output: 325, cached_input: 4, cache_write: 0, reasoning: 302 }),
            },
        ];
        assert_eq!(read(&lines).unwrap(), expected);
        let list = format!(" [{}]", lines.join(",\n"));
        assert_eq!(read_answer(list.as_bytes()).unwrap(), expected, "without alt=sse");
    }

    #[test]
    fn calls_get_the_same_ids_each_time_they_are_read() {
        let call = |call: Value| json!({ "functionCall": call });
        let mut first = call(json!({ "name": "weather", "args": { "in": "Bern" } }));
        first["thoughtSignature"] = json!("c2ln");
        let parts =
            json!([first, call(json!({ "name": "read_theme" })), call(json!({ "id": "x1", "name": "t", "args": {} }))]);
        let candidate = json!({ "content": { "parts": parts }, "finishReason": "STOP" });
        let usage = json!({ "promptTokenCount": 29, "candidatesTokenCount": 15, "totalTokenCount": 44 });
        let answer = read_answer(chunk(&candidate, &usage).as_bytes()).unwrap();
        let called =
            |index: usize, id: &str, name: &str| Said::ToolCall { index, id: id.to_owned(), name: name.to_owned() };
        let piece = |index: usize, piece: &str| Said::Arguments { index, piece: piece.to_owned() };
        let expected = [
            begun(),
            Said::Signature("gemini#c2ln".to_owned()),
            called(0, "call_QHiL-a_1_0", "weather"),
            piece(0, "{\"in\":\"Bern\"}"),
            called(1, "call_QHiL-a_1_1", "read_theme"),
            piece(1, "{}"),
            called(2, "x1", "t"),
            piece(2, "{}"),
            Said::Done { finish: Finish::ToolCalls, usage: Some(Usage { input: 29, output: 15, ..Usage::default() }) },
        ];
        assert_eq!(answer, expected);
        let nameless = json!({ "candidates": [{ "content": { "parts": parts }, "finishReason": "STOP" }] }).to_string();
        let ids = |body: &str| -> Vec<String> {
            let said = read_answer(body.as_bytes()).unwrap();
            said.into_iter()
                .filter_map(|said| if let Said::ToolCall { id, .. } = said { Some(id) } else { None })
                .collect()
        };
        assert_eq!(ids(&nameless), ids(&nameless));
        assert_ne!(ids(&nameless)[0], ids(&nameless.replace("Bern", "Rome"))[0]);
    }

    #[test]
    fn every_ending_is_told_apart() {
        let ended = |reason: &str, text: &str| {
            let candidate = json!({ "content": { "parts": [{ "text": text }] }, "finishReason": reason });
            match read(&[&chunk(&candidate, &json!({ "promptTokenCount": 1 }))])?.pop() {
                Some(Said::Done { finish, .. }) => Ok::<Finish, Garbled>(finish),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(ended("STOP", "a"), Ok(Finish::Stop));
        assert_eq!(ended("MAX_TOKENS", "a"), Ok(Finish::Length));
        for refused in ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"] {
            assert_eq!(ended(refused, "a"), Ok(Finish::Refused), "{refused}");
        }
        assert_eq!(ended("OTHER", "a"), Ok(Finish::Stop));
        assert_eq!(ended("OTHER", ""), Ok(Finish::Refused));
        assert!(ended("MALFORMED_FUNCTION_CALL", "a").is_err());
    }

    #[test]
    fn a_blocked_prompt_is_refused_and_counted() {
        let line = r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"gemini-3.7-flash","responseId":"EX"}"#;
        let usage = Some(Usage { input: 9, ..Usage::default() });
        assert_eq!(read(&[line]).unwrap()[1], Said::Done { finish: Finish::Refused, usage });
    }

    #[test]
    fn a_cut_stream_has_no_end_and_late_usage_is_waited_for() {
        let open = json!({ "content": { "parts": [{ "text": "a" }] } });
        let said = read(&[&chunk(&open, &json!({ "promptTokenCount": 1 }))]).unwrap();
        assert!(!said.iter().any(|said| matches!(said, Said::Done { .. })));
        let whole = chunk(&open, &json!({ "promptTokenCount": 1 }));
        assert!(matches!(read_answer(whole.as_bytes()), Err(Garbled::Wire(_))));
        let ended = chunk(&json!({ "finishReason": "STOP" }), &json!({ "trafficType": "ON_DEMAND" }));
        let late = r#"{"usageMetadata":{"promptTokenCount":3,"totalTokenCount":8}}"#;
        let usage = Some(Usage { input: 3, output: 5, ..Usage::default() });
        assert_eq!(read(&[&ended, late]).unwrap().pop(), Some(Said::Done { finish: Finish::Stop, usage }));
        assert_eq!(read(&[&ended]).unwrap().pop(), Some(Said::Done { finish: Finish::Stop, usage: None }));
    }

    #[test]
    fn an_error_in_the_stream_is_reported() {
        let line = r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#;
        let message = "The model is overloaded.".to_owned();
        let expected = Garbled::Reported { status: Some(503), code: "UNAVAILABLE".to_owned(), message };
        assert_eq!(read(&[line]), Err(expected));
        assert!(matches!(read(&["{\"candidates\":"]), Err(Garbled::Wire(_))));
    }

    proptest! {
        #[test]
        fn nothing_panics(body in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
            let _ = read_answer(&body);
            let _ = read(&[&text]);
        }
    }
}
