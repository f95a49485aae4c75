//! What makes two requests the same, for the cache (GTW-12).

use serde_json::{Map, Number, Value};

use crate::{BadBody, Format};

/// What says how the answer is delivered, or for whom, and not what it is.
const IGNORED: [&str; 7] =
    ["stream", "stream_options", "user", "metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier"];

/// The largest whole number up to which every one is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The material of a cache key: the same bytes for requests that ask the same of the same model in the same format,
/// however they are written. Names are in order, white space and escapes are gone, numbers are by value, a field that
/// is null is as one that is missing; whether it is streamed, and for which user, does not matter.
///
/// # Errors
/// [`BadBody`] when it is not a JSON object.
pub fn canonical(format: Format, body: &[u8]) -> Result<Vec<u8>, BadBody> {
    let mut fields = crate::bad_body::parse(body)?;
    fields.retain(|name, value| !value.is_null() && !IGNORED.contains(&name.as_str()));
    let mut out = Vec::with_capacity(body.len() + 16);
    out.extend_from_slice(match format {
        Format::OpenAiChat => b"chat:",
        Format::OpenAiResponses => b"responses:",
        Format::AnthropicMessages => b"messages:",
        Format::Gemini => b"gemini:",
    });
    object(&fields, &mut out);
    Ok(out)
}

fn object(fields: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (index, (name, inner)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        text(name, out);
        out.push(b':');
        value(inner, out);
    }
    out.push(b'}');
}

fn value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(inner) => number(inner, out),
        Value::String(inner) => text(inner, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                self::value(item, out);
            }
            out.push(b']');
        }
        Value::Object(fields) => object(fields, out),
    }
}

/// With its length in front nothing has to be escaped.
fn text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.len().to_string().as_bytes());
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
}

fn number(number: &Number, out: &mut Vec<u8>) {
    let written = match number.as_f64() {
        // 1, 1.0 and 1e0 are one number, and so are 0 and -0.0.
        Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < EXACT => {
            format!("{:.0}", float + 0.0)
        }
        _ => number.to_string(),
    };
    out.extend_from_slice(written.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(body: &str) -> Vec<u8> {
        canonical(Format::OpenAiChat, body.as_bytes()).unwrap()
    }

    #[test]
    fn the_same_request_written_otherwise_has_the_same_key() {
        let plain = key(r#"{"model":"m","temperature":1,"seed":0,"messages":[{"role":"user","content":"é"}]}"#);
        let others = [
            r#"{ "messages": [ {"content":"\u00e9","role":"user"} ], "seed":-0.0, "temperature": 1.0, "model":"m" }"#,
            r#"{"model":"m","temperature":1e0,"seed":0,"messages":[{"role":"user","content":"é"}],"stream":true}"#,
            r#"{"model":"m","temperature":10e-1,"seed":0,"messages":[{"role":"user","content":"é"}],"user":"u",
                "metadata":{"a":"b"},"stream_options":{"include_usage":true},"top_p":null}"#,
        ];
        for other in others {
            assert_eq!(key(other), plain, "{other}");
        }
    }

    #[test]
    fn another_request_has_another_key() {
        let plain = key(r#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#);
        let others = [
            r#"{"model":"n","messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"a "}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"a","x":null}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"a"}],"temperature":0.1}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"a"}],"temperature":"0"}"#,
        ];
        for other in others {
            assert_ne!(key(other), plain, "{other}");
        }
        assert_ne!(key(r#"{"a":["b","c"]}"#), key(r#"{"a":["b\",\"c"]}"#));
        assert_ne!(key(r#"{"a":9007199254740993}"#), key(r#"{"a":9007199254740992}"#));
        let messages = canonical(Format::AnthropicMessages, br#"{"model":"m"}"#).unwrap();
        assert_ne!(messages, key(r#"{"model":"m"}"#));
        assert!(canonical(Format::OpenAiChat, b"[1]").is_err());
        assert_eq!(canonical(Format::OpenAiChat, "[".repeat(10_000).as_bytes()), Err(BadBody::TooDeep));
    }
}
