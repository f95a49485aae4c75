use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use quorate_kernel::Ids;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// What Anthropic calls it, and its SDKs look for.
const FOREIGN_HEADER: HeaderName = HeaderName::from_static("request-id");
const LONGEST: usize = 64;

/// Finds one request in the log. Handlers get it as a request extension; the caller as `x-request-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's own id when it is short and plain enough for a log line, else a new one.
    pub(super) fn of(headers: &HeaderMap, ids: &dyn Ids) -> Self {
        let sent = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| is_plain(text));
        Self(sent.map_or_else(|| ids.uuid().to_string().into(), Into::into))
    }

    /// The id itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells the caller, of an API that is not our own under every name that its SDKs know.
    pub(super) fn write(&self, headers: &mut HeaderMap, foreign: bool) {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            if foreign {
                headers.insert(FOREIGN_HEADER, value.clone());
            }
            headers.insert(HEADER, value);
        }
    }
}

fn is_plain(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_and_plain_ids_are_taken_over() {
        assert!(is_plain("018f-AB_c.9"));
        assert!(is_plain(&"a".repeat(64)));
        for bad in ["", "a b", "a\"b", "a\u{e9}", &"a".repeat(65)] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
