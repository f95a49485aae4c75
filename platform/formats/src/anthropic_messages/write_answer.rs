use serde_json::{Map, Value, json};

use crate::origin;
use crate::{Finish, Meta, Said, Usage, sse};

/// A whole answer.
#[must_use]
pub fn write_answer(said: &[Said], meta: &Meta) -> Value {
    let mut whole = Whole::default();
    for piece in said {
        whole.piece(piece);
    }
    let inputs = whole.inputs;
    for (block, input) in whole.content.iter_mut().filter(|block| block["type"] == "tool_use").zip(inputs) {
        block["input"] = match serde_json::from_str(&input) {
            Ok(Value::Object(fields)) => Value::Object(fields),
            _ if input.trim().is_empty() => json!({}),
            // The model wrote no JSON; what it wrote is still to be seen.
            _ => json!({ "arguments": input }),
        };
    }
    let mut message = message(meta);
    message["content"] = Value::Array(whole.content);
    message["stop_reason"] = json!(stop_reason(whole.finish));
    message["usage"] = Value::Object(usage(whole.usage.as_ref()));
    message
}

#[derive(Default)]
struct Whole {
    content: Vec<Value>,
    /// The inputs of the calls, as text.
    inputs: Vec<String>,
    /// The last block of thinking is closed by its signature.
    signed: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
}

impl Whole {
    fn piece(&mut self, piece: &Said) {
        match piece {
            Said::Begun { .. } => {}
            Said::Text(text) | Said::Refusal(text) => self.add("text", "text", text),
            Said::Thinking(text) => {
                if std::mem::take(&mut self.signed) {
                    self.content.push(thinking());
                }
                self.add("thinking", "thinking", text);
            }
            Said::Signature(signature) => {
                if std::mem::take(&mut self.signed) {
                    self.content.push(thinking());
                }
                self.add("thinking", "thinking", "");
                self.add("thinking", "signature", theirs(signature));
                self.signed = true;
            }
            Said::SealedThinking(data) => self.content.push(sealed(data)),
            Said::ToolCall { id, name, .. } => {
                self.content.push(tool_use(id, name));
                self.inputs.push(String::new());
            }
            Said::Arguments { index, piece } => {
                if let Some(input) = self.inputs.get_mut(*index) {
                    input.push_str(piece);
                }
            }
            Said::Done { finish, usage } => (self.finish, self.usage) = (Some(*finish), *usage),
        }
    }

    /// Adds to the last block if it is of this kind, and to a new one if not.
    fn add(&mut self, kind: &str, field: &str, piece: &str) {
        if self.content.last().is_none_or(|block| block["type"] != kind) {
            self.content.push(if kind == "text" { text() } else { thinking() });
            self.signed = false;
        }
        if let Some(Value::String(text)) = self.content.last_mut().and_then(|block| block.get_mut(field)) {
            text.push_str(piece);
        }
    }
}

/// What block of a stream is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
    /// This call of the answer.
    Call(usize),
}

/// Writes a stream.
#[derive(Debug)]
pub struct WriteStream {
    meta: Meta,
    begun: bool,
    open: Option<Open>,
    /// How many blocks were begun.
    blocks: usize,
    /// The blocks of the calls.
    calls: Vec<usize>,
    over: bool,
}

impl WriteStream {
    /// One that says of itself what `meta` says.
    #[must_use]
    pub const fn new(meta: Meta) -> Self {
        Self { meta, begun: false, open: None, blocks: 0, calls: Vec::new(), over: false }
    }

