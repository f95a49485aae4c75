use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::window::{STEPS, Window, millis, step_millis};
use super::{Decision, LimitKey, Rate};

/// Locks of their own, so that threads seldom meet.
const SHARDS: usize = 64;
/// How many keys of a shard are young at most, and as many old.
const CAPACITY: usize = 1024;

/// The limits of one process. At most 131,072 keys are held (about 30 MB) however many callers there are: each shard
/// has young keys and old ones. When the young ones are many, or the longest window has passed, they become the old
/// ones, and the old ones are forgotten; a key that is asked for becomes young again. So what is forgotten was idle for
/// a whole window, or idle while thousands of others came.
#[derive(Debug, Clone)]
pub(super) struct LocalLimits(Arc<Shards>);

#[derive(Debug)]
struct Shards {
    began: Instant,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

/// A window's key. It belongs to its length too: the steps of another are others. Its hash is made once, under a key
/// that nobody outside knows, and serves to find the shard and the place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    hash: u64,
    key: LimitKey,
    step: u64,
}

impl Hash for Slot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Takes the hash that a slot has.
#[derive(Debug, Default)]
struct Made(u64);

impl Hasher for Made {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Windows = HashMap<Slot, Window, BuildHasherDefault<Made>>;

#[derive(Debug, Default)]
struct Shard {
    young: Windows,
    old: Windows,
    /// When the young ones last became old, in milliseconds.
    turned: u64,
    /// The longest window that was asked for, in milliseconds.
    longest: u64,
}

impl LocalLimits {
    pub(super) fn new() -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self(Arc::new(Shards { began: Instant::now(), hasher: RandomState::new(), shards }))
    }

    pub(super) fn take(&self, key: LimitKey, rate: Rate, amount: u32) -> Decision {
        self.take_at(key, rate, amount, millis(self.0.began.elapsed()))
    }

    /// The same at a time of one's own, in milliseconds.
    pub(super) fn take_at(&self, key: LimitKey, rate: Rate, amount: u32, now: u64) -> Decision {
        let step = step_millis(rate.per);
        let slot = Slot { hash: self.0.hasher.hash_one((key, step)), key, step };
        // Other bits than those by which a map finds its places; below SHARDS, so nothing is cut off.
        let index = ((slot.hash >> 32) % SHARDS as u64) as usize;
        let mut shard = self.0.shards[index].lock().unwrap_or_else(PoisonError::into_inner);
        shard.take(slot, rate, amount, now)
    }

    /// How many keys are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let held = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap();
            shard.young.len() + shard.old.len()
        };
        self.0.shards.iter().map(held).sum()
    }
}

impl Shard {
    fn take(&mut self, slot: Slot, rate: Rate, amount: u32, now: u64) -> Decision {
        self.longest = self.longest.max(slot.step * (STEPS + 1));
        if now.saturating_sub(self.turned) > self.longest {
            self.turn(now);
        }
        if let Some(window) = self.young.get_mut(&slot) {
            return window.take(rate, amount, now);
        }
        if self.young.len() >= CAPACITY {
            self.turn(now);
        }
        let mut window = self.old.remove(&slot).unwrap_or(const { Window::new() });
        let decision = window.take(rate, amount, now);
        self.young.insert(slot, window);
        decision
    }

    fn turn(&mut self, now: u64) {
        self.old = std::mem::take(&mut self.young);
        self.turned = now;
    }
}
