//! A cache of bytes under hashes, in memory on one node and in Redis on several, behind the same calls; identical
//! misses at the same time are computed once (GTW-12).
//!
//! Who may see an entry is the key's affair: hash the organization into it.

mod flight;
mod memory;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;

use crate::Redis;
use flight::Flights;
pub use flight::{Joined, Lead};
use memory::Memory;

/// The hash that names an entry.
pub type CacheKey = [u8; 32];

/// No entry is kept longer, whatever is asked (GTW-12).
pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a look into Redis may take; what it saves takes far longer.
const PATIENCE: Duration = Duration::from_millis(250);

/// A cache. Clones share it; so do nodes that share a Redis.
#[derive(Debug, Clone)]
pub struct Cache {
    memory: Memory,
    flights: Flights,
    redis: Option<Redis>,
}

impl Cache {
    /// A cache of one node that holds at most so many bytes, keys and bookkeeping included.
    #[must_use]
    pub fn memory(most_bytes: u64) -> Self {
        Self { memory: Memory::new(most_bytes), flights: Flights::default(), redis: None }
    }

    /// A cache that all nodes of this Redis share. Its size is Redis's own `maxmemory`. While Redis is away, each node
    /// keeps so many bytes for itself.
    #[must_use]
    pub fn redis(redis: Redis, most_bytes: u64) -> Self {
        Self { redis: Some(redis), ..Self::memory(most_bytes) }
    }

    /// The entry, if it is there and its time has not passed.
    pub async fn get(&self, key: &CacheKey) -> Option<Bytes> {
        let Some(redis) = &self.redis else { return self.memory.get(key) };
        let name = name(redis, key);
        let asked = redis.ask_within(PATIENCE, |mut connection| async move {
            redis::cmd("GET").arg(name).query_async::<Option<Bytes>>(&mut connection).await
        });
        match asked.await {
            Some(Some(value)) => Some(value),
            // What was kept while Redis was away is as good, also after it came back.
            Some(None) | None => self.memory.get(key),
        }
    }

    /// Keeps an entry for `ttl`, thirty days at most. Something else may push it out earlier.
    pub async fn put(&self, key: CacheKey, value: Bytes, ttl: Duration) {
        let ttl = ttl.min(LONGEST);
        if ttl < Duration::from_millis(1) {
            return;
        }
        let Some(redis) = &self.redis else { return self.memory.put(key, &value, ttl) };
        let (name, kept) = (name(redis, &key), value.clone());
        let millis = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let asked = redis.ask_within(PATIENCE, |mut connection| async move {
            let mut set = redis::cmd("SET");
            set.arg(name).arg(&kept[..]).arg("PX").arg(millis);
            set.query_async::<()>(&mut connection).await
        });
        if asked.await.is_none() {
            self.memory.put(key, &value, ttl);
        }
    }

    /// Forgets an entry. A Redis that is away at that moment and comes back with its data keeps it until its time ends.
    pub async fn forget(&self, key: &CacheKey) {
        self.memory.forget(key);
        let Some(redis) = &self.redis else { return };
        let name = name(redis, key);
        let asked = redis.ask_within(PATIENCE, |mut connection| async move {
            redis::cmd("DEL").arg(name).query_async::<()>(&mut connection).await
        });
        let _answer: Option<()> = asked.await;
    }

    /// Looks for an entry, and on a miss joins those on this node who are missing it too: one leads and computes, the
    /// others wait for what it finds. Computing once is by node: two nodes that miss at the same moment compute twice,
    /// which costs less than a lock that a dead node holds.
    pub async fn join(&self, key: CacheKey) -> Joined {
        if let Some(value) = self.get(&key).await {
            return Joined::Found(value);
        }
        match self.flights.join(key).await {
            flight::Turn::Found(value) => Joined::Found(value),
            flight::Turn::Alone => Joined::Alone,
            flight::Turn::Lead(ticket) => {
                // Between the look and the turn, another may have led and landed.
                if let Some(value) = self.get(&key).await {
                    ticket.land(Some(value.clone()));
                    return Joined::Found(value);
                }
                Joined::Lead(Lead::new(self.clone(), ticket))
            }
        }
    }

    /// The entry, computed on a miss and then kept for `ttl`; the flag tells whether somebody else computed it. An error
    /// is not kept, and the others who waited then compute for themselves.
    ///
    /// # Errors
    /// What `compute` fails with.
    pub async fn get_or_compute<E, F>(
        &self,
        key: CacheKey,
        ttl: Duration,
        compute: impl FnOnce() -> F,
    ) -> Result<(Bytes, bool), E>
    where
        F: Future<Output = Result<Bytes, E>>,
    {
        match self.join(key).await {
            Joined::Found(value) => Ok((value, true)),
            Joined::Alone => Ok((compute().await?, false)),
            Joined::Lead(lead) => match compute().await {
                Ok(value) => {
                    lead.land(value.clone(), ttl).await;
                    Ok((value, false))
                }
                Err(error) => {
                    lead.give_up();
                    Err(error)
                }
            },
        }
    }
}

fn name(redis: &Redis, key: &CacheKey) -> String {
    let mut hex = String::with_capacity(64);
    for byte in key {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    redis.key(format_args!("cache:{hex}"))
}
