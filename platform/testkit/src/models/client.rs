use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use quorate_models::{ProviderConfig, ProviderKind};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::journal::{Outcome, Visit};
use super::script::Rule;

/// The binary's name.
const BINARY: &str = "scripted-models";
/// How long the server may take to start, and a visit to come to its end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A scripted model server in a process of its own, ended when this is dropped.
pub struct ScriptedModels {
    base: String,
    http: reqwest::Client,
    // Killed on drop; should the test itself be killed, the closed pipe to its input ends it.
    _process: Child,
}

impl ScriptedModels {
    /// Starts the server on a free port.
    ///
    /// # Errors
    /// When the binary is not built (the error says how) or does not start.
    pub async fn start() -> Result<Self> {
        let path = binary()?;
        let mut process = Command::new(&path)
            .args(["--listen", "127.0.0.1:0", "--until-stdin-closes"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", path.display()))?;
        let output = process.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.context("the server says nothing")??;
        let address = line.context("the server ended at once")?;
        ensure!(address.starts_with("127.0.0.1:"), "the server says {address:?} instead of its address");
        // No TLS is spoken here, but the client cannot be built without a provider.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { base: format!("http://{address}"), http, _process: process })
    }

    /// The server's address: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// The base URL as providers are configured with it, ending in `/v1`.
    #[must_use]
    pub fn provider_url(&self) -> String {
        format!("{}/v1", self.base)
    }

    /// A provider that leads here, with a key so that every kind takes it.
    #[must_use]
    pub fn provider(&self, name: &str, kind: ProviderKind) -> ProviderConfig {
        let url = match kind {
            ProviderKind::Gemini => format!("{}/v1beta", self.base),
            ProviderKind::OpenAi | ProviderKind::Anthropic | ProviderKind::OpenAiCompatible => self.provider_url(),
            // Those whose dialect of OpenAI's format differs are told apart by the address.
            imitator => format!("{}/{}/v1", self.base, imitator.name()),
        };
        ProviderConfig::new(name, kind).at(url).with_key("sk-scripted")
    }

    /// Replaces the script; its counts begin anew.
    pub async fn script(&self, rules: &[Rule]) -> Result<()> {
        let response = self.http.post(format!("{}/_script", self.base)).json(rules).send().await?;
        let status = response.status();
        ensure!(status.is_success(), "the script is refused: {status} {}", response.text().await?);
        Ok(())
    }

    /// Every request since the start or the last clearing, in order of arrival.
    pub async fn journal(&self) -> Result<Vec<Visit>> {
        Ok(self.http.get(format!("{}/_journal", self.base)).send().await?.error_for_status()?.json().await?)
    }

    /// Forgets the requests so far.
    pub async fn clear_journal(&self) -> Result<()> {
        self.http.delete(format!("{}/_journal", self.base)).send().await?.error_for_status()?;
        Ok(())
    }

    /// The journal once no request is open any more, or an error after ten seconds: a client that leaves is noticed
    /// a moment later.
    pub async fn settled_journal(&self) -> Result<Vec<Visit>> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let journal = self.journal().await?;
            if journal.iter().all(|visit| visit.outcome != Outcome::Open) {
                return Ok(journal);
            }
            if tokio::time::Instant::now() > deadline {
                bail!("a request is still open: {journal:#?}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The built binary, beside the folder of the running test: `target/debug/deps/test-…` → `target/debug`.
fn binary() -> Result<PathBuf> {
    let test = std::env::current_exe().context("the running test has no path")?;
    let file = format!("{BINARY}{}", std::env::consts::EXE_SUFFIX);
    let found = test.ancestors().skip(1).take(3).map(|folder| folder.join(&file)).find(|path| path.is_file());
    found.with_context(|| {
        format!("{BINARY} is not built beside {}: run `cargo build -p quorate-testkit --bins` first", test.display())
    })
}
