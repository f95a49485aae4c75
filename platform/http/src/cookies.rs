use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie that carries a browser's access token; over HTTPS its name gets the prefix `__Host-`.
pub const ACCESS_COOKIE: &str = "quorate_access";
/// The cookie that carries a browser's refresh token.
pub const REFRESH_COOKIE: &str = "quorate_refresh";

/// The value of a cookie of ours, under its plain or its `__Host-` name.
#[must_use]
pub fn cookie_value(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| key.strip_prefix("__Host-").unwrap_or(key) == name)
        .map(|(_, value)| value.to_owned())
}

/// Writes a browser's log-in cookies: `HttpOnly`, `SameSite=Lax`, and `Secure` where the server is reached by HTTPS
/// (IDN-2).
#[derive(Debug, Clone, Copy)]
pub struct SessionCookies {
    /// Whether the public address is HTTPS.
    pub secure: bool,
}

impl SessionCookies {
    /// Headers that set both cookies. Lifetimes in seconds.
    #[must_use]
    pub fn set(self, access: (&str, i64), refresh: (&str, i64)) -> Vec<HeaderValue> {
        [self.line(ACCESS_COOKIE, access), self.line(REFRESH_COOKIE, refresh)].into_iter().flatten().collect()
    }

    /// Headers that remove both cookies.
    #[must_use]
    pub fn clear(self) -> Vec<HeaderValue> {
        self.set(("", 0), ("", 0))
    }

    fn line(self, name: &str, (value, max_age): (&str, i64)) -> Option<HeaderValue> {
        let (prefix, secure) = if self.secure { ("__Host-", "; Secure") } else { ("", "") };
        let line = format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
        HeaderValue::from_str(&line).ok()
    }
}
