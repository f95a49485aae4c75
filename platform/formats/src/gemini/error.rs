use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// What Google says when it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoogleError {
    /// The HTTP status that says what it is. As the provider gave it, but 401 for a wrong key, which Google answers
    /// with 400.
    pub status: u16,
    /// Google's name of the status: `RESOURCE_EXHAUSTED` …
    pub name: String,
    /// The sentence.
    pub message: String,
    /// How long to wait, where it says so. Google writes it into the body, not into a header.
    pub retry_after: Option<Duration>,
    /// Whether the day's quota is used up, so that waiting as long as it says is of no use.
    pub quota_gone: bool,
}

#[derive(Deserialize)]
struct Wire {
    error: WireError,
}

#[derive(Deserialize)]
struct WireError {
    code: Option<u16>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Value>,
}

/// Reads the body of an answer with an error status, or an error in a stream; `None` when it is not Google's shape.
#[must_use]
pub fn read_error(body: &[u8]) -> Option<GoogleError> {
    // Without `alt=sse` a stream's error comes as a list of one.
    let wire = if body.trim_ascii_start().first() == Some(&b'[') {
        serde_json::from_slice::<Vec<Wire>>(body).ok()?.pop()?
    } else {
        serde_json::from_slice::<Wire>(body).ok()?
    };
    Some(from_wire(wire.error))
}

/// Reads the `error` object itself.
pub(super) fn of_value(error: &Value) -> Option<GoogleError> {
    WireError::deserialize(error).ok().map(from_wire)
}

fn from_wire(error: WireError) -> GoogleError {
    let text = |detail: &Value, name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
    let wrong_key = error.details.iter().any(|detail| text(detail, "reason").as_deref() == Some("API_KEY_INVALID"));
    let retry_after = error.details.iter().find_map(|detail| seconds(&text(detail, "retryDelay")?));
    let violations = error.details.iter().filter_map(|detail| detail.get("violations")?.as_array()).flatten();
    let quota_gone = violations.filter_map(|one| text(one, "quotaId")).any(|quota| quota.contains("PerDay"));
    let status = if wrong_key { 401 } else { error.code.unwrap_or_else(|| status_of(&error.status)) };
    GoogleError { status, name: error.status, message: error.message, retry_after, quota_gone }
}

/// A duration as protobuf writes it in JSON: `34.4s`.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.strip_suffix('s')?.parse().ok()?).ok()
}

/// The HTTP status of one of Google's names (google.rpc.Code).
fn status_of(name: &str) -> u16 {
    match name {
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => 400,
        "UNAUTHENTICATED" => 401,
        "PERMISSION_DENIED" => 403,
        "NOT_FOUND" => 404,
        "ALREADY_EXISTS" | "ABORTED" => 409,
        "RESOURCE_EXHAUSTED" => 429,
        "CANCELLED" => 499,
        "UNIMPLEMENTED" => 501,
        "UNAVAILABLE" => 503,
        "DEADLINE_EXCEEDED" => 504,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_says_how_long_in_its_body() {
        let body = br#"{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[
            {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}"#;
        let error = read_error(body).unwrap();
        assert_eq!((error.status, error.name.as_str()), (429, "RESOURCE_EXHAUSTED"));
        assert_eq!(error.retry_after, Some(Duration::from_millis(34_400)));
        assert!(!error.quota_gone);
        let daily = String::from_utf8_lossy(body).replace("PerMinute", "PerDay");
        assert!(read_error(daily.as_bytes()).unwrap().quota_gone);
    }

    #[test]
    fn a_wrong_key_is_told_from_a_wrong_request() {
        let body = br#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#;
        assert_eq!(read_error(body).unwrap().status, 401);
        let plain = br#"[{"error":{"message":"x","status":"INVALID_ARGUMENT"}}]"#;
        assert_eq!(read_error(plain).unwrap().status, 400);
        assert_eq!(read_error(b"<html>"), None);
        assert_eq!(read_error(br#"{"error":"no"}"#), None);
    }

    #[test]
    fn every_name_has_its_status() {
        let named = |name: &str| {
            let body = serde_json::json!({ "error": { "message": "x", "status": name } });
            read_error(body.to_string().as_bytes()).unwrap().status
        };
        let cases = [
            ("UNAUTHENTICATED", 401),
            ("PERMISSION_DENIED", 403),
            ("NOT_FOUND", 404),
            ("RESOURCE_EXHAUSTED", 429),
            ("INTERNAL", 500),
            ("UNAVAILABLE", 503),
            ("DEADLINE_EXCEEDED", 504),
            ("SOMETHING_NEW", 500),
        ];
        for (name, status) in cases {
            assert_eq!(named(name), status, "{name}");
        }
    }
}
