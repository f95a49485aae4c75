use std::net::IpAddr;

use ipnet::IpNet;
use reqwest::Url;

use super::addresses::{Reach, reach};
use super::{OutboundConfig, OutboundError};

/// Who may be reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed {
    names: Vec<String>,
    networks: Vec<IpNet>,
    /// The only ports; `None` is any.
    ports: Option<Vec<u16>>,
}

impl Allowed {
    pub(super) fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        let mut allowed = Self::default();
        for host in &config.allow_hosts {
            let text = plain(host.trim());
            if let Ok(network) = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
                allowed.networks.push(network.trunc());
            } else if is_name(&text) {
                allowed.names.push(text);
            } else {
                let why = "is neither a host name, nor an address, nor a network such as 10.1.0.0/16";
                return Err(OutboundError::Config(format!("outbound.allow_hosts: `{host}` {why}")));
            }
        }
        Ok(allowed)
    }

    /// The same, and whom the other allows. The ports stay.
    pub(super) fn and(&self, more: Self) -> Self {
        let mut all = self.clone();
        all.names.extend(more.names);
        all.networks.extend(more.networks);
        all
    }

    /// The same, with no other ports than these.
    pub(super) fn with_ports(&self, ports: &[u16]) -> Self {
        Self { ports: Some(ports.to_vec()), ..self.clone() }
    }

    /// Whether this address may be connected to for this name.
    pub(super) fn address(&self, name: Option<&str>, address: IpAddr) -> bool {
        if self.networks.iter().any(|network| network.contains(&address.to_canonical())) {
            return true;
        }
        match reach(address) {
            Reach::Public => true,
            // A name is trusted to lead into a private network, not to the cloud's metadata.
            Reach::Private => name.is_some_and(|name| self.names.contains(&plain(name))),
            Reach::Never => false,
        }
    }

    /// Whether the configuration names this host of a URL, or a network that it lies in.
    pub(super) fn names(&self, host: &str) -> bool {
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => self.networks.iter().any(|network| network.contains(&address.to_canonical())),
            Err(_) => self.names.contains(&plain(host)),
        }
    }

    /// Refuses what can be told from a URL alone. Names are looked at when they are resolved.
    pub(super) fn url(&self, text: &str) -> Result<Url, OutboundError> {
        let refused = || OutboundError::Refused(shown(text));
        let url = Url::parse(text).map_err(|_| refused())?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(refused());
        }
        let port = url.port_or_known_default().ok_or_else(refused)?;
        if self.ports.as_ref().is_some_and(|ports| !ports.contains(&port)) {
            return Err(refused());
        }
        // The parser has brought addresses in any notation (decimal, octal, hexadecimal, short) to one form. They
        // never come by the resolver, so this is where they are judged.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(refused)?;
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if literal.is_ok_and(|address| !self.address(None, address)) {
            return Err(refused());
        }
        Ok(url)
    }
}

/// A host name in the one form in which names are compared.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Whether a URL can have this host, letter by letter. A number is an address in another notation.
fn is_name(text: &str) -> bool {
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return false;
    }
    let as_host = Url::parse(&format!("http://{text}/")).ok();
    as_host.is_some_and(|url| url.domain() == Some(text))
}

/// A URL without what may be secret in it.
pub(super) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let safe = match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    };
    safe.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(hosts: &[&str]) -> Result<Allowed, OutboundError> {
        Allowed::new(&OutboundConfig { allow_hosts: hosts.iter().map(|host| (*host).to_owned()).collect() })
    }

    fn may(allowed: &Allowed, name: Option<&str>, address: &str) -> bool {
        allowed.address(name, address.parse().unwrap())
    }

    #[test]
    fn the_operator_opens_exactly_what_is_named() {
        let rules = allowed(&["IdP.corp.example.", "10.1.0.0/16", "127.0.0.1", "fd00:1::/32"]).unwrap();
        for (name, address, expected) in [
            (Some("idp.corp.example"), "10.9.9.9", true),
            (Some("IDP.corp.example."), "127.0.0.7", true),
            (Some("idp.corp.example"), "169.254.169.254", false),
            (Some("idp.corp.example"), "::ffff:169.254.169.254", false),
            (Some("idp.corp.example"), "0.0.0.0", false),
            (Some("evil-idp.corp.example"), "10.9.9.9", false),
            (Some("x.idp.corp.example"), "10.9.9.9", false),
            (Some("corp.example"), "10.9.9.9", false),
            (None, "10.9.9.9", false),
            (None, "10.1.255.255", true),
            (None, "10.2.0.0", false),
            (None, "::ffff:10.1.0.1", true),
            (None, "127.0.0.1", true),
            (None, "127.0.0.2", false),
            (None, "fd00:1::5", true),
            (None, "fd00:2::5", false),
            (Some("anything"), "8.8.8.8", true),
        ] {
            assert_eq!(may(&rules, name, address), expected, "{name:?} {address}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused_at_the_start() {
        for host in ["", "http://idp", "idp/path", "a b", "*.corp.example", "10.0.0.0/33", "idp:8080", "2130706433"] {
            let error = allowed(&[host]).unwrap_err().to_string();
            assert!(error.contains("outbound.allow_hosts"), "{host}: {error}");
        }
    }

    #[test]
    fn more_hosts_take_none_away() {
        let rules = allowed(&["idp.corp.example"]).unwrap().and(allowed(&["127.0.0.1", "other.example"]).unwrap());
        assert!(may(&rules, Some("idp.corp.example"), "10.0.0.1") && may(&rules, Some("other.example"), "10.0.0.1"));
        assert!(may(&rules, None, "127.0.0.1") && !may(&rules, None, "127.0.0.2"));
    }

    #[test]
    fn ports_may_be_limited() {
        let rules = Allowed::default().with_ports(&[443]);
        assert!(rules.url("https://example.com/").is_ok() && rules.url("http://example.com:443/").is_ok());
        assert!(rules.url("http://example.com/").is_err() && rules.url("https://example.com:8443/").is_err());
        assert!(Allowed::default().url("http://example.com:8123/").is_ok());
    }

    #[test]
    fn what_is_shown_holds_no_secret() {
        assert_eq!(shown("https://a.example/x?token=1#y"), "https://a.example/x");
        assert_eq!(shown("https://user:pw@a.example/x"), "https://…@a.example/x");
        assert_eq!(shown("https://user:p@w@a.example\r\n/x"), "https://…@a.example/x");
    }
}
