use serde::Deserialize;
use serde_json::Value;

use crate::refusal;
use crate::translate::{Fault, Translate, garbled};
use crate::{ChatEvent, Finish, ModelErrorKind, Usage};

/// One chunk of a stream, or a whole completion: they differ in `delta` against `message`.
#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<WireUsage>,
    error: Option<Value>,
    x_groq: Option<GroqPart>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<Value>,
    reasoning_content: Option<Value>,
    reasoning: Option<Value>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct GroqPart {
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's name for cached tokens.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    /// Where the provider bills what it writes to its cache.
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let input = wire.prompt_tokens.unwrap_or_default();
        let mut output = wire.completion_tokens.unwrap_or_default();
        let reasoning = wire.completion_tokens_details.and_then(|details| details.reasoning_tokens).unwrap_or_default();
        // Some providers count reasoning beside the completion instead of in it; the total gives them away.
        if reasoning > 0 && wire.total_tokens == Some(input + output + reasoning) {
            output += reasoning;
        }
        let details = wire.prompt_tokens_details;
        let cached = details.as_ref().and_then(|details| details.cached_tokens).or(wire.prompt_cache_hit_tokens);
        let written = details.and_then(|details| details.cache_write_tokens).unwrap_or_default();
        Self {
            input,
            output,
            cached_input: cached.unwrap_or_default().min(input),
            cache_write: written.min(input),
            reasoning,
        }
    }
}

/// Reads one completion.
#[derive(Default)]
pub(super) struct Completion {
    finish: Option<Finish>,
    refused: bool,
    usage: Usage,
}

impl Completion {
    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<ChatEvent>) -> Result<(), Fault> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(refusal::classify_streamed(&error));
        }
        if let Some(usage) = chunk.usage.or(chunk.x_groq.and_then(|part| part.usage)) {
            self.usage = usage.into();
        }
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index == 0) {
            if let Some(delta) = choice.delta {
                self.delta(delta, out);
            }
            match choice.finish_reason.as_deref() {
                None | Some("") => {}
                Some("error") => {
                    return Err((
                        ModelErrorKind::Unavailable,
                        "the provider ended the answer with an error".to_owned(),
                    ));
                }
                Some("length" | "max_tokens" | "model_length") => self.finish = Some(Finish::Length),
                Some("content_filter" | "refusal") => self.finish = Some(Finish::Refused),
                Some(_) => self.finish = Some(Finish::Stop),
            }
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta, out: &mut Vec<ChatEvent>) {
        for thinking in [&delta.reasoning_content, &delta.reasoning].into_iter().flatten() {
            if let Some(text) = thinking.as_str().filter(|text| !text.is_empty()) {
                out.push(ChatEvent::Thinking(text.to_owned()));
                // Servers that send both names send the same text in both.
                break;
            }
        }
        match delta.content {
            Some(Value::String(text)) if !text.is_empty() => out.push(ChatEvent::Text(text)),
            Some(Value::Array(parts)) => out.extend(parts.iter().filter_map(part)),
            _ => {}
        }
        if let Some(text) = delta.refusal.filter(|text| !text.is_empty()) {
            self.refused = true;
            out.push(ChatEvent::Text(text));
        }
    }

    fn done(&self, finish: Finish) -> ChatEvent {
        let finish = if self.refused { Finish::Refused } else { finish };
        ChatEvent::Done { finish, usage: self.usage }
    }
}

/// One part of a content list, as Mistral's reasoning models send it.
fn part(part: &Value) -> Option<ChatEvent> {
    let text = |value: &Value| value.get("text").and_then(Value::as_str).map(str::to_owned);
    match part.get("type").and_then(Value::as_str)? {
        "text" => text(part).map(ChatEvent::Text),
        "thinking" => {
            let pieces = part.get("thinking")?.as_array()?;
            Some(ChatEvent::Thinking(pieces.iter().filter_map(text).collect()))
        }
        _ => None,
    }
}

