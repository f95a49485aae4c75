//! Who is measured: each is started on the server's core, with one worker, in front of the same upstream.

mod daemon;
mod install;
mod litellm;
mod nginx;
mod portkey;
mod quorate;
mod tensorzero;

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use quorate_testkit::TestDatabase;

use self::daemon::Daemon;
use super::process::Tree;
use super::upstream::{GOOD, Upstream};
use super::way::Way;
use crate::server::{Binary, Home, Server};

/// The core of whoever is measured.
pub(crate) const SERVER_CORE: u32 = 0;
/// The core of the load generator and of the mock.
pub(crate) const LOAD_CORE: u32 = 1;

/// Somebody to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Contestant {
    /// Nothing between the generator and the mock, which is then the server.
    Direct,
    /// Debian's nginx as a bare reverse proxy: no key, no ledger, no limits.
    Nginx,
    /// This server.
    Quorate,
    /// TensorZero's gateway, from its Python package.
    Tensorzero,
    /// Portkey's gateway, from npm.
    Portkey,
    /// LiteLLM's proxy, from its Python package.
    Litellm,
}

impl Contestant {
    /// As it stands in tables.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Direct => "direct".to_owned(),
            Self::Nginx => "nginx".to_owned(),
            Self::Quorate => "Quorate".to_owned(),
            Self::Tensorzero => format!("TensorZero {}", tensorzero::VERSION),
            Self::Portkey => format!("Portkey {}", portkey::VERSION),
            Self::Litellm => format!("LiteLLM {}", litellm::VERSION),
        }
    }

    /// Installs what is needed, starts it, and asks it once.
    pub(crate) async fn start(self, upstream: &Upstream, binary: Option<&Binary>) -> Result<Running> {
        let running = match self {
            Self::Direct => direct(upstream)?,
            Self::Nginx => nginx::start(upstream).await?,
            Self::Quorate => quorate::start(upstream, binary).await?,
            Self::Tensorzero => tensorzero::start(upstream).await?,
            Self::Portkey => portkey::start(upstream).await?,
            Self::Litellm => litellm::start(upstream).await?,
        };
        running.prove().await?;
        Ok(running)
    }
}

/// A contestant that is up. Dropped, it is killed.
pub(crate) struct Running {
    /// Its processes.
    pub(crate) server: Tree,
    /// To the upstream that answers.
    pub(crate) chat: Way,
    /// First to the upstream that fails marked requests, then to the one that answers.
    pub(crate) failover: Option<Way>,
    /// To the upstream that answers, with a cache of answers in between.
    pub(crate) cached: Option<Way>,
    /// To an upstream where nobody listens.
    pub(crate) down: Option<Way>,
    /// From the spawn to the first good answer about its health.
    pub(crate) start_up: Option<Duration>,
    /// What it held five seconds after that, in KiB.
    pub(crate) idle: Option<u64>,
    kept: Kept,
}

/// What lives as long as it runs.
#[expect(dead_code, reason = "held for what dropping them does")]
enum Kept {
    Nothing,
    Daemon(Box<Daemon>),
    Server(Box<(Server, Home, TestDatabase)>),
}

impl Running {
    /// Around a started program.
    fn around(daemon: Daemon, chat: Way, failover: Option<Way>) -> Result<Self> {
        Ok(Self {
            server: Tree(daemon.pid()?),
            chat,
            failover,
            cached: None,
            down: None,
            start_up: Some(daemon.start_up()),
            idle: daemon.idle(),
            kept: Kept::Daemon(Box::new(daemon)),
        })
    }

    /// Whether nothing is in between.
    pub(crate) fn is_direct(&self) -> bool {
        matches!(self.kept, Kept::Nothing)
    }

    /// One good answer, before anything is measured.
    async fn prove(&self) -> Result<()> {
        use anyhow::Context as _;
        let ask = super::way::Ask::SHORT;
        for way in [Some(&self.chat), self.failover.as_ref(), self.cached.as_ref()].into_iter().flatten() {
            let mut line = super::line::Line::open(way).await?;
            line.ask(way.body(&ask)).await.with_context(|| format!("{} for {}", way.path, way.model))?;
        }
        Ok(())
    }
}

fn direct(upstream: &Upstream) -> Result<Running> {
    let pid = upstream.pid()?;
    Ok(Running {
        server: Tree(pid),
        chat: Way::new(upstream.address(), "bench", None)?.at(&format!("/{GOOD}/v1/chat/completions")),
        failover: None,
        cached: None,
        down: None,
        start_up: None,
        idle: None,
        kept: Kept::Nothing,
    })
}
