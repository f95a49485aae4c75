use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::Script;
use tokio::sync::mpsc;

use super::LimitKey;
use crate::Redis;

/// How long a permit of a node that gives no sign of life is held.
const LEASE: Duration = Duration::from_secs(30);
/// How often the permits of a living node are renewed.
const RENEW: Duration = Duration::from_secs(10);
/// How long the keeper waits for Redis; no request waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Drops the permits whose lease is over, then adds one if there is room.
const ENTER: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1";

/// Prolongs a lease, also in a Redis that has forgotten it.
const PROLONG: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, key in ipairs(KEYS) do
  for i = 2, #ARGV do redis.call('ZADD', key, now + ARGV[1], ARGV[i]) end
  redis.call('PEXPIRE', key, ARGV[1])
end
return 1";

/// Who is in. What a node let in is known to itself whether or not Redis counts it too, so that it can go on alone.
#[derive(Debug, Clone)]
pub(super) struct Permits {
    inside: Arc<Inside>,
    shared: Option<Shared>,
}

/// How many are in on this node, by key. Only keys with somebody in stand there.
#[derive(Debug, Default)]
struct Inside(Mutex<HashMap<LimitKey, u32>>);

#[derive(Clone)]
struct Shared {
    redis: Redis,
    enter: Arc<Script>,
    leases: Arc<Leases>,
}

/// The permits of this node that Redis counts.
struct Leases {
    held: Mutex<HashMap<u64, String>>,
    next: AtomicU64,
    given_back: mpsc::UnboundedSender<(u64, String)>,
}

impl Permits {
    pub(super) fn memory() -> Self {
        Self { inside: Arc::default(), shared: None }
    }

    pub(super) fn redis(redis: Redis) -> Self {
        let (given_back, ended) = mpsc::unbounded_channel();
        let leases = Arc::new(Leases { held: Mutex::default(), next: AtomicU64::new(0), given_back });
        tokio::spawn(keep(redis.clone(), Arc::downgrade(&leases), ended));
        let enter = Arc::new(Script::new(ENTER));
        Self { inside: Arc::default(), shared: Some(Shared { redis, enter, leases }) }
    }

    pub(super) async fn enter(&self, key: LimitKey, most: u32) -> Option<Permit> {
        let Some(shared) = &self.shared else { return self.inside.enter(key, most, None) };
        match shared.enter(key, most).await {
            Some(Some(lease)) => self.inside.enter(key, u32::MAX, Some(lease)),
            Some(None) => None,
            None => self.inside.enter(key, most.div_ceil(shared.redis.nodes()), None),
        }
    }
}

impl Inside {
    fn enter(self: &Arc<Self>, key: LimitKey, most: u32, lease: Option<Lease>) -> Option<Permit> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.get(&key).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        inside.insert(key, count + 1);
        Some(Permit { key, inside: Arc::clone(self), _lease: lease })
    }
}

impl Shared {
    /// `None` while Redis is away; `Some(None)` when it is full.
    async fn enter(&self, key: LimitKey, most: u32) -> Option<Option<Lease>> {
        let name = self.redis.key(format_args!("permits:{}:{:032x}", key.scope, key.subject));
        let number = self.leases.next.fetch_add(1, Ordering::Relaxed);
        // Made before Redis is asked: if the request is cancelled while it waits, or the answer comes too late, what
        // Redis may have counted is given back.
        let mut lease = Lease { number, name: name.clone(), leases: Arc::clone(&self.leases) };
        let member = member(&self.redis, number);
        let asked = self.redis.ask(|mut connection| async move {
            let mut asked = self.enter.key(name);
            asked.arg(most).arg(member).arg(LEASE.as_millis().to_string());
            asked.invoke_async::<u8>(&mut connection).await
        });
        if asked.await? == 0 {
            lease.name.clear();
            return Some(None);
        }
        self.leases.lock().insert(number, lease.name.clone());
        Some(Some(lease))
    }
}

impl Leases {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn member(redis: &Redis, number: u64) -> String {
    format!("{}:{number}", redis.node())
}

/// Renews the leases of this node and gives back those that ended, until the last permit and limiter are gone.
async fn keep(redis: Redis, leases: std::sync::Weak<Leases>, mut ended: mpsc::UnboundedReceiver<(u64, String)>) {
    let prolong = Script::new(PROLONG);
    let mut renewal = tokio::time::interval(RENEW);
    let mut waiting = Vec::new();
    loop {
        tokio::select! {
            more = ended.recv_many(&mut waiting, 4_096) => {
                if more == 0 {
                    return;
                }
                give_back(&redis, waiting.drain(..)).await;
            }
            _ = renewal.tick() => {
                let Some(leases) = leases.upgrade() else { return };
                renew(&redis, &prolong, &leases).await;
            }
        }
    }
}

/// All that ended since the last time, in one request for each key: a queue of single ones would grow under load.
async fn give_back(redis: &Redis, ended: impl Iterator<Item = (u64, String)>) {
    let mut by_key: HashMap<String, Vec<String>> = HashMap::new();
    for (number, key) in ended {
        by_key.entry(key).or_default().push(member(redis, number));
    }
    for (key, members) in by_key {
        let asked = redis.ask_within(PATIENCE, |mut connection| async move {
            redis::cmd("ZREM").arg(key).arg(members).query_async::<()>(&mut connection).await
        });
        // A Redis that is away lets the leases run out.
        if asked.await.is_none() {
            return;
        }
    }
}

async fn renew(redis: &Redis, prolong: &Script, leases: &Leases) {
    let mut by_key: HashMap<String, Vec<String>> = HashMap::new();
    for (number, key) in &*leases.lock() {
        by_key.entry(key.clone()).or_default().push(member(redis, *number));
    }
    for (key, members) in by_key {
        let asked = redis.ask_within(PATIENCE, |mut connection| async move {
            let mut asked = prolong.key(key);
            asked.arg(LEASE.as_millis().to_string()).arg(members);
            asked.invoke_async::<()>(&mut connection).await
        });
        if asked.await.is_none() {
            return;
        }
    }
}

/// A place that Redis counts; dropping it gives it back.
struct Lease {
    number: u64,
    /// The key in Redis; empty when Redis said that it counts nothing.
    name: String,
    leases: Arc<Leases>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.name.is_empty() {
            return;
        }
        // Here and not by the keeper, which may be waiting for Redis: what has ended is not renewed.
        self.leases.lock().remove(&self.number);
        // Nobody listens only when the runtime ends; then the lease runs out.
        drop(self.leases.given_back.send((self.number, std::mem::take(&mut self.name))));
    }
}

/// A place among those that may be in at once, given back when dropped.
#[must_use = "dropping the permit gives the place back"]
pub struct Permit {
    key: LimitKey,
    inside: Arc<Inside>,
    _lease: Option<Lease>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut inside = self.inside.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = inside.entry(self.key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("redis", &self.redis).finish_non_exhaustive()
    }
}
