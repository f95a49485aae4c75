use std::time::{Duration, Instant};

use bytes::Bytes;
use moka::Expiry;
use moka::sync::Cache;

use super::CacheKey;

/// What an entry costs beside its value, in bytes: key, counters and lists, as measured with moka 0.12.
const BOOKKEEPING: usize = 256;

/// Entries in this process's memory, the most useful ones first.
#[derive(Debug, Clone)]
pub(super) struct Memory(Cache<CacheKey, Entry>);

#[derive(Debug, Clone)]
struct Entry {
    value: Bytes,
    ttl: Duration,
}

struct ByItsOwn;

impl Expiry<CacheKey, Entry> for ByItsOwn {
    fn expire_after_create(&self, _: &CacheKey, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.ttl)
    }

    fn expire_after_update(&self, _: &CacheKey, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.ttl)
    }
}

impl Memory {
    pub(super) fn new(most_bytes: u64) -> Self {
        let weigh = |_: &CacheKey, entry: &Entry| u32::try_from(entry.value.len() + BOOKKEEPING).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(most_bytes).weigher(weigh).expire_after(ByItsOwn).build())
    }

    pub(super) fn get(&self, key: &CacheKey) -> Option<Bytes> {
        self.0.get(key).map(|entry| entry.value)
    }

    pub(super) fn put(&self, key: CacheKey, value: &[u8], ttl: Duration) {
        // A slice would keep the whole buffer that it was cut from.
        let value = Bytes::copy_from_slice(value);
        self.0.insert(key, Entry { value, ttl });
    }

    pub(super) fn forget(&self, key: &CacheKey) {
        self.0.invalidate(key);
    }

    /// How many bytes are held, once what was put off is done.
    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.weighted_size()
    }
}
