//! Thinking in a format that has no word for it. Servers send its text as `reasoning_content` or `reasoning`; some add
//! `reasoning_details`, which they want back unchanged.

use serde_json::{Value, json};

use crate::fields::Fields;
use crate::origin::{self, CHAT};
use crate::{BadBody, Part};

/// The fields in which servers of this format put the text of thinking, the usual one first.
pub(super) const FIELDS: [&str; 2] = ["reasoning_content", "reasoning"];

/// The kind of a detail that has text.
const TEXT: &str = "reasoning.text";
/// The kind of a detail that only its provider can read.
const SEALED: &str = "reasoning.encrypted";

/// A detail as we give it to our callers: thinking with its signature.
pub(super) fn signed(text: &str, signature: &str) -> Value {
    json!({ "type": TEXT, "text": text, "signature": signature })
}

/// A detail as we give it to our callers: sealed thinking.
pub(super) fn sealed(data: &str) -> Value {
    json!({ "type": SEALED, "data": data })
}

/// The thinking in a message of the model that a caller gives back.
pub(super) fn read_message(message: &mut Fields) -> Result<Vec<Part>, BadBody> {
    let mut text = None;
    for field in FIELDS {
        // Some clients give the object of another API here, which says nothing to anybody.
        let value = message.take(field);
        text = text.or_else(|| value.and_then(|value| value.as_str().map(str::to_owned)));
    }
    let mut parts = Vec::new();
    for detail in message.list("reasoning_details")?.unwrap_or_default() {
        let part = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
        match part("type").as_deref() {
            Some(TEXT) => {
                parts.push(Part::Thinking { text: part("text").unwrap_or_default(), signature: part("signature") });
            }
            Some(SEALED) => parts.extend(part("data").map(Part::SealedThinking)),
            _ => {}
        }
    }
    if parts.is_empty() {
        parts.extend(text.filter(|text| !text.is_empty()).map(|text| Part::Thinking { text, signature: None }));
    }
    Ok(parts)
}

/// The thinking of a turn, for the server that it came from: fields of the message.
pub(super) fn write_message(parts: &[Part]) -> Vec<(String, Value)> {
    let mut details = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for part in parts {
        let Part::Thinking { text, signature: Some(secret) } = part else { continue };
        match origin::own(CHAT, secret) {
            None => {}
            Some(field) if FIELDS.contains(&field) => match fields.iter_mut().find(|(name, _)| name == field) {
                Some((_, before)) => before.push_str(text),
                None => fields.push((field.to_owned(), text.clone())),
            },
            Some(list) => {
                if let Ok(Value::Array(items)) = serde_json::from_str(list) {
                    details.extend(items);
                }
            }
        }
    }
    let mut out: Vec<(String, Value)> = fields.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
    if !details.is_empty() {
        out.push(("reasoning_details".to_owned(), Value::Array(details)));
    }
    out
}

/// The mark of thinking that came in `field`, or with details.
pub(super) fn mark(field: &str, details: Vec<Value>) -> String {
    if details.is_empty() {
        origin::marked(CHAT, field)
    } else {
        origin::marked(CHAT, &Value::Array(details).to_string())
    }
}
