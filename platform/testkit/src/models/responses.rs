//! OpenAI's responses: whole, and as the events of a stream.

use serde_json::{Value, json};

use super::asked::Asked;
use super::wire::{Reply, pieces};

/// The answer as one JSON document.
pub(super) fn whole(asked: &Asked, reply: &Reply) -> Value {
    let mut output = Vec::new();
    output.extend(reply.thinking.as_ref().map(|text| reasoning(text)));
    output.push(match &reply.call {
        Some(call) => function_call(&call.name, &call.arguments.to_string(), "completed"),
        None => message(&reply.text, "completed"),
    });
    response(asked, reply, "completed", &output)
}

/// The answer as events: what comes before the text, the text, and the end.
pub(super) fn events(asked: &Asked, reply: &Reply, texts: &[String]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut number = 0;
    let mut event = |mut value: Value| {
        value["sequence_number"] = json!(number);
        number += 1;
        format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap_or_default())
    };
    let open = response(asked, reply, "in_progress", &[]);
    let mut start = vec![event(json!({ "type": "response.created", "response": open }))];
    let mut at = 0;
    if let Some(text) = &reply.thinking {
        let item = json!({ "type": "reasoning", "id": "rs_1", "summary": [] });
        start.push(event(json!({ "type": "response.output_item.added", "output_index": at, "item": item })));
        start.push(event(json!({
            "type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": at,
            "summary_index": 0, "delta": text,
        })));
        start.push(event(json!({ "type": "response.output_item.done", "output_index": at, "item": reasoning(text) })));
        at = 1;
    }
    let (item, done, texts): (Value, Value, Vec<String>) = match &reply.call {
        Some(call) => {
            let arguments = call.arguments.to_string();
            let delta = |piece: String| {
                json!({
                    "type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": at, "delta": piece,
                })
            };
            let deltas: Vec<Value> = pieces(&arguments).into_iter().map(delta).collect();
            let added = function_call(&call.name, "", "in_progress");
            start.push(event(json!({ "type": "response.output_item.added", "output_index": at, "item": added })));
            start.extend(deltas.into_iter().map(&mut event));
            (Value::Null, function_call(&call.name, &arguments, "completed"), Vec::new())
        }
        None => (message("", "in_progress"), message(&reply.text, "completed"), texts.to_vec()),
    };
    if !item.is_null() {
        start.push(event(json!({ "type": "response.output_item.added", "output_index": at, "item": item })));
    }
    let delta = |piece: String| {
        json!({
            "type": "response.output_text.delta", "item_id": "msg_1", "output_index": at, "content_index": 0, "delta": piece,
        })
    };
    let texts = texts.into_iter().map(delta).map(&mut event).collect();
    let last = response(asked, reply, "completed", std::slice::from_ref(&done));
    let end = vec![
        event(json!({ "type": "response.output_item.done", "output_index": at, "item": done })),
        event(json!({ "type": "response.completed", "response": last })),
    ];
    (start, texts, end)
}

/// An error in the middle of a stream.
pub(super) fn error(body: &Value) -> Value {
    let error = &body["error"];
    json!({ "type": "error", "code": error["code"], "message": error["message"], "param": null, "sequence_number": 9 })
}

fn response(asked: &Asked, reply: &Reply, status: &str, output: &[Value]) -> Value {
    let usage = &reply.usage;
    json!({
        "id": format!("resp_{:016x}", asked.hash),
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": asked.model,
        "output": output,
        "usage": if status == "completed" {
            json!({
                "input_tokens": usage.input,
                "input_tokens_details": { "cached_tokens": usage.cached_input },
                "output_tokens": usage.output,
                "output_tokens_details": { "reasoning_tokens": usage.reasoning },
                "total_tokens": usage.input + usage.output,
            })
        } else {
            Value::Null
        },
    })
}

fn message(text: &str, status: &str) -> Value {
    let content =
        if text.is_empty() { json!([]) } else { json!([{ "type": "output_text", "text": text, "annotations": [] }]) };
    json!({ "type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": content })
}

fn reasoning(text: &str) -> Value {
    json!({ "type": "reasoning", "id": "rs_1", "summary": [{ "type": "summary_text", "text": text }] })
}

fn function_call(name: &str, arguments: &str, status: &str) -> Value {
    json!({ "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": name, "arguments": arguments, "status": status })
}
