//! Puts the rooms together: each domain gets the ports it asks for, and all share one server. Tests build the very
//! same application.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use quorate_board::Board;
use quorate_http::health::{self, HealthCheck};
use quorate_http::{Middleware, RouteEntry, Routes, Site, openapi};
use quorate_identity::{Identity, MasterKey};
use quorate_kernel::{Clock, Ids, SystemClock, SystemIds};
use quorate_models::Models;
use quorate_store::{Engine, MigrationSet, Store};
use quorate_work::{Jobs, Worker, WorkerHandle, WorkerSettings};
use serde_json::Value;

use crate::config::Config;
use crate::models_api;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every room's migrations.
#[must_use]
pub fn migrations() -> [&'static MigrationSet; 3] {
    [&quorate_work::MIGRATIONS, &quorate_identity::MIGRATIONS, &quorate_board::MIGRATIONS]
}

/// The whole application, composed and not yet serving.
pub struct App {
    /// Its configuration.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The models.
    pub models: Arc<Models>,
    /// Accounts and log-in.
    pub identity: Identity,
    /// The board.
    pub board: Board,
    /// The queue.
    pub jobs: Jobs,
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
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("the data directory {} cannot be made", config.data_dir.display()))?;
        let store = Store::open(&config.database_url()).await.context("the database cannot be opened")?;
        store.migrate(&migrations()).await.context("the database cannot be brought up to date")?;
        let models = Arc::new(Models::new(&config.models, Arc::clone(&clock), Arc::clone(&ids))?);
        let identity = Identity::start(quorate_identity::Deps {
            store: store.clone(),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            config: config.identity.clone(),
            master_key: MasterKey::from_bytes(config.master_key(ids.as_ref())?),
            site: Site { public_url: config.public_url() },
        })
        .await
        .context("accounts cannot be set up")?;
        let jobs = Jobs::new(store.clone(), Arc::clone(&clock), Arc::clone(&ids));
        let board = Board::new(quorate_board::Deps {
            store: store.clone(),
            jobs: jobs.clone(),
            models: Arc::clone(&models),
            clock,
            ids: Arc::clone(&ids),
            config: config.board.clone(),
        })?;
        Ok(Self { config, store, models, identity, board, jobs, ids, lock: None })
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

    /// Starts to run jobs. They stop when the handle is dropped.
    pub fn start_worker(&self) -> WorkerHandle {
        let settings = WorkerSettings {
            concurrency: self.config.jobs.workers,
            lease: Duration::from_secs(self.config.jobs.lease_seconds),
            ..WorkerSettings::default()
        };
        Worker::start(self.jobs.clone(), settings, self.board.handlers())
    }

    /// The whole server as one router, and who may use which route of it.
    ///
    /// # Errors
    /// When the API's description cannot be written.
    pub fn router(&self) -> anyhow::Result<(Router, Vec<RouteEntry>)> {
        let checks: Vec<Arc<dyn HealthCheck>> =
            vec![Arc::new(DatabaseCheck(self.store.clone())), Arc::new(JobsCheck(self.jobs.clone()))];
        let document = openapi::Document::new();
        let routes: Routes<()> = self
            .identity
            .routes()
            .merge(quorate_board::routes(self.board.clone()))
            .merge(models_api::routes(Arc::clone(&self.models)))
            .merge(health::routes(VERSION, checks))
            .merge(document.routes());
        let (router, api, table) = routes.into_parts();
        document.publish(&openapi::describe(api, VERSION))?;
        let site = Site { public_url: self.config.public_url() };
        let middleware = Middleware {
            inline_scripts: quorate_web_assets::inline_script_hashes(),
            cors_origins: self.config.server.cors_origins.clone(),
            ..Middleware::new(site, self.identity.authenticator(), Arc::clone(&self.ids))
        };
        Ok((middleware.wrap(router.merge(quorate_web_assets::router())), table))
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
