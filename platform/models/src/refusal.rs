//! What a provider's error answer means: the kind by status and body, the message, and how long to wait.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use http::HeaderMap;
use quorate_formats::gemini;
use serde_json::Value;

use crate::ModelErrorKind;

/// The longest message kept, in characters.
const MAX_MESSAGE: usize = 300;

/// The kind and the message of an answer with an error status.
pub(crate) fn classify(status: u16, headers: &HeaderMap, body: &str, now: DateTime<Utc>) -> (ModelErrorKind, String) {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    let error = parsed.as_ref().map(|value| value.get("error").unwrap_or(value));
    let said = error.and_then(message_of).unwrap_or_else(|| body.trim().to_owned());
    let label = error.map(label_of).unwrap_or_default();
    // Google has its own way: the wait in the body, another status for a wrong key, and one sentence for a busy minute
    // and a used-up day.
    let google = gemini::read_error(body.as_bytes()).filter(|error| !error.name.is_empty());
    let retry_after = retry_after(headers, now).or(google.as_ref().and_then(|error| error.retry_after));
    let no_money = google.as_ref().filter(|error| error.status == 429).map(|error| error.quota_gone);
    let meaning = google.as_ref().map_or(status, |error| error.status);
    let said = google.map_or(said, |error| error.message);
    let kind = match meaning {
        _ if no_money.unwrap_or_else(|| out_of_money(status, &label, &said)) => ModelErrorKind::QuotaExhausted,
        401 | 403 => ModelErrorKind::Unauthorized,
        408 | 504 => ModelErrorKind::Timeout,
        429 => ModelErrorKind::RateLimited { retry_after },
        // Overloaded, and told when to come back: that is what a rate limit says, too.
        503 | 529 if retry_after.is_some() => ModelErrorKind::RateLimited { retry_after },
        409 | 425 | 500..=599 => ModelErrorKind::Unavailable,
        300..=399 => ModelErrorKind::Garbled,
        _ => ModelErrorKind::BadRequest,
    };
    let message = match status {
        300..=399 => format!("answered {status}; redirects are not followed, correct the base URL"),
        _ if said.is_empty() => format!("answered {status}"),
        _ => format!("answered {status}: {said}"),
    };
    (kind, message)
}

/// The kind and the message of an error that arrives inside a stream, where there is no status.
pub(crate) fn classify_streamed(error: &Value) -> (ModelErrorKind, String) {
    let message = message_of(error).unwrap_or_else(|| "the provider reported an error in its stream".to_owned());
    let label = label_of(error);
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    if let Some(status) = status.filter(|status| (400..600).contains(status)) {
        let (kind, _) = classify(status, &HeaderMap::new(), &error.to_string(), DateTime::UNIX_EPOCH);
        return (kind, message);
    }
    let has = |parts: &[&str]| parts.iter().any(|part| label.contains(part));
    let kind = if out_of_money(0, &label, &message) {
        ModelErrorKind::QuotaExhausted
    } else if has(&["rate_limit", "too_many"]) {
        ModelErrorKind::RateLimited { retry_after: None }
    } else if has(&["authentication", "permission", "invalid_api_key", "unauthorized"]) {
        ModelErrorKind::Unauthorized
    } else if has(&["timeout"]) {
        ModelErrorKind::Timeout
    } else if has(&["invalid_request", "not_found", "context_length", "request_too_large"]) {
        ModelErrorKind::BadRequest
    } else {
        ModelErrorKind::Unavailable
    };
    (kind, message)
}

/// Cuts a message down to one line that a log can hold.
pub(crate) fn shorten(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE).collect();
    if short.len() < line.len() && line.chars().count() > MAX_MESSAGE {
        short.push('…');
    }
    short
}

/// How long the provider asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = NaiveDateTime::parse_from_str(value, "%a, %d %b %Y %H:%M:%S GMT").ok()?.and_utc();
    Some((date - now).to_std().unwrap_or_default())
}

/// The sentence in an error object, whichever way this provider writes one.
fn message_of(error: &Value) -> Option<String> {
    match error {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => {
            ["message", "detail", "error", "msg"].iter().find_map(|name| match fields.get(*name)? {
                Value::String(text) => Some(text.clone()),
                Value::Null => None,
                other => Some(other.to_string()),
            })
        }
        _ => None,
    }
}

/// The error's type and code together, in lower case.
fn label_of(error: &Value) -> String {
    let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", part("type"), part("code")).to_lowercase()
}

