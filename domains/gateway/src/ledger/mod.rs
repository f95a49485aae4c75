//! What every call cost, and what may still be spent (GTW-13, PLT-2). How an attempt gets from memory into the database
//! without being lost or counted twice is told in the README beside this.

mod entry;
mod log;
mod requests;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use quorate_audit::AuditLog;
use quorate_http::Routes;
use quorate_kernel::{Clock, Entitlements, Ids, MicroUsd};
use quorate_models::{AttemptRecord, Caller, Ledger, Reserved, SpendRefused};
use quorate_store::{Store, StoreError};
use quorate_work::{Handler, Jobs};
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::budgets::{self, Budgets};
use crate::http;
use crate::usage::Keeping;
pub(crate) use entry::Entry;
use log::{Log, LogSettings};
pub use requests::Requests;

/// How often leases and blocks are looked after.
const UPKEEP: Duration = Duration::from_secs(5);
/// After how many of them budgets are read again even if nobody said that they have changed, and the leases of nodes
/// that are gone are ended.
const ROUNDS: u32 = 6;

/// `[gateway.ledger]`: how the ledger keeps what is not yet in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerConfig {
    /// How many attempts wait in memory at most. What is beyond is in the log only, and read from there.
    pub queue: usize,
    /// How large the log may become while the database is away, in megabytes. Then calls are refused: one that cannot
    /// be written down is not made.
    pub log_megabytes: u64,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { queue: 10_000, log_megabytes: 1_024 }
    }
}

/// What the ledger needs from the rest of the house.
pub struct LedgerDeps {
    /// The database, with the gateway's migrations applied.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn Ids>,
    /// What plans allow.
    pub entitlements: Arc<dyn Entitlements>,
    /// Where changes of budgets are recorded.
    pub audit: AuditLog,
    /// The folder of the log, `<data_dir>/ledger`. Several processes may share it. It is made when it is needed.
    pub folder: PathBuf,
    /// Its settings.
    pub config: LedgerConfig,
}

/// The ledger of this node. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct CostLedger {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    log: Log,
    budgets: Budgets,
    requests: Requests,
    entitlements: Arc<dyn Entitlements>,
    audit: AuditLog,
    clock: Arc<dyn Clock>,
}

/// The ledger at work. Dropping it stops the work at once, as if the process had been killed: what is not in the
/// database stays in the log, for the next start.
#[derive(Debug)]
#[must_use = "the ledger stops when its handle is dropped"]
pub struct LedgerHandle {
    inner: CostLedger,
    stop: CancellationToken,
    writer: AbortOnDropHandle<()>,
    keeper: AbortOnDropHandle<()>,
}

impl CostLedger {
    /// The ledger, which writes into its log at once and into the database when it is started.
    #[must_use]
    pub fn new(deps: LedgerDeps) -> Self {
        let LedgerDeps { store, clock, ids, entitlements, audit, folder, config } = deps;
        let settings = LogSettings {
            root: folder,
            queue: config.queue,
            file_bytes: 8 << 20,
            disk_bytes: config.log_megabytes.saturating_mul(1 << 20),
        };
        let log = Log::new(settings, ids.uuid().simple().to_string());
        let budgets = Budgets::new(store.clone(), Arc::clone(&clock), ids);
        let requests = Requests::new(Arc::clone(&entitlements), Arc::clone(&clock));
        Self { inner: Arc::new(Inner { store, log, budgets, requests, entitlements, audit, clock }) }
    }

    /// Starts to write into the database, beginning with what an earlier run left in the log.
    pub fn start(&self) -> LedgerHandle {
        let stop = CancellationToken::new();
        let writer = tokio::spawn(writer::write(Arc::clone(&self.inner), stop.clone()));
        let keeper = tokio::spawn(keep_up(Arc::clone(&self.inner)));
        LedgerHandle {
            inner: self.clone(),
            stop,
            writer: AbortOnDropHandle::new(writer),
            keeper: AbortOnDropHandle::new(keeper),
        }
    }

    /// Everything under `/api/v1/usage` and `/api/v1/budgets`.
    #[must_use]
    pub fn routes(&self) -> Routes<()> {
        http::usage().with_state(self.clone())
    }

    /// What runs the ledger's jobs.
    #[must_use]
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(Keeping(self.clone()))]
    }

    /// Sees to it that usage is forgotten once a day when it is older than is kept (PLT-2). Doing it again changes
    /// nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schedule(&self, jobs: &Jobs) -> Result<(), StoreError> {
        let mut tx = self.inner.store.system("a job of the server itself").await?;
        jobs.enqueue(&mut tx, Keeping::job()).await?;
        tx.commit().await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    pub(crate) fn audit(&self) -> &AuditLog {
        &self.inner.audit
    }

    pub(crate) fn entitlements(&self) -> &dyn Entitlements {
        &*self.inner.entitlements
    }

    /// The API requests that plans allow.
    #[must_use]
    pub fn requests(&self) -> Requests {
        self.inner.requests.clone()
    }

    /// Whether everything recorded so far is in the database.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.inner.log.is_idle()
    }
}

impl LedgerHandle {
    /// Writes down what is there, gives back what was leased and not used, and stops. Whatever does not get done in
    /// `grace` is in the log, for the next start.
    pub async fn drain(self, grace: Duration) {
        let Self { inner, stop, writer, keeper } = self;
        drop(keeper);
        stop.cancel();
        let finish = async {
            if let Err(error) = writer.await {
                tracing::error!(%error, "the ledger's writer had failed");
            }
            if let Err(error) = inner.inner.budgets.give_back().await {
                tracing::warn!(%error, "leases of budgets could not be given back; they run out by themselves");
            }
            inner.inner.requests.give_back(true).await;
        };
        if timeout(grace, finish).await.is_err() {
            tracing::warn!(log_bytes = inner.inner.log.bytes(), "the ledger goes on at the next start");
        }
    }
}

#[async_trait]
impl Ledger for CostLedger {
    async fn reserve(&self, caller: &Caller, most: MicroUsd) -> Result<Reserved, SpendRefused> {
        if self.inner.log.is_full() {
            return Err(SpendRefused::Unavailable("the ledger's log is full".to_owned()));
        }
        self.inner.budgets.reserve(caller, most).await
    }

    fn record(&self, attempt: AttemptRecord) {
        self.inner.log.append(attempt.into());
    }
}

/// Looks after leases and blocks until it is dropped.
async fn keep_up(inner: Arc<Inner>) {
    let mut changed = inner.store.signals().listen(budgets::CHANGED);
    let mut ticks = interval(UPKEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0_u32;
    loop {
        tokio::select! {
            () = changed.heard() => inner.budgets.changed(),
            _ = ticks.tick() => {
                inner.log.try_again();
                inner.requests.give_back(false).await;
                if let Err(error) = inner.budgets.keep_up(inner.log.is_idle()).await {
                    tracing::warn!(%error, "leases of budgets could not be renewed");
                }
                round = (round + 1) % ROUNDS;
                if round == 0 {
                    inner.budgets.changed();
                    match inner.budgets.reclaim().await {
                        Ok(0) => {}
                        Ok(leases) => tracing::info!(leases, "ended the leases of nodes that are gone"),
                        Err(error) => tracing::warn!(%error, "leases of nodes that are gone could not be ended"),
                    }
                }
            }
        }
    }
}

impl fmt::Debug for CostLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CostLedger").field("log", &self.inner.log).finish_non_exhaustive()
    }
}
