//! The real server binary as a child process: found, started, timed, asked to stop.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at a server that does not listen yet; the resolution of start-up times.
const LOOK: Duration = Duration::from_micros(500);

/// The server binary that is measured.
#[derive(Debug, Clone)]
pub(crate) struct Binary(PathBuf);

impl Binary {
    /// The one named, or the release build beside the running benchmark.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self> {
        if let Some(path) = named {
            return Ok(Self(path.canonicalize().with_context(|| format!("{} is not there", path.display()))?));
        }
        let bench = std::env::current_exe().context("the running benchmark has no path")?;
        // target/<profile>/bench → target/release/quorate
        let path = bench.ancestors().nth(2).map(|target| target.join("release/quorate"));
        match path {
            Some(path) if path.is_file() => Ok(Self(path)),
            path => bail!(
                "the server is not built{}. Build it first: cargo build --release --locked --bin quorate\n\
                 (or name another: --binary PATH)",
                path.map(|path| format!(" ({})", path.display())).unwrap_or_default()
            ),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

/// What a server works on; outlives it, so that one can be started on what another left.
pub(crate) struct Home {
    data: TempDir,
    database_url: String,
}

impl Home {
    /// An empty data directory over a database, with this configuration.
    pub(crate) fn new(database_url: &str, config: &str) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("quorate-bench-").tempdir()?;
        std::fs::write(data.path().join("quorate.toml"), config)?;
        Ok(Self { data, database_url: database_url.to_owned() })
    }

    fn log(&self) -> PathBuf {
        self.data.path().join("server.log")
    }
}

/// A running server. Dropped, it is killed.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts the server and waits for the first 200 of `/api/health`. Says how long that took from the spawn on.
    pub(crate) async fn start(binary: &Binary, home: &Home) -> Result<(Self, Duration)> {
        Self::spawn(Command::new(&binary.0), binary, home).await
    }

    /// The same on one core, which is all that it sees of the machine: it makes its threads for that.
    pub(crate) async fn start_on(core: u32, binary: &Binary, home: &Home) -> Result<(Self, Duration)> {
        let mut command = Command::new("taskset");
        command.args(["-c", &core.to_string()]).arg(&binary.0);
        Self::spawn(command, binary, home).await
    }

    async fn spawn(mut command: Command, binary: &Binary, home: &Home) -> Result<(Self, Duration)> {
        let address = free_address().await?;
        let log = File::options().create(true).append(true).open(home.log())?;
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(home.data.path());
        command.arg("--config").arg(home.data.path().join("quorate.toml"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("QUORATE_")) {
            command.env_remove(name);
        }
        command.env("QUORATE__DATABASE__URL", &home.database_url).kill_on_drop(true);
        // Load is what is measured, not how it is refused.
        command.env("QUORATE__LIMITS__BY_PLAN", "false");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let begun = Instant::now();
        let process = command.spawn().with_context(|| format!("{} does not start", binary.0.display()))?;
        let mut server = Self { process, address, log: home.log() };
        while !healthy(address).await {
            if let Some(status) = server.process.try_wait()? {
                bail!("the server ended at its start with {status}:\n{}", server.last_words());
            }
            if begun.elapsed() > PATIENCE {
                bail!("the server does not answer:\n{}", server.last_words());
            }
            tokio::time::sleep(LOOK).await;
        }
        let took = begun.elapsed();
        Ok((server, took))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.process.id().with_context(|| format!("the server is gone:\n{}", self.last_words()))
    }

    /// The token of the link that makes the first operator, which it says at its first start.
    pub(crate) fn operator_token(&self) -> Result<String> {
        let said = std::fs::read_to_string(&self.log)?;
        let (_, link) = said.split_once("/welcome?token=").context("the server says no link for its operator")?;
        let is_part = |part: &char| part.is_ascii_alphanumeric() || "-._~".contains(*part);
        Ok(link.chars().take_while(is_part).collect())
    }

    /// Asks it to stop as a service manager would, and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.pid()?.to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await?;
        if !asked.success() {
            bail!("the server cannot be asked to stop");
        }
        match tokio::time::timeout(PATIENCE, self.process.wait()).await {
            Ok(status) if status.as_ref().is_ok_and(std::process::ExitStatus::success) => Ok(()),
            Ok(status) => bail!("the server ended with {}:\n{}", status?, self.last_words()),
            Err(_) => bail!("the server does not stop:\n{}", self.last_words()),
        }
    }

    /// Ends it at once. For a server whose data nobody needs any more.
    pub(crate) async fn kill(mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }

    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// A loopback address that nobody listens on.
async fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}

/// Whether a server answers here, asked with as little as it takes. One that listens and is not ready keeps the
/// question until it is, so the answer comes at the first moment it can.
async fn healthy(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /api/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        Ok::<_, std::io::Error>(&answer == b"HTTP/1.1 200")
    };
    matches!(tokio::time::timeout(PATIENCE, ask).await, Ok(Ok(true)))
}
