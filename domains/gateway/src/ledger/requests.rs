use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quorate_kernel::{Clock, Code, Counted, Entitlements, Feature, Limit, OrgId, Problem, millis};

/// How long a refusal is believed, in milliseconds: who has used up a plan must not cost a transaction a request.
const REFUSAL: i64 = 1_000;
/// After how long without a request a block is given back, in milliseconds.
const IDLE_AFTER: i64 = 300_000;

/// The requests that plans allow (PLT-11), counted in blocks so that a request needs no round trip. A block is a
/// hundredth of the plan's limit, 500 at most; what is left of it is given back. One that is begun in one month and used
/// up in the next counts for the first.
#[derive(Clone)]
pub struct Requests {
    entitlements: Arc<dyn Entitlements>,
    clock: Arc<dyn Clock>,
    tills: Arc<Mutex<HashMap<OrgId, Arc<Till>>>>,
}

/// What one organization has left of its block.
#[derive(Debug, Default)]
struct Till {
    state: Mutex<Left>,
    /// Held by whoever counts the next block.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Left {
    /// The block, and how many of it are used.
    block: Option<(Counted, u64)>,
    last_used: i64,
    refused: Option<(i64, Refusal)>,
}

/// A problem that can be told again.
#[derive(Debug, Clone)]
struct Refusal {
    code: Code,
    message: String,
    params: serde_json::Map<String, serde_json::Value>,
    retry_after: Option<u64>,
}

impl From<&Problem> for Refusal {
    fn from(problem: &Problem) -> Self {
        let Problem { code, message, params, retry_after, .. } = problem;
        Self { code: *code, message: message.clone(), params: params.clone(), retry_after: *retry_after }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let mut problem = Self::new(refusal.code, refusal.message);
        problem.params = refusal.params;
        problem.retry_after = refusal.retry_after;
        problem
    }
}

impl Till {
    fn take(&self, now: i64) -> Result<bool, Problem> {
        let mut state = self.state();
        if let Some((block, used)) = state.block.as_mut()
            && *used < block.amount
        {
            *used += 1;
            state.last_used = now;
            return Ok(true);
        }
        match &state.refused {
            Some((until, refusal)) if now < *until => Err(refusal.clone().into()),
            _ => Ok(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, Left> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Requests {
    pub(crate) fn new(entitlements: Arc<dyn Entitlements>, clock: Arc<dyn Clock>) -> Self {
        Self { entitlements, clock, tills: Arc::default() }
    }

    /// Counts one API request against the organization's plan.
    ///
    /// # Errors
    /// As [`Entitlements::count`]: `QUOTA_EXCEEDED` when the month's requests are used up, `UNAVAILABLE` when nobody
    /// can say.
    pub async fn admit(&self, org: OrgId) -> Result<(), Problem> {
        let now = millis(self.clock.now());
        let till = Arc::clone(self.tills().entry(org).or_default());
        if till.take(now)? {
            return Ok(());
        }
        let _turn = till.turn.lock().await;
        let now = millis(self.clock.now());
        if till.take(now)? {
            return Ok(());
        }
        let counted = self.count(org).await;
        let mut state = till.state();
        match counted {
            Ok(block) => {
                *state = Left { block: Some((block, 1)), last_used: now, refused: None };
                Ok(())
            }
            Err(problem) => {
                state.refused = Some((now + REFUSAL, Refusal::from(&problem)));
                Err(problem)
            }
        }
    }

    /// Counts a block, or a single request where there is no room for a block.
    async fn count(&self, org: OrgId) -> Result<Counted, Problem> {
        let limit = self.entitlements.limit(org, Feature::ApiRequests).await?;
        let block = block(limit);
        match self.entitlements.count(org, Feature::ApiRequests, block).await {
            Err(problem) if problem.code == Code::QuotaExceeded && block > 1 => {
                self.entitlements.count(org, Feature::ApiRequests, 1).await
            }
            counted => counted,
        }
    }

    /// Gives back what nobody has used for a while; everything, at the end.
    pub(crate) async fn give_back(&self, all: bool) {
        let now = millis(self.clock.now());
        let idle: Vec<(OrgId, Arc<Till>)> = {
            let tills = self.tills();
            let idle = tills.iter().filter(|(_, till)| all || now - till.state().last_used > IDLE_AFTER);
            idle.map(|(org, till)| (*org, Arc::clone(till))).collect()
        };
        for (org, till) in idle {
            let _turn = till.turn.lock().await;
            let block = till.state().block.take();
            if let Some((block, used)) = block.filter(|(block, used)| *used < block.amount)
                && let Err(problem) = self.return_rest(org, &block, used).await
            {
                tracing::warn!(%org, error = problem.chain(), "API requests that were not used stay counted");
            }
            let mut tills = self.tills();
            // Somebody may have come meanwhile, and holds the till.
            if Arc::strong_count(&till) <= 2 {
                tills.remove(&org);
            }
        }
    }

    async fn return_rest(&self, org: OrgId, block: &Counted, used: u64) -> Result<(), Problem> {
        self.entitlements.give_back(block).await?;
        if used > 0 {
            self.entitlements.count(org, Feature::ApiRequests, used).await?;
        }
        Ok(())
    }

    fn tills(&self) -> MutexGuard<'_, HashMap<OrgId, Arc<Till>>> {
        self.tills.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("organizations", &self.tills().len()).finish_non_exhaustive()
    }
}

/// How many are counted at a time.
fn block(limit: Limit) -> u64 {
    limit.number().map_or(500, |limit| (limit / 100).clamp(1, 500))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_hundredth_within_bounds() {
        let blocks = [Limit::None, Limit::UpTo(99), Limit::UpTo(1_000), Limit::UpTo(1_000_000), Limit::Unlimited];
        assert_eq!(blocks.map(block), [1, 1, 10, 500, 500]);
    }
}
