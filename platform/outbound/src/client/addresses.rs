use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the public internet.
    Public,
    /// To this machine or into a network of our own: only where the operator says so.
    Private,
    /// Nowhere that a server stands: link-local (and with it every cloud's metadata service), multicast,
    /// documentation, reserved, or a private address in a disguise.
    Never,
}

/// Judges an address by IANA's special-purpose registries (RFC 6890 and what followed).
pub(super) const fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

const fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        // Loopback, RFC 1918, carrier-grade NAT.
        (127 | 10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Reach::Private,
        // This network, multicast, reserved, broadcast.
        (0 | 224..=255, ..) => Reach::Never,
        // Link-local, protocol assignments, documentation, 6to4 relays, benchmarks, AS112, AMT.
        (169, 254, _) | (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) | (198, 18..=19, _) => {
            Reach::Never
        }
        (192, 31, 196) | (192, 52, 193) | (192, 175, 48) => Reach::Never,
        _ => Reach::Public,
    }
}

const fn reach_v6(address: Ipv6Addr) -> Reach {
    let segments = address.segments();
    match segments {
        // An IPv4 address as dual-stack sockets write it is that address.
        [0, 0, 0, 0, 0, 0xffff, high, low] => return reach_v4(join(high, low)),
        [0, 0, 0, 0, 0, 0, 0, 1] => return Reach::Private,
        _ => {}
    }
    // One in other clothes is judged as what it is, and a private one is no way to write a host of our own.
    if let Some(inner) = inner_v4(segments) {
        return if matches!(reach_v4(inner), Reach::Public) { Reach::Public } else { Reach::Never };
    }
    match segments {
        // Unique local addresses.
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Protocol assignments with Teredo, ORCHID and benchmarks; documentation.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Reach::Never,
        // Only 2000::/3 is given out; everything else is local, multicast or nothing.
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

/// The IPv4 address inside compatible, translated (SIIT, NAT64) and 6to4 addresses.
const fn inner_v4(segments: [u16; 8]) -> Option<Ipv4Addr> {
    match segments {
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(join(high, low)),
        // The local-use prefix of NAT64 leads into the network that we are in, whatever it holds.
        [0x64, 0xff9b, 1, ..] => Some(Ipv4Addr::UNSPECIFIED),
        _ => None,
    }
}

const fn join(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: [&str; 28] = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.112.1",
        "203.0.114.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450::1",
        "2001:4860:4860::8888",
        "2001:200::1",
        "2001:db7::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ];
    const PRIVATE: [&str; 20] = [
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:192.168.1.1",
        "::ffff:100.64.0.1",
        "fc00::1",
        "fd00::1",
        "fd12:3456:789a::1",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    const NEVER: [&str; 50] = [
        "0.0.0.0",
        "0.1.2.3",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "192.0.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::2",
        "::127.0.0.1",
        "::10.0.0.1",
        "::169.254.169.254",
        "::ffff:0.0.0.0",
        "::ffff:169.254.169.254",
        "::ffff:255.255.255.255",
        "::ffff:0:127.0.0.1",
        "::ffff:0:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:c0a8:1::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
    ];

    #[test]
    fn every_address_leads_where_the_registries_say() {
        let table = [(&PUBLIC[..], Reach::Public), (&PRIVATE[..], Reach::Private), (&NEVER[..], Reach::Never)];
        for (texts, expected) in table {
            for text in texts {
                assert_eq!(reach(text.parse().unwrap()), expected, "{text}");
            }
        }
    }
}
