use serde::de::IntoDeserializer as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{GuardConfig, RouteTimeoutConfig};

/// How a route chooses among its targets (GTW-10). Whatever it is: a target that does not answer is followed by the
/// next, and one that is known to be down is asked last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The first target that answers, in the order written.
    #[default]
    Priority,
    /// At random, by weight.
    Weighted,
    /// The one whose first token came soonest lately; now and then another, to know how it does.
    LeastLatency,
    /// The one with the lowest price; those without a known price last.
    LeastCost,
    /// Always the same for one conversation, so that its prompt cache is of use; conversations are spread by weight.
    Sticky,
}

impl Strategy {
    /// The strategy of that name, as written in configuration.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::deserialize(name.into_deserializer()).map_err(|_: serde::de::value::Error| ()).ok()
    }

    /// The name as written in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Weighted => "weighted",
            Self::LeastLatency => "least-latency",
            Self::LeastCost => "least-cost",
            Self::Sticky => "sticky",
        }
    }
}

/// A public name over one or more targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    /// The name. Without `/`, so that it is never taken for a target.
    pub name: String,
    /// How a target is chosen.
    #[serde(default)]
    pub strategy: Strategy,
    /// `provider/model`, or `{ target, weight }`, in order of preference.
    pub targets: Vec<TargetConfig>,
    /// Whether a conversation stays with its target, whatever the strategy.
    #[serde(default)]
    pub sticky: bool,
    /// Seconds without a first piece after which a second target is asked beside the first; the sooner answer is
    /// taken, the other call ended. Both may cost. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge_after: Option<f64>,
    /// Whether an answer that breaks off in the middle is begun again. What was said until then is void. Only the
    /// server's own calls begin again: what was passed on to a caller of `/v1` cannot be taken back, so there another
    /// target takes over only before the first byte.
    #[serde(default)]
    pub restart: bool,
    /// Seconds for a call from its beginning to its end, every attempt and every wait included. Absent: as long as the
    /// attempts take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<f64>,
    /// Whether answers are kept and given again to equal requests: `true` for a day, or
    /// `{ ttl_seconds, shared }`. Absent: only where a request asks for it.
    #[serde(default, with = "cache", skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheConfig>,
    /// What is hidden from its providers, and what is not let through.
    #[serde(default, skip_serializing_if = "GuardConfig::is_empty")]
    pub guard: GuardConfig,
    /// Time limits that differ from `[models.timeouts]`.
    #[serde(default)]
    pub timeouts: RouteTimeoutConfig,
}

/// How a route's answers are kept for equal requests (GTW-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// For how many seconds; from 1 to 2,592,000, which are thirty days.
    pub ttl_seconds: u64,
    /// Whether one organization may get the answer that another one paid for. Only for routes whose requests hold
    /// nothing of anybody's.
    pub shared: bool,
}

impl CacheConfig {
    /// The longest that an answer is kept, in seconds.
    pub const LONGEST: u64 = 30 * 24 * 3600;
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { ttl_seconds: 24 * 3600, shared: false }
    }
}

/// `true`, `false` or a table.
mod cache {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::CacheConfig;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged, expecting = "expected true, false, or a table of `ttl_seconds` and `shared`")]
    enum Written {
        Switch(bool),
        Table(CacheConfig),
    }

    pub(super) fn serialize<S: Serializer>(cache: &Option<CacheConfig>, serializer: S) -> Result<S::Ok, S::Error> {
        match cache {
            None => Written::Switch(false),
            Some(cache) if *cache == CacheConfig::default() => Written::Switch(true),
            Some(cache) => Written::Table(*cache),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CacheConfig>, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Switch(on) => on.then(CacheConfig::default),
            Written::Table(cache) => Some(cache),
        })
    }
}

impl RouteConfig {
    /// A route by priority with the common time limits.
    pub fn new<T: Into<TargetConfig>>(name: impl Into<String>, targets: impl IntoIterator<Item = T>) -> Self {
        Self {
            name: name.into(),
            strategy: Strategy::Priority,
            targets: targets.into_iter().map(Into::into).collect(),
            sticky: false,
            hedge_after: None,
            restart: false,
            deadline: None,
            cache: None,
            guard: GuardConfig::default(),
            timeouts: RouteTimeoutConfig::default(),
        }
    }
}

