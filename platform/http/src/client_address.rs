use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use ipnet::IpNet;

/// What a proxy in front of the server says about the caller's address.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Which proxies stand in front of the server, so that what they say about the caller is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// These networks: the addresses that the proxies connect from.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// The caller's address. Read from the right, since a proxy appends and only what is right of the first stranger
    /// was written by one of ours; anybody can write the rest.
    fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let mut caller = peer;
        let lines = headers.get_all(FORWARDED_FOR).iter().rev().map(|line| line.to_str().unwrap_or_default());
        for hop in lines.flat_map(|line| line.rsplit(',')) {
            // Something unreadable was not written by a proxy of ours, nor is anything before it.
            let Some(address) = address(hop.trim()) else { return caller };
            caller = address;
            if !self.trusts(caller) {
                return caller;
            }
        }
        caller
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// An address as proxies write it: plain, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.trim_start_matches('[').trim_end_matches(']');
    let parsed = plain.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    parsed.map(|address: IpAddr| address.to_canonical())
}

/// The caller's address, as far as it can be known: the connection's, or what a trusted proxy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Notes the caller's address beside the request. Without a connection, as in a test, there is none.
    pub(crate) fn note(proxies: &TrustedProxies, request: &mut Request) {
        if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
            let caller = Self(proxies.caller(peer.ip(), request.headers()));
            request.extensions_mut().insert(caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn caller(trusted: &[&str], peer: &str, lines: &[&'static str]) -> String {
        let proxies = TrustedProxies::new(trusted.iter().map(|network| network.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        proxies.caller(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let ours = ["10.0.0.0/8", "::1/128"];
        assert_eq!(caller(&[], "203.0.113.9", &["1.2.3.4"]), "203.0.113.9", "anybody can write the header");
        assert_eq!(caller(&ours, "203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(caller(&ours, "10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(caller(&ours, "10.0.0.1", &["6.6.6.6, 1.2.3.4"]), "1.2.3.4", "the left part is the caller's own");
        assert_eq!(caller(&ours, "10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"]), "1.2.3.4");
        assert_eq!(caller(&ours, "10.0.0.1", &["6.6.6.6, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(caller(&ours, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(caller(&ours, "::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(caller(&ours, "::ffff:10.0.0.1", &["1.2.3.4:80"]), "1.2.3.4");
    }
}
