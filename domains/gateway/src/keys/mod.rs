//! API keys (PLT-1): who may call the API without signing in, and what they may do. How a key is checked without a
//! database, and why a revoked one is refused everywhere within a second, is told in the README beside this.

mod base62;
mod cache;
pub(crate) mod draft;
mod entry;
pub(crate) mod key;
mod manage;
mod operators;
mod refused;
#[cfg(test)]
mod tests;
pub(crate) mod token;
mod verify;
mod watch;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use quorate_audit::AuditLog;
use quorate_kernel::{Clock, Ids, OrgId};
use quorate_store::{MasterKey, Store};

use crate::GatewayError;
use crate::ports::Members;
use crate::store::keys as store;
use cache::Cache;
pub use draft::{KeyChange, NewKey};
pub use entry::VerifiedKey;
pub use key::{ApiKey, Status, Terms};
pub(crate) use manage::By;
pub use manage::MadeKey;
pub use refused::KeyRefused;
use token::Hasher;
pub use token::{Environment, NewToken};
pub use watch::KeysHandle;

/// The API keys of this server. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    audit: AuditLog,
    members: Arc<dyn Members>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    hasher: Hasher,
    cache: Cache,
}

impl Keys {
    pub(crate) fn new(
        store: Store,
        audit: AuditLog,
        members: Arc<dyn Members>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        master_key: &MasterKey,
    ) -> Self {
        let hasher = Hasher::new(master_key.derive("api-keys"));
        Self { inner: Arc::new(Inner { store, audit, members, clock, ids, hasher, cache: Cache::new() }) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// Removes all keys of an organization that was deleted. Doing it again changes nothing.
    pub(crate) async fn forget_organization(&self, org: OrgId) -> Result<(), GatewayError> {
        let mut tx = self.inner.store.system("the organization is gone").await?;
        store::forget(&mut tx, org).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}
