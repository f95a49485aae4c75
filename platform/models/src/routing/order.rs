//! In which order the targets of a route are asked: pure rules over what is known of each (GTW-10).

use std::time::Duration;

use crate::{Price, Strategy};

/// One call in so many, under `LeastLatency`, goes to a target taken at random: what is never asked is never known to
/// have become quicker.
const EXPLORE: u64 = 16;

/// What is known of a target when a call is planned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// Its place in the route as written.
    pub(crate) place: usize,
    /// A hash of its name, the same in every process.
    pub(crate) hash: u64,
    /// Its share.
    pub(crate) weight: f64,
    /// To its first token, lately.
    pub(crate) latency: Option<Duration>,
    /// What it costs.
    pub(crate) price: Option<Price>,
}

/// What is drawn and known for one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw {
    /// Random, for the strategies that need it.
    pub(crate) seed: u64,
    /// The conversation the call belongs to, where the route keeps it with its target.
    pub(crate) conversation: Option<u64>,
    /// How many targets there are.
    pub(crate) count: usize,
}

/// Whether the strategy draws at random for a call.
pub(crate) const fn needs_seed(strategy: Strategy, conversation: Option<u64>) -> bool {
    match strategy {
        Strategy::Priority | Strategy::LeastCost => false,
        Strategy::Weighted | Strategy::LeastLatency | Strategy::Sticky => conversation.is_none(),
    }
}

/// The rank of a target among those that are up: the lowest is asked first, and equal ones in the order written.
#[expect(clippy::cast_precision_loss, reason = "a place in a list is far below 2^53")]
pub(crate) fn rank(strategy: Strategy, draw: &Draw, facts: &Facts) -> f64 {
    match (strategy, draw.conversation) {
        (Strategy::Priority, _) => facts.place as f64,
        (Strategy::LeastCost, _) => facts.price.map_or(f64::INFINITY, blended),
        // Rendezvous hashing, by weight: every process picks the same one, and when it is down only its own
        // conversations move, to return when it is up again.
        (Strategy::Weighted | Strategy::LeastLatency | Strategy::Sticky, Some(conversation)) => {
            arrival(scatter(conversation ^ facts.hash), facts.weight)
        }
        (Strategy::Weighted | Strategy::Sticky, None) => {
            arrival(scatter(draw.seed.wrapping_add(facts.place as u64)), facts.weight)
        }
        (Strategy::LeastLatency, None) => {
            let (round, explored) = (draw.seed / EXPLORE, draw.seed.is_multiple_of(EXPLORE));
            let explored = explored && round % (draw.count.max(1) as u64) == facts.place as u64;
            // What was never measured is asked before what was.
            if explored { -1.0 } else { facts.latency.map_or(0.0, |latency| latency.as_secs_f64()) }
        }
    }
}

/// One figure for a price: three input tokens for one of output, as chats have it.
#[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53 micro-dollars")]
fn blended(price: Price) -> f64 {
    (price.input.0 as f64 * 3.0 + price.output.0 as f64) / 4.0
}

