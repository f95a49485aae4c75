//! Marks for the provider's prompt cache (GTW-12): each one covers everything before it.

use serde_json::{Value, json};

/// The most marks that the protocol takes.
const MOST: usize = 4;
/// The least bytes of instructions that are marked: about what the provider keeps at all.
const LEAST: usize = 4_096;

/// Marks the stable prefixes of a request whose format has no marks, so that the next turn reads from the cache what
/// this one wrote: the end of long instructions, and the end of a conversation that has come to a second turn. Writing
/// costs a quarter more than reading it once, so a lone question is not marked. A request with marks stays as it is.
pub fn mark_stable(body: &mut Value) {
    if !marked(body).is_empty() {
        return;
    }
    let system = body.get_mut("system").and_then(Value::as_array_mut);
    if let Some(blocks) = system
        && blocks.iter().filter_map(|block| block.get("text")?.as_str()).map(str::len).sum::<usize>() >= LEAST
        && let Some(last) = blocks.last_mut()
    {
        mark(last);
    }
    let messages = body.get_mut("messages").and_then(Value::as_array_mut);
    if let Some([.., _, last]) = messages.map(Vec::as_mut_slice)
        && let Some(block) = last.get_mut("content").and_then(Value::as_array_mut).and_then(|blocks| blocks.last_mut())
        && !matches!(block.get("type").and_then(Value::as_str), Some("thinking" | "redacted_thinking"))
    {
        mark(block);
    }
}

/// Takes away the first marks when there are more than the protocol takes: the last ones cover the most.
pub(super) fn limit(body: &mut Value) {
    let paths = marked(body);
    for path in paths.iter().rev().skip(MOST) {
        if let Some(Value::Object(block)) = body.pointer_mut(path) {
            block.shift_remove("cache_control");
        }
    }
}

/// Marks a block.
pub(super) fn mark(block: &mut Value) {
    if let Value::Object(fields) = block {
        fields.insert("cache_control".to_owned(), json!({ "type": "ephemeral" }));
    }
}

/// Where the marked blocks are, in their order.
fn marked(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut blocks = |base: String, content: Option<&Value>| {
        for (index, block) in content.and_then(Value::as_array).into_iter().flatten().enumerate() {
            if block.get("cache_control").is_some() {
                found.push(format!("{base}/{index}"));
            }
        }
    };
    blocks("/system".to_owned(), body.get("system"));
    let messages = body.get("messages").and_then(Value::as_array);
    for (index, message) in messages.into_iter().flatten().enumerate() {
        blocks(format!("/messages/{index}/content"), message.get("content"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_marked_at_its_stable_ends() {
        let text = |text: &str| json!([{ "type": "text", "text": text }]);
        let question = json!({ "role": "user", "content": text("Hi") });
        let mut lone = json!({ "system": text("Short."), "messages": [question] });
        mark_stable(&mut lone);
        assert!(marked(&lone).is_empty());
        let mut long = json!({ "system": text(&"x".repeat(5000)), "messages": [question, question, question] });
        mark_stable(&mut long);
        assert_eq!(marked(&long), ["/system/0", "/messages/2/content/0"]);
        let before = long.clone();
        mark_stable(&mut long);
        assert_eq!(long, before);
    }

    #[test]
    fn only_the_last_marks_stay() {
        let block = json!({ "type": "text", "text": "x", "cache_control": { "type": "ephemeral" } });
        let mut body = json!({ "system": [block, block], "messages": [{ "content": [block, block, block] }] });
        limit(&mut body);
        assert_eq!(marked(&body).len(), 4);
        assert!(body["system"][0].get("cache_control").is_none());
    }
}
