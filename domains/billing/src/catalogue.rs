use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use quorate_kernel::OrgId;
use quorate_store::Store;

use crate::BillingError;
use crate::plan::Plan;
use crate::store::plans;

/// How long the plans are believed. An operator's edit holds on every node after as long.
const BELIEVED: TimeDelta = TimeDelta::seconds(5);

/// A plan from one day on, or why its row cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) effective_from: DateTime<Utc>,
    pub(crate) plan: Result<Arc<Plan>, String>,
}

/// Every version of every plan.
#[derive(Debug)]
pub(crate) struct Catalogue {
    versions: Vec<Version>,
    /// What is wrong with its rows, for the operator.
    complaints: Vec<String>,
}

impl Catalogue {
    pub(crate) const fn new(versions: Vec<Version>, complaints: Vec<String>) -> Self {
        Self { versions, complaints }
    }

    fn version(&self, id: &str, now: DateTime<Utc>) -> Option<&Version> {
        let begun = self.versions.iter().filter(|version| version.id == id && version.effective_from <= now);
        begun.max_by_key(|version| version.effective_from)
    }

    /// The plan of that name as it is now, if there is one. A row that cannot be read is an error, and never gives way
    /// to an older one: that could allow what the newer one takes away.
    pub(crate) fn find(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Arc<Plan>>, BillingError> {
        let Some(version) = self.version(id, now) else { return Ok(None) };
        let unreadable = |why: &String| BillingError::UnreadablePlan { plan: id.to_owned(), why: why.clone() };
        version.plan.as_ref().map(|plan| Some(Arc::clone(plan))).map_err(unreadable)
    }

    /// The plan of an organization as it is now.
    pub(crate) fn of(&self, org: OrgId, id: &str, now: DateTime<Utc>) -> Result<Arc<Plan>, BillingError> {
        self.find(id, now)?.ok_or_else(|| BillingError::PlanGone { org, plan: id.to_owned() })
    }

    /// The plans in force now that can be read, in the order of the price list.
    pub(crate) fn in_force(&self, now: DateTime<Utc>) -> Vec<Arc<Plan>> {
        let mut ids: Vec<&str> = self.versions.iter().map(|version| version.id.as_str()).collect();
        ids.dedup();
        let mut plans: Vec<Arc<Plan>> = ids.iter().filter_map(|id| self.find(id, now).ok().flatten()).collect();
        plans.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
        plans
    }

    /// The cheapest plan above this one that passes, for so many seats.
    pub(crate) fn cheapest_above(
        &self,
        plan: &Plan,
        seats: u64,
        now: DateTime<Utc>,
        passes: impl Fn(&Plan) -> bool,
    ) -> Option<Arc<Plan>> {
        let above = self.in_force(now).into_iter().filter(|other| other.position > plan.position);
        // The first of several that cost the same, in the order of the list.
        above.filter(|other| passes(other)).min_by_key(|other| other.cost(seats))
    }
}

/// The plans as this node last read them, so that not every request reads the table.
#[derive(Default)]
pub(crate) struct Remembered {
    last: Mutex<Option<(DateTime<Utc>, Arc<Catalogue>)>>,
}

impl Remembered {
    /// The catalogue, read anew when it was not read just before. When that fails there is none: old plans are not
    /// believed longer because the database is away.
    pub(crate) async fn get(&self, store: &Store, now: DateTime<Utc>) -> Result<Arc<Catalogue>, BillingError> {
        match self.believed(now) {
            Some(catalogue) => Ok(catalogue),
            None => self.read(store, now).await,
        }
    }

    /// The catalogue as it is in the database now.
    pub(crate) async fn read(&self, store: &Store, now: DateTime<Utc>) -> Result<Arc<Catalogue>, BillingError> {
        let catalogue = Arc::new(plans::catalogue(store).await?);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let told = last.as_ref().is_some_and(|(_, before)| before.complaints == catalogue.complaints);
        if !told {
            for complaint in &catalogue.complaints {
                tracing::error!("{complaint}");
            }
        }
        *last = Some((now, Arc::clone(&catalogue)));
        Ok(catalogue)
    }

    fn believed(&self, now: DateTime<Utc>) -> Option<Arc<Catalogue>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes the age negative: read again.
        let fresh = |read_at: DateTime<Utc>| now >= read_at && now - read_at < BELIEVED;
        last.as_ref().filter(|(read_at, _)| fresh(*read_at)).map(|(_, catalogue)| Arc::clone(catalogue))
    }
}
