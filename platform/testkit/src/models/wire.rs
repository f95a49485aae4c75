//! Answers in the wire formats, whole and as the events of a stream.

use serde_json::{Value, json};

use super::asked::{Asked, Wire, tokens};
use super::responses;
use super::script::{Act, ScriptedCall, ScriptedUsage};

/// Characters in one piece of a stream.
const PIECE: usize = 24;

/// What is to be said.
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) thinking: Option<String>,
    pub(super) finish: Option<String>,
    pub(super) usage: ScriptedUsage,
    /// The tool that is called instead.
    pub(super) call: Option<ScriptedCall>,
    extra: Option<Value>,
}

impl Reply {
    pub(super) fn new(asked: &Asked, act: &Act, text: String) -> Self {
        let counted = || ScriptedUsage { input: asked.tokens(), output: tokens(&text), ..ScriptedUsage::default() };
        let usage = act.usage.unwrap_or_else(counted);
        Self {
            thinking: act.thinking.clone(),
            finish: act.finish.clone(),
            usage,
            call: act.call.clone(),
            extra: act.extra.clone(),
            text: if act.call.is_some() { String::new() } else { text },
        }
    }
}

/// The answer as one JSON document.
pub(super) fn whole(asked: &Asked, reply: &Reply) -> Value {
    let id = format!("{:016x}", asked.hash);
    let mut answer = match asked.wire {
        Wire::OpenAi => {
            let mut message = json!({ "role": "assistant", "content": reply.text });
            if let Some(call) = &reply.call {
                message["content"] = Value::Null;
                message["tool_calls"] = json!([openai_call(call, &call.arguments.to_string())]);
            }
            if let Some(thinking) = &reply.thinking {
                merge(&mut message, &thought(asked, thinking, reply));
            }
            let finish = openai_finish(reply);
            let mut answer = json!({
                "id": format!("chatcmpl-{id}"),
                "object": "chat.completion",
                "created": 0,
                "model": asked.model,
                "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
            });
            answer["usage"] = asked.dialect.usage(&reply.usage);
            answer
        }
        Wire::Responses => responses::whole(asked, reply),
        Wire::Gemini => gemini_chunk(asked, reply, &gemini_parts(reply), true),
        Wire::Anthropic => {
            let mut content = Vec::new();
            if let Some(thinking) = &reply.thinking {
                content.push(json!({ "type": "thinking", "thinking": thinking, "signature": "c2lnbmVk" }));
            }
            content.push(if let Some(call) = &reply.call {
                json!({ "type": "tool_use", "id": "toolu_1", "name": call.name, "input": call.arguments })
            } else if asked.by_tool {
                let input: Value = serde_json::from_str(&reply.text).unwrap_or(json!({}));
                json!({ "type": "tool_use", "id": "toolu_1", "name": asked.schema_name, "input": input })
            } else {
                json!({ "type": "text", "text": reply.text })
            });
            json!({
                "id": format!("msg_{id}"),
                "type": "message",
                "role": "assistant",
                "model": asked.model,
                "content": content,
                "stop_reason": stop_reason(asked, reply),
                "usage": anthropic_usage(&reply.usage),
            })
        }
    };
    if let Some(extra) = &reply.extra {
        merge(&mut answer, extra);
    }
    answer
}

/// Lays the fields of `more` over those of `value`.
pub(super) fn merge(value: &mut Value, more: &Value) {
    if let (Value::Object(fields), Value::Object(more)) = (value, more) {
        fields.extend(more.clone());
    }
}

/// The thinking of a whole message. Where it is part of the content, so is the text.
fn thought(asked: &Asked, thinking: &str, reply: &Reply) -> Value {
    let mut fields = asked.dialect.thinking(thinking);
    if let Some(Value::Array(parts)) = fields.get_mut("content") {
        parts.push(json!({ "type": "text", "text": reply.text }));
    }
    fields
}

fn openai_call(call: &ScriptedCall, arguments: &str) -> Value {
    json!({ "id": "call_1", "type": "function", "function": { "name": call.name, "arguments": arguments } })
}

fn openai_finish(reply: &Reply) -> &str {
    reply.finish.as_deref().unwrap_or(if reply.call.is_some() { "tool_calls" } else { "stop" })
}

