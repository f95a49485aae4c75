use axum::http::{HeaderMap, Uri, header};
use quorate_kernel::{Code, Problem};

/// The server's own public address, for the check that a cookie's request comes from our pages.
#[derive(Debug, Clone)]
pub struct Site {
    /// Scheme, host and port, without a path: `https://board.example.com`.
    pub public_url: String,
}

impl Site {
    /// Refuses a request whose sender is another origin. Browsers tell with `Sec-Fetch-Site`, older ones with
    /// `Origin`; a request with neither is no browser's cross-site request.
    ///
    /// # Errors
    /// `CrossOrigin` when the sender is not one of our own pages.
    pub fn same_origin(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let refused = || Err(Problem::new(Code::CrossOrigin, "This request must come from Quorate's own pages."));
        if let Some(site) = text("sec-fetch-site") {
            return if matches!(site, "same-origin" | "none") { Ok(()) } else { refused() };
        }
        let Some(origin) = text(header::ORIGIN.as_str()) else { return Ok(()) };
        let sender = authority(origin);
        let own = [authority(&self.public_url), text(header::HOST.as_str()).map(str::to_owned)];
        if sender.is_some() && own.contains(&sender) { Ok(()) } else { refused() }
    }

    /// Whether the public address is HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

fn authority(url: &str) -> Option<String> {
    url.parse::<Uri>().ok()?.authority().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn site() -> Site {
        Site { public_url: "https://board.example.com".into() }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn own_pages_pass_and_others_do_not() {
        for ok in [
            vec![("sec-fetch-site", "same-origin")],
            vec![("origin", "https://board.example.com")],
            vec![("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")],
            vec![],
        ] {
            assert!(site().same_origin(&headers(&ok)).is_ok(), "{ok:?}");
        }
        for bad in [
            vec![("sec-fetch-site", "cross-site"), ("origin", "https://board.example.com")],
            vec![("sec-fetch-site", "same-site")],
            vec![("origin", "https://evil.example"), ("host", "board.example.com")],
            vec![("origin", "https://board.example.com.evil.example")],
            vec![("origin", "null")],
        ] {
            assert!(site().same_origin(&headers(&bad)).is_err(), "{bad:?}");
        }
    }
}
