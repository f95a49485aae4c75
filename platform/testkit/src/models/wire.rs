//! Answers in the three wire formats, whole and as the events of a stream.

use serde_json::{Value, json};

use super::asked::{Asked, Wire, tokens};
use super::script::{Act, ScriptedUsage};

/// Characters in one piece of a stream.
const PIECE: usize = 24;

/// What Anthropic signs its thinking with.
const SIGNATURE: &str = "c2lnbmVk";

/// What is to be said.
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) thinking: Option<String>,
    finish: Option<String>,
    usage: ScriptedUsage,
}

impl Reply {
    pub(super) fn new(asked: &Asked, act: &Act, text: String) -> Self {
        let counted = || ScriptedUsage { input: asked.tokens(), output: tokens(&text), ..ScriptedUsage::default() };
        let usage = act.usage.unwrap_or_else(counted);
        Self { thinking: act.thinking.clone(), finish: act.finish.clone(), usage, text }
    }
}

/// The answer as one JSON document.
pub(super) fn whole(asked: &Asked, reply: &Reply) -> Value {
    let id = format!("{:016x}", asked.hash);
    match asked.wire {
        Wire::OpenAi => json!({
            "id": format!("chatcmpl-{id}"),
            "object": "chat.completion",
            "created": 0,
            "model": asked.model,
            "choices": [{
                "index": 0,
                "message": openai_message(asked, reply),
                "finish_reason": finish_reason(asked, reply),
            }],
            "usage": openai_usage(&reply.usage),
        }),
        Wire::Gemini => {
            let thought = reply.thinking.as_deref().map(gemini_thought);
            let parts: Vec<Value> = thought.into_iter().chain([gemini_answer(asked, &reply.text)]).collect();
            gemini_chunk(asked, reply, &parts, true)
        }
        Wire::Anthropic => {
            let input: Value = serde_json::from_str(&reply.text).unwrap_or(json!({}));
            let block = if asked.by_tool {
                json!({ "type": "tool_use", "id": "toolu_1", "name": asked.schema_name, "input": input })
            } else {
                json!({ "type": "text", "text": reply.text })
            };
            let thinking = reply.thinking.as_ref().map(|text| thinking_block(text, SIGNATURE));
            let content: Vec<Value> = thinking.into_iter().chain([block]).collect();
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
    }
}

/// The answer as the events of a stream, each with its blank line.
pub(super) fn events(asked: &Asked, act: &Act, reply: &Reply) -> Vec<String> {
    let pieces = pieces(&reply.text);
    let error_at = act.stream_error.as_ref().map(|_| pieces.len() / 2);
    let (mut events, texts, end) = match asked.wire {
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
    events
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
        Wire::OpenAi => json!({ "error": { "message": message, "type": kind, "param": null, "code": kind } }),
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

fn openai_message(asked: &Asked, reply: &Reply) -> Value {
    let mut message = json!({ "role": "assistant", "content": reply.text, "reasoning_content": reply.thinking });
    if asked.by_tool {
        message["content"] = Value::Null;
        let function = json!({ "name": asked.schema_name, "arguments": reply.text });
        message["tool_calls"] = json!([{ "id": "call_1", "type": "function", "function": function }]);
    }
    message
}

fn finish_reason<'a>(asked: &Asked, reply: &'a Reply) -> &'a str {
    reply.finish.as_deref().unwrap_or(if asked.by_tool { "tool_calls" } else { "stop" })
}

fn gemini_thought(text: &str) -> Value {
    json!({ "text": text, "thought": true })
}

/// The part of Gemini's that the answer is.
fn gemini_answer(asked: &Asked, text: &str) -> Value {
    if asked.by_tool {
        let arguments: Value = serde_json::from_str(text).unwrap_or(json!({}));
        json!({ "functionCall": { "name": asked.schema_name, "args": arguments } })
    } else {
        json!({ "text": text })
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

fn gemini_events(asked: &Asked, reply: &Reply, pieces: &[String]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let event = |part: Value, last: bool| format!("data: {}\r\n\r\n", gemini_chunk(asked, reply, &[part], last));
    let start = reply.thinking.iter().map(|text| event(gemini_thought(text), false)).collect();
    // A call comes in one piece.
    let texts = if asked.by_tool {
        vec![event(gemini_answer(asked, &reply.text), false)]
    } else {
        pieces.iter().map(|piece| event(gemini_answer(asked, piece), false)).collect()
    };
    let end = vec![event(json!({ "text": "" }), true)];
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
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({
            "id": format!("chatcmpl-{:016x}", asked.hash),
            "object": "chat.completion.chunk",
            "created": 0,
            "model": asked.model,
            "choices": choices,
            "usage": usage,
        });
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish: Option<&str>| {
        chunk(json!([{ "index": 0, "delta": delta, "finish_reason": finish }]), Value::Null)
    };
    let mut start = vec![delta(json!({ "role": "assistant", "content": "" }), None)];
    start.extend(reply.thinking.as_ref().map(|text| delta(json!({ "reasoning_content": text }), None)));
    let call = |call: Value| delta(json!({ "tool_calls": [call] }), None);
    let texts = if asked.by_tool {
        let function = json!({ "name": asked.schema_name, "arguments": "" });
        start.push(call(json!({ "index": 0, "id": "call_1", "type": "function", "function": function })));
        pieces.iter().map(|piece| call(json!({ "index": 0, "function": { "arguments": piece } }))).collect()
    } else {
        pieces.iter().map(|piece| delta(json!({ "content": piece }), None)).collect()
    };
    let mut end = vec![delta(json!({}), Some(finish_reason(asked, reply)))];
    if asked.wants_usage {
        end.push(chunk(json!([]), openai_usage(&reply.usage)));
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
        start.push(open(0, thinking_block("", "")));
        start.push(delta(0, json!({ "type": "thinking_delta", "thinking": thinking })));
        start.push(delta(0, json!({ "type": "signature_delta", "signature": SIGNATURE })));
        start.push(close(0));
    }
    let (block, name, field) = if asked.by_tool {
        let block = json!({ "type": "tool_use", "id": "toolu_1", "name": asked.schema_name, "input": {} });
        (block, "input_json_delta", "partial_json")
    } else {
        (json!({ "type": "text", "text": "" }), "text_delta", "text")
    };
    start.push(open(index, block));
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
        Wire::Gemini => format!("data: {body}\r\n\r\n"),
    }
}

fn stop_reason<'a>(asked: &Asked, reply: &'a Reply) -> &'a str {
    reply.finish.as_deref().unwrap_or(if asked.by_tool { "tool_use" } else { "end_turn" })
}

fn openai_usage(usage: &ScriptedUsage) -> Value {
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": { "cached_tokens": usage.cached_input },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
    })
}

fn thinking_block(text: &str, signature: &str) -> Value {
    json!({ "type": "thinking", "thinking": text, "signature": signature })
}

fn anthropic_usage(usage: &ScriptedUsage) -> Value {
    json!({
        "input_tokens": usage.input.saturating_sub(usage.cached_input + usage.cache_write),
        "cache_read_input_tokens": usage.cached_input,
        "cache_creation_input_tokens": usage.cache_write,
        "output_tokens": usage.output,
    })
}

fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}
