use url::Url;

/// Where people go after signing in unless told.
pub(crate) const HOME: &str = "/board";
/// The longest path that is taken along.
const LONGEST: usize = 1024;

/// The path, if it leads to a page of our own. What a browser could take for another site, another scheme or a part of
/// the API is none (open redirect).
pub(crate) fn own_page(path: &str) -> Option<&str> {
    let plain = path.starts_with('/')
        && path.len() <= LONGEST
        && !path.chars().any(|letter| letter.is_control() || letter.is_whitespace() || letter == '\\');
    if !plain {
        return None;
    }
    // And once more as a browser reads it, for whatever the first look missed.
    let base = Url::parse("https://own.invalid/").ok()?;
    let url = base.join(path).ok()?;
    let own = url.origin() == base.origin() && url.username().is_empty() && url.password().is_none();
    let page = !url.path().contains("//") && !url.path().starts_with("/api/") && url.path() != "/api";
    (own && page).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_are_gone_to() {
        for fine in
            ["/", "/board", "/board/new?x=1#y", "/settings/security", "/a?next=https://evil.example", "/%2Fevil"]
        {
            assert_eq!(own_page(fine), Some(fine));
        }
        for bad in [
            "",
            "board",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/a\\..\\evil",
            "https://evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "/board//x",
            "@evil.example",
            "/\u{0}",
            "/\u{7f}",
            "/\u{2028}/evil.example",
            "/api/v1/users/me",
            "/api",
            "/x/../api/v1/auth/social/x/start",
        ] {
            assert_eq!(own_page(bad), None, "{bad:?}");
        }
        assert_eq!(own_page(&format!("/{}", "a".repeat(LONGEST))), None);
    }
}
