use quorate_formats::gemini::{ReadStream, read_answer};
use quorate_formats::{Garbled, Said};
use serde_json::{Value, json};

use crate::refusal;
use crate::translate::{Fault, Translate};
use crate::{ChatEvent, Finish, ModelErrorKind, Usage};

/// Reads one answer.
#[derive(Default)]
pub(super) struct Reader {
    stream: ReadStream,
}

impl Translate for Reader {
    fn event(&mut self, data: &str, out: &mut Vec<ChatEvent>) -> Result<(), Fault> {
        let mut said = Vec::new();
        let read = self.stream.event(None, data, &mut said);
        out.extend(said.into_iter().filter_map(event));
        read.map_err(fault)
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ChatEvent>) -> Result<(), Fault> {
        let said = read_answer(answer.to_string().as_bytes()).map_err(fault)?;
        out.extend(said.into_iter().filter_map(event));
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<ChatEvent>) {
        let mut said = Vec::new();
        self.stream.end(&mut said);
        out.extend(said.into_iter().filter_map(event));
    }
}

/// What of an answer a chat of text hears. Tools are never offered here, so none is called.
fn event(said: Said) -> Option<ChatEvent> {
    match said {
        Said::Text(text) | Said::Refusal(text) => Some(ChatEvent::Text(text)),
        Said::Thinking(text) => Some(ChatEvent::Thinking(text)),
        Said::Done { finish, usage } => {
            let finish = match finish {
                quorate_formats::Finish::Length => Finish::Length,
                quorate_formats::Finish::Refused => Finish::Refused,
                quorate_formats::Finish::Stop | quorate_formats::Finish::ToolCalls => Finish::Stop,
            };
            let usage = usage.unwrap_or_default();
            let usage = Usage {
                input: usage.input,
                output: usage.output,
                cached_input: usage.cached_input,
                cache_write: usage.cache_write,
                reasoning: usage.reasoning,
            };
            Some(ChatEvent::Done { finish, usage })
        }
        Said::Begun { .. }
        | Said::Signature(_)
        | Said::SealedThinking(_)
        | Said::ToolCall { .. }
        | Said::Arguments { .. } => None,
    }
}

fn fault(garbled: Garbled) -> Fault {
    match garbled {
        Garbled::Wire(_) => (ModelErrorKind::Garbled, garbled.to_string()),
        Garbled::Reported { status, code, message } => {
            refusal::classify_streamed(&json!({ "code": status, "type": code, "message": message }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_becomes_events() {
        let (mut reader, mut out) = (Reader::default(), Vec::new());
        let thought = r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]}"#;
        let text = r#"{"candidates":[{"content":{"parts":[{"text":"Hi","thoughtSignature":"x"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"thoughtsTokenCount":2}}"#;
        reader.event(thought, &mut out).unwrap();
        reader.event(text, &mut out).unwrap();
        let usage = Usage { input: 3, output: 3, reasoning: 2, ..Usage::default() };
        let done = ChatEvent::Done { finish: Finish::Stop, usage };
        assert_eq!(out, [ChatEvent::Thinking("hm".into()), ChatEvent::Text("Hi".into()), done]);
    }

    #[test]
    fn errors_keep_their_kind() {
        let kind = |data: &str| Reader::default().event(data, &mut Vec::new()).unwrap_err().0;
        let overloaded = r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#;
        assert_eq!(kind(overloaded), ModelErrorKind::Unavailable);
        let limited = r#"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}"#;
        assert_eq!(kind(limited), ModelErrorKind::RateLimited { retry_after: None });
        assert_eq!(kind("{"), ModelErrorKind::Garbled);
    }
}
