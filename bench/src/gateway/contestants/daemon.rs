//! A program of somebody else as a child process on the server's core.

use std::ffi::OsStr;
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

use super::SERVER_CORE;
use crate::gateway::process::Tree;

/// How long a start may take; LiteLLM takes most of a minute on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at a program that does not answer yet.
const LOOK: Duration = Duration::from_millis(2);
/// From the first good answer until idle memory is read.
const SETTLE: Duration = Duration::from_secs(5);

/// The program. Dropped, it is killed.
pub(super) struct Daemon {
    process: Child,
    log: PathBuf,
    start_up: Duration,
    idle: Option<u64>,
    _home: TempDir,
}

/// What a program is to be started with.
pub(super) struct Plan {
    command: Command,
    home: TempDir,
}

impl Plan {
    /// A program on the server's core, in a folder of its own.
    pub(super) fn new(program: impl AsRef<OsStr>) -> Result<Self> {
        let home = tempfile::Builder::new().prefix("gateway-bench-").tempdir()?;
        let mut command = Command::new("taskset");
        command.args(["-c", &SERVER_CORE.to_string()]).arg(program).current_dir(home.path()).kill_on_drop(true);
        Ok(Self { command, home })
    }

    /// Its folder.
    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file into its folder.
    pub(super) fn file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.home.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Its arguments and its environment.
    pub(super) fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Starts it and waits until `GET path` is answered with 200.
    pub(super) async fn start(mut self, address: SocketAddr, path: &str) -> Result<Daemon> {
        let log = self.home.path().join("program.log");
        let file = File::create(&log)?;
        self.command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let begun = Instant::now();
        let process = self.command.spawn().context("it cannot be started")?;
        let mut daemon = Daemon { process, log, start_up: Duration::ZERO, idle: None, _home: self.home };
        while !answers(address, path).await {
            daemon.still_there()?;
            if begun.elapsed() > PATIENCE {
                bail!("it does not answer:\n{}", daemon.last_words());
            }
            tokio::time::sleep(LOOK).await;
        }
        daemon.start_up = begun.elapsed();
        tokio::time::sleep(SETTLE).await;
        daemon.still_there()?;
        daemon.idle = Some(Tree(daemon.pid()?).resident()?);
        Ok(daemon)
    }
}

impl Daemon {
    /// Its process id: `taskset` becomes the program.
    pub(super) fn pid(&self) -> Result<u32> {
        self.process.id().with_context(|| format!("it is gone:\n{}", self.last_words()))
    }

    /// From the spawn to the first good answer.
    pub(super) fn start_up(&self) -> Duration {
        self.start_up
    }

    /// What it held a while after that, in KiB.
    pub(super) fn idle(&self) -> Option<u64> {
        self.idle
    }

    fn still_there(&mut self) -> Result<()> {
        match self.process.try_wait()? {
            Some(status) => bail!("it ended at its start with {status}:\n{}", self.last_words()),
            None => Ok(()),
        }
    }

    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// A loopback address that nobody listens on.
pub(super) async fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}

async fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        Ok::<_, std::io::Error>(&answer == b"HTTP/1.1 200")
    };
    matches!(tokio::time::timeout(PATIENCE, ask).await, Ok(Ok(true)))
}
