use serde::Deserialize;
use serde_json::Value;

use super::thinking;
use crate::garbled::reported;
use crate::scan::chat_finish;
use crate::usage::ChatUsage;
use crate::{Finish, Garbled, Said, Usage};

/// One chunk of a stream, or a whole completion: they differ in `delta` against `message`.
#[derive(Deserialize)]
struct Chunk {
    id: Option<String>,
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<ChatUsage>,
    error: Option<Value>,
    x_groq: Option<Groq>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    delta: Option<Delta>,
    message: Option<Delta>,
    finish_reason: Option<String>,
    usage: Option<ChatUsage>,
}

#[derive(Deserialize)]
struct Groq {
    usage: Option<ChatUsage>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<Value>,
    reasoning_content: Option<Value>,
    reasoning: Option<Value>,
    reasoning_details: Option<Vec<Value>>,
    refusal: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: Option<String>,
    arguments: Option<Value>,
}

/// Reads the events of one stream.
#[derive(Debug, Default)]
pub struct ReadStream {
    begun: bool,
    id: Option<String>,
    /// For each call its index and its id on the wire.
    calls: Vec<(Option<u64>, Option<String>)>,
    /// The field in which thinking came that is not marked yet, and its details.
    thinking: Option<&'static str>,
    details: Vec<Value>,
    refused: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
    done: bool,
}

impl ReadStream {
    /// Reads one event. What comes after the end is not read.
    ///
    /// # Errors
    /// When the data is not what the protocol says, or is an error of the provider's.
    pub fn event(&mut self, name: Option<&str>, data: &str, out: &mut Vec<Said>) -> Result<(), Garbled> {
        if self.done {
            return Ok(());
        }
        if data.trim() == "[DONE]" {
            // Without a finish reason somebody closed the stream over an answer that was not finished: a cut.
            self.end(out);
            return if self.done {
                Ok(())
            } else {
                Err(Garbled::wire("the stream was closed before its finish reason"))
            };
        }
        if !data.trim_start().starts_with('{') {
            return Err(Garbled::wire("an event is no JSON object"));
        }
        if name == Some("error") {
            let error: Value = serde_json::from_str(data)?;
            return Err(reported(error.get("error").unwrap_or(&error)));
        }
        self.chunk(serde_json::from_str(data)?, out)
    }

