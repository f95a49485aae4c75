//! What a route's terms are on the wire.

use quorate_kernel::Problem;
use quorate_models::{CacheConfig, GuardConfig, Personal, RouteTimeoutConfig};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most phrases that a route blocks.
const MOST_PHRASES: usize = 200;
/// The longest of them, in characters.
const LONGEST_PHRASE: usize = 200;

/// One target of a route.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelRouteTarget {
    /// `provider/model`.
    #[schema(example = "claude/claude-sonnet-5")]
    pub(super) target: String,
    /// Its share, for the strategies that go by it; 1 unless told.
    #[serde(default = "one_share")]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub(super) weight: f64,
}

const fn one_share() -> f64 {
    1.0
}

/// Time limits of a route in seconds; what is null is as everywhere.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelRouteTimeouts {
    /// To a connection.
    #[serde(default)]
    pub(super) connect: Option<f64>,
    /// To the first piece.
    #[serde(default)]
    pub(super) first_token: Option<f64>,
    /// Between two pieces.
    #[serde(default)]
    pub(super) idle: Option<f64>,
    /// To the end.
    #[serde(default)]
    pub(super) total: Option<f64>,
}

impl std::convert::From<ModelRouteTimeouts> for RouteTimeoutConfig {
    fn from(limits: ModelRouteTimeouts) -> Self {
        let ModelRouteTimeouts { connect, first_token, idle, total } = limits;
        Self { connect, first_token, idle, total }
    }
}

/// How a route's answers are kept for equal requests (GTW-12).
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelRouteCache {
    /// For how many seconds: thirty days at most.
    #[schema(minimum = 1, maximum = 2_592_000, example = 86_400)]
    ttl_seconds: u64,
    /// Whether one organization may get the answer that another one paid for. Only for routes whose requests hold
    /// nothing of anybody's.
    #[serde(default)]
    shared: bool,
}

impl From<CacheConfig> for ModelRouteCache {
    fn from(CacheConfig { ttl_seconds, shared }: CacheConfig) -> Self {
        Self { ttl_seconds, shared }
    }
}

impl From<ModelRouteCache> for CacheConfig {
    fn from(ModelRouteCache { ttl_seconds, shared }: ModelRouteCache) -> Self {
        Self { ttl_seconds, shared }
    }
}

/// What a route hides from its providers, and what it does not let through (GTW-14).
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ModelRouteGuard {
    /// What is replaced before a provider sees it: `email`, `phone`, `card`, `iban`, `ip`.
    #[schema(example = json!(["email", "phone"]))]
    mask: Vec<String>,
    /// Words and phrases with which a request is refused, in whatever case they are written.
    #[schema(max_items = 200)]
    block: Vec<String>,
    /// The `provider/model` of OpenAI's moderation format that judges a request before it is sent on. When it does not
    /// answer, the request is refused.
    #[schema(example = "openai/omni-moderation-latest")]
    moderation: Option<String>,
}

impl From<GuardConfig> for ModelRouteGuard {
    fn from(GuardConfig { mask, block, moderation }: GuardConfig) -> Self {
        Self { mask: mask.into_iter().map(|kind| kind.name().to_owned()).collect(), block, moderation }
    }
}

impl TryFrom<ModelRouteGuard> for GuardConfig {
    type Error = Problem;

    fn try_from(ModelRouteGuard { mask, block, moderation }: ModelRouteGuard) -> Result<Self, Problem> {
        let kind = |name: String| {
            let known = Personal::ALL.into_iter().find(|kind| kind.name() == name);
            known.ok_or_else(|| Problem::field("guard.mask", format!("knows nothing called {name:?}")))
        };
        if block.len() > MOST_PHRASES || block.iter().any(|phrase| phrase.chars().count() > LONGEST_PHRASE) {
            let most = format!("must be {MOST_PHRASES} phrases of {LONGEST_PHRASE} characters at most");
            return Err(Problem::field("guard.block", most));
        }
        Ok(Self { mask: mask.into_iter().map(kind).collect::<Result<_, _>>()?, block, moderation })
    }
}
