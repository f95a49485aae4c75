use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie that carries a browser's access token; over HTTPS its name gets the prefix `__Host-`.
pub const ACCESS_COOKIE: &str = "quorate_access";
/// The cookie that carries a browser's refresh token.
pub const REFRESH_COOKIE: &str = "quorate_refresh";
/// Browsers take a cookie of such a name only from its own host, by HTTPS and for the whole site.
const PREFIX: &str = "__Host-";

/// The value of a cookie of ours, under its `__Host-` or its plain name. The first goes before the second, which
/// another server on a neighbouring name could have set.
#[must_use]
pub fn cookie_value(headers: &HeaderMap, name: &str) -> Option<String> {
    let strict = SessionCookies { secure: true };
    strict.value(headers, name).or_else(|| SessionCookies { secure: false }.value(headers, name))
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

    /// The value of one of them in a request, under the one name that this server gives it.
    #[must_use]
    pub fn value(self, headers: &HeaderMap, name: &str) -> Option<String> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| if self.secure { key.strip_prefix(PREFIX) == Some(name) } else { *key == name })
            .map(|(_, value)| value.to_owned())
    }

    fn line(self, name: &str, (value, max_age): (&str, i64)) -> Option<HeaderValue> {
        let (prefix, secure) = if self.secure { (PREFIX, "; Secure") } else { ("", "") };
        let line = format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
        HeaderValue::from_str(&line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_a_neighbours_cookie_does_not_count() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("quorate_access=planted; __Host-quorate_access=ours"));
        assert_eq!(cookie_value(&headers, ACCESS_COOKIE).as_deref(), Some("ours"));
        headers.insert(header::COOKIE, HeaderValue::from_static("x=1; quorate_access=planted"));
        assert_eq!(SessionCookies { secure: true }.value(&headers, ACCESS_COOKIE), None);
        assert_eq!(SessionCookies { secure: false }.value(&headers, ACCESS_COOKIE).as_deref(), Some("planted"));
        assert_eq!(cookie_value(&headers, "access"), None);
    }

    #[test]
    fn cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
        let plain = SessionCookies { secure: false }.set(("a", 900), ("r", 60));
        assert_eq!(plain[0], "quorate_access=a; Path=/; HttpOnly; SameSite=Lax; Max-Age=900");
        let secure = SessionCookies { secure: true }.clear();
        assert_eq!(secure[1], "__Host-quorate_refresh=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    }
}
