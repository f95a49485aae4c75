//! The keys that are in use, as this node knows them, so that a request needs no database.
//!
//! What is in here is looked after: twice a second whoever watches takes out what has changed and asks how the owners
//! stand ([`super::watch`]). While nobody has done so for [`TRUSTED`], nothing in here is believed.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use uuid::Uuid;

use super::entry::Entry;

const SHARDS: usize = 16;
/// Keys in one shard; with all of them ten thousand.
const PER_SHARD: usize = 640;
/// How many ids that nothing has are kept in mind.
const UNKNOWN: usize = 10_000;
/// For how long, in milliseconds.
const UNKNOWN_FOR: i64 = 2_000;
/// How long the cache is believed after it was last looked after, in milliseconds.
pub(super) const TRUSTED: i64 = 5_000;
const NEVER: i64 = i64::MIN;
/// How many readings of the database there are at once: what guesses ids must not take all its connections.
const LANES: usize = 32;

/// What is known of an id.
pub(super) enum Known {
    /// A key.
    Entry(Arc<Entry>),
    /// Nothing has this id.
    Nothing,
}

pub(super) struct Cache {
    shards: Vec<RwLock<HashMap<Uuid, Arc<Entry>>>>,
    unknown: Mutex<HashMap<Uuid, i64>>,
    hasher: RandomState,
    /// When it was last looked after, in milliseconds since the epoch; [`NEVER`] before the first time.
    looked_after: AtomicI64,
    /// How often something was taken out. What was read before that may not be put in after it.
    epoch: AtomicU64,
    lanes: Vec<tokio::sync::Mutex<()>>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            unknown: Mutex::default(),
            hasher: RandomState::new(),
            looked_after: AtomicI64::new(NEVER),
            epoch: AtomicU64::new(0),
            lanes: (0..LANES).map(|_| tokio::sync::Mutex::default()).collect(),
        }
    }

    /// What is known of the id and believed at this time.
    pub(super) fn get(&self, id: Uuid, now: i64) -> Option<Known> {
        // A clock that was set back makes the age negative: nothing is believed until somebody has looked again.
        let looked_after = self.looked_after.load(Ordering::Acquire);
        let age = now.checked_sub(looked_after)?;
        if looked_after == NEVER || !(0..=TRUSTED).contains(&age) {
            return None;
        }
        if let Some(entry) = self.shard(id).read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Some(Known::Entry(Arc::clone(entry)));
        }
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        unknown.get(&id).filter(|until| (now..=now + UNKNOWN_FOR).contains(*until)).map(|_| Known::Nothing)
    }

    /// Names what was taken out so far. Asked before a reading whose result is to be put in.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Remembers a key that was read since `epoch`, unless something was taken out after that: it may have been this.
    pub(super) fn put(&self, entry: &Arc<Entry>, epoch: u64) {
        let mut shard = self.shard(entry.id()).write().unwrap_or_else(PoisonError::into_inner);
        if self.epoch() != epoch {
            return;
        }
        if shard.len() >= PER_SHARD && !shard.contains_key(&entry.id()) {
            let idle = shard.values().min_by_key(|entry| entry.used_at()).map(|entry| entry.id());
            idle.map(|id| shard.remove(&id));
        }
        shard.insert(entry.id(), Arc::clone(entry));
    }

    /// Remembers for a short while that nothing has the id.
    pub(super) fn put_unknown(&self, id: Uuid, now: i64) {
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if unknown.len() >= UNKNOWN {
            unknown.retain(|_, until| *until >= now);
            if unknown.len() >= UNKNOWN {
                unknown.clear();
            }
        }
        unknown.insert(id, now + UNKNOWN_FOR);
    }

    /// Forgets what is known of these keys, because it has changed.
    pub(super) fn forget(&self, ids: &[Uuid]) {
        // First, so that what was read before the change is not put in after this.
        self.epoch.fetch_add(1, Ordering::AcqRel);
        for id in ids {
            self.shard(*id).write().unwrap_or_else(PoisonError::into_inner).remove(id);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        for shard in &self.shards {
            shard.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Puts an entry in the place of another, if that one is still there.
    pub(super) fn replace(&self, old: &Arc<Entry>, new: Entry) {
        let mut shard = self.shard(old.id()).write().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = shard.get_mut(&old.id()).filter(|place| Arc::ptr_eq(place, old)) {
            *place = Arc::new(new);
        }
    }

    /// Takes an entry out that nobody uses, if it is still there.
    pub(super) fn drop_idle(&self, entry: &Arc<Entry>) {
        let mut shard = self.shard(entry.id()).write().unwrap_or_else(PoisonError::into_inner);
        if shard.get(&entry.id()).is_some_and(|place| Arc::ptr_eq(place, entry)) {
            shard.remove(&entry.id());
        }
    }

    /// Everything in it.
    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        let all = |shard: &RwLock<HashMap<Uuid, Arc<Entry>>>| -> Vec<Arc<Entry>> {
            shard.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
        };
        self.shards.iter().flat_map(all).collect()
    }

    /// It was looked after: what it holds was true at this time.
    pub(super) fn looked_after(&self, at: i64) {
        self.looked_after.store(at, Ordering::Release);
    }

    /// Whoever reads a key from the database does it in the lane of its id, one after the other.
    pub(super) fn lane(&self, id: Uuid) -> Option<&tokio::sync::Mutex<()>> {
        self.lanes.get(self.place(id, LANES))
    }

    fn shard(&self, id: Uuid) -> &RwLock<HashMap<Uuid, Arc<Entry>>> {
        &self.shards[self.place(id, SHARDS)]
    }

    fn place(&self, id: Uuid, of: usize) -> usize {
        usize::try_from(self.hasher.hash_one(id) % of as u64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::sample;
    use super::*;

    fn looked_after() -> Cache {
        let cache = Cache::new();
        cache.looked_after(0);
        cache
    }

    fn entry(id: u128, used_at: i64) -> Arc<Entry> {
        let entry = sample(Uuid::from_u128(id));
        entry.use_at(used_at);
        Arc::new(entry)
    }

    fn holds(cache: &Cache, id: u128, now: i64) -> bool {
        matches!(cache.get(Uuid::from_u128(id), now), Some(Known::Entry(_)))
    }

    #[test]
    fn nothing_is_believed_that_nobody_looks_after() {
        let cache = Cache::new();
        cache.put(&entry(1, 0), cache.epoch());
        cache.put_unknown(Uuid::from_u128(2), 0);
        for now in [i64::MIN, 0, i64::MAX] {
            assert!(!holds(&cache, 1, now) && cache.get(Uuid::from_u128(2), now).is_none());
        }
        cache.looked_after(1000);
        for (now, believed) in [(999, false), (1000, true), (6000, true), (6001, false), (i64::MIN, false)] {
            assert_eq!(holds(&cache, 1, now), believed, "{now}");
        }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_put_in_after_it() {
        let cache = looked_after();
        let epoch = cache.epoch();
        cache.forget(&[Uuid::from_u128(1)]);
        cache.put(&entry(1, 0), epoch);
        assert!(!holds(&cache, 1, 0));
        cache.put(&entry(1, 0), cache.epoch());
        assert!(holds(&cache, 1, 0));
        cache.forget(&[Uuid::from_u128(1)]);
        assert!(!holds(&cache, 1, 0));
        let epoch = cache.epoch();
        cache.clear();
        cache.put(&entry(1, 0), epoch);
        assert!(!holds(&cache, 1, 0));
    }

    #[test]
    fn only_what_is_still_there_is_replaced() {
        let cache = looked_after();
        let (old, newer) = (entry(1, 1), entry(1, 2));
        cache.put(&newer, cache.epoch());
        cache.replace(&old, sample(Uuid::from_u128(1)));
        cache.drop_idle(&old);
        let Some(Known::Entry(found)) = cache.get(Uuid::from_u128(1), 0) else { panic!("it is gone") };
        assert!(Arc::ptr_eq(&found, &newer));
        cache.drop_idle(&newer);
        assert!(!holds(&cache, 1, 0));
    }

    #[test]
    fn memory_is_bounded_and_the_idle_go_first() {
        let cache = looked_after();
        let most = SHARDS * PER_SHARD;
        for id in 0..most as u128 * 2 {
            cache.put(&entry(id, i64::try_from(id).unwrap()), cache.epoch());
            cache.put_unknown(Uuid::from_u128(id), 0);
        }
        assert!(cache.entries().len() <= most);
        assert!(holds(&cache, most as u128 * 2 - 1, 0) && !holds(&cache, 0, 0));
        assert!(cache.unknown.lock().unwrap().len() <= UNKNOWN);
    }

    #[test]
    fn what_nothing_has_is_forgotten_soon() {
        let cache = looked_after();
        let id = Uuid::from_u128(1);
        cache.put_unknown(id, 0);
        assert!(matches!(cache.get(id, 2000), Some(Known::Nothing)));
        assert!(cache.get(id, 2001).is_none());
        cache.put(&entry(1, 0), cache.epoch());
        assert!(holds(&cache, 1, 0), "a key is one, whatever was believed before");
    }
}