/// Whether the account has no money or quota left: providers say so with 402, or hide it in a 429 or 400.
fn out_of_money(status: u16, label: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    status == 402
        || label.contains("insufficient_quota")
        || label.contains("billing")
        || message.contains("credit balance is too low")
        || message.contains("exceeded your current quota")
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn kind(status: u16, headers: &[(&'static str, &str)], body: &str) -> ModelErrorKind {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        classify(status, &map, body, Utc.with_ymd_and_hms(2026, 11, 21, 8, 0, 0).unwrap()).0
    }

    #[test]
    fn every_status_has_its_kind() {
        assert_eq!(kind(401, &[], ""), ModelErrorKind::Unauthorized);
        assert_eq!(kind(403, &[], ""), ModelErrorKind::Unauthorized);
        assert_eq!(kind(402, &[], ""), ModelErrorKind::QuotaExhausted);
        assert_eq!(kind(404, &[], ""), ModelErrorKind::BadRequest);
        assert_eq!(kind(408, &[], ""), ModelErrorKind::Timeout);
        assert_eq!(kind(500, &[], "<html>"), ModelErrorKind::Unavailable);
        assert_eq!(kind(529, &[], ""), ModelErrorKind::Unavailable);
        assert_eq!(kind(302, &[], ""), ModelErrorKind::Garbled);
    }

    #[test]
    fn retry_after_is_read_in_all_three_forms() {
        let limited =
            |seconds: Option<u64>| ModelErrorKind::RateLimited { retry_after: seconds.map(Duration::from_secs) };
        assert_eq!(kind(429, &[("retry-after", "7")], ""), limited(Some(7)));
        assert_eq!(kind(429, &[("retry-after", "Sat, 21 Nov 2026 08:00:20 GMT")], ""), limited(Some(20)));
        assert_eq!(kind(429, &[("retry-after", "Sat, 21 Nov 2026 07:00:00 GMT")], ""), limited(Some(0)));
        assert_eq!(kind(429, &[("retry-after-ms", "3000"), ("retry-after", "9")], ""), limited(Some(3)));
        assert_eq!(kind(429, &[("retry-after", "-1")], ""), limited(None));
        assert_eq!(kind(429, &[("retry-after", "soon")], ""), limited(None));
        assert_eq!(kind(503, &[("retry-after", "2")], ""), limited(Some(2)));
    }

    #[test]
    fn an_empty_account_is_not_a_rate_limit() {
        let openai = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota"}}"#;
        assert_eq!(kind(429, &[("retry-after", "5")], openai), ModelErrorKind::QuotaExhausted);
        let anthropic =
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#;
        assert_eq!(kind(400, &[], anthropic), ModelErrorKind::QuotaExhausted);
    }

    #[test]
    fn google_says_it_in_its_own_way() {
        let limited = r#"{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinute"}]},{"retryDelay":"34.5s"}]}}"#;
        let retry_after = Some(Duration::from_millis(34_500));
        assert_eq!(kind(429, &[], limited), ModelErrorKind::RateLimited { retry_after });
        assert_eq!(kind(429, &[], &limited.replace("PerMinute", "PerDay")), ModelErrorKind::QuotaExhausted);
        let wrong_key = r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#;
        assert_eq!(kind(400, &[], wrong_key), ModelErrorKind::Unauthorized);
        let overloaded = r#"[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]"#;
        assert_eq!(kind(503, &[], overloaded), ModelErrorKind::Unavailable);
    }

    #[test]
    fn a_streamed_error_is_told_by_its_type_or_code() {
        let of = |json: &str| classify_streamed(&serde_json::from_str(json).unwrap()).0;
        assert_eq!(of(r#"{"type":"overloaded_error","message":"Overloaded"}"#), ModelErrorKind::Unavailable);
        assert_eq!(of(r#"{"type":"rate_limit_error"}"#), ModelErrorKind::RateLimited { retry_after: None });
        assert_eq!(of(r#"{"code":502,"message":"upstream"}"#), ModelErrorKind::Unavailable);
        assert_eq!(of(r#"{"code":"invalid_api_key"}"#), ModelErrorKind::Unauthorized);
        assert_eq!(of(r#""boom""#), ModelErrorKind::Unavailable);
    }

    #[test]
    fn a_message_is_one_short_line() {
        assert_eq!(shorten("a\n  b\tc"), "a b c");
        assert_eq!(shorten(&"é".repeat(400)).chars().count(), MAX_MESSAGE + 1);
    }
}