/// One target of a route: written as `"provider/model"`, or with its weight as `{ target, weight }`.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetConfig {
    /// `provider/model`.
    pub target: String,
    /// Its share among the route's targets, for the strategies that go by it. 1 unless told; 0 is asked only when no
    /// other answers.
    pub weight: f64,
}

impl TargetConfig {
    /// A target with a weight.
    pub fn weighted(target: impl Into<String>, weight: f64) -> Self {
        Self { target: target.into(), weight }
    }
}

impl<T: Into<String>> From<T> for TargetConfig {
    fn from(target: T) -> Self {
        Self::weighted(target, 1.0)
    }
}

impl PartialEq<&str> for TargetConfig {
    /// Whether it is this target, at the weight it has untold.
    fn eq(&self, other: &&str) -> bool {
        self.target == *other && is_one(self.weight)
    }
}

/// The two ways to write a target.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected `provider/model`, or a table of `target` and `weight`")]
enum Written {
    Plain(String),
    Table(Table),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    target: String,
    #[serde(default = "one")]
    weight: f64,
}

const fn one() -> f64 {
    1.0
}

fn is_one(weight: f64) -> bool {
    (weight - one()).abs() < f64::EPSILON
}

impl<'de> Deserialize<'de> for TargetConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Plain(target) => target.into(),
            Written::Table(Table { target, weight }) => Self { target, weight },
        })
    }
}

impl Serialize for TargetConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (target, weight) = (self.target.clone(), self.weight);
        if is_one(weight) { Written::Plain(target) } else { Written::Table(Table { target, weight }) }
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_name_or_a_table_and_is_written_as_it_was_read() {
        let text = "name = 'mix'\nstrategy = 'weighted'\nsticky = true\nhedge_after = 1.5\ntargets = ['a/x', { target = 'b/y', weight = 3.0 }]";
        let route: RouteConfig = toml::from_str(text).unwrap();
        assert_eq!(route.targets, [TargetConfig::from("a/x"), TargetConfig::weighted("b/y", 3.0)]);
        assert_eq!((route.strategy, route.sticky, route.hedge_after), (Strategy::Weighted, true, Some(1.5)));
        let again: RouteConfig = toml::from_str(&toml::to_string(&route).unwrap()).unwrap();
        assert_eq!(again, route);
        assert!(toml::to_string(&route).unwrap().contains("\"a/x\", {"));
        let wrong = toml::from_str::<RouteConfig>("name = 'x'\ntargets = [{ target = 'a/x', wait = 3 }]").unwrap_err();
        assert!(wrong.to_string().contains("provider/model"), "{wrong}");
    }

    #[test]
    fn a_cache_is_a_switch_or_a_table_and_is_written_as_it_was_read() {
        let read = |cache: &str| {
            let text = format!("name = 'x'\ntargets = ['a/x']\n{cache}");
            let route: RouteConfig = toml::from_str(&text).map_err(|error: toml::de::Error| error.to_string())?;
            let again: RouteConfig = toml::from_str(&toml::to_string(&route).unwrap()).unwrap();
            assert_eq!(again, route);
            Ok::<_, String>(route.cache)
        };
        assert_eq!((read(""), read("cache = false")), (Ok(None), Ok(None)));
        assert_eq!(read("cache = true"), Ok(Some(CacheConfig { ttl_seconds: 86_400, shared: false })));
        let table = read("cache = { ttl_seconds = 60, shared = true }");
        assert_eq!(table, Ok(Some(CacheConfig { ttl_seconds: 60, shared: true })));
        assert!(read("cache = { ttl = 60 }").unwrap_err().contains("ttl_seconds"));
        assert!(read("cache = 60").is_err());
    }

    #[test]
    fn every_strategy_is_written_by_its_name() {
        use Strategy::{LeastCost, LeastLatency, Priority, Sticky, Weighted};
        for strategy in [Priority, Weighted, LeastLatency, LeastCost, Sticky] {
            assert_eq!(serde_json::to_value(strategy).unwrap(), strategy.name());
        }
    }
}
