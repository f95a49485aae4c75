use axum::http::{HeaderMap, header};

/// How the web build packs a file beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// The smaller one first.
    const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// The packed twin that a name belongs to. Twins are not addresses of their own.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| name.ends_with(encoding.suffix()))
    }

    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The encodings that the request takes, in our order (RFC 9110, 12.5.3).
pub(crate) fn accepted(headers: &HeaderMap) -> Vec<Encoding> {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let offers: Vec<(&str, bool)> = lists.flat_map(|list| list.split(',')).map(offer).collect();
    let takes = |name: &str| {
        let offer = offers.iter().find(|(offered, _)| offered.eq_ignore_ascii_case(name));
        offer.or_else(|| offers.iter().find(|(offered, _)| *offered == "*")).is_some_and(|(_, wanted)| *wanted)
    };
    Encoding::ALL.into_iter().filter(|encoding| takes(encoding.name())).collect()
}

/// A name, and whether it is wanted: a weight of 0 means that it is not.
fn offer(item: &str) -> (&str, bool) {
    let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
    let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
    (name.trim(), weight.is_none_or(|weight| weight > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_zero_and_stars_are_understood() {
        use Encoding::{Brotli, Gzip};
        for (header, expected) in [
            ("gzip, deflate, br", vec![Brotli, Gzip]),
            ("br;q=0, gzip;q=0.5", vec![Gzip]),
            ("*", vec![Brotli, Gzip]),
            ("*;q=0, GZIP", vec![Gzip]),
            ("identity", vec![]),
            ("brx", vec![]),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, header.parse().unwrap())]);
            assert_eq!(accepted(&headers), expected, "{header}");
        }
        assert!(accepted(&HeaderMap::new()).is_empty());
    }
}
