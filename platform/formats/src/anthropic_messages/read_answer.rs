use serde::Deserialize;
use serde_json::Value;

use super::ANSWER_TOOL;
use crate::garbled::reported;
use crate::scan::messages_finish;
use crate::usage::{MessagesCounts, MessagesUsage};
use crate::{Finish, Garbled, Said};

/// One event of a stream. Types we do not know are skipped, as the protocol asks.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Message,
    },
    ContentBlockStart {
        #[serde(default)]
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        #[serde(default)]
        index: u64,
        delta: Delta,
    },
    ContentBlockStop {
        #[serde(default)]
        index: u64,
    },
    MessageDelta {
        delta: Ending,
        usage: Option<MessagesUsage>,
    },
    MessageStop {},
    Error {
        error: Value,
    },
    #[serde(other)]
    Unknown,
}

/// The beginning of a message in a stream, or a whole one.
#[derive(Deserialize)]
struct Message {
    id: Option<String>,
    model: Option<String>,
    #[serde(default)]
    content: Vec<Block>,
    stop_reason: Option<String>,
    usage: Option<MessagesUsage>,
}

#[derive(Deserialize)]
struct Ending {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(other)]
    Unknown,
}

/// A call of a tool that is being read.
#[derive(Debug)]
struct Call {
    block: u64,
    /// Which call of the answer; `None` for the one whose input is the answer itself.
    index: Option<usize>,
    /// The input that the block began with, for servers that send it whole.
    whole: Option<String>,
    /// Whether pieces came.
    pieces: bool,
}

/// Reads the events of one stream.
#[derive(Debug, Default)]
pub struct ReadStream {
    begun: bool,
    counts: MessagesCounts,
    calls: usize,
    answered: bool,
    open: Vec<Call>,
    finish: Option<Finish>,
    done: bool,
}

impl ReadStream {
    /// Reads one event; its name says no more than its data. What comes after the end is not read.
    ///
    /// # Errors
    /// When the data is not what the protocol says, or is an error of the provider's.
    pub fn event(&mut self, _name: Option<&str>, data: &str, out: &mut Vec<Said>) -> Result<(), Garbled> {
        if self.done {
            return Ok(());
        }
        if !data.trim_start().starts_with('{') {
            return Err(Garbled::wire("an event is no JSON object"));
        }
        match serde_json::from_str(data)? {
            Event::MessageStart { message } => self.begin(&message, out),
            Event::ContentBlockStart { index, content_block } => self.block(index, content_block, out)?,
            Event::ContentBlockDelta { index, delta } => self.delta(index, delta, out)?,
            Event::ContentBlockStop { index } => self.end_block(index, out),
            Event::MessageDelta { delta, usage } => {
                if let Some(usage) = &usage {
                    self.counts.update(usage);
                }
                self.ended(delta.stop_reason.as_deref());
            }
            Event::MessageStop {} => {
                self.end(out);
                if !self.done {
                    return Err(Garbled::wire("the message stopped before its stop reason"));
                }
            }
            Event::Error { error } => return Err(reported(&error)),
            Event::Unknown => {}
        }
        Ok(())
    }

    /// The stream is over. With a stop reason the answer is whole, and only the closing event is missing.
    pub fn end(&mut self, out: &mut Vec<Said>) {
        if let Some(finish) = self.finish.filter(|_| !self.done) {
            self.done = true;
            // The tool whose input is the answer is none that the caller knows.
            let stop = finish == Finish::ToolCalls && self.answered && self.calls == 0;
            let finish = if stop { Finish::Stop } else { finish };
            out.push(Said::Done { finish, usage: self.counts.usage() });
        }
    }

    fn begin(&mut self, message: &Message, out: &mut Vec<Said>) {
        if let Some(usage) = &message.usage {
            self.counts.update(usage);
        }
        if !self.begun {
            self.begun = true;
            out.push(Said::Begun { id: message.id.clone(), model: message.model.clone() });
        }
    }

    fn block(&mut self, index: u64, block: Block, out: &mut Vec<Said>) -> Result<(), Garbled> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        match block.kind.as_str() {
            "text" => out.extend(filled(block.text).map(Said::Text)),
            "thinking" => {
                out.extend(filled(block.thinking).map(Said::Thinking));
                out.extend(filled(block.signature).map(Said::Signature));
            }
            "redacted_thinking" => {
                out.extend(block.data.map(Said::SealedThinking));
            }
            "tool_use" => {
                let name = filled(block.name).ok_or_else(|| Garbled::wire("a tool call has no name"))?;
                let call = if name == ANSWER_TOOL {
                    self.answered = true;
                    None
                } else {
                    let call = self.calls;
                    self.calls += 1;
                    let id = filled(block.id).unwrap_or_else(|| format!("toolu_{call}"));
                    out.push(Said::ToolCall { index: call, id, name });
                    Some(call)
                };
                let whole = block.input.filter(|input| input.as_object().is_some_and(|fields| !fields.is_empty()));
                let whole = whole.map(|input| input.to_string());
                self.open.push(Call { block: index, index: call, whole, pieces: false });
            }
            _ => {}
        }
        Ok(())
    }

    fn delta(&mut self, block: u64, delta: Delta, out: &mut Vec<Said>) -> Result<(), Garbled> {
        match delta {
            Delta::Text { text } if !text.is_empty() => out.push(Said::Text(text)),
            Delta::Thinking { thinking } if !thinking.is_empty() => out.push(Said::Thinking(thinking)),
            Delta::Signature { signature } if !signature.is_empty() => {
                out.push(Said::Signature(signature));
            }
            Delta::InputJson { partial_json } if !partial_json.is_empty() => {
                // Of a provider's own tool, which is not for the caller, no call is open.
                if let Some(call) = self.open.iter_mut().find(|call| call.block == block) {
                    call.pieces = true;
                    out.push(arguments(call.index, partial_json));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_block(&mut self, block: u64, out: &mut Vec<Said>) {
        if let Some(at) = self.open.iter().position(|call| call.block == block) {
            let call = self.open.remove(at);
            if !call.pieces {
                // Without arguments it is an empty object; no text at all would be no JSON.
                out.push(arguments(call.index, call.whole.unwrap_or_else(|| "{}".to_owned())));
            }
        }
    }

    fn ended(&mut self, reason: Option<&str>) {
        if let Some(reason) = reason {
            self.finish = Some(messages_finish(reason));
        }
    }
}

fn arguments(index: Option<usize>, piece: String) -> Said {
    match index {
        Some(index) => Said::Arguments { index, piece },
        None => Said::Text(piece),
    }
}

/// Reads a whole answer.
///
/// # Errors
/// When the body is not what the protocol says, has no end, or is an error of the provider's.
pub fn read_answer(body: &[u8]) -> Result<Vec<Said>, Garbled> {
    let answer: Value = serde_json::from_slice(body)?;
    if !answer.is_object() {
        return Err(Garbled::wire("the answer is no JSON object"));
    }
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        return Err(reported(error));
    }
    let mut message: Message = serde_json::from_value(answer)?;
    let (mut stream, mut out) = (ReadStream::default(), Vec::new());
    stream.begin(&message, &mut out);
    for (index, block) in (0..).zip(std::mem::take(&mut message.content)) {
        stream.block(index, block, &mut out)?;
        stream.end_block(index, &mut out);
    }
    stream.ended(message.stop_reason.as_deref());
    stream.end(&mut out);
    if stream.done { Ok(out) } else { Err(Garbled::wire("the message has no stop reason")) }
}
