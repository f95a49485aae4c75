use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use quorate_formats::Format;

use crate::key::ApiKey;

/// Headers of a caller that change what a provider does. Nothing else goes upstream: not the caller's key, cookies or
/// address.
const UP: [HeaderName; 3] = [
    HeaderName::from_static("anthropic-version"),
    HeaderName::from_static("anthropic-beta"),
    HeaderName::from_static("openai-beta"),
];
/// Headers of a provider that the caller's SDK reads. Its rate limits are ours to deal with, its cookies nobody's.
const DOWN: [HeaderName; 6] = [
    CONTENT_TYPE,
    HeaderName::from_static("retry-after"),
    HeaderName::from_static("retry-after-ms"),
    HeaderName::from_static("openai-processing-ms"),
    HeaderName::from_static("openai-version"),
    HeaderName::from_static("x-should-retry"),
];
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
/// What we speak when the caller names no version.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// The headers of a call to a provider that speaks `format`.
pub(super) fn up(format: Format, key: Option<&ApiKey>, caller: &HeaderMap, same: bool) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(6);
    if same {
        for name in UP {
            if let Some(value) = caller.get(&name) {
                headers.insert(name, value.clone());
            }
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    if format == Format::AnthropicMessages {
        headers.entry(ANTHROPIC_VERSION).or_insert(VERSION);
    }
    if let Some(key) = key {
        let (name, text) = match format {
            Format::AnthropicMessages => (HeaderName::from_static("x-api-key"), key.reveal().to_owned()),
            Format::Gemini => (HeaderName::from_static("x-goog-api-key"), key.reveal().to_owned()),
            Format::OpenAiChat | Format::OpenAiResponses => (AUTHORIZATION, format!("Bearer {}", key.reveal())),
        };
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Some(headers)
}

/// What of a provider's headers is passed on.
pub(super) fn down(provider: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    for name in DOWN {
        if let Some(value) = provider.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_caller_goes_up_but_what_changes_the_answer() {
        let mut caller = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer qk_live_1"),
            ("cookie", "quorate_access=1"),
            ("x-forwarded-for", "10.0.0.1"),
            ("anthropic-beta", "fine-grained-tool-streaming-2025-05-14"),
            ("anthropic-version", "2024-10-22"),
        ] {
            caller.insert(name, HeaderValue::from_static(value));
        }
        let key = ApiKey::new("sk-upstream");
        let headers = up(Format::AnthropicMessages, Some(&key), &caller, true).unwrap();
        assert_eq!(headers["x-api-key"], "sk-upstream");
        assert_eq!(headers["anthropic-version"], "2024-10-22");
        assert_eq!(headers["anthropic-beta"], "fine-grained-tool-streaming-2025-05-14");
        assert!(["authorization", "cookie", "x-forwarded-for"].iter().all(|name| !headers.contains_key(*name)));
        let translated = up(Format::AnthropicMessages, None, &caller, false).unwrap();
        assert_eq!(translated["anthropic-version"], "2023-06-01");
        assert!(!translated.contains_key("anthropic-beta"));
        assert_eq!(up(Format::OpenAiChat, Some(&key), &caller, true).unwrap()["authorization"], "Bearer sk-upstream");
        assert!(up(Format::OpenAiChat, Some(&ApiKey::new("with\nbreak")), &caller, true).is_none());
    }

    #[test]
    fn a_providers_limits_and_cookies_stay_with_us() {
        let mut provider = HeaderMap::new();
        for name in ["content-type", "retry-after", "set-cookie", "x-ratelimit-remaining-requests", "server"] {
            provider.insert(name, HeaderValue::from_static("1"));
        }
        let passed = down(&provider);
        assert_eq!(passed.len(), 2);
        assert!(passed.contains_key("content-type") && passed.contains_key("retry-after"));
    }
}
