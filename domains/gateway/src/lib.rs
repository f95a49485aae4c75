//! One door to every model: API keys, limits, the ledger of what calls cost, budgets, usage, and the API that programs
//! written for OpenAI's or Anthropic's use (GTW-12 to GTW-21, PLT-1 to PLT-3).

mod authenticator;
mod budgets;
mod error;
mod http;
mod keys;
mod ledger;
mod ports;
mod providers;
mod store;
mod usage;
mod v1;

use std::sync::Arc;

use quorate_audit::AuditLog;
use quorate_http::Routes;
use quorate_kernel::{Authenticator, Clock, Ids, OrgId};
use quorate_store::{MasterKey, MigrationSet, Store};

pub use error::GatewayError;
pub use keys::{
    ApiKey, Environment, KeyChange, KeyRefused, Keys, KeysHandle, MadeKey, NewKey, NewToken, Status, Terms, VerifiedKey,
};
pub use ledger::{CostLedger, LedgerConfig, LedgerDeps, LedgerHandle, Requests};
pub use ports::{Members, Standing};
pub use providers::{Providers, ProvidersDeps, ProvidersHandle};
pub use usage::{ReportBy, ReportLine};
pub use v1::{BoardDepth, BoardDoor, BoardQuestion, Door, OwnAnswer, error_body};

/// The gateway's tables.
pub static MIGRATIONS: MigrationSet = sqlx::migrate!();

/// What the gateway needs from the rest of the house.
pub struct Deps {
    /// The database, with [`MIGRATIONS`] applied.
    pub store: Store,
    /// Keeps what was done.
    pub audit: AuditLog,
    /// Knows who belongs to which organization.
    pub members: Arc<dyn Members>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids and random bytes.
    pub ids: Arc<dyn Ids>,
    /// What the hashes of API keys are made with. The same on every node.
    pub master_key: MasterKey,
}

/// The gateway domain. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Gateway {
    keys: Keys,
}

impl Gateway {
    /// The gateway. Nothing runs yet: [`Keys::watch`] looks after the cache of keys.
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        let Deps { store, audit, members, clock, ids, master_key } = deps;
        Self { keys: Keys::new(store, audit, members, clock, ids, &master_key) }
    }

    /// The API keys.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What turns API keys into principals, and gives every other token to `people`.
    #[must_use]
    pub fn authenticator(&self, people: Arc<dyn Authenticator>) -> Arc<dyn Authenticator> {
        Arc::new(authenticator::KeysAndPeople { keys: self.keys.clone(), people })
    }

    /// Everything under `/api/v1/keys`.
    #[must_use]
    pub fn routes(&self) -> Routes<()> {
        http::keys().with_state(self.clone())
    }

    /// Removes what the gateway keeps for an organization that was deleted. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_organization(&self, org: OrgId) -> Result<(), GatewayError> {
        self.keys.forget_organization(org).await
    }
}
