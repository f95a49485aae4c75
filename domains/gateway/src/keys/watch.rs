//! Looks after the cache: takes out what has changed, on this node or another, asks how the owners stand, and writes
//! down when keys were used. Every node does so twice a second, and at once when the database says that keys have
//! changed; so what is revoked, and who is removed, is refused everywhere within a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::{OrgId, Problem, UserId, millis};
use quorate_store::StoreError;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::Keys;
use super::entry::Entry;
use crate::ports::Standing;
use crate::store::keys::{self as store, versions};

/// The signal that keys have changed.
pub(super) const CHANGED: &str = "gateway/keys";

/// How often it looks.
const EVERY: Duration = Duration::from_millis(500);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Keys that were not used for so long are forgotten, in milliseconds.
const IDLE: i64 = 60_000;
/// The least time between two notes that a key was used, in milliseconds.
const NOTE_EVERY: i64 = 60_000;
/// How many owners are asked about at a time.
const OWNERS: usize = 500;
/// How many notes are written at a time.
const NOTES: usize = 500;
/// With more changes than this everything is read again.
const CHANGES: usize = 1_000;

/// Why a look did not come to its end.
#[derive(Debug, thiserror::Error)]
enum LookFailed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Members(Box<Problem>),
    #[error("it took too long")]
    TooLong,
}

/// The cache being looked after. Dropping it ends that: a few seconds later every key is checked at the database.
#[derive(Debug)]
#[must_use = "keys are looked after until the handle is dropped"]
pub struct KeysHandle {
    keys: Keys,
    task: AbortOnDropHandle<()>,
}

impl KeysHandle {
    /// Ends it, and writes down the last uses, as far as that takes no longer than `grace`.
    pub async fn drain(self, grace: Duration) {
        let Self { keys, task } = self;
        drop(task);
        match timeout(grace, keys.note_uses(0)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last uses of API keys are not written down"),
            Err(_) => tracing::warn!("the last uses of API keys are not written down: the database takes too long"),
        }
    }
}

impl Keys {
    /// Begins to look after the cache.
    pub fn watch(&self) -> KeysHandle {
        let task = AbortOnDropHandle::new(tokio::spawn(self.clone().look_after()));
        KeysHandle { keys: self.clone(), task }
    }

    async fn look_after(self) {
        let mut changed = self.inner.store.signals().listen(CHANGED);
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = None;
        let mut failing = false;
        loop {
            let whole = tokio::select! {
                _ = ticks.tick() => true,
                // Keys have changed, which says nothing about their owners.
                () = changed.heard() => false,
            };
            let looked = timeout(PATIENCE, self.look_once(&mut seen, whole)).await;
            match looked.unwrap_or(Err(LookFailed::TooLong)) {
                Ok(()) if failing => tracing::info!("API keys are looked after again"),
                Ok(()) => {}
                // Once, not twice a second.
                Err(error) if !failing => {
                    tracing::warn!(%error, "changes of API keys cannot be looked for; soon each is checked at the database");
                    failing = true;
                    continue;
                }
                Err(_) => continue,
            }
            failing = false;
            if let Err(error) = self.note_uses(NOTE_EVERY).await {
                tracing::warn!(%error, "uses of API keys could not be written down");
            }
        }
    }

    /// One look: at what has changed, and if it is a whole one, at the owners. `seen` is the count of changes up to
    /// which everything was taken out.
    async fn look_once(&self, seen: &mut Option<i64>, whole: bool) -> Result<(), LookFailed> {
        let inner = &self.inner;
        let at = millis(inner.clock.now());
        let mut tx = inner.store.system_read("keys of all organizations may have changed").await?;
        let version = versions::read(&mut tx, versions::KEYS).await?;
        match *seen {
            Some(before) if before == version => {}
            // A count that went back is another database's: a backup was restored.
            Some(before) if before < version => {
                let most = CHANGES + 1;
                let ids = store::changed_since(&mut tx, before, i64::try_from(most).unwrap_or(i64::MAX)).await?;
                if ids.len() == most { inner.cache.clear() } else { inner.cache.forget(&ids) }
            }
            Some(_) | None => inner.cache.clear(),
        }
        drop(tx);
        *seen = Some(version);
        if whole {
            self.ask_standings(at).await?;
            inner.cache.looked_after(at);
        }
        Ok(())
    }

    /// Asks how the owners of the keys in use stand, and forgets those that are idle.
    async fn ask_standings(&self, now: i64) -> Result<(), LookFailed> {
        let cache = &self.inner.cache;
        let mut by_owner: HashMap<(UserId, OrgId), Vec<Arc<Entry>>> = HashMap::new();
        for entry in cache.entries() {
            // A use that is not written down yet keeps it, for a minute at most.
            if is_idle(entry.used_at(), now) && entry.noted_at() >= entry.used_at() {
                cache.drop_idle(&entry);
            } else {
                by_owner.entry(entry.owner()).or_default().push(entry);
            }
        }
        let owners: Vec<(UserId, OrgId)> = by_owner.keys().copied().collect();
        for some in owners.chunks(OWNERS) {
            let standings = self.inner.members.standings(some).await;
            let standings = standings.map_err(|problem| LookFailed::Members(Box::new(problem)))?;
            for (index, owner) in some.iter().enumerate() {
                // Who is not in the answer is treated as gone.
                let standing: Option<Standing> = standings.get(index).copied().flatten();
                for entry in by_owner.get(owner).into_iter().flatten().filter(|entry| entry.standing() != standing) {
                    cache.replace(entry, entry.with(standing));
                }
            }
        }
        Ok(())
    }

    /// Writes down when keys were used, those whose last note is so long ago.
    async fn note_uses(&self, since: i64) -> Result<(), StoreError> {
        let now = millis(self.inner.clock.now());
        let due = |entry: &Arc<Entry>| {
            let (used, noted) = (entry.used_at(), entry.noted_at());
            used > noted && (used - noted >= since || is_idle(used, now))
        };
        let mut entries: Vec<(Uuid, Arc<Entry>)> =
            self.inner.cache.entries().into_iter().filter(due).map(|entry| (entry.id(), entry)).collect();
        // In one order on all nodes, so that none waits for another in a circle.
        entries.sort_by_key(|(id, _)| *id);
        for some in entries.chunks(NOTES) {
            let uses: Vec<(Uuid, i64)> = some.iter().map(|(id, entry)| (*id, entry.used_at())).collect();
            store::used(&self.inner.store, &uses).await?;
            for ((_, entry), (_, at)) in some.iter().zip(&uses) {
                entry.note(*at);
            }
        }
        Ok(())
    }
}

/// Whether a key that was last used then is to be forgotten.
const fn is_idle(used: i64, now: i64) -> bool {
    now - used > IDLE
}
