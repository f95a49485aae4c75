//! Rate limits and limits of how much runs at once, in memory on one node and in Redis on several, behind the same
//! calls (PLT-3).
//!
//! The window slides in steps: `per` is cut into 30 steps, and what was allowed is counted by the step it fell in until
//! 30 whole steps have passed. So there are never more than `count` in any time of length `per`, and what was used is
//! free again at most one step (a thirtieth) late. The two usual algorithms are looser: a counter of two weighted
//! buckets and GCRA both let almost twice `count` through in one `per`. A log of times is exact, but costs memory and
//! time by the request, which is what an attacker has most of.

mod local;
mod permit;
mod shared;
#[cfg(test)]
mod tests;
mod window;

use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::Redis;
use local::LocalLimits;
pub use permit::Permit;
use permit::Permits;
use shared::SharedLimits;

/// What is limited: one subject within a scope, such as an API key among API keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey {
    scope: &'static str,
    subject: u128,
}

impl LimitKey {
    /// Something that has an id.
    #[must_use]
    pub const fn id(scope: &'static str, id: Uuid) -> Self {
        Self { scope, subject: id.as_u128() }
    }

    /// A caller by address: an IPv4 address, or the /64 network of an IPv6 one, since whoever has one address of such a
    /// network has all.
    #[must_use]
    pub fn ip(scope: &'static str, address: IpAddr) -> Self {
        let subject = match address.to_canonical() {
            // Where IPv4 lives within IPv6, so that no network equals an address.
            IpAddr::V4(address) => u128::from(address.to_ipv6_mapped()),
            IpAddr::V6(address) => u128::from(address) & !u128::from(u64::MAX),
        };
        Self { scope, subject }
    }

    /// Something that has a name. Only a hash of it is kept.
    #[must_use]
    pub fn text(scope: &'static str, name: &str) -> Self {
        let hash = Sha256::digest(name.as_bytes());
        let subject = hash.iter().take(16).fold(0, |subject, byte| subject << 8 | u128::from(*byte));
        Self { scope, subject }
    }
}

/// So many in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// How many. Zero allows nothing.
    pub count: u32,
    /// In any time of this length. Whole milliseconds; shorter ones count as one.
    pub per: Duration,
}

impl Rate {
    /// So many in any minute.
    #[must_use]
    pub const fn per_minute(count: u32) -> Self {
        Self { count, per: Duration::from_secs(60) }
    }

    /// The share of one of so many nodes, rounded up, when they cannot count together.
    fn share(self, nodes: u32) -> Self {
        Self { count: self.count.div_ceil(nodes.max(1)), ..self }
    }
}

/// What a limit says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may go on; then it is counted.
    pub allowed: bool,
    /// The limit it was held against.
    pub limit: u32,
    /// How many more are allowed now.
    pub remaining: u32,
    /// How long until everything is allowed again, if nothing more comes.
    pub reset_after: Duration,
    /// How long to wait before asking again, when it was refused. Nothing when no wait would help.
    pub retry_after: Option<Duration>,
}

/// Counts requests against limits. Clones count together; nodes that share a Redis do too.
#[derive(Debug, Clone)]
pub struct Limits {
    local: LocalLimits,
    permits: Permits,
    shared: Option<SharedLimits>,
}

impl Limits {
    /// Limits of one node, in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self { local: LocalLimits::new(), permits: Permits::memory(), shared: None }
    }

    /// One limit over all nodes of this Redis. While it is away, each node holds its callers to its share of the
    /// limit: the count divided by the number of nodes that were last there, rounded up.
    #[must_use]
    pub fn redis(redis: Redis) -> Self {
        let permits = Permits::redis(redis.clone());
        Self { local: LocalLimits::new(), permits, shared: Some(SharedLimits::new(redis)) }
    }

    /// Counts one request, if the limit allows it.
    pub async fn check(&self, key: LimitKey, rate: Rate) -> Decision {
        self.take(key, rate, 1).await
    }

    /// Counts `amount` at once, such as tokens, if the limit allows all of it. Zero only looks.
    pub async fn take(&self, key: LimitKey, rate: Rate, amount: u32) -> Decision {
        let Some(shared) = &self.shared else { return self.local.take(key, rate, amount) };
        match shared.take(key, rate, amount).await {
            Some(decision) => decision,
            None => self.local.take(key, rate.share(shared.nodes()), amount),
        }
    }

    /// Lets one in where at most `most` may be in at once. Dropping the permit lets the next one in; a node that is
    /// killed gives its permits back within half a minute. `None` when it is full.
    pub async fn enter(&self, key: LimitKey, most: u32) -> Option<Permit> {
        self.permits.enter(key, most).await
    }
}