/// The answer as the events of a stream, each with its blank line.
pub(super) fn events(asked: &Asked, act: &Act, reply: &Reply) -> Vec<String> {
    let pieces = pieces(&reply.text);
    let error_at = act.stream_error.as_ref().map(|_| pieces.len() / 2);
    let (mut events, texts, end) = match asked.wire {
        Wire::Responses => responses::events(asked, reply, &pieces),
        Wire::OpenAi => openai_events(asked, reply, &pieces),
        Wire::Anthropic => anthropic_events(asked, reply, &pieces),
        Wire::Gemini => gemini_events(asked, reply, &pieces),
    };
    for (index, text) in texts.into_iter().enumerate() {
        if error_at == Some(index) {
            events.push(stream_error(asked.wire, act));
            return events;
        }
        events.push(text);
    }
    events.extend(end);
    let Some(extra) = &reply.extra else { return events };
    let lay = |event: String| match event.split_once("data: ") {
        Some((head, data)) => match serde_json::from_str::<Value>(data) {
            Ok(mut value) => {
                merge(&mut value, extra);
                format!("{head}data: {value}\n\n")
            }
            Err(_) => event,
        },
        None => event,
    };
    events.into_iter().map(lay).collect()
}

/// An error with a status, in the wire format's shape.
pub(super) fn error_body(wire: Wire, status: u16, act: &Act) -> Value {
    let message = act.message.clone().unwrap_or_else(|| format!("scripted error {status}"));
    let usual = match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    let kind = act.error_type.as_deref().unwrap_or(usual);
    match wire {
        Wire::OpenAi | Wire::Responses => {
            json!({ "error": { "message": message, "type": kind, "param": null, "code": kind } })
        }
        Wire::Anthropic => json!({ "type": "error", "error": { "type": kind, "message": message } }),
        Wire::Gemini => {
            let name = match status {
                401 => "UNAUTHENTICATED",
                403 => "PERMISSION_DENIED",
                404 => "NOT_FOUND",
                429 => "RESOURCE_EXHAUSTED",
                400..=499 => "INVALID_ARGUMENT",
                503 => "UNAVAILABLE",
                _ => "INTERNAL",
            };
            let mut error = json!({ "code": status, "message": message, "status": name });
            // The API says in the body how long to wait, and what is used up.
            if let Some(seconds) = &act.retry_after {
                error["details"] = json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s") }]);
            }
            json!({ "error": error })
        }
    }
}

/// A chunk of Gemini's, which is also its whole answer.
fn gemini_chunk(asked: &Asked, reply: &Reply, parts: &[Value], last: bool) -> Value {
    let mut candidate = json!({ "content": { "parts": parts, "role": "model" }, "index": 0 });
    if last {
        candidate["finishReason"] = json!(reply.finish.as_deref().unwrap_or("STOP"));
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": gemini_usage(&reply.usage),
        "modelVersion": asked.model,
        "responseId": format!("{:016x}", asked.hash),
    })
}

/// The thought and the text or the call as parts.
fn gemini_parts(reply: &Reply) -> Vec<Value> {
    let mut parts: Vec<Value> = reply.thinking.iter().map(|text| json!({ "text": text, "thought": true })).collect();
    parts.push(match &reply.call {
        Some(call) => json!({ "functionCall": { "name": call.name, "args": call.arguments } }),
        None => json!({ "text": reply.text }),
    });
    parts
}

fn gemini_events(asked: &Asked, reply: &Reply, pieces: &[String]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let event = |parts: &[Value], last: bool| format!("data: {}\r\n\r\n", gemini_chunk(asked, reply, parts, last));
    let mut start: Vec<String> = Vec::new();
    if let Some(text) = &reply.thinking {
        start.push(event(&[json!({ "text": text, "thought": true })], false));
    }
    let texts = pieces.iter().map(|piece| event(&[json!({ "text": piece })], false)).collect();
    let last = match &reply.call {
        Some(call) => json!({ "functionCall": { "name": call.name, "args": call.arguments } }),
        None => json!({ "text": "" }),
    };
    let end = vec![event(&[last], true)];
    (start, texts, end)
}

fn gemini_usage(usage: &ScriptedUsage) -> Value {
    json!({
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output.saturating_sub(usage.reasoning),
        "thoughtsTokenCount": usage.reasoning,
        "cachedContentTokenCount": usage.cached_input,
        "totalTokenCount": usage.input + usage.output,
    })
}

