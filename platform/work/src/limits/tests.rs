use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use quorate_kernel::{Ids as _, SystemIds};

use super::local::LocalLimits;
use super::window::{STEPS, Window, step_millis};
use super::*;
use crate::nodes::tests::{OwnRedis, until};

fn key() -> LimitKey {
    LimitKey::id("test", SystemIds.uuid())
}

const fn rate(count: u32, per: Duration) -> Rate {
    Rate { count, per }
}

#[test]
fn a_burst_is_cut_at_the_limit_and_comes_back_when_it_leaves_the_window() {
    let limits = LocalLimits::new();
    let (key, rate) = (key(), Rate::per_minute(3));
    for left in [2, 1, 0] {
        let decision = limits.take_at(key, rate, 1, 10_500);
        assert_eq!((decision.allowed, decision.limit, decision.remaining), (true, 3, left));
        assert_eq!(decision.retry_after, None);
    }
    let refused = limits.take_at(key, rate, 1, 20_000);
    assert_eq!((refused.allowed, refused.remaining), (false, 0));
    // It fell into the step from 10 s to 12 s, which has wholly left a minute's window at 72 s.
    assert_eq!(refused.retry_after, Some(Duration::from_secs(52)));
    assert_eq!(refused.reset_after, Duration::from_secs(52));
    assert!(!limits.take_at(key, rate, 1, 71_999).allowed);
    assert!(limits.take_at(key, rate, 3, 72_000).allowed);
}

#[test]
fn amounts_are_taken_whole_or_not_at_all() {
    let limits = LocalLimits::new();
    let (key, rate) = (key(), Rate::per_minute(100));
    assert!(limits.take_at(key, rate, 60, 0).allowed);
    assert!(limits.take_at(key, rate, 30, 10_000).allowed);
    let refused = limits.take_at(key, rate, 50, 11_000);
    assert_eq!((refused.allowed, refused.remaining), (false, 10));
    assert_eq!(refused.retry_after, Some(Duration::from_secs(51)), "when the 60 are out");
    assert_eq!(refused.reset_after, Duration::from_secs(61), "when the 30 are out too");
    let look = limits.take_at(key, rate, 0, 11_000);
    assert_eq!((look.allowed, look.remaining), (true, 10));
    let never = limits.take_at(key, rate, 101, 11_000);
    assert_eq!((never.allowed, never.retry_after), (false, None), "no wait would help");
}

#[test]
fn nothing_is_allowed_where_the_limit_is_zero() {
    let refused = LocalLimits::new().take_at(key(), Rate::per_minute(0), 1, 0);
    assert_eq!((refused.allowed, refused.remaining, refused.retry_after), (false, 0, None));
}

#[test]
fn a_raised_limit_counts_on_and_another_window_counts_anew() {
    let limits = LocalLimits::new();
    let key = key();
    assert!(limits.take_at(key, Rate::per_minute(2), 2, 0).allowed);
    assert!(!limits.take_at(key, Rate::per_minute(2), 1, 0).allowed);
    assert_eq!(limits.take_at(key, Rate::per_minute(5), 1, 0).remaining, 2);
    assert_eq!(limits.take_at(key, Rate::per_minute(1), 1, 0).remaining, 0, "lowered below what is used");
    assert_eq!(limits.take_at(key, rate(5, Duration::from_secs(3600)), 1, 0).remaining, 4);
}

#[test]
fn odd_windows_do_no_harm() {
    let limits = LocalLimits::new();
    for per in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(7), Duration::MAX] {
        let key = key();
        assert!(limits.take_at(key, rate(1, per), 1, 5).allowed);
        assert!(!limits.take_at(key, rate(1, per), 1, 5).allowed);
    }
    assert!(limits.take_at(key(), rate(u32::MAX, Duration::MAX), u32::MAX, u64::MAX / 2).allowed);
}

#[test]
fn addresses_are_limited_by_what_one_caller_has() {
    let ip = |text: &str| LimitKey::ip("ip", text.parse::<IpAddr>().unwrap());
    assert_eq!(ip("2001:db8:1:2::1"), ip("2001:db8:1:2:ffff::9"));
    assert_ne!(ip("2001:db8:1:2::1"), ip("2001:db8:1:3::1"));
    assert_ne!(ip("203.0.113.1"), ip("203.0.113.2"));
    assert_eq!(ip("203.0.113.1"), ip("::ffff:203.0.113.1"));
    assert_ne!(ip("::1"), ip("0.0.0.0"));
    assert_ne!(LimitKey::text("a", "x"), LimitKey::text("b", "x"));
    assert_ne!(LimitKey::text("a", "x"), LimitKey::text("a", "y"));
}