    /// The stream is over. Some servers end it after the finish reason without a mark; the answer is whole all the same.
    pub fn end(&mut self, out: &mut Vec<Said>) {
        if let Some(finish) = self.finish.filter(|_| !self.done) {
            self.mark(out);
            self.done = true;
            let finish = match finish {
                _ if self.refused => Finish::Refused,
                // Some say `stop` when they want a tool called.
                Finish::Stop if !self.calls.is_empty() => Finish::ToolCalls,
                other => other,
            };
            out.push(Said::Done { finish, usage: self.usage });
        }
    }

    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<Said>) -> Result<(), Garbled> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(reported(&error));
        }
        if !self.begun {
            self.begun = true;
            self.id.clone_from(&chunk.id);
            out.push(Said::Begun { id: chunk.id, model: chunk.model });
        }
        if let Some(usage) = chunk.usage.or(chunk.x_groq.and_then(|groq| groq.usage)) {
            self.usage = Some(Usage::from(&usage));
        }
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index == 0) {
            if let Some(usage) = &choice.usage {
                self.usage = Some(Usage::from(usage));
            }
            if let Some(delta) = choice.delta.or(choice.message) {
                self.delta(delta, out)?;
            }
            match choice.finish_reason.as_deref() {
                None | Some("") => {}
                Some("error") => {
                    return Err(Garbled::Reported {
                        status: None,
                        code: String::new(),
                        message: "the provider ended the answer with an error".to_owned(),
                    });
                }
                Some(reason) => self.finish = Some(chat_finish(reason)),
            }
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta, out: &mut Vec<Said>) -> Result<(), Garbled> {
        for (field, value) in thinking::FIELDS.into_iter().zip([&delta.reasoning_content, &delta.reasoning]) {
            if let Some(text) = value.as_ref().and_then(Value::as_str).filter(|text| !text.is_empty()) {
                self.thinking = Some(field);
                out.push(Said::Thinking(text.to_owned()));
                // Servers that send both names send the same text in both.
                break;
            }
        }
        self.details.extend(delta.reasoning_details.into_iter().flatten());
        match delta.content {
            Some(Value::String(text)) => self.text(text, out),
            Some(Value::Array(parts)) => parts.iter().for_each(|part| self.part(part, out)),
            _ => {}
        }
        if let Some(text) = delta.refusal.filter(|text| !text.is_empty()) {
            self.refused = true;
            self.mark(out);
            out.push(Said::Refusal(text));
        }
        for call in delta.tool_calls.into_iter().flatten() {
            self.mark(out);
            self.call(call, out)?;
        }
        Ok(())
    }

    fn text(&mut self, text: String, out: &mut Vec<Said>) {
        if !text.is_empty() {
            self.mark(out);
            out.push(Said::Text(text));
        }
    }

    /// One part of a content list, as Mistral's reasoning models send it.
    fn part(&mut self, part: &Value, out: &mut Vec<Said>) {
        let text = |value: &Value| value.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        match part.get("type").and_then(Value::as_str) {
            Some("text") => self.text(text(part), out),
            Some("thinking") => {
                let pieces = part.get("thinking").and_then(Value::as_array);
                let thought: String = pieces.into_iter().flatten().map(text).collect();
                if !thought.is_empty() {
                    out.push(Said::Thinking(thought));
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, call: Call, out: &mut Vec<Said>) -> Result<(), Garbled> {
        let id = call.id.filter(|id| !id.is_empty());
        let name = call.function.as_ref().and_then(|function| function.name.clone()).filter(|name| !name.is_empty());
        // By its index; servers that give none give the id, or mean the last one. One that gives every call the same
        // index still gives each its own id.
        let known = self.calls.iter().rposition(|(index, known)| match (call.index, &id) {
            (Some(_), None) => *index == call.index,
            (Some(_), Some(id)) => *index == call.index && known.as_ref().is_none_or(|known| known == id),
            (None, Some(id)) => known.as_ref() == Some(id),
            (None, None) => name.is_none(),
        });
        let index = match (known, name) {
            (Some(index), _) => index,
            (None, None) => return Err(Garbled::wire("a tool call has no name")),
            (None, Some(name)) => {
                let index = self.calls.len();
                self.calls.push((call.index, id.clone()));
                let made = || format!("call_{}_{index}", self.id.as_deref().unwrap_or_default());
                out.push(Said::ToolCall { index, id: id.unwrap_or_else(made), name });
                index
            }
        };
        let piece = match call.function.and_then(|function| function.arguments) {
            Some(Value::String(piece)) => piece,
            // Ollama's own habit: arguments as they are.
            Some(whole @ Value::Object(_)) => whole.to_string(),
            _ => String::new(),
        };
        if !piece.is_empty() {
            out.push(Said::Arguments { index, piece });
        }
        Ok(())
    }

    /// The thinking is over: marks it, so that it is given back to whom it came from, the way it came.
    fn mark(&mut self, out: &mut Vec<Said>) {
        let field = self.thinking.take();
        if field.is_some() || !self.details.is_empty() {
            let details = std::mem::take(&mut self.details);
            out.push(Said::Signature(thinking::mark(field.unwrap_or_default(), details)));
        }
    }
}

/// Reads a whole answer.
///
/// # Errors
/// When the body is not what the protocol says, has no end, or is an error of the provider's.
pub fn read_answer(body: &[u8]) -> Result<Vec<Said>, Garbled> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Garbled::wire("the answer is no JSON object"));
    }
    let (mut stream, mut out) = (ReadStream::default(), Vec::new());
    stream.chunk(serde_json::from_slice(body)?, &mut out)?;
    stream.end(&mut out);
    if stream.done { Ok(out) } else { Err(Garbled::wire("the completion has no finish reason")) }
}
