//! Errors in each API's own shape, with its own names: SDKs turn them into their exceptions by status and type.

use serde_json::{Value, json};

use crate::Format;

/// The body of an answer with an error status. `code` is a short name that programs can tell it by, `message` is for
/// people, `request_id` finds the request in the server's log; all are shown to the caller, where the format has a place
/// for them.
#[must_use]
pub fn error_body(format: Format, status: u16, code: &str, message: &str, request_id: &str) -> Vec<u8> {
    let mut error = error_value(format, status, code, message);
    if format == Format::AnthropicMessages {
        error["request_id"] = json!(request_id);
    }
    error.to_string().into_bytes()
}

/// The same as a value.
pub(crate) fn error_value(format: Format, status: u16, code: &str, message: &str) -> Value {
    match format {
        Format::OpenAiChat | Format::OpenAiResponses => openai(status, code, message),
        Format::AnthropicMessages => anthropic(status, code, message),
        Format::Gemini => json!({
            "error": { "code": status, "message": message, "status": google_status(status) },
        }),
    }
}

/// OpenAI's shape.
pub(crate) fn openai(status: u16, code: &str, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        402 => "insufficient_quota",
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        409 => "conflict_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    let code = if code.is_empty() { Value::Null } else { Value::from(code) };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
}

/// Anthropic's shape. It has no code of its own; an unknown field is ignored by its SDKs.
pub(crate) fn anthropic(status: u16, code: &str, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    let mut error = json!({ "type": kind, "message": message });
    if !code.is_empty() {
        error["code"] = json!(code);
    }
    json!({ "type": "error", "error": error })
}

const fn google_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        402 | 429 => "RESOURCE_EXHAUSTED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        400..=499 => "INVALID_ARGUMENT",
        503 | 529 => "UNAVAILABLE",
        _ => "INTERNAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_api_has_its_own_words() {
        let body = |format, status| -> Value {
            serde_json::from_slice(&error_body(format, status, "QUOTA_EXCEEDED", "No more.", "req-7")).unwrap()
        };
        let cases = [
            (400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
            (401, "authentication_error", "authentication_error", "UNAUTHENTICATED"),
            (402, "insufficient_quota", "billing_error", "RESOURCE_EXHAUSTED"),
            (403, "permission_error", "permission_error", "PERMISSION_DENIED"),
            (404, "not_found_error", "not_found_error", "NOT_FOUND"),
            (413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"),
            (422, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
            (429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"),
            (500, "server_error", "api_error", "INTERNAL"),
            (502, "server_error", "api_error", "INTERNAL"),
            (503, "server_error", "overloaded_error", "UNAVAILABLE"),
            (504, "timeout_error", "timeout_error", "DEADLINE_EXCEEDED"),
        ];
        for (status, openai, anthropic, google) in cases {
            assert_eq!(body(Format::OpenAiChat, status)["error"]["type"], openai, "{status}");
            assert_eq!(body(Format::AnthropicMessages, status)["error"]["type"], anthropic, "{status}");
            assert_eq!(body(Format::Gemini, status)["error"]["status"], google, "{status}");
        }
        let openai = body(Format::OpenAiResponses, 429);
        assert_eq!(
            (&openai["error"]["code"], &openai["error"]["message"]),
            (&json!("QUOTA_EXCEEDED"), &json!("No more."))
        );
        let anthropic = body(Format::AnthropicMessages, 429);
        assert_eq!((&anthropic["type"], &anthropic["request_id"]), (&json!("error"), &json!("req-7")));
    }
}