impl Translate for Completion {
    fn event(&mut self, data: &str, out: &mut Vec<ChatEvent>) -> Result<(), Fault> {
        if data.trim() == "[DONE]" {
            // Without a finish reason somebody closed the stream over an answer that was not finished: a cut.
            return match self.finish {
                Some(finish) => {
                    out.push(self.done(finish));
                    Ok(())
                }
                None => Err((ModelErrorKind::Cut, "the stream was closed before the answer was finished".to_owned())),
            };
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| garbled(&error))?;
        self.chunk(chunk, out)
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ChatEvent>) -> Result<(), Fault> {
        let chunk = Chunk::deserialize(answer).map_err(|error| garbled(&error))?;
        self.chunk(chunk, out)?;
        let finish = self.finish.ok_or((ModelErrorKind::Garbled, "the completion has no finish reason".to_owned()))?;
        out.push(self.done(finish));
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<ChatEvent>) {
        // Some servers close after the finish reason without the marker; the answer is whole all the same.
        if let Some(finish) = self.finish {
            out.push(self.done(finish));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Vec<ChatEvent>, Fault> {
        let (mut completion, mut out) = (Completion::default(), Vec::new());
        for line in lines {
            completion.event(line, &mut out)?;
        }
        Ok(out)
    }

    #[test]
    fn a_stream_is_read_with_thinking_and_usage() {
        let events = read(&[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}"#,
            "[DONE]",
        ]);
        let usage = Usage { input: 10, output: 5, cached_input: 4, cache_write: 0, reasoning: 2 };
        let done = ChatEvent::Done { finish: Finish::Stop, usage };
        assert_eq!(events.unwrap(), [ChatEvent::Thinking("hm".into()), ChatEvent::Text("Hi".into()), done]);
    }

    #[test]
    fn reasoning_counted_beside_the_completion_is_added() {
        let json = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}"#;
        let usage: Usage = serde_json::from_str::<WireUsage>(json).unwrap().into();
        assert_eq!((usage.output, usage.reasoning), (25, 20));
    }

    #[test]
    fn refusals_lengths_errors_and_garbage_are_told_apart() {
        let finish = |reason: &str| {
            let line = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#);
            match read(&[&line, "[DONE]"]) {
                Ok(events) => match events.last() {
                    Some(ChatEvent::Done { finish, .. }) => Ok(*finish),
                    _ => panic!("no end"),
                },
                Err((kind, _)) => Err(kind),
            }
        };
        assert_eq!(finish("length"), Ok(Finish::Length));
        assert_eq!(finish("content_filter"), Ok(Finish::Refused));
        assert_eq!(finish("tool_calls"), Ok(Finish::Stop));
        assert_eq!(finish("error"), Err(ModelErrorKind::Unavailable));
        assert_eq!(read(&["[DONE]"]).unwrap_err().0, ModelErrorKind::Cut);
        assert_eq!(read(&["{\"choices\": tru"]).unwrap_err().0, ModelErrorKind::Garbled);
        assert_eq!(read(&[r#"{"error":{"type":"server_error"}}"#]).unwrap_err().0, ModelErrorKind::Unavailable);
        let refusal = [r#"{"choices":[{"delta":{"refusal":"No."},"finish_reason":"stop"}]}"#, "[DONE]"];
        let done = ChatEvent::Done { finish: Finish::Refused, usage: Usage::default() };
        assert_eq!(read(&refusal).unwrap(), [ChatEvent::Text("No.".into()), done]);
    }

    #[test]
    fn a_whole_completion_is_read_like_a_stream() {
        let answer =
            serde_json::json!({ "choices": [{ "index": 0, "message": { "content": "Hi" }, "finish_reason": "stop" }] });
        let mut out = Vec::new();
        Completion::default().whole(&answer, &mut out).unwrap();
        assert_eq!(out[0], ChatEvent::Text("Hi".into()));
        assert_eq!(out.len(), 2);
    }
}
