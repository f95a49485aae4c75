use serde::Deserialize;
use serde_json::Value;

use crate::refusal;
use crate::translate::{Fault, Translate, garbled};
use crate::{ChatEvent, Finish, ModelErrorKind, Usage};

/// One event of a stream. Types we do not know are skipped, as the protocol asks.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Started,
    },
    ContentBlockStart {
        content_block: Block,
    },
    ContentBlockDelta {
        delta: Delta,
    },
    ContentBlockStop {},
    MessageDelta {
        delta: Ending,
        usage: Option<WireUsage>,
    },
    MessageStop {},
    Error {
        error: Value,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct Started {
    usage: Option<WireUsage>,
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
    #[serde(other)]
    Unknown,
}

/// A whole message from a server that does not stream.
#[derive(Deserialize)]
struct WholeMessage {
    content: Vec<Block>,
    stop_reason: Option<String>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct OutputDetails {
    thinking_tokens: Option<u64>,
}

/// The counts as they come: `input` is what no cache had.
#[derive(Default)]
struct Counts {
    input: u64,
    output: u64,
    read: u64,
    written: u64,
    reasoning: u64,
}

impl Counts {
    /// Later figures replace earlier ones: they are running totals.
    fn update(&mut self, wire: &WireUsage) {
        let set = |count: &mut u64, value: Option<u64>| *count = value.unwrap_or(*count);
        set(&mut self.input, wire.input_tokens);
        set(&mut self.output, wire.output_tokens);
        set(&mut self.read, wire.cache_read_input_tokens);
        set(&mut self.written, wire.cache_creation_input_tokens);
        set(&mut self.reasoning, wire.output_tokens_details.as_ref().and_then(|details| details.thinking_tokens));
    }

    const fn usage(&self) -> Usage {
        Usage {
            input: self.input + self.read + self.written,
            output: self.output,
            cached_input: self.read,
            cache_write: self.written,
            reasoning: self.reasoning,
        }
    }
}

/// Reads one message.
pub(super) struct Reader {
    /// The answer is a tool's input; text beside it is only talk.
    with_tool: bool,
    /// Text that came where a tool's input was expected: the answer after all if no tool is called.
    talk: String,
    /// A tool's input was given.
    tool_called: bool,
    /// The input that a block began with, for servers that send it whole.
    whole_input: Option<String>,
    counts: Counts,
    finish: Option<Finish>,
}

impl Reader {
    pub(super) fn new(with_tool: bool) -> Self {
        let (talk, counts) = (String::new(), Counts::default());
        Self { with_tool, talk, tool_called: false, whole_input: None, counts, finish: None }
    }

    fn text(&mut self, text: String, out: &mut Vec<ChatEvent>) {
        if text.is_empty() {
        } else if self.with_tool {
            self.talk.push_str(&text);
        } else {
            out.push(ChatEvent::Text(text));
        }
    }

    fn block(&mut self, block: Block, out: &mut Vec<ChatEvent>) {
        match block.kind.as_str() {
            "text" => self.text(block.text.unwrap_or_default(), out),
            "thinking" => {
                if let Some(thinking) = block.thinking.filter(|text| !text.is_empty()) {
                    out.push(ChatEvent::Thinking(thinking));
                }
            }
            "tool_use" if self.with_tool && !self.tool_called => {
                let filled = |input: &Value| input.as_object().is_some_and(|fields| !fields.is_empty());
                self.whole_input = block.input.filter(filled).map(|input| input.to_string());
            }
            _ => {}
        }
    }

    fn end_block(&mut self, out: &mut Vec<ChatEvent>) {
        if let Some(input) = self.whole_input.take() {
            self.tool_called = true;
            out.push(ChatEvent::Text(input));
        }
    }

    fn ended(&mut self, reason: Option<&str>) {
        self.finish = match reason {
            None => self.finish,
            Some("max_tokens" | "model_context_window_exceeded") => Some(Finish::Length),
            Some("refusal") => Some(Finish::Refused),
            Some(_) => Some(Finish::Stop),
        };
    }

    fn close(&mut self, finish: Finish, out: &mut Vec<ChatEvent>) {
        if !self.tool_called && !self.talk.is_empty() {
            out.push(ChatEvent::Text(std::mem::take(&mut self.talk)));
        }
        out.push(ChatEvent::Done { finish, usage: self.counts.usage() });
    }
}

impl Translate for Reader {
    fn event(&mut self, data: &str, out: &mut Vec<ChatEvent>) -> Result<(), Fault> {
        match serde_json::from_str(data).map_err(|error| garbled(&error))? {
            Event::MessageStart { message } => {
                if let Some(usage) = &message.usage {
                    self.counts.update(usage);
                }
            }
            Event::ContentBlockStart { content_block } => self.block(content_block, out),
            Event::ContentBlockDelta { delta } => match delta {
                Delta::Text { text } => self.text(text, out),
                Delta::InputJson { partial_json } => {
                    if self.with_tool && !partial_json.is_empty() {
                        self.whole_input = None;
                        self.tool_called = true;
                        out.push(ChatEvent::Text(partial_json));
                    }
                }
                Delta::Thinking { thinking } => {
                    if !thinking.is_empty() {
                        out.push(ChatEvent::Thinking(thinking));
                    }
                }
                Delta::Unknown => {}
            },
            Event::ContentBlockStop {} => self.end_block(out),
            Event::MessageDelta { delta, usage } => {
                if let Some(usage) = &usage {
                    self.counts.update(usage);
                }
                self.ended(delta.stop_reason.as_deref());
            }
            Event::MessageStop {} => match self.finish {
                Some(finish) => self.close(finish, out),
                None => return Err((ModelErrorKind::Cut, "the message stopped before it was finished".to_owned())),
            },
            Event::Error { error } => return Err(refusal::classify_streamed(&error)),
            Event::Unknown => {}
        }
        Ok(())
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ChatEvent>) -> Result<(), Fault> {
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            return Err(refusal::classify_streamed(error));
        }
        let message = WholeMessage::deserialize(answer).map_err(|error| garbled(&error))?;
        if let Some(usage) = &message.usage {
            self.counts.update(usage);
        }
        for block in message.content {
            self.block(block, out);
            self.end_block(out);
        }
        self.ended(message.stop_reason.as_deref());
        let finish = self.finish.ok_or((ModelErrorKind::Garbled, "the message has no stop reason".to_owned()))?;
        self.close(finish, out);
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<ChatEvent>) {
        // The stop reason and the final usage came; only the closing event is missing.
        if let Some(finish) = self.finish {
            self.close(finish, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(with_tool: bool, lines: &[&str]) -> Result<Vec<ChatEvent>, Fault> {
        let (mut reader, mut out) = (Reader::new(with_tool), Vec::new());
        for line in lines {
            reader.event(line, &mut out)?;
        }
        Ok(out)
    }

    const START: &str = r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":10,"cache_read_input_tokens":30,"cache_creation_input_tokens":5,"output_tokens":1}}}"#;
    const TOOL_START: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"vote","input":{}}}"#;
    const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
    const END: &str = r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}}"#;
    const STOP: &str = r#"{"type":"message_stop"}"#;

    fn done(finish: Finish) -> ChatEvent {
        ChatEvent::Done {
            finish,
            usage: Usage { input: 45, output: 7, cached_input: 30, cache_write: 5, reasoning: 0 },
        }
    }

    #[test]
    fn a_tools_input_is_the_answer_and_talk_beside_it_is_not() {
        let talk = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Sure."}}"#;
        let json1 =
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#;
        let json2 =
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#;
        let ping = r#"{"type":"ping"}"#;
        let new = r#"{"type":"something_new","x":1}"#;
        let events = read(true, &[START, ping, talk, TOOL_START, json1, new, json2, BLOCK_STOP, END, STOP]).unwrap();
        assert_eq!(events, [ChatEvent::Text("{\"a\":".into()), ChatEvent::Text("1}".into()), done(Finish::Stop)]);
        let events = read(true, &[START, talk, END, STOP]).unwrap();
        assert_eq!(events, [ChatEvent::Text("Sure.".into()), done(Finish::Stop)], "no tool was called");
    }

    #[test]
    fn an_input_sent_whole_is_taken_too() {
        let start = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"vote","input":{"a":1}}}"#;
        let events = read(true, &[START, start, BLOCK_STOP, END, STOP]).unwrap();
        assert_eq!(events, [ChatEvent::Text("{\"a\":1}".into()), done(Finish::Stop)]);
    }

    #[test]
    fn text_and_thinking_are_streamed() {
        let thinking = r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#;
        let signature =
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}"#;
        let text = r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi"}}"#;
        let end = r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":7}}"#;
        let events = read(false, &[START, thinking, signature, text, end, STOP]).unwrap();
        let expected = [ChatEvent::Thinking("hm".into()), ChatEvent::Text("Hi".into()), done(Finish::Length)];
        assert_eq!(events, expected);
    }

    #[test]
    fn errors_refusals_and_missing_ends_are_told_apart() {
        let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        assert_eq!(read(false, &[START, error]).unwrap_err().0, ModelErrorKind::Unavailable);
        assert_eq!(read(false, &[START, STOP]).unwrap_err().0, ModelErrorKind::Cut);
        assert_eq!(read(false, &["{"]).unwrap_err().0, ModelErrorKind::Garbled);
        let refusal = r#"{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":7}}"#;
        assert_eq!(read(false, &[START, refusal, STOP]).unwrap(), [done(Finish::Refused)]);
    }
}