#[test]
fn strangers_cannot_make_it_grow_nor_make_it_forget_who_is_there() {
    let limits = LocalLimits::new();
    let (busy, rate) = (key(), Rate::per_minute(1));
    assert!(limits.take_at(busy, rate, 1, 0).allowed);
    for stranger in 0..300_000_u64 {
        limits.take_at(LimitKey { scope: "test", subject: u128::from(stranger) }, rate, 1, stranger / 10_000);
        if stranger % 1000 == 0 {
            assert!(!limits.take_at(busy, rate, 1, stranger / 10_000).allowed, "forgotten after {stranger}");
        }
    }
    assert!(limits.held() <= 131_072, "{} are held", limits.held());
}

#[test]
fn idle_keys_are_forgotten() {
    let limits = LocalLimits::new();
    for caller in 0..10_000_u128 {
        limits.take_at(LimitKey { scope: "test", subject: caller }, Rate::per_minute(5), 1, 0);
    }
    assert_eq!(limits.held(), 10_000);
    // Each shard is tidied when it is used.
    for minute in [2_u64, 4] {
        for caller in 0..1_000_u128 {
            limits.take_at(LimitKey { scope: "test", subject: caller }, Rate::per_minute(5), 1, minute * 60_000);
        }
    }
    assert_eq!(limits.held(), 1_000);
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    later: u64,
    amount: u32,
}

fn asked() -> impl Strategy<Value = Vec<Asked>> {
    let one =
        (prop_oneof![3 => 0_u64..40, 1 => 0_u64..3_000], 0_u32..4).prop_map(|(later, amount)| Asked { later, amount });
    proptest::collection::vec(one, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The model is the exact log. The window never lets more through than the limit in any time of its length, and
    /// never refuses what the log of a window that is two steps longer would allow.
    #[test]
    fn never_more_than_the_limit_in_any_window(count in 1_u32..20, per in 1_u64..2_000, asked in asked()) {
        let rate = rate(count, Duration::from_millis(per));
        let step = step_millis(rate.per);
        let longer = step * (STEPS + 1);
        let (mut window, mut now) = (Window::new(), 0);
        let mut log: VecDeque<(u64, u32)> = VecDeque::new();
        for Asked { later, amount } in asked {
            now += later;
            let within = |length: u64| log.iter().filter(|(at, _)| now - at < length).map(|(_, n)| n).sum::<u32>();
            let (exact, late) = (within(per), within(longer));
            let decision = window.take(rate, amount, now);
            if decision.allowed {
                prop_assert!(exact + amount <= count, "{exact} and {amount} more");
                log.push_back((now, amount));
            } else {
                prop_assert!(late + amount > count, "only {late}, and {amount} were refused");
            }
            prop_assert!(decision.remaining <= count - exact.min(count));
            prop_assert_eq!(decision.limit, count);
        }
    }

    /// What it says of the time to wait is so, to the millisecond.
    #[test]
    fn the_wait_it_names_is_long_enough_and_not_too_long(count in 1_u32..20, per in 1_u64..2_000, asked in asked()) {
        let rate = rate(count, Duration::from_millis(per));
        let (mut window, mut now) = (Window::new(), 0);
        for Asked { later, amount } in asked {
            now += later;
            let decision = window.take(rate, amount, now);
            let whole = u64::try_from(decision.reset_after.as_millis()).unwrap();
            prop_assert_eq!(window.clone().take(rate, 0, now + whole).remaining, count);
            if let Some(wait) = decision.retry_after {
                let wait = u64::try_from(wait.as_millis()).unwrap();
                prop_assert!(window.clone().take(rate, amount, now + wait).allowed);
                prop_assert!(!window.clone().take(rate, amount, now + wait - 1).allowed);
            } else {
                prop_assert!(decision.allowed || amount > count);
            }
        }
    }
}

#[tokio::test]
async fn places_are_given_back() {
    let limits = Limits::memory();
    let key = key();
    let (first, second) = (limits.enter(key, 2).await.unwrap(), limits.clone().enter(key, 2).await.unwrap());
    assert!(limits.enter(key, 2).await.is_none());
    assert!(limits.enter(self::key(), 2).await.is_some(), "another's places are others");
    drop(first);
    let third = limits.enter(key, 2).await.unwrap();
    assert!(limits.enter(key, 2).await.is_none());
    drop((second, third));
    assert!(limits.enter(key, 1).await.is_some());
    assert!(limits.enter(key, 0).await.is_none());
}

#[tokio::test]
async fn a_hundred_at_once_get_as_many_as_there_are() {
    let limits = Limits::memory();
    let key = key();
    let all = futures::future::join_all((0..100).map(|_| {
        tokio::spawn({
            let limits = limits.clone();
            async move { limits.check(key, Rate::per_minute(7)).await.allowed }
        })
    }));
    assert_eq!(all.await.into_iter().filter(|allowed| *allowed.as_ref().unwrap()).count(), 7);
}

#[tokio::test]
async fn several_nodes_have_one_limit() {
    let own = OwnRedis::start().await;
    let (one, two) = (Limits::redis(own.node().await), Limits::redis(own.node().await));
    let (key, rate) = (key(), Rate::per_minute(10));
    let asked = (0..40).map(|number| {
        let limits = if number % 2 == 0 { one.clone() } else { two.clone() };
        async move { limits.check(key, rate).await.allowed }
    });
    let allowed = futures::future::join_all(asked).await;
    assert_eq!(allowed.into_iter().filter(|allowed| *allowed).count(), 10);
    let refused = one.check(key, rate).await;
    assert_eq!((refused.allowed, refused.remaining, refused.limit), (false, 0, 10));
    let wait = refused.retry_after.unwrap();
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(62), "{wait:?}");
    assert_eq!(two.check(self::key(), rate).await.remaining, 9, "another's count is another");
}

