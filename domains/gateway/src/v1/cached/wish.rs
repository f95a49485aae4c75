//! What a request says about the cache: `x-quorate-cache`, or HTTP's own `Cache-Control` (GTW-12).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, header};
use quorate_kernel::Problem;
use quorate_models::CacheConfig;

/// In a request what it wants of the cache, in an answer what came of it.
pub(super) const CACHE: HeaderName = HeaderName::from_static("x-quorate-cache");

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Whatever the route does.
    AsTheRoute,
    /// Neither to look nor to keep.
    Off,
    /// To look, and to keep for so long; as long as the route, or a day, where it does not say.
    On(Option<Duration>),
    /// Not to look, but to keep what comes.
    Renew,
    /// The same, where the route keeps answers.
    NotFromTheCache,
}

impl Wish {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        if let Some(value) = headers.get(&CACHE) {
            let said = value.to_str().unwrap_or_default().trim();
            return match said {
                "on" => Ok(Self::On(None)),
                "off" => Ok(Self::Off),
                "refresh" => Ok(Self::Renew),
                said => match said.parse::<u64>() {
                    Ok(seconds) if (1..=CacheConfig::LONGEST).contains(&seconds) => {
                        Ok(Self::On(Some(Duration::from_secs(seconds))))
                    }
                    _ => Err(Problem::field(CACHE.as_str(), "is `on`, `off`, `refresh`, or seconds up to 2592000")),
                },
            };
        }
        let says = |word: &str| {
            let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
            values.flat_map(|value| value.split(',')).any(|directive| directive.trim().eq_ignore_ascii_case(word))
        };
        Ok(match (says("no-store"), says("no-cache")) {
            (true, _) => Self::Off,
            (false, true) => Self::NotFromTheCache,
            (false, false) => Self::AsTheRoute,
        })
    }

    /// For how long the answer is kept, for whom, and whether to look for one first; `None` when the cache has no part
    /// in it.
    pub(super) fn terms(self, route: Option<CacheConfig>) -> Option<Terms> {
        let usual = route.unwrap_or_default();
        let terms = |ttl: Option<Duration>, look| {
            let ttl = ttl.unwrap_or(Duration::from_secs(usual.ttl_seconds));
            Some(Terms { ttl, look, shared: usual.shared })
        };
        match self {
            Self::Off => None,
            Self::On(ttl) => terms(ttl, true),
            Self::AsTheRoute => route.and_then(|_| terms(None, true)),
            Self::Renew => terms(None, false),
            Self::NotFromTheCache => route.and_then(|_| terms(None, false)),
        }
    }
}

/// How the cache is used for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) ttl: Duration,
    pub(super) look: bool,
    /// Whether all organizations see one another's answers.
    pub(super) shared: bool,
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn wish(name: &'static str, value: &'static str) -> Result<Wish, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        Wish::of(&headers)
    }

    #[test]
    fn a_request_says_what_it_wants_in_our_words_or_in_https() {
        assert_eq!(Wish::of(&HeaderMap::new()).unwrap(), Wish::AsTheRoute);
        assert_eq!(wish("x-quorate-cache", "on").unwrap(), Wish::On(None));
        assert_eq!(wish("x-quorate-cache", " 60 ").unwrap(), Wish::On(Some(Duration::from_secs(60))));
        assert_eq!(wish("x-quorate-cache", "off").unwrap(), Wish::Off);
        assert_eq!(wish("x-quorate-cache", "refresh").unwrap(), Wish::Renew);
        assert_eq!(wish("cache-control", "max-age=0, No-Store").unwrap(), Wish::Off);
        assert_eq!(wish("cache-control", "no-cache").unwrap(), Wish::NotFromTheCache);
        assert_eq!(wish("cache-control", "max-age=0").unwrap(), Wish::AsTheRoute);
        for bad in ["0", "2592001", "-1", "yes", ""] {
            assert_eq!(wish("x-quorate-cache", bad).unwrap_err().details[0].field, "x-quorate-cache", "{bad}");
        }
    }

    #[test]
    fn the_route_or_the_request_decides_and_the_request_last() {
        let (day, minute) = (Duration::from_secs(86_400), Duration::from_secs(60));
        let kept = |ttl, look, shared| Some(Terms { ttl, look, shared });
        assert_eq!(Wish::AsTheRoute.terms(None), None);
        assert_eq!(Wish::NotFromTheCache.terms(None), None, "nothing is kept that nobody asked to keep");
        assert_eq!(Wish::On(None).terms(None), kept(day, true, false));
        let route = Some(CacheConfig { ttl_seconds: 60, shared: true });
        assert_eq!(Wish::AsTheRoute.terms(route), kept(minute, true, true));
        assert_eq!(Wish::On(Some(day)).terms(route), kept(day, true, true));
        assert_eq!(Wish::NotFromTheCache.terms(route), kept(minute, false, true));
        assert_eq!(Wish::Renew.terms(route), kept(minute, false, true));
        assert_eq!(Wish::Renew.terms(None), kept(day, false, false));
        assert_eq!(Wish::Off.terms(route), None);
    }
}
