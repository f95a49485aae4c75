use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// One turn at one job. Whoever holds an older token than the row does has lost the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Lease {
    pub(crate) id: Uuid,
    pub(crate) token: i64,
}

/// How a running job hears that it lost its lease.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// Also cancelled on drain.
    pub(crate) cancelled: CancellationToken,
    /// Cancelled only when the lease is lost.
    pub(crate) lost: CancellationToken,
    /// When the lease was last known to be good, taken before the database was asked.
    pub(crate) since: Instant,
}

impl Held {
    fn lose(&self) {
        self.lost.cancel();
        self.cancelled.cancel();
    }
}

/// The leases of one worker's running jobs.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<HashMap<Lease, Held>>);

impl Leases {
    pub(crate) fn add(&self, lease: Lease, held: Held) {
        self.lock().insert(lease, held);
    }

    pub(crate) fn remove(&self, lease: Lease) {
        self.lock().remove(&lease);
    }

    pub(crate) fn all(&self) -> Vec<Lease> {
        self.lock().keys().copied().collect()
    }

    /// After a renewal of `asked`: these were renewed, and those still stand in the database as they were.
    pub(crate) fn renewed(&self, asked: &[Lease], renewed: &HashSet<Lease>, standing: &HashSet<Lease>, since: Instant) {
        let mut all = self.lock();
        for lease in asked {
            match all.get_mut(lease) {
                Some(held) if renewed.contains(lease) => held.since = since,
                Some(held) if !standing.contains(lease) => held.lose(),
                _ => {}
            }
        }
    }

    /// Gives up what has not been renewed for so long, before somebody else may take it.
    pub(crate) fn give_up(&self, after: Duration) {
        self.lock().values().filter(|held| held.since.elapsed() >= after).for_each(Held::lose);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lease, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
