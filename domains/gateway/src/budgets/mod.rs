//! Budgets (GTW-13): the most that an organization, a key or a purpose may spend in a month or in total. A node takes
//! leases of a budget out of the database and sets calls aside from them in memory, so that a call needs no round trip
//! and the cap holds over all nodes. How that works is told in the README beside this.

mod allowance;
mod budget;

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use quorate_kernel::{Clock, Ids, MicroUsd, OrgId, millis};
use quorate_models::{Caller, Reserved, SpendRefused};
use quorate_store::{Store, StoreError};
use tokio::time::timeout;
use uuid::Uuid;

use crate::store::spend::{self, Granted, Wanted};
use allowance::{Allowance, Upkeep};
pub(crate) use budget::{Account, Budget, Period, Scope, charges, chunk, lowest};

/// The signal that somebody's budgets have changed.
pub(crate) const CHANGED: &str = "gateway/budgets";

/// How long a lease is another node's to take after this one was last heard of.
const LEASE: Duration = Duration::from_secs(120);
/// How long this node uses it without having renewed it. The rest is for clocks that differ.
const USABLE: i64 = 90_000;
/// Leases are renewed when they are usable for less than this, in milliseconds.
const RENEW_BEFORE: i64 = 60_000;
/// After how long without a call a lease is given back, in milliseconds.
const IDLE_AFTER: i64 = 10_000;
/// How long a call waits to hear whether budgets have changed, when it knows what they were.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of how many organizations the budgets are known at a time, leases aside.
const KNOWN: usize = 50_000;
/// Locks for reading budgets: two organizations share one now and then, which costs a wait and nothing else.
const LANES: usize = 64;

/// The budgets of one organization.
#[derive(Debug)]
struct Known {
    generation: u64,
    by_scope: HashMap<Scope, Vec<Arc<Allowance>>>,
}

/// All budgets, as this node knows them.
pub(crate) struct Budgets {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// What is known from before the last change may be out of date.
    generation: AtomicU64,
    known: RwLock<HashMap<OrgId, Arc<Known>>>,
    /// Those that have a lease, by what they are spent from.
    leasing: RwLock<HashMap<Account, Arc<Allowance>>>,
    lanes: Vec<tokio::sync::Mutex<()>>,
    hasher: RandomState,
}

/// What was set aside for one call.
struct Taken {
    most: i64,
    from: Vec<(Arc<Allowance>, Uuid)>,
}

impl Taken {
    fn settle(mut self, spent: MicroUsd) {
        for (allowance, lease) in mem::take(&mut self.from) {
            allowance.settle(lease, self.most, spent.0);
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        for (allowance, lease) in mem::take(&mut self.from) {
            allowance.settle(lease, self.most, 0);
        }
    }
}

impl Budgets {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            store,
            clock,
            ids,
            generation: AtomicU64::new(1),
            known: RwLock::default(),
            leasing: RwLock::default(),
            lanes: (0..LANES).map(|_| tokio::sync::Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Sets `most` aside of every budget that the call counts for. Without one that costs a look into a table.
    pub(crate) async fn reserve(&self, caller: &Caller, most: MicroUsd) -> Result<Reserved, SpendRefused> {
        let known = self.known(caller.org_id).await?;
        if known.by_scope.is_empty() {
            return Ok(Reserved::none());
        }
        // A call whose price nobody knows still needs a budget that is not used up.
        let mut taken = Taken { most: most.0.max(1), from: Vec::new() };
        for scope in Scope::of(caller).into_iter().flatten() {
            for allowance in known.by_scope.get(&scope).into_iter().flatten() {
                let lease = self.take(allowance, taken.most).await?;
                taken.from.push((Arc::clone(allowance), lease));
            }
        }
        if taken.from.is_empty() {
            return Ok(Reserved::none());
        }
        Ok(Reserved::new(move |spent| taken.settle(spent)))
    }

    async fn take(&self, allowance: &Arc<Allowance>, most: i64) -> Result<Uuid, SpendRefused> {
        if let Some(lease) = allowance.take(most, self.now()) {
            return Ok(lease);
        }
        let _turn = allowance.turn.lock().await;
        loop {
            let now = self.now();
            // Somebody may have fetched enough for this one too.
            if let Some(lease) = allowance.take(most, now) {
                return Ok(lease);
            }
            let (lease, available) = allowance.lease(now).unwrap_or_else(|| (self.ids.uuid(), 0));
            let account = allowance.account(now);
            let least = most.saturating_sub(available);
            let wanted = Wanted {
                account,
                lease,
                cap: allowance.cap(),
                most: chunk(allowance.cap(), least),
                least,
                expires_at: spend::expiry(self.clock.now(), LEASE),
            };
            match spend::lease(&self.store, &wanted).await {
                Ok(Granted::Lease(amount)) => {
                    self.leasing().insert(account, Arc::clone(allowance));
                    if allowance.granted(lease, amount, most, now + USABLE, now) {
                        return Ok(lease);
                    }
                    // Calls that need less were quicker.
                }
                Ok(Granted::Refused { left }) => {
                    let left = MicroUsd(left.saturating_add(available.max(0)));
                    return Err(SpendRefused::BudgetExceeded { scope: allowance.scope.name(), left });
                }
                Err(error) => return Err(SpendRefused::Unavailable(error.to_string())),
            }
        }
    }

    /// The budgets of the organization. Those known from before are believed while the database does not answer: it
    /// is there that they would change.
    async fn known(&self, org: OrgId) -> Result<Arc<Known>, SpendRefused> {
        let generation = self.generation.load(Ordering::Acquire);
        if let Some(known) = self.find(org).filter(|known| known.generation >= generation) {
            return Ok(known);
        }
        let lane = usize::try_from(self.hasher.hash_one(org)).unwrap_or_default() % LANES;
        let _lane = match self.lanes.get(lane) {
            Some(lane) => Some(lane.lock().await),
            None => None,
        };
        // Whoever was before in the lane may have read them, and taken leases that must stay known.
        let before = match self.find(org) {
            Some(known) if known.generation >= generation => return Ok(known),
            before => before,
        };
        let read = spend::budgets(&self.store, org);
        let read = match &before {
            None => read.await.map_err(|error| error.to_string()),
            Some(_) => match timeout(PATIENCE, read).await {
                Ok(read) => read.map_err(|error| error.to_string()),
                Err(_) => Err("the database does not answer".to_owned()),
            },
        };
        let known = match (read, before) {
            (Ok(budgets), before) => Known::of(org, &budgets, before.as_deref(), generation),
            (Err(error), Some(before)) => {
                tracing::warn!(error, %org, "budgets cannot be read again; those known from before count");
                Known { generation, by_scope: before.by_scope.clone() }
            }
            (Err(error), None) => return Err(SpendRefused::Unavailable(error)),
        };
        let known = Arc::new(known);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(org, Arc::clone(&known));
        Ok(known)
    }

    fn find(&self, org: OrgId) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&org).cloned()
    }