    /// Writes one piece. After the end nothing is written.
    pub fn piece(&mut self, said: &Said, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        if !self.begun {
            self.begun = true;
            event("message_start", &json!({ "type": "message_start", "message": message(&self.meta) }), out);
            event("ping", &json!({ "type": "ping" }), out);
        }
        match said {
            Said::Begun { .. } => {}
            Said::Text(piece) | Said::Refusal(piece) => {
                self.enter(Open::Text, &text(), out);
                self.delta(&json!({ "type": "text_delta", "text": piece }), out);
            }
            Said::Thinking(piece) => {
                self.enter(Open::Thinking, &thinking(), out);
                self.delta(&json!({ "type": "thinking_delta", "thinking": piece }), out);
            }
            Said::Signature(signature) => {
                self.enter(Open::Thinking, &thinking(), out);
                self.delta(&json!({ "type": "signature_delta", "signature": theirs(signature) }), out);
                // What is thought after it has a signature of its own.
                self.close(out);
            }
            Said::SealedThinking(data) => {
                self.close(out);
                self.start(&sealed(data), out);
                self.stop(out);
            }
            Said::ToolCall { index, id, name } => {
                self.enter(Open::Call(*index), &tool_use(id, name), out);
                self.calls.push(self.blocks.saturating_sub(1));
            }
            Said::Arguments { index, piece } => {
                let delta = json!({ "type": "input_json_delta", "partial_json": piece });
                if let Some(block) = self.calls.get(*index) {
                    block_event("content_block_delta", *block, "delta", &delta, out);
                }
            }
            Said::Done { finish, usage: used } => {
                self.close(out);
                self.over = true;
                let delta = json!({ "stop_reason": stop_reason(Some(*finish)), "stop_sequence": null });
                let used = usage(used.as_ref());
                event("message_delta", &json!({ "type": "message_delta", "delta": delta, "usage": used }), out);
                event("message_stop", &json!({ "type": "message_stop" }), out);
            }
        }
    }

    /// Writes that the answer failed. Nothing comes after it.
    pub fn fail(&mut self, status: u16, code: &str, message: &str, out: &mut Vec<u8>) {
        if !self.over {
            self.over = true;
            event("error", &crate::error::anthropic(status, code, message), out);
        }
    }

    fn enter(&mut self, kind: Open, block: &Value, out: &mut Vec<u8>) {
        if self.open != Some(kind) {
            self.close(out);
            self.start(block, out);
            self.open = Some(kind);
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            self.stop(out);
        }
    }

    fn start(&mut self, block: &Value, out: &mut Vec<u8>) {
        block_event("content_block_start", self.blocks, "content_block", block, out);
        self.blocks += 1;
    }

    fn stop(&self, out: &mut Vec<u8>) {
        let index = self.blocks.saturating_sub(1);
        event("content_block_stop", &json!({ "type": "content_block_stop", "index": index }), out);
    }

    fn delta(&self, delta: &Value, out: &mut Vec<u8>) {
        block_event("content_block_delta", self.blocks.saturating_sub(1), "delta", delta, out);
    }
}

fn event(name: &str, data: &Value, out: &mut Vec<u8>) {
    sse::write_named(name, data, out);
}

fn block_event(name: &str, index: usize, field: &str, value: &Value, out: &mut Vec<u8>) {
    event(name, &json!({ "type": name, "index": index, field: value }), out);
}

/// A message that says nothing yet.
fn message(meta: &Meta) -> Value {
    json!({
        "id": format!("msg_{}", meta.id),
        "type": "message",
        "role": "assistant",
        "model": meta.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": { "input_tokens": 0, "output_tokens": 0 },
    })
}

fn text() -> Value {
    json!({ "type": "text", "text": "" })
}

fn thinking() -> Value {
    json!({ "type": "thinking", "thinking": "", "signature": "" })
}

fn sealed(data: &str) -> Value {
    json!({ "type": "redacted_thinking", "data": theirs(data) })
}

fn tool_use(id: &str, name: &str) -> Value {
    json!({ "type": "tool_use", "id": id, "name": name, "input": {} })
}

/// A secret as the caller gets it: as the provider wrote it where it is this format's own, with its mark where not.
fn theirs(secret: &str) -> &str {
    origin::of_anthropic(secret).unwrap_or(secret)
}

const fn stop_reason(finish: Option<Finish>) -> &'static str {
    match finish {
        Some(Finish::Length) => "max_tokens",
        Some(Finish::ToolCalls) => "tool_use",
        Some(Finish::Refused) => "refusal",
        Some(Finish::Stop) | None => "end_turn",
    }
}

/// The input excludes what a cache had or got.
fn usage(usage: Option<&Usage>) -> Map<String, Value> {
    let mut out = Map::new();
    let Some(usage) = usage else {
        // The field must be there.
        out.insert("output_tokens".to_owned(), json!(0));
        return out;
    };
    let cached = usage.cached_input.saturating_add(usage.cache_write);
    let mut put = |name: &str, count: u64| out.insert(name.to_owned(), json!(count));
    put("input_tokens", usage.input.saturating_sub(cached));
    put("cache_creation_input_tokens", usage.cache_write);
    put("cache_read_input_tokens", usage.cached_input);
    put("output_tokens", usage.output);
    if usage.reasoning > 0 {
        out.insert("output_tokens_details".to_owned(), json!({ "thinking_tokens": usage.reasoning }));
    }
    out
}
