use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::*;
use crate::nodes::tests::{OwnRedis, until};

const MINUTE: Duration = Duration::from_secs(60);
const KEY: CacheKey = [7; 32];

fn some() -> Bytes {
    Bytes::from_static(b"an answer")
}

#[tokio::test]
async fn an_entry_is_kept_for_its_time() {
    let own = OwnRedis::start().await;
    for cache in [Cache::memory(1 << 20), Cache::redis(own.node().await, 1 << 20)] {
        assert_eq!(cache.get(&KEY).await, None);
        cache.put(KEY, some(), Duration::from_millis(300)).await;
        assert_eq!(cache.get(&KEY).await, Some(some()));
        until("it is over", async || cache.get(&KEY).await.is_none()).await;
        cache.put(KEY, some(), MINUTE).await;
        cache.forget(&KEY).await;
        assert_eq!(cache.get(&KEY).await, None);
        cache.put(KEY, some(), Duration::ZERO).await;
        assert_eq!(cache.get(&KEY).await, None);
        cache.put(KEY, Bytes::new(), Duration::MAX).await;
        assert_eq!(cache.get(&KEY).await, Some(Bytes::new()));
    }
}

#[tokio::test]
async fn memory_holds_no_more_than_it_may() {
    let cache = Cache::memory(100_000);
    for number in 0..1000_u16 {
        let mut key = KEY;
        key[..2].copy_from_slice(&number.to_be_bytes());
        cache.put(key, Bytes::from(vec![0; 1000]), MINUTE).await;
    }
    assert!(cache.memory.weight() <= 100_000);
}

#[tokio::test]
async fn nodes_share_entries_and_each_has_its_own_while_redis_is_away() {
    let mut own = OwnRedis::start().await;
    let (one, two) = (Cache::redis(own.node().await, 1 << 20), Cache::redis(own.node().await, 1 << 20));
    one.put(KEY, some(), MINUTE).await;
    assert_eq!(two.get(&KEY).await, Some(some()));
    own.stop().await;
    assert_eq!(two.get(&KEY).await, None);
    two.put(KEY, some(), MINUTE).await;
    assert_eq!(two.get(&KEY).await, Some(some()));
    assert_eq!(one.get(&KEY).await, None);
}

/// A cache, how often was computed, and what lets the computing end.
struct Scene {
    cache: Cache,
    computed: Arc<AtomicUsize>,
    go: Arc<Notify>,
}

impl Scene {
    fn new() -> Self {
        Self { cache: Cache::memory(1 << 20), computed: Arc::default(), go: Arc::default() }
    }

    /// Computes when told to.
    fn ask(
        &self,
        outcome: Result<Bytes, &'static str>,
    ) -> tokio::task::JoinHandle<Result<(Bytes, bool), &'static str>> {
        let (cache, computed, go) = (self.cache.clone(), Arc::clone(&self.computed), Arc::clone(&self.go));
        tokio::spawn(async move {
            let compute = || async move {
                computed.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                outcome
            };
            cache.get_or_compute(KEY, MINUTE, compute).await
        })
    }

    async fn computing(&self, count: usize) {
        until("it is computed", async || self.computed.load(Ordering::SeqCst) == count).await;
        // Gives the others the time to queue up.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(self.computed.load(Ordering::SeqCst), count);
    }
}

#[tokio::test]
async fn a_hundred_identical_misses_are_computed_once() {
    let scene = Scene::new();
    let asked: Vec<_> = (0..100).map(|_| scene.ask(Ok(some()))).collect();
    scene.computing(1).await;
    scene.go.notify_one();
    let mut shared = 0;
    for answer in asked {
        let (value, found) = answer.await.unwrap().unwrap();
        assert_eq!(value, some());
        shared += usize::from(found);
    }
    assert_eq!(shared, 99);
    assert_eq!(scene.cache.flights.underway(), 0);
    assert!(scene.ask(Ok(some())).await.unwrap().unwrap().1, "later ones find it");
}

#[tokio::test]
async fn another_takes_over_from_a_leader_that_is_cancelled() {
    let scene = Scene::new();
    let leader = scene.ask(Ok(some()));
    scene.computing(1).await;
    let followers: Vec<_> = (0..10).map(|_| scene.ask(Ok(some()))).collect();
    scene.computing(1).await;
    leader.abort();
    scene.computing(2).await;
    scene.go.notify_one();
    for answer in followers {
        assert_eq!(answer.await.unwrap().unwrap().0, some());
    }
    assert_eq!(scene.computed.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_error_is_not_kept_and_nobody_waits_for_another_one() {
    let scene = Scene::new();
    let asked: Vec<_> = (0..4).map(|_| scene.ask(Err("broken"))).collect();
    scene.computing(1).await;
    scene.go.notify_one();
    scene.computing(4).await;
    scene.go.notify_waiters();
    for answer in asked {
        assert_eq!(answer.await.unwrap(), Err("broken"));
    }
    assert_eq!(scene.cache.get(&KEY).await, None);
    assert_eq!(scene.cache.flights.underway(), 0);
}