fn openai_events(asked: &Asked, reply: &Reply, pieces: &[String]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let dialect = asked.dialect;
    let chunk = |choices: Value, more: &Value| {
        let mut chunk = json!({
            "id": format!("chatcmpl-{:016x}", asked.hash),
            "object": "chat.completion.chunk",
            "created": 0,
            "model": asked.model,
            "choices": choices,
        });
        merge(&mut chunk, more);
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish: Option<&str>, more: &Value| {
        chunk(json!([{ "index": 0, "delta": delta, "finish_reason": finish }]), more)
    };
    let nothing = Value::Null;
    let mut start: Vec<String> = dialect.prelude().into_iter().map(str::to_owned).collect();
    start.push(delta(json!({ "role": "assistant", "content": "" }), None, &nothing));
    start.extend(reply.thinking.as_ref().map(|text| delta(dialect.thinking(text), None, &nothing)));
    if let Some(call) = &reply.call {
        // The name first, the arguments in pieces.
        let with_index = |mut call: Value| {
            call["index"] = json!(0);
            json!({ "tool_calls": [call] })
        };
        start.push(delta(with_index(openai_call(call, "")), None, &nothing));
        for piece in self::pieces(&call.arguments.to_string()) {
            start.push(delta(with_index(json!({ "function": { "arguments": piece } })), None, &nothing));
        }
    }
    let texts = pieces.iter().map(|piece| delta(json!({ "content": piece }), None, &nothing)).collect();
    let says = dialect.says_usage(asked.wants_usage);
    let with_finish = says && dialect.usage_with_finish();
    let usage = dialect.usage_fields(&reply.usage);
    let mut end = vec![delta(json!({}), Some(openai_finish(reply)), if with_finish { &usage } else { &nothing })];
    if says && !with_finish {
        end.push(chunk(json!([]), &usage));
    }
    end.push("data: [DONE]\n\n".to_owned());
    (start, texts, end)
}

fn anthropic_events(asked: &Asked, reply: &Reply, pieces: &[String]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let event = |value: Value| format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap_or_default());
    let delta =
        |index: usize, delta: Value| event(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
    let open = |index: usize, block: Value| {
        event(json!({ "type": "content_block_start", "index": index, "content_block": block }))
    };
    let close = |index: usize| event(json!({ "type": "content_block_stop", "index": index }));
    let usage = anthropic_usage(&reply.usage);
    let message = json!({
        "id": format!("msg_{:016x}", asked.hash),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": null,
        "usage": usage,
    });
    let mut start =
        vec![event(json!({ "type": "message_start", "message": message })), event(json!({ "type": "ping" }))];
    let index = usize::from(reply.thinking.is_some());
    if let Some(thinking) = &reply.thinking {
        start.push(open(0, json!({ "type": "thinking", "thinking": "", "signature": "" })));
        start.push(delta(0, json!({ "type": "thinking_delta", "thinking": thinking })));
        start.push(delta(0, json!({ "type": "signature_delta", "signature": "c2lnbmVk" })));
        start.push(close(0));
    }
    let (block, name, field) = if let Some(call) = &reply.call {
        let block = json!({ "type": "tool_use", "id": "toolu_1", "name": call.name, "input": {} });
        (block, "input_json_delta", "partial_json")
    } else if asked.by_tool {
        let block = json!({ "type": "tool_use", "id": "toolu_1", "name": asked.schema_name, "input": {} });
        (block, "input_json_delta", "partial_json")
    } else {
        (json!({ "type": "text", "text": "" }), "text_delta", "text")
    };
    start.push(open(index, block));
    let arguments = reply.call.as_ref().map(|call| self::pieces(&call.arguments.to_string()));
    let pieces = arguments.as_deref().unwrap_or(pieces);
    let texts = pieces.iter().map(|piece| delta(index, json!({ "type": name, field: piece }))).collect();
    let ending = json!({ "stop_reason": stop_reason(asked, reply), "stop_sequence": null });
    let totals = json!({ "output_tokens": reply.usage.output });
    let end = vec![
        close(index),
        event(json!({ "type": "message_delta", "delta": ending, "usage": totals })),
        event(json!({ "type": "message_stop" })),
    ];
    (start, texts, end)
}

fn stream_error(wire: Wire, act: &Act) -> String {
    let kind = act.stream_error.clone().unwrap_or_default();
    let act = Act { error_type: Some(kind), message: Some("scripted error in the stream".to_owned()), ..act.clone() };
    let body = error_body(wire, 500, &act);
    match wire {
        Wire::OpenAi => format!("data: {body}\n\n"),
        Wire::Anthropic => format!("event: error\ndata: {body}\n\n"),
        Wire::Responses => format!("event: error\ndata: {}\n\n", responses::error(&body)),
        Wire::Gemini => format!("data: {body}\r\n\r\n"),
    }
}

fn stop_reason<'a>(asked: &Asked, reply: &'a Reply) -> &'a str {
    let tool = asked.by_tool || reply.call.is_some();
    reply.finish.as_deref().unwrap_or(if tool { "tool_use" } else { "end_turn" })
}

fn anthropic_usage(usage: &ScriptedUsage) -> Value {
    json!({
        "input_tokens": usage.input.saturating_sub(usage.cached_input + usage.cache_write),
        "cache_read_input_tokens": usage.cached_input,
        "cache_creation_input_tokens": usage.cache_write,
        "output_tokens": usage.output,
    })
}

/// A text in pieces.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}
