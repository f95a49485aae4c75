//! Accounts, login sessions and organizations (IDN-1, IDN-2, IDN-4, IDN-21).

mod accounts;
mod authenticator;
mod config;
mod error;
mod flights;
mod http;
mod jwt;
mod login_session;
mod org;
mod password;
mod refresh;
mod sealing;
mod secret;
mod sign_in;
mod standings;
mod store;
mod user;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use quorate_http::{Routes, Site};
use quorate_kernel::{Authenticator, Clock, Ids};
use quorate_store::{MigrationSet, Store};

pub use config::IdentityConfig;
pub use error::IdentityError;
pub use sealing::MasterKey;

use flights::Flights;
use jwt::KeyRing;
use password::Passwords;
use standings::Standings;

/// Identity's tables. Apply them before [`Identity::start`].
pub static MIGRATIONS: MigrationSet = sqlx::migrate!();

/// What identity needs from the rest of the house.
pub struct Deps {
    /// The database, with [`MIGRATIONS`] applied.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids and random bytes.
    pub ids: Arc<dyn Ids>,
    /// Section `[identity]` of the configuration.
    pub config: IdentityConfig,
    /// Opens and seals the private signing keys in the database. The same on every node.
    pub master_key: MasterKey,
    /// The server's public address: the issuer of access tokens, and whether cookies are `Secure`. The same on every
    /// node.
    pub site: Site,
}

/// The identity domain. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Identity {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    site: Arc<Site>,
    passwords: Arc<Passwords>,
    keys: Arc<KeyRing>,
    standings: Arc<Standings>,
    flights: Arc<Flights>,
}

impl Identity {
    /// Reads the signing keys, or makes the first one.
    ///
    /// # Errors
    /// When the database fails, the configuration's hashing costs are not Argon2id's, or the master key does not open
    /// the stored keys.
    pub async fn start(deps: Deps) -> Result<Self, IdentityError> {
        let Deps { store, clock, ids, config, master_key, site } = deps;
        let passwords = Arc::new(Passwords::new(&config, Arc::clone(&ids))?);
        let keys = Arc::new(KeyRing::open(store.clone(), master_key, ids.as_ref(), clock.now()).await?);
        let flights = Arc::new(Flights::new(Duration::from_millis(config.refresh_settle_ms)));
        let (site, standings) = (Arc::new(site), Arc::new(Standings::default()));
        Ok(Self { store, clock, ids, site, passwords, keys, standings, flights })
    }

    /// Everything under `/api/v1/auth`, `/api/v1/users/me` and `/.well-known/jwks.json`.
    #[must_use]
    pub fn routes(&self) -> Routes<()> {
        http::routes().with_state(self.clone())
    }

    /// What turns access tokens into principals.
    #[must_use]
    pub fn authenticator(&self) -> Arc<dyn Authenticator> {
        Arc::new(self.clone())
    }

    /// Retires the signing key and signs with a new one from now on; other nodes follow within a minute. Tokens that
    /// were signed before stay valid until they expire.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_signing_key(&self) -> Result<(), IdentityError> {
        self.keys.rotate(self.ids.as_ref(), self.clock.now()).await
    }
}
