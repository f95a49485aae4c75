/// The address that a link may lead to. A report is opened by people who trust it, and what a model wrote must not make
/// their program run a script, open a file or log in to a file server; so http, https and mailto it is.
pub(crate) fn safe(link: &str) -> Option<String> {
    let url = url::Url::parse(link.trim()).ok()?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Some(url.to_string()),
        "mailto" => Some(url.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn only_the_web_and_mail_can_be_linked_to() {
        for good in ["https://example.com/a?b=1", "http://example.com/", "mailto:ada@example.com"] {
            assert_eq!(safe(good).as_deref(), Some(good));
        }
        let evil = [
            "javascript:alert(1)",
            " JaVaScript:alert(1)",
            "file:///etc/passwd",
            "file://server/share/x",
            "\\\\server\\x",
            "data:text/html,x",
            "smb://server/x",
            "ms-word:ofe|u|https://evil.example",
            "/relative",
            "",
            "https://",
        ];
        for evil in evil {
            assert_eq!(safe(evil), None, "{evil}");
        }
        assert_eq!(safe("https://例え.example/\"><x").as_deref().map(|url| url.contains(['"', '<'])), Some(false));
    }
}
