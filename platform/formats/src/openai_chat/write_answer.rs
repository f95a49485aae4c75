use serde_json::{Value, json};

use super::thinking;
use crate::{Finish, Meta, Said, Usage, sse};

/// A whole answer.
#[must_use]
pub fn write_answer(said: &[Said], meta: &Meta) -> Value {
    let mut whole = Whole::default();
    for piece in said {
        whole.piece(piece);
    }
    let text = |text: String| if text.is_empty() { Value::Null } else { Value::String(text) };
    let mut message = json!({ "role": "assistant", "content": text(whole.text), "refusal": text(whole.refusal) });
    if !whole.thinking.is_empty() {
        message["reasoning_content"] = json!(whole.thinking);
    }
    if !whole.details.is_empty() {
        message["reasoning_details"] = Value::Array(whole.details);
    }
    if !whole.calls.is_empty() {
        message["tool_calls"] = Value::Array(whole.calls);
    }
    let choice = json!({
        "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(whole.finish),
    });
    let mut answer = json!({
        "id": format!("chatcmpl-{}", meta.id),
        "object": "chat.completion",
        "created": meta.created,
        "model": meta.model,
        "choices": [choice],
    });
    if let Some(used) = whole.usage {
        answer["usage"] = usage(&used);
    }
    answer
}

#[derive(Default)]
struct Whole {
    text: String,
    refusal: String,
    thinking: String,
    /// Where the thinking begins that has no signature yet.
    unsigned: usize,
    details: Vec<Value>,
    calls: Vec<Value>,
    finish: Option<Finish>,
    usage: Option<Usage>,
}

impl Whole {
    fn piece(&mut self, piece: &Said) {
        match piece {
            Said::Begun { .. } => {}
            Said::Text(text) => self.text.push_str(text),
            Said::Refusal(text) => self.refusal.push_str(text),
            Said::Thinking(text) => self.thinking.push_str(text),
            Said::Signature(signature) => {
                self.details.push(thinking::signed(self.thinking.get(self.unsigned..).unwrap_or_default(), signature));
                self.unsigned = self.thinking.len();
            }
            Said::SealedThinking(data) => self.details.push(thinking::sealed(data)),
            Said::ToolCall { id, name, .. } => {
                let function = json!({ "name": name, "arguments": "" });
                self.calls.push(json!({ "id": id, "type": "function", "function": function }));
            }
            Said::Arguments { index, piece } => {
                let arguments = self.calls.get_mut(*index).and_then(|call| call.pointer_mut("/function/arguments"));
                if let Some(Value::String(arguments)) = arguments {
                    arguments.push_str(piece);
                }
            }
            Said::Done { finish, usage } => (self.finish, self.usage) = (Some(*finish), *usage),
        }
    }
}

/// Writes a stream.
#[derive(Debug)]
pub struct WriteStream {
    meta: Meta,
    begun: bool,
    /// The thinking that has no signature yet.
    thinking: String,
    over: bool,
}

impl WriteStream {
    /// One that says of itself what `meta` says.
    #[must_use]
    pub const fn new(meta: Meta) -> Self {
        Self { meta, begun: false, thinking: String::new(), over: false }
    }

    /// Writes one piece. After the end nothing is written.
    pub fn piece(&mut self, said: &Said, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        if !self.begun {
            self.begun = true;
            self.delta(&json!({ "role": "assistant", "content": "" }), out);
        }
        match said {
            Said::Begun { .. } => {}
            Said::Text(text) => self.delta(&json!({ "content": text }), out),
            Said::Refusal(text) => self.delta(&json!({ "refusal": text }), out),
            Said::Thinking(text) => {
                self.thinking.push_str(text);
                self.delta(&json!({ "reasoning_content": text }), out);
            }
            Said::Signature(signature) => {
                let detail = thinking::signed(&std::mem::take(&mut self.thinking), signature);
                self.delta(&json!({ "reasoning_details": [detail] }), out);
            }
            Said::SealedThinking(data) => self.delta(&json!({ "reasoning_details": [thinking::sealed(data)] }), out),
            Said::ToolCall { index, id, name } => {
                let function = json!({ "name": name, "arguments": "" });
                let call = json!({ "index": index, "id": id, "type": "function", "function": function });
                self.delta(&json!({ "tool_calls": [call] }), out);
            }
            Said::Arguments { index, piece } => {
                let call = json!({ "index": index, "function": { "arguments": piece } });
                self.delta(&json!({ "tool_calls": [call] }), out);
            }
            Said::Done { finish, usage: used } => {
                self.over = true;
                let choice = json!({ "index": 0, "delta": {}, "finish_reason": finish_reason(Some(*finish)) });
                self.chunk(&json!([choice]), None, out);
                if let Some(used) = used.filter(|_| self.meta.stream_usage) {
                    self.chunk(&json!([]), Some(&used), out);
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
        }
    }

    /// Writes that the answer failed. Nothing comes after it, above all no `[DONE]`, which would make it a success.
    pub fn fail(&mut self, status: u16, code: &str, message: &str, out: &mut Vec<u8>) {
        if !self.over {
            self.over = true;
            sse::write(&crate::error::openai(status, code, message), out);
        }
    }

    fn delta(&self, delta: &Value, out: &mut Vec<u8>) {
        self.chunk(&json!([{ "index": 0, "delta": delta, "finish_reason": null }]), None, out);
    }

    fn chunk(&self, choices: &Value, used: Option<&Usage>, out: &mut Vec<u8>) {
        let mut chunk = json!({
            "id": format!("chatcmpl-{}", self.meta.id),
            "object": "chat.completion.chunk",
            "created": self.meta.created,
            "model": self.meta.model,
            "choices": choices,
        });
        if let Some(used) = used {
            chunk["usage"] = usage(used);
        }
        sse::write(&chunk, out);
    }
}

const fn finish_reason(finish: Option<Finish>) -> &'static str {
    match finish {
        Some(Finish::Length) => "length",
        Some(Finish::ToolCalls) => "tool_calls",
        Some(Finish::Refused) => "content_filter",
        Some(Finish::Stop) | None => "stop",
    }
}

fn usage(usage: &Usage) -> Value {
    let mut input = json!({ "cached_tokens": usage.cached_input });
    if usage.cache_write > 0 {
        input["cache_write_tokens"] = json!(usage.cache_write);
    }
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input.saturating_add(usage.output),
        "prompt_tokens_details": input,
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
    })
}
