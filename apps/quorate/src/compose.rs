//! Puts the rooms together: each domain gets the ports it asks for, and all share one server. Tests build the very
//! same application.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use quorate_audit::AuditLog;
use quorate_billing::Billing;
use quorate_board::Board;
use quorate_gateway::{
    CostLedger, Door, Gateway, KeysHandle, LedgerDeps, LedgerHandle, Providers, ProvidersDeps, ProvidersHandle,
};
use quorate_http::health::{self, HealthCheck};
use quorate_http::{Idempotency, Middleware, RouteEntry, Routes, Site, TrustedProxies, openapi};
use quorate_identity::{Identity, MasterKey};
use quorate_kernel::{Authenticator, Clock, Ids, SystemClock, SystemIds};
use quorate_models::Models;
use quorate_outbound::{MailDeps, Mailer, Reachable, SafeClient};
use quorate_store::{Engine, MigrationSet, Store};
use quorate_work::cache::Cache;
use quorate_work::{Jobs, Worker, WorkerHandle, WorkerSettings};
use serde_json::Value;

use crate::boardroom::Boardroom;
use crate::config::Config;
use crate::members::People;
use crate::models_api;
use crate::reach::Outward;
use crate::reactions;
use crate::shared_state::SharedState;
use crate::spending::Spending;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every room's migrations.
#[must_use]
pub fn migrations() -> [&'static MigrationSet; 8] {
    [
        &quorate_work::MIGRATIONS,
        &quorate_http::MIGRATIONS,
        &quorate_outbound::MIGRATIONS,
        &quorate_audit::MIGRATIONS,
        &quorate_billing::MIGRATIONS,
        &quorate_identity::MIGRATIONS,
        &quorate_gateway::MIGRATIONS,
        &quorate_board::MIGRATIONS,
    ]
}

/// The whole application, composed and not yet serving.
pub struct App {
    /// Its configuration.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The models.
    pub models: Arc<Models>,
    /// The audit log.
    pub audit: AuditLog,
    /// Mail.
    pub mailer: Mailer,
    /// What was answered under idempotency keys.
    pub idempotency: Idempotency,
    /// Plans and what they allow.
    pub billing: Billing,
    /// API keys.
    pub gateway: Gateway,
    /// Providers and routes that operators add.
    pub providers: Providers,
    /// What every call to a model cost.
    pub ledger: CostLedger,
    /// The same, with an eye on single pieces of work.
    pub spending: Arc<Spending>,
    /// Accounts and log-in.
    pub identity: Identity,
    /// The board.
    pub board: Board,
    /// The queue.
    pub jobs: Jobs,
    /// What requests and nodes share for a while.
    pub shared: SharedState,
    /// Answers of models that may be given again.
    cache: Cache,
    ids: Arc<dyn Ids>,
    /// Held as long as this process works on the data directory.
    lock: Option<File>,
}