    /// Budgets may have changed: they are read again before the next call.
    pub(crate) fn changed(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() > KNOWN {
            known.retain(|_, known| !known.by_scope.is_empty());
        }
    }

    /// The leases that this node has.
    pub(crate) fn leases(&self) -> HashMap<Account, Uuid> {
        let now = self.now();
        let leasing = self.leasing.read().unwrap_or_else(PoisonError::into_inner);
        leasing.iter().filter_map(|(account, allowance)| Some((*account, allowance.lease(now)?.0))).collect()
    }

    /// These leases have so much left, now that what was spent from them is written down.
    pub(crate) fn converted(&self, left: &[(Uuid, i64)]) {
        if left.is_empty() {
            return;
        }
        for allowance in self.leasing.read().unwrap_or_else(PoisonError::into_inner).values() {
            for (lease, amount) in left {
                allowance.converted(*lease, *amount);
            }
        }
    }

    /// Renews the leases that are in use and gives back the others, where `settled` says that everything they paid for
    /// is written down.
    pub(crate) async fn keep_up(&self, settled: bool) -> Result<(), StoreError> {
        let now = self.now();
        let leasing: Vec<(Account, Arc<Allowance>)> =
            self.leasing().iter().map(|(account, allowance)| (*account, Arc::clone(allowance))).collect();
        let mut renew = Vec::new();
        for (account, allowance) in leasing {
            match allowance.upkeep(now, IDLE_AFTER, RENEW_BEFORE, settled) {
                Upkeep::Renew(lease) => renew.push((account, allowance, lease)),
                Upkeep::GiveBack(lease) => {
                    self.leasing().remove(&account);
                    // When this fails it runs out by itself.
                    spend::give_back(&self.store, &account, lease).await?;
                }
                Upkeep::Nothing => {}
            }
        }
        if renew.is_empty() {
            return Ok(());
        }
        renew.sort_by_key(|(account, _, lease)| (*account, *lease));
        let mut tx = self.store.system("a node's leases belong to many organizations").await?;
        let mut done = Vec::new();
        for (account, allowance, lease) in renew {
            if spend::renew(&mut tx, account.org, lease, spend::expiry(self.clock.now(), LEASE)).await? {
                done.push((allowance, lease));
            } else {
                self.leasing().remove(&account);
                allowance.drop_lease();
            }
        }
        tx.commit().await?;
        for (allowance, lease) in done {
            allowance.renewed(lease, now + USABLE);
        }
        Ok(())
    }

    /// Ends the leases of nodes that are gone.
    pub(crate) async fn reclaim(&self) -> Result<usize, StoreError> {
        spend::reclaim(&self.store, self.now()).await
    }

    /// Gives everything back, at the end.
    pub(crate) async fn give_back(&self) -> Result<(), StoreError> {
        let leasing = mem::take(&mut *self.leasing());
        for (account, allowance) in leasing {
            if let Some(lease) = allowance.drop_lease() {
                spend::give_back(&self.store, &account, lease).await?;
            }
        }
        Ok(())
    }

    fn leasing(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<Account, Arc<Allowance>>> {
        self.leasing.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        millis(self.clock.now())
    }
}

impl Known {
    /// What is leased for a budget stays known, whatever becomes of its cap.
    fn of(org: OrgId, budgets: &[Budget], before: Option<&Self>, generation: u64) -> Self {
        let mut by_scope: HashMap<Scope, Vec<Arc<Allowance>>> = HashMap::new();
        for budget in budgets {
            let same = |known: &Self| known.by_scope.get(&budget.scope)?.iter().find(|had| had.is_of(budget)).cloned();
            let allowance = before.and_then(same).unwrap_or_else(|| Arc::new(Allowance::new(org, *budget)));
            allowance.set_cap(budget.cap);
            by_scope.entry(budget.scope).or_default().push(allowance);
        }
        Self { generation, by_scope }
    }
}
