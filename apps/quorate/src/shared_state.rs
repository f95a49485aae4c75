//! What requests share for a while: counts of requests and places, in memory or in the Redis of all nodes (PLT-3).

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use quorate_http::RequestLimits;
use quorate_http::health::HealthCheck;
use quorate_kernel::{Entitlements, Ids};
use quorate_work::cache::Cache;
use quorate_work::limits::{Limits, Rate};
use quorate_work::{Redis, RedisSettings};

use crate::config::{Config, LimitsConfig, RedisConfig};

/// What this node has in common with the others, or for itself alone.
pub struct SharedState {
    /// The Redis of all nodes, when one is configured.
    pub redis: Option<Redis>,
    /// Limits of requests and of how much runs at once.
    pub limits: Limits,
}

impl SharedState {
    /// Connects to Redis if one is configured. One that is away is waited for in the background.
    ///
    /// # Errors
    /// When its address is none.
    pub(crate) async fn connect(config: &Config, ids: &dyn Ids) -> anyhow::Result<Self> {
        let Some(settings) = settings(&config.redis, ids) else {
            return Ok(Self { redis: None, limits: Limits::memory() });
        };
        let redis = Redis::connect(settings).await.context("redis.url cannot be used")?;
        Ok(Self { limits: Limits::redis(redis.clone()), redis: Some(redis) })
    }

    /// A cache that the nodes share; one without Redis keeps at most so many bytes.
    #[must_use]
    pub fn cache(&self, most_bytes: u64) -> Cache {
        match &self.redis {
            Some(redis) => Cache::redis(redis.clone(), most_bytes),
            None => Cache::memory(most_bytes),
        }
    }

    /// How many requests callers may send, on every route.
    pub(crate) fn of_requests(&self, config: &LimitsConfig, entitlements: Arc<dyn Entitlements>) -> RequestLimits {
        let count = config.signed_out_requests;
        let rate = Rate { count, per: Duration::from_secs(config.signed_out_seconds) };
        RequestLimits::new(self.limits.clone(), entitlements)
            .by_plan(config.by_plan)
            .signed_out((count > 0).then_some(rate))
    }

    /// Looks whether Redis is there, when one is configured.
    pub(crate) fn checks(&self) -> Option<Arc<dyn HealthCheck>> {
        let redis = self.redis.clone()?;
        Some(Arc::new(RedisCheck(redis)))
    }
}

/// How to reach the configured Redis.
pub(crate) fn settings(config: &RedisConfig, ids: &dyn Ids) -> Option<RedisSettings> {
    let url = config.url.as_ref()?;
    Some(RedisSettings { prefix: config.prefix.clone(), ..RedisSettings::new(url, ids.uuid()) })
}

struct RedisCheck(Redis);

#[async_trait]
impl HealthCheck for RedisCheck {
    fn name(&self) -> &'static str {
        "redis"
    }

    // Without it each node holds its callers to its share of the limits.
    fn required(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        self.0.ping().await
    }
}
