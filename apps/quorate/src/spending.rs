//! What single pieces of work spend, told while they run: the ledger is asked and written as ever, and the attempts of
//! those that somebody watches are added up beside it (BRD-31).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use quorate_gateway::CostLedger;
use quorate_kernel::MicroUsd;
use quorate_models::{AttemptRecord, Caller, Ledger, Reserved, SpendRefused};

/// What was spent so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Attempts at models, failed ones too.
    pub attempts: u64,
    /// All input tokens.
    pub tokens_in: u64,
    /// All output tokens.
    pub tokens_out: u64,
    /// The cost as far as it is known.
    pub cost: MicroUsd,
    /// Attempts whose cost is unknown, which is never zero (GTW-3).
    pub unpriced: u64,
}

/// The ledger, and an eye on some of what it writes.
pub struct Spending {
    ledger: CostLedger,
    /// Whether anything is watched: a server watches nothing and takes no lock.
    watching: AtomicBool,
    watched: Mutex<HashMap<String, Spent>>,
}

impl Spending {
    /// Nothing is watched yet.
    #[must_use]
    pub fn new(ledger: CostLedger) -> Self {
        Self { ledger, watching: AtomicBool::new(false), watched: Mutex::default() }
    }

    /// Adds up from now on what is spent under this id of a request or session.
    pub fn watch(&self, id: impl Into<String>) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).entry(id.into()).or_default();
        self.watching.store(true, Ordering::Release);
    }

    /// What was spent under an id since it is watched.
    #[must_use]
    pub fn of(&self, id: &str) -> Spent {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied().unwrap_or_default()
    }

    /// The known cost of all that was watched.
    #[must_use]
    pub fn total(&self) -> MicroUsd {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).values().map(|spent| spent.cost).sum()
    }

    fn see(&self, attempt: &AttemptRecord) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(spent) = watched.get_mut(&attempt.caller.request_id) else { return };
        spent.attempts += 1;
        if let Some(usage) = &attempt.usage {
            spent.tokens_in += usage.input;
            spent.tokens_out += usage.output;
        }
        match attempt.cost {
            Some(cost) => spent.cost += cost,
            None => spent.unpriced += 1,
        }
    }
}

#[async_trait]
impl Ledger for Spending {
    async fn reserve(&self, caller: &Caller, most: MicroUsd) -> Result<Reserved, SpendRefused> {
        self.ledger.reserve(caller, most).await
    }

    fn record(&self, attempt: AttemptRecord) {
        if self.watching.load(Ordering::Acquire) {
            self.see(&attempt);
        }
        self.ledger.record(attempt);
    }
}
