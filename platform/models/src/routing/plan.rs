use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::Ids;
use tokio::time::Instant;

use super::leg::Leg;
use super::order::{Draw, Facts, needs_seed, rank};
use crate::guardrails::Guard;
use crate::retry::Retries;
use crate::{CacheConfig, Strategy};

/// A route as it is in force.
pub(crate) struct Route {
    /// The name; of a target that is named directly, that.
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    /// How often and how patiently a target that failed is asked again.
    pub(crate) retries: Arc<Retries>,
    /// Whether a conversation stays with its target.
    pub(crate) sticky: bool,
    /// Without a first piece for so long, a second target is asked beside the first.
    pub(crate) hedge_after: Option<Duration>,
    /// Whether an answer that breaks off in the middle may be begun again.
    pub(crate) restart: bool,
    /// How long a call may take, every attempt included.
    pub(crate) deadline: Option<Duration>,
    /// How its answers are kept for equal requests.
    pub(crate) cache: Option<CacheConfig>,
    /// What is hidden and refused on the way to its targets.
    pub(crate) guard: Option<Guard>,
    /// The targets in the order written; never empty.
    pub(crate) legs: Vec<Arc<Leg>>,
}

/// The targets of one call in the order they are to be asked (GTW-10): those that are up by the route's strategy, then
/// those that are down, the one that is soonest up again first. No target is left out: when all are down, the best of
/// them is asked all the same.
pub(crate) struct Plan {
    pub(crate) route: Arc<Route>,
    pub(crate) legs: Vec<Planned>,
}

/// One target in a plan.
pub(crate) struct Planned {
    /// The target.
    pub(crate) leg: Arc<Leg>,
    /// Whether it was known to be down when the plan was made.
    pub(crate) down: bool,
    rank: f64,
}

impl Plan {
    /// Plans a call. `conversation` is any number that stays the same for one conversation.
    pub(crate) fn new(route: &Arc<Route>, conversation: Option<u64>, ids: &dyn Ids) -> Self {
        let sticky = route.sticky || route.strategy == Strategy::Sticky;
        let conversation = conversation.filter(|_| sticky);
        let count = route.legs.len();
        let seed = if count > 1 && needs_seed(route.strategy, conversation) { random(ids) } else { 1 };
        let draw = Draw { seed, conversation, count };
        let now = Instant::now();
        let planned = |(place, leg): (usize, &Arc<Leg>)| {
            let down_until = leg.health.down_until(now);
            let rank = match down_until {
                Some(until) => until.saturating_duration_since(now).as_secs_f64(),
                None if count == 1 => 0.0,
                None => {
                    let latency = leg.health.latency();
                    let facts = Facts { place, hash: leg.hash, weight: leg.weight, latency, price: leg.price };
                    rank(route.strategy, &draw, &facts)
                }
            };
            Planned { leg: Arc::clone(leg), down: down_until.is_some(), rank }
        };
        let mut legs: Vec<Planned> = route.legs.iter().enumerate().map(planned).collect();
        // Stable: equals stay in the order written.
        legs.sort_by(|a, b| a.down.cmp(&b.down).then(a.rank.total_cmp(&b.rank)));
        Self { route: Arc::clone(route), legs }
    }
}

impl Route {
    /// When a call that begins now has to be over: as its caller wants it, and no later than the route allows.
    pub(crate) fn deadline(&self, begun: Instant, wanted: Option<Duration>) -> Option<Instant> {
        let limit = match (self.deadline, wanted) {
            (Some(own), Some(wanted)) => Some(own.min(wanted)),
            (own, wanted) => own.or(wanted),
        };
        limit.map(|limit| begun + limit)
    }
}

fn random(ids: &dyn Ids) -> u64 {
    let mut bytes = [0_u8; 8];
    ids.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
