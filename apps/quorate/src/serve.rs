//! Runs the server: the API, the page and the worker, until it is asked to stop.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::Banner;
use crate::compose::App;
use crate::config::Config;

/// A server that is bound to its address and ready to run.
pub struct Server {
    app: App,
    listener: TcpListener,
    router: axum::Router,
}

impl Server {
    /// Binds the address, opens the database and composes the server.
    ///
    /// # Errors
    /// When the address is taken or the application cannot be composed.
    pub async fn bind(mut config: Config) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(&config.server.listen)
            .await
            .with_context(|| format!("cannot listen on {} (server.listen)", config.server.listen))?;
        // Port 0 takes any free one; from here on it has a number, also in the links that the server writes.
        let host = config.server.listen.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host);
        config.server.listen = format!("{host}:{}", listener.local_addr()?.port());
        let mut app = App::build(config).await?;
        app.claim()?;
        let (router, _) = app.router()?;
        Ok(Self { app, listener, router })
    }

    /// What to tell the person who started it.
    ///
    /// # Errors
    /// When the database cannot be asked whether there is an operator.
    pub async fn banner(&self) -> anyhow::Result<Banner> {
        let address = self.app.config.public_url();
        let token = self.app.identity.first_operator_link().await?;
        let targets = self.app.models.resolve("default").unwrap_or_default();
        Ok(Banner {
            first_operator: token.map(|token| format!("{address}/welcome?token={token}")),
            address,
            data_dir: self.app.config.data_dir.display().to_string(),
            database: self.app.config.shown_database_url(),
            model: targets.join(", then "),
            offline: self.app.models.is_offline("default"),
        })
    }

    /// Serves until `stop`, then lets requests and jobs finish.
    pub async fn run(self, stop: CancellationToken) {
        let Self { app, listener, router } = self;
        let drain = Duration::from_secs(app.config.server.drain_seconds);
        let worker = app.start_worker();
        let upkeep = match app.start_gateway().await {
            Ok(upkeep) => Some(upkeep),
            Err(error) => {
                tracing::error!(%error, "the gateway's upkeep does not run: API keys are read from the database at each call");
                None
            }
        };
        quorate_http::serve(listener, router, stop, drain).await;
        tracing::info!("stopping: no more requests");
        worker.drain(drain).await;
        if let Some(upkeep) = upkeep {
            upkeep.drain(drain).await;
        }
        app.store.close().await;
        tracing::info!("stopped");
    }
}

/// Runs a server with this configuration until the process is asked to stop.
///
/// # Errors
/// When it cannot be started.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let server = Server::bind(config).await?;
    let text = crate::cli::banner(&server.banner().await?);
    std::io::stdout().write_all(text.as_bytes()).context("the start-up text cannot be printed")?;
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        match asked_to_stop().await {
            Ok(()) => asked.cancel(),
            Err(error) => tracing::error!(%error, "cannot hear signals; stop the server by killing it"),
        }
    });
    server.run(stop).await;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard,
        _ = terminate.recv() => Ok(()),
    }
}
