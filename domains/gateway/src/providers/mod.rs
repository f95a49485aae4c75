//! Providers and routes that operators add at run time (GTW-3, GTW-10), beside those of the configuration. What holds
//! for them is told in the README beside this.

mod added;
mod draft;
mod manage;
mod watch;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use quorate_audit::AuditLog;
use quorate_kernel::{Clock, Ids};
use quorate_models::{Models, ModelsConfig};
use quorate_store::{MasterKey, Store};

pub(crate) use added::{Added, AddedProvider, AddedRoute};
pub(crate) use draft::{NewProvider, NewRoute, ProviderChange, RouteChange};
pub(crate) use manage::{By, SeenProvider, SeenRoute, Tested};
pub use watch::ProvidersHandle;

/// What providers and routes need from the rest of the house.
pub struct ProvidersDeps {
    /// The database, with [`MIGRATIONS`](crate::MIGRATIONS) applied.
    pub store: Store,
    /// Keeps what was done.
    pub audit: AuditLog,
    /// Where they are put in force. It must know by which rule added providers may be reached.
    pub models: Arc<Models>,
    /// What the configuration says, which stays as it is.
    pub configured: ModelsConfig,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes random bytes.
    pub ids: Arc<dyn Ids>,
    /// What keys of providers are sealed with. The same on every node.
    pub master_key: MasterKey,
}

/// The providers and routes of this server. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Providers {
    inner: Arc<Inner>,
}

struct Inner {
    deps: ProvidersDeps,
    state: Mutex<State>,
    /// One look at a time, so that an older set never follows a newer one.
    looking: tokio::sync::Mutex<()>,
}

/// What this node has in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The count up to which everything was looked at.
    seen: Option<i64>,
    /// Why what was added last is not in force as a whole.
    pub(crate) error: Option<String>,
    /// Whether there is no whole set to stay with: what is broken was left out.
    partial: bool,
}

impl Providers {
    /// The providers and routes. The configured ones are in force until [`Providers::refresh`].
    #[must_use]
    pub fn new(deps: ProvidersDeps) -> Self {
        Self { inner: Arc::new(Inner { deps, state: Mutex::default(), looking: tokio::sync::Mutex::default() }) }
    }

    /// Everything under `/api/v1/admin/providers` and `/api/v1/admin/routes`.
    #[must_use]
    pub fn routes(&self) -> quorate_http::Routes<()> {
        crate::http::providers().with_state(self.clone())
    }

    fn state(&self) -> State {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_state(&self, state: State) {
        *self.inner.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Providers")
    }
}
