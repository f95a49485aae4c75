//! Plans, subscriptions and what a plan allows (PLT-10, PLT-11). Payment comes later: until then operators assign
//! plans.

mod catalogue;
mod entitlements;
mod error;
mod http;
mod period;
mod plan;
mod refusal;
mod store;
mod subscription;
mod terms;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use quorate_http::Routes;
use quorate_kernel::{Clock, Entitlements, Ids};
use quorate_store::{MigrationSet, Store};

pub use error::BillingError;
pub use plan::{Allowance, Per, Plan, Quantity};
pub use subscription::{AssignedBy, Assignment, Status, Subscription};

use catalogue::Remembered;

/// Billing's tables. Apply them before [`Billing::start`].
pub static MIGRATIONS: MigrationSet = sqlx::migrate!();

/// What billing needs from the rest of the house.
pub struct Deps {
    /// The database, with [`MIGRATIONS`] applied.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn Ids>,
    /// The server's public address, where people go to change their plan: scheme, host and port.
    pub public_url: String,
}

/// The billing domain. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Billing {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    public_url: Arc<str>,
    remembered: Arc<Remembered>,
}

impl Billing {
    /// Reads the plans. A row that cannot be read is told in the log and does not keep the server from starting: only
    /// who has that plan is refused.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(deps: Deps) -> Result<Self, BillingError> {
        let Deps { store, clock, ids, public_url } = deps;
        let public_url = public_url.trim_end_matches('/').into();
        let billing = Self { store, clock, ids, public_url, remembered: Arc::default() };
        let now = billing.clock.now();
        if billing.remembered.read(&billing.store, now).await?.find(plan::FREE, now).ok().flatten().is_none() {
            tracing::error!("no plan 'free' can be read: organizations without a subscription are refused everything");
        }
        Ok(billing)
    }

    /// What every other room asks.
    #[must_use]
    pub fn entitlements(&self) -> Arc<dyn Entitlements> {
        Arc::new(self.clone())
    }

    /// Everything under `/api/v1/billing`.
    #[must_use]
    pub fn routes(&self) -> Routes<()> {
        http::routes().with_state(self.clone())
    }

    /// The plans in force now, in the order of the price list.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plans(&self) -> Result<Vec<Plan>, BillingError> {
        let now = self.clock.now();
        let catalogue = self.remembered.get(&self.store, now).await?;
        Ok(catalogue.in_force(now).into_iter().map(Arc::unwrap_or_clone).collect())
    }
}