#[tokio::test]
async fn the_shared_window_slides_as_the_local_one_does() {
    let own = OwnRedis::start().await;
    let limits = Limits::redis(own.node().await);
    let (key, rate) = (key(), rate(4, Duration::from_millis(600)));
    assert_eq!(limits.take(key, rate, 3).await.remaining, 1);
    assert!(!limits.take(key, rate, 2).await.allowed);
    assert!(limits.take(key, rate, 0).await.allowed);
    assert!(!limits.take(key, rate, 5).await.allowed);
    let refused = limits.take(key, rate, 4).await;
    tokio::time::sleep(refused.retry_after.unwrap() + Duration::from_millis(2)).await;
    let allowed = limits.take(key, rate, 4).await;
    assert_eq!((allowed.allowed, allowed.remaining), (true, 0));
    assert_eq!(limits.check(key, self::rate(0, rate.per)).await.retry_after, None);
}

#[tokio::test]
async fn without_redis_each_node_holds_to_its_share_and_then_they_count_together_again() {
    let mut own = OwnRedis::start().await;
    let (first, second) = (own.node().await, own.node().await);
    until("they know of each other", async || first.nodes() == 2 && second.nodes() == 2).await;
    let nodes = [Limits::redis(first.clone()), Limits::redis(second.clone())];
    own.stop().await;
    let (key, rate) = (key(), Rate::per_minute(9));
    for limits in &nodes {
        let mut allowed = 0;
        for _ in 0..20 {
            allowed += u32::from(limits.check(key, rate).await.allowed);
        }
        assert_eq!(allowed, 5, "half of nine, rounded up");
    }
    own.again().await;
    until("it is back", async || first.ping().await.is_ok() && second.ping().await.is_ok()).await;
    assert_eq!(nodes[0].check(key, rate).await.remaining, 8);
    assert_eq!(nodes[1].check(key, rate).await.remaining, 7);
}

#[tokio::test]
async fn several_nodes_share_the_places() {
    let own = OwnRedis::start().await;
    let (one, two) = (Limits::redis(own.node().await), Limits::redis(own.node().await));
    let key = key();
    let (first, _second) = (one.enter(key, 2).await.unwrap(), two.enter(key, 2).await.unwrap());
    assert!(one.enter(key, 2).await.is_none() && two.enter(key, 2).await.is_none());
    drop(first);
    until("the place is free on the other node", async || two.enter(key, 2).await.is_some()).await;
}

#[tokio::test]
async fn places_taken_before_redis_went_away_still_count_on_their_node() {
    let mut own = OwnRedis::start().await;
    let limits = Limits::redis(own.node().await);
    let key = key();
    let first = limits.enter(key, 2).await.unwrap();
    own.stop().await;
    let second = limits.enter(key, 2).await.unwrap();
    assert!(limits.enter(key, 2).await.is_none());
    drop((first, second));
    assert!(limits.enter(key, 1).await.is_some());
}