impl App {
    /// Opens the database, brings its schema up to date and builds every domain.
    ///
    /// # Errors
    /// When the database cannot be reached or migrated, or a part of the configuration cannot be used.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        prepare_tls();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("the data directory {} cannot be made", config.data_dir.display()))?;
        let store = Store::open(&config.database_url()).await.context("the database cannot be opened")?;
        store.migrate(&migrations()).await.context("the database cannot be brought up to date")?;
        let shared = SharedState::connect(&config, ids.as_ref()).await?;
        let models = Arc::new(Models::new(&config.models, Arc::clone(&clock), Arc::clone(&ids))?);
        let jobs = Jobs::new(store.clone(), Arc::clone(&clock), Arc::clone(&ids));
        let foundation = Foundation { store: &store, jobs: &jobs, clock: &clock, ids: &ids };
        let audit = foundation.audit(&config)?;
        audit.guard(&store).await.context("the audit log cannot be guarded")?;
        let mailer = foundation.mailer(&config)?;
        let idempotency = foundation.idempotency(&config)?;
        let billing = foundation.billing(&config).await?;
        let identity = foundation.identity(&config, mailer.clone(), &billing).await?;
        let gateway = foundation.gateway(&config, &identity)?;
        let ledger = foundation.ledger(&config, &billing)?;
        let spending = Arc::new(Spending::new(ledger.clone()));
        models.keep_accounts(Arc::clone(&spending) as _);
        let providers = foundation.providers(&config, &models)?;
        providers.refresh().await.context("the providers that were added cannot be read")?;
        let board = Board::new(quorate_board::Deps {
            store: store.clone(),
            jobs: jobs.clone(),
            models: Arc::clone(&models),
            audit: audit.clone(),
            clock,
            ids: Arc::clone(&ids),
            entitlements: billing.entitlements(),
            config: config.board.clone(),
            research: Vec::new(),
        })?;
        let cache = shared.cache(config.cache.megabytes.saturating_mul(1024 * 1024));
        Ok(Self {
            config,
            store,
            models,
            audit,
            mailer,
            idempotency,
            billing,
            gateway,
            providers,
            ledger,
            spending,
            identity,
            board,
            jobs,
            shared,
            cache,
            ids,
            lock: None,
        })
    }

    /// Claims the data directory for this process. On SQLite one process at a time runs jobs: one that starts takes up
    /// what others left, and would take it from one that is alive.
    ///
    /// # Errors
    /// When another process has it.
    pub fn claim(&mut self) -> anyhow::Result<()> {
        if self.store.engine() == Engine::Sqlite {
            self.lock = Some(lock(&self.config.data_dir)?);
        }
        Ok(())
    }

    /// The same accounts under another clock.
    ///
    /// # Errors
    /// When they cannot be set up.
    pub async fn identity_at(&self, clock: Arc<dyn Clock>) -> anyhow::Result<Identity> {
        let foundation = Foundation { store: &self.store, jobs: &self.jobs, clock: &clock, ids: &self.ids };
        foundation.identity(&self.config, self.mailer.clone(), &self.billing).await
    }

    /// Starts to run jobs. They stop when the handle is dropped.
    pub fn start_worker(&self) -> WorkerHandle {
        let settings = WorkerSettings {
            concurrency: self.config.jobs.workers,
            lease: Duration::from_secs(self.config.jobs.lease_seconds),
            ..WorkerSettings::default()
        };
        let ledger = self.ledger.handlers();
        let handlers = [self.board.handlers(), self.mailer.handlers(), ledger, reactions::handlers(self)].concat();
        Worker::start(self.jobs.clone(), settings, handlers)
    }

    /// Starts what the gateway does beside answering: keys are looked after, the ledger is written, and changes of
    /// providers and routes are put in force.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_gateway(&self) -> anyhow::Result<Upkeep> {
        self.ledger.schedule(&self.jobs).await.context("the ledger's upkeep cannot be planned")?;
        let (keys, ledger) = (self.gateway.keys().watch(), self.ledger.start());
        Ok(Upkeep { keys, ledger, _providers: self.providers.watch() })
    }

    /// The whole server as one router, and who may use which route of it.
    ///
    /// # Errors
    /// When the API's description cannot be written.
    pub fn router(&self) -> anyhow::Result<(Router, Vec<RouteEntry>)> {
        let mut checks: Vec<Arc<dyn HealthCheck>> =
            vec![Arc::new(DatabaseCheck(self.store.clone())), Arc::new(JobsCheck(self.jobs.clone()))];
        checks.extend(self.shared.checks());
        let document = openapi::Document::new();
        let routes: Routes<()> = self
            .identity
            .routes()
            .merge(self.billing.routes())
            .merge(quorate_board::routes(self.board.clone()))
            .merge(models_api::routes(Arc::clone(&self.models)))
            .merge(self.gateway.routes())
            .merge(self.providers.routes())
            .merge(self.ledger.routes())
            .merge(self.door().routes())
            .merge(health::routes(VERSION, checks))
            .merge(document.routes());
        let (router, api, table) = routes.into_parts();
        document.publish(&openapi::describe(api, VERSION))?;
        let site = Site { public_url: self.config.public_url() };
        let middleware = Middleware {
            inline_scripts: quorate_web_assets::inline_script_hashes(),
            widgets: self.config.identity.turnstile.widget_origin().into_iter().collect(),
            cors_origins: self.config.server.cors_origins.clone(),
            proxies: TrustedProxies::new(self.config.trusted_proxies()),
            idempotency: Some(self.idempotency.clone()),
            foreign_errors: Some(quorate_gateway::error_body),
            limits: Some(self.shared.of_requests(&self.config.limits, self.billing.entitlements())),
            ..Middleware::new(site, self.authenticator(), Arc::clone(&self.ids))
        };
        Ok((middleware.wrap(router.merge(quorate_web_assets::router(&self.config.public_url()))), table))
    }
}

impl App {
    /// People by their access tokens, programs by their API keys.
    fn authenticator(&self) -> Arc<dyn Authenticator> {
        self.gateway.authenticator(self.identity.authenticator())
    }

