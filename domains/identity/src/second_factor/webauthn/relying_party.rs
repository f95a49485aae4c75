use axum::http::Uri;

/// Whom passkeys of this server are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    /// The host: passkeys are bound to it.
    pub(crate) id: String,
    /// What the pages' address is called by browsers: scheme, host and a port that is not the scheme's own.
    pub(crate) origin: String,
}

impl RelyingParty {
    /// The relying party of a public address; `None` where browsers have no passkeys: WebAuthn names parties by domain,
    /// never by IP address, and works on secure pages only, which without HTTPS is this machine.
    pub(crate) fn of(public_url: &str) -> Option<Self> {
        let uri: Uri = public_url.parse().ok()?;
        let (scheme, host) = (uri.scheme_str()?, uri.host()?.to_ascii_lowercase());
        let own_port = match scheme {
            "https" => 443,
            "http" if host == "localhost" || host.ends_with(".localhost") => 80,
            _ => return None,
        };
        if !is_domain(&host) {
            return None;
        }
        let port = uri.port_u16().filter(|port| *port != own_port);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let origin = format!("{scheme}://{host}{port}");
        Some(Self { id: host, origin })
    }
}

/// The host of a public address, without its port.
pub(crate) fn host_of(public_url: &str) -> Option<String> {
    Some(public_url.parse::<Uri>().ok()?.host()?.to_ascii_lowercase())
}

/// Whether it is a name. A last label that begins with a digit makes browsers read an IPv4 address (WHATWG URL), and
/// brackets hold an IPv6 one.
fn is_domain(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.split('.').all(label) && !last.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_party_is_the_host_and_the_origin_what_browsers_call_it() {
        for (url, id, origin) in [
            ("https://board.example.com", "board.example.com", "https://board.example.com"),
            ("https://Board.Example.com:443", "board.example.com", "https://board.example.com"),
            ("https://board.example.com:8443/", "board.example.com", "https://board.example.com:8443"),
            ("http://localhost:8080", "localhost", "http://localhost:8080"),
            ("http://quorate.localhost", "quorate.localhost", "http://quorate.localhost"),
            ("https://board", "board", "https://board"),
        ] {
            let party = RelyingParty::of(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!((party.id.as_str(), party.origin.as_str()), (id, origin), "{url}");
        }
    }

    #[test]
    fn addresses_and_unsafe_pages_have_no_passkeys() {
        for url in [
            "http://127.0.0.1:8080",
            "https://127.0.0.1",
            "https://203.0.113.7:8443",
            "https://[2001:db8::1]",
            "http://[::1]:8080",
            "https://0x7f.1",
            "https://example.0x7f000001",
            "http://board.example.com",
            "http://localhost.example.com",
            "http://notlocalhost",
            "ftp://board.example.com",
            "board.example.com",
            "",
        ] {
            assert_eq!(RelyingParty::of(url), None, "{url}");
        }
    }
}
