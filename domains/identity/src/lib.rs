//! Accounts, login sessions and organizations (IDN-1, IDN-2, IDN-4, IDN-21).

mod accounts;
mod administration;
mod attempts;
mod authenticator;
mod avatar;
mod backoff;
mod challenge;
mod config;
mod devices;
mod email_change;
mod error;
mod flights;
mod http;
mod human;
mod issuers;
mod jwt;
mod login_session;
mod mail_token;
mod org;
mod orgs;
mod password;
mod post;
mod profile;
mod reader;
mod record;
mod recovery;
mod refresh;
mod second_factor;
mod secret;
mod sign_in;
mod social;
mod standings;
mod store;
mod user;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use quorate_audit::AuditLog;
use quorate_http::{Routes, Site};
use quorate_kernel::{Authenticator, Clock, Entitlements, Ids};
use quorate_outbound::{Mailer, SafeClient};
pub use quorate_store::MasterKey;
use quorate_store::{MigrationSet, Store};
use quorate_work::Jobs;

pub use administration::{Account, AccountOrganization, OrganizationRecord};
pub use config::{IdentityConfig, Registration, TurnstileConfig};
pub use error::{IdentityError, SecondFactorChallenge};
pub use issuers::config::ExternalIssuer;
pub use issuers::keys::TokenAlgorithm;
pub use orgs::MemberStanding;
pub use reader::Reader;
pub use social::config::{ProviderKind, SocialProvider};
pub use social::{SocialMethod, problems};

use devices::{Admitted, Places};
use flights::Flights;
use jwt::KeyRing;
use password::Passwords;
use social::Outside;
use standings::Standings;

/// Identity's tables. Apply them before [`Identity::start`].
pub static MIGRATIONS: MigrationSet = sqlx::migrate!();

/// The kind of the job by which the other domains learn that an organization was deleted. Its payload is
/// `{"org": id}`; it comes more than once.
pub const ORG_DELETED: &str = "identity.org_deleted";

/// What identity needs from the rest of the house.
pub struct Deps {
    /// The database, with [`MIGRATIONS`] applied.
    pub store: Store,
    /// The queue.
    pub jobs: Jobs,
    /// Writes to people.
    pub mailer: Mailer,
    /// Asks other services.
    pub http: SafeClient,
    /// Keeps what was done.
    pub audit: AuditLog,
    /// Tells what an organization's plan allows.
    pub entitlements: Arc<dyn Entitlements>,
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
    jobs: Jobs,
    mailer: Mailer,
    http: SafeClient,
    audit: AuditLog,
    entitlements: Arc<dyn Entitlements>,
    admitted: Arc<Admitted>,
    places: Places,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    site: Arc<Site>,
    config: Arc<IdentityConfig>,
    master_key: MasterKey,
    passwords: Arc<Passwords>,
    keys: Arc<KeyRing>,
    standings: Arc<Standings>,
    flights: Arc<Flights>,
    outside: Arc<Outside>,
}

impl Identity {
    /// Reads the signing keys, or makes the first one.
    ///
    /// # Errors
    /// When the database fails, the configuration's hashing costs are not Argon2id's, a service outside is configured
    /// wrongly, or the master key does not open the stored keys.
    pub async fn start(deps: Deps) -> Result<Self, IdentityError> {
        let Deps { store, jobs, mailer, http, audit, entitlements, clock, ids, config, master_key, site } = deps;
        let passwords = Arc::new(Passwords::new(&config, Arc::clone(&ids))?);
        let keys = Arc::new(KeyRing::open(store.clone(), master_key.clone(), ids.as_ref(), clock.now()).await?);
        let flights = Arc::new(Flights::new(Duration::from_millis(config.refresh_settle_ms)));
        let (site, standings) = (Arc::new(site), Arc::new(Standings::default()));
        let places = Places::open(config.geoip_file.as_deref())?;
        let outside = Arc::new(Outside::new(&config, &http)?);
        let config = Arc::new(config);
        Ok(Self {
            store,
            jobs,
            mailer,
            http,
            audit,
            entitlements,
            admitted: Arc::default(),
            places,
            clock,
            ids,
            site,
            config,
            master_key,
            passwords,
            keys,
            standings,
            flights,
            outside,
        })
    }

    /// Everything under `/api/v1/auth`, `/api/v1/users/me` and `/.well-known/jwks.json`.
    #[must_use]
    pub fn routes(&self) -> Routes<()> {
        http::routes().with_state(self.clone())
    }

    /// The kind of the job that is enqueued when the first operator's account is made. Its payload names the
    /// organization: `{"org_id": …}`.
    pub const FIRST_OPERATOR_JOB: &str = "identity.first_operator_made";

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