    fn door(&self) -> Door {
        Door {
            models: Arc::clone(&self.models),
            requests: self.ledger.requests(),
            board: Arc::new(Boardroom(self.board.clone())),
            cache: self.cache.clone(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// What the gateway does beside answering. Dropping it is as a crash: the ledger goes on from its log at the next start.
pub struct Upkeep {
    keys: KeysHandle,
    ledger: LedgerHandle,
    _providers: ProvidersHandle,
}

impl Upkeep {
    /// Writes down what is not yet in the database, as far as `grace` allows.
    pub async fn drain(self, grace: Duration) {
        self.keys.drain(grace).await;
        self.ledger.drain(grace).await;
    }
}

/// Chooses the cryptography of every TLS connection of this process. Doing it again changes nothing.
pub(crate) fn prepare_tls() {
    // Another part of the process may have chosen already; either way there is one.
    let _already = rustls::crypto::ring::default_provider().install_default();
}

/// What every domain stands on.
struct Foundation<'a> {
    store: &'a Store,
    jobs: &'a Jobs,
    clock: &'a Arc<dyn Clock>,
    ids: &'a Arc<dyn Ids>,
}

impl Foundation<'_> {
    fn master_key(&self, config: &Config) -> anyhow::Result<MasterKey> {
        Ok(MasterKey::from_bytes(config.master_key(self.ids.as_ref())?))
    }

    fn audit(&self, config: &Config) -> anyhow::Result<AuditLog> {
        let key = self.master_key(config)?.derive("audit");
        Ok(AuditLog::new(key, Arc::clone(self.clock), Arc::clone(self.ids)))
    }

    fn idempotency(&self, config: &Config) -> anyhow::Result<Idempotency> {
        let key = MasterKey::from_bytes(self.master_key(config)?.derive("idempotency"));
        Ok(Idempotency::new(self.store.clone(), key, Arc::clone(self.clock), Arc::clone(self.ids)))
    }

    fn mailer(&self, config: &Config) -> anyhow::Result<Mailer> {
        let deps = MailDeps {
            store: self.store.clone(),
            jobs: self.jobs.clone(),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            master_key: self.master_key(config)?,
            config: config.mail.clone(),
            folder: config.outbox(),
        };
        Mailer::new(deps).context("mail cannot be set up")
    }

    async fn billing(&self, config: &Config) -> anyhow::Result<Billing> {
        let deps = quorate_billing::Deps {
            store: self.store.clone(),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            public_url: config.public_url(),
        };
        Billing::start(deps).await.context("plans cannot be set up")
    }

    fn gateway(&self, config: &Config, identity: &Identity) -> anyhow::Result<Gateway> {
        Ok(Gateway::new(quorate_gateway::Deps {
            store: self.store.clone(),
            audit: self.audit(config)?,
            members: Arc::new(People(identity.clone())),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            master_key: self.master_key(config)?,
        }))
    }

    fn providers(&self, config: &Config, models: &Arc<Models>) -> anyhow::Result<Providers> {
        let reachable = Reachable::new(&config.outbound).context("no addresses can be judged")?;
        models.guard_by(Arc::new(Outward(reachable)));
        Ok(Providers::new(ProvidersDeps {
            store: self.store.clone(),
            audit: self.audit(config)?,
            models: Arc::clone(models),
            configured: config.models.clone(),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            master_key: self.master_key(config)?,
        }))
    }

    fn ledger(&self, config: &Config, billing: &Billing) -> anyhow::Result<CostLedger> {
        Ok(CostLedger::new(LedgerDeps {
            store: self.store.clone(),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            entitlements: billing.entitlements(),
            audit: self.audit(config)?,
            folder: config.data_dir.join("ledger"),
            config: config.gateway.ledger.clone(),
        }))
    }

    async fn identity(&self, config: &Config, mailer: Mailer, billing: &Billing) -> anyhow::Result<Identity> {
        let deps = quorate_identity::Deps {
            store: self.store.clone(),
            jobs: self.jobs.clone(),
            mailer,
            audit: self.audit(config)?,
            entitlements: billing.entitlements(),
            http: SafeClient::new(&config.outbound).context("no requests can be sent")?,
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            config: config.identity.clone(),
            master_key: self.master_key(config)?,
            site: Site { public_url: config.public_url() },
        };
        Identity::start(deps).await.context("accounts cannot be set up")
    }
}

/// Takes the data directory for this process. The system gives it back when the process ends, however it ends.
fn lock(data_dir: &Path) -> anyhow::Result<File> {
    let path = data_dir.join("quorate.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("{} cannot be made", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another Quorate works on {}: stop it, or choose another directory with --data-dir",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

/// The description of the whole API, as `openapi.json` holds it.
///
/// # Errors
/// When the application cannot be composed in a temporary place.
pub async fn api_document(scratch: &std::path::Path) -> anyhow::Result<Value> {
    let config = Config { data_dir: scratch.to_path_buf(), ..Config::default() };
    let app = App::build(config).await?;
    let (router, _) = app.router()?;
    let request = axum::http::Request::get("/api/v1/openapi.json").body(axum::body::Body::empty())?;
    let response = tower::ServiceExt::oneshot(router, request).await?;
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    app.store.close().await;
    Ok(serde_json::from_slice(&body)?)
}

struct DatabaseCheck(Store);

#[async_trait]
impl HealthCheck for DatabaseCheck {
    fn name(&self) -> &'static str {
        "database"
    }

    fn required(&self) -> bool {
        true
    }

    async fn check(&self) -> Result<(), String> {
        self.0.ping().await.map_err(|error| error.to_string())
    }
}

/// Jobs that are due and not taken up mean that no worker works.
const LATE: Duration = Duration::from_secs(60);

struct JobsCheck(Jobs);

#[async_trait]
impl HealthCheck for JobsCheck {
    fn name(&self) -> &'static str {
        "jobs"
    }

    fn required(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        let depth = self.0.depth().await.map_err(|error| error.to_string())?;
        match depth.oldest_due {
            Some(age) if age > LATE => Err(format!("the oldest due job has waited {} s", age.as_secs())),
            _ => Ok(()),
        }
    }
}