/// When a runner of this speed arrives, by chance: the exponential distribution. The first of several is each with the
/// chance of its weight, and the order of the rest is drawn fairly, too.
#[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
fn arrival(random: u64, weight: f64) -> f64 {
    if weight <= 0.0 {
        return f64::INFINITY;
    }
    // Above 0 and at most 1.
    let even = ((random >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
    -even.ln() / weight
}

/// Spreads a number evenly over all of them (SplitMix64's finish).
const fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A name as a number, the same in every process and version (FNV-1a).
pub(crate) fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
    use quorate_kernel::MicroUsd;

    use super::*;

    fn facts(place: usize, name: &str, weight: f64) -> Facts {
        Facts { place, hash: hash(name), weight, latency: None, price: None }
    }

    fn first(strategy: Strategy, draw: &Draw, targets: &[Facts]) -> usize {
        let rank = |facts: &&Facts| rank(strategy, draw, facts);
        targets.iter().min_by(|a, b| rank(a).total_cmp(&rank(b))).unwrap().place
    }

    fn abc(weights: [f64; 3]) -> Vec<Facts> {
        ["a/x", "b/y", "c/z"].iter().zip(weights).enumerate().map(|(i, (name, w))| facts(i, name, w)).collect()
    }

    #[test]
    fn shares_follow_the_weights() {
        let targets = abc([1.0, 3.0, 0.0]);
        for sticky in [false, true] {
            let mut seen = [0_u32; 3];
            for n in 0..20_000_u64 {
                let number = scatter(n * 31);
                let draw = Draw { seed: number, conversation: sticky.then_some(number), count: 3 };
                seen[first(Strategy::Weighted, &draw, &targets)] += 1;
            }
            assert_eq!(seen[2], 0, "no weight, no calls");
            assert!((4_700..5_300).contains(&seen[0]), "{seen:?}");
        }
    }

    #[test]
    fn the_quickest_is_asked_and_others_now_and_then() {
        let mut targets = abc([1.0; 3]);
        for (target, millis) in targets.iter_mut().zip([300, 100, 200]) {
            target.latency = Some(Duration::from_millis(millis));
        }
        let mut seen = [0_u32; 3];
        for n in 0..16_000_u64 {
            let draw = Draw { seed: scatter(n), conversation: None, count: 3 };
            seen[first(Strategy::LeastLatency, &draw, &targets)] += 1;
        }
        assert!(seen[1] > 14_900, "{seen:?}");
        assert!(seen[0] > 200 && seen[2] > 200, "{seen:?}");
        targets[0].latency = None;
        let draw = Draw { seed: 1, conversation: None, count: 3 };
        assert_eq!(first(Strategy::LeastLatency, &draw, &targets), 0, "unmeasured before measured");
    }

    #[test]
    fn the_cheapest_is_asked_and_the_unknown_last() {
        let price = |input, output| Some(Price { input: MicroUsd(input), output: MicroUsd(output), ..Price::FREE });
        let mut targets = abc([1.0; 3]);
        targets[1].price = price(3_000_000, 15_000_000);
        targets[2].price = price(5_000_000, 5_000_000);
        let draw = Draw { seed: 0, conversation: Some(7), count: 3 };
        assert_eq!(first(Strategy::LeastCost, &draw, &targets), 2, "5 against 6 dollars");
        targets[2].price = None;
        assert_eq!(first(Strategy::LeastCost, &draw, &targets), 1);
        assert_eq!(first(Strategy::Priority, &draw, &targets), 0);
    }

    proptest! {
        #[test]
        fn a_conversation_moves_only_when_its_own_target_goes(conversation: u64, gone in 0_usize..3, seed: u64) {
            let targets = abc([1.0, 2.0, 3.0]);
            let draw = Draw { seed, conversation: Some(conversation), count: 3 };
            let before = first(Strategy::Sticky, &draw, &targets);
            let left: Vec<Facts> = targets.iter().filter(|target| target.place != gone).copied().collect();
            let after = first(Strategy::Sticky, &draw, &left);
            prop_assert_eq!(after == before, before != gone);
            let other_seed = Draw { seed: !seed, ..draw };
            prop_assert_eq!(first(Strategy::Sticky, &other_seed, &targets), before);
        }

        #[test]
        fn a_rank_is_a_number(seed: u64, conversation in proptest::option::of(0..u64::MAX), weight in 0.0..1e6_f64, place in 0_usize..50) {
            let facts = facts(place, "p/m", weight);
            let draw = Draw { seed, conversation, count: 50 };
            for strategy in [Strategy::Weighted, Strategy::LeastLatency, Strategy::Sticky, Strategy::LeastCost] {
                prop_assert!(!rank(strategy, &draw, &facts).is_nan());
            }
        }
    }
}
