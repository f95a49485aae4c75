//! The bytes of answers, made once for each behaviour, so that answering costs next to nothing.

use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::behaviour::Behaviour;

/// Whose wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// OpenAI's chat completions.
    Chat,
    /// Anthropic's messages.
    Messages,
}

/// All that an upstream says while it behaves in one way.
pub(super) struct Answers {
    behaviour: Behaviour,
    chat: Bytes,
    messages: Bytes,
    chat_events: Vec<Bytes>,
    messages_events: Vec<Bytes>,
}

impl Answers {
    pub(super) fn of(behaviour: Behaviour) -> Self {
        let text = "word ".repeat(behaviour.size.div_ceil(5));
        let text = &text[..behaviour.size.min(text.len())];
        let chat = json!({
            "id": "chatcmpl-mock", "object": "chat.completion", "created": 1_700_000_000, "model": "mock",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": text, "refusal": null },
                "logprobs": null, "finish_reason": "stop" }],
            "usage": chat_usage(behaviour.chunks),
        });
        let messages = json!({
            "id": "msg_mock", "type": "message", "role": "assistant", "model": "mock",
            "content": [{ "type": "text", "text": text }], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": { "input_tokens": 250, "output_tokens": behaviour.chunks },
        });
        Self {
            chat: chat.to_string().into(),
            messages: messages.to_string().into(),
            chat_events: chat_events(behaviour.chunks),
            messages_events: messages_events(behaviour.chunks),
            behaviour,
        }
    }

    pub(super) fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    pub(super) fn whole(&self, format: Format) -> Bytes {
        match format {
            Format::Chat => self.chat.clone(),
            Format::Messages => self.messages.clone(),
        }
    }

    /// The events of a stream in their order, each with its empty line.
    pub(super) fn events(&self, format: Format) -> &[Bytes] {
        match format {
            Format::Chat => &self.chat_events,
            Format::Messages => &self.messages_events,
        }
    }
}

fn chat_usage(tokens: usize) -> Value {
    json!({ "prompt_tokens": 250, "completion_tokens": tokens, "total_tokens": 250 + tokens })
}

/// Each text is `tok-N `, so that whoever reads the stream sees what is missing, whatever it was re-written to.
fn chat_events(chunks: usize) -> Vec<Bytes> {
    let event = |choices: Value, usage: Value| {
        let event = json!({ "id": "chatcmpl-mock", "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": "mock", "choices": choices, "usage": usage });
        Bytes::from(format!("data: {event}\n\n"))
    };
    let choice = |delta: Value, reason: Value| json!([{ "index": 0, "delta": delta, "finish_reason": reason }]);
    let text = |n: usize| {
        let content = format!("tok-{n} ");
        let delta =
            if n == 0 { json!({ "role": "assistant", "content": content }) } else { json!({ "content": content }) };
        event(choice(delta, Value::Null), Value::Null)
    };
    let mut events: Vec<Bytes> = (0..chunks).map(text).collect();
    events.push(event(choice(json!({}), json!("stop")), Value::Null));
    events.push(event(json!([]), chat_usage(chunks)));
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

fn messages_events(chunks: usize) -> Vec<Bytes> {
    let event = |name: &str, data: Value| Bytes::from(format!("event: {name}\ndata: {data}\n\n"));
    let message = json!({ "id": "msg_mock", "type": "message", "role": "assistant", "model": "mock", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 250, "output_tokens": 1 } });
    let block = json!({ "type": "text", "text": "" });
    let mut events = vec![
        event("message_start", json!({ "type": "message_start", "message": message })),
        event("content_block_start", json!({ "type": "content_block_start", "index": 0, "content_block": block })),
    ];
    events.extend((0..chunks).map(|n| {
        let delta = json!({ "type": "text_delta", "text": format!("tok-{n} ") });
        event("content_block_delta", json!({ "type": "content_block_delta", "index": 0, "delta": delta }))
    }));
    let delta = json!({ "stop_reason": "end_turn", "stop_sequence": null });
    let usage = json!({ "output_tokens": chunks });
    events.push(event("content_block_stop", json!({ "type": "content_block_stop", "index": 0 })));
    events.push(event("message_delta", json!({ "type": "message_delta", "delta": delta, "usage": usage })));
    events.push(event("message_stop", json!({ "type": "message_stop" })));
    events
}

/// What a failed request is told.
pub(super) fn failure(format: Format, status: StatusCode) -> Bytes {
    let (kind, message) = match status {
        StatusCode::TOO_MANY_REQUESTS => ("rate_limit_error", "The mock was told to be busy."),
        _ => ("api_error", "The mock was told to fail."),
    };
    let body = match format {
        Format::Chat => json!({ "error": { "message": message, "type": kind, "param": null, "code": null } }),
        Format::Messages => json!({ "type": "error", "error": { "type": kind, "message": message } }),
    };
    body.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_its_texts_in_order_its_usage_and_its_end() {
        let answers = Answers::of(Behaviour { chunks: 3, size: 12, ..Behaviour::default() });
        let chat = answers.events(Format::Chat).concat();
        let chat = std::str::from_utf8(&chat).unwrap();
        let (first, last) = (chat.find("tok-0 ").unwrap(), chat.find("tok-2 ").unwrap());
        let usage = chat.find(r#""completion_tokens":3"#).unwrap();
        assert!(first < last && last < usage && chat.ends_with("data: [DONE]\n\n"));
        assert_eq!(chat.matches("\n\n").count(), 6);

        let messages = answers.events(Format::Messages).concat();
        let messages = std::str::from_utf8(&messages).unwrap();
        assert_eq!(messages.matches("event: content_block_delta").count(), 3);
        assert!(messages.ends_with("data: {\"type\":\"message_stop\"}\n\n"));
    }

    #[test]
    fn a_whole_answer_is_as_long_as_told() {
        let answers = Answers::of(Behaviour { size: 12, ..Behaviour::default() });
        let chat: Value = serde_json::from_slice(&answers.whole(Format::Chat)).unwrap();
        assert_eq!(chat["choices"][0]["message"]["content"], "word word wo");
        let messages: Value = serde_json::from_slice(&answers.whole(Format::Messages)).unwrap();
        assert_eq!(messages["content"][0]["text"], "word word wo");
    }
}
