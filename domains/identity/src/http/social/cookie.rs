use axum::http::{HeaderMap, HeaderValue, header};

use crate::social::FLOW_SECONDS;

/// What a browser keeps while its owner signs in elsewhere. It is `SameSite=Lax`: it comes along when the other service
/// sends the browser back by a link, and not with what other pages fetch. Over HTTPS the name's prefix makes browsers
/// take it from this host only, so that no neighbour can plant one.
const PLAIN: &str = "quorate_social";
const STRICT: &str = "__Host-quorate_social";
/// Plain HTTP has no such prefix, and no need to send the cookie anywhere else.
const PATH: &str = "/api/v1/auth/social";

/// Keeps the sealed state for the time of the flow.
pub(super) fn set(sealed: &str, https: bool) -> Option<HeaderValue> {
    line(sealed, FLOW_SECONDS, https)
}

/// Forgets it.
pub(super) fn clear(https: bool) -> Option<HeaderValue> {
    line("", 0, https)
}

/// The state that this browser keeps.
pub(super) fn value(headers: &HeaderMap, https: bool) -> Option<String> {
    let name = if https { STRICT } else { PLAIN };
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

fn line(value: &str, max_age: i64, https: bool) -> Option<HeaderValue> {
    let line = if https {
        format!("{STRICT}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}; Secure")
    } else {
        format!("{PLAIN}={value}; Path={PATH}; HttpOnly; SameSite=Lax; Max-Age={max_age}")
    };
    HeaderValue::from_str(&line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbours_cookie_does_not_count_over_https() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("quorate_social=planted; __Host-quorate_social=a=="));
        assert_eq!(value(&headers, true).as_deref(), Some("a=="));
        assert_eq!(value(&headers, false).as_deref(), Some("planted"));
        headers.insert(header::COOKIE, HeaderValue::from_static("quorate_social=planted; __Host-quorate_social="));
        assert_eq!(value(&headers, true), None);
    }

    #[test]
    fn it_is_out_of_reach_of_scripts_and_of_other_sites() {
        assert_eq!(
            set("x", true).unwrap(),
            "__Host-quorate_social=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure"
        );
        assert_eq!(
            clear(false).unwrap(),
            "quorate_social=; Path=/api/v1/auth/social; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }
}
