//! The mock upstream as the benchmark sees it: a child process that is told what to do and asked what happened.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::mock::{Behaviour, Stats};

/// The upstream that answers.
pub(crate) const GOOD: &str = "good";
/// The one that fails marked requests; the first target of routes that fail over.
pub(crate) const BAD: &str = "bad";

/// The running mock. Dropped, it is killed.
pub(crate) struct Upstream {
    process: Child,
    address: SocketAddr,
}

impl Upstream {
    /// Starts it, on the core of this process.
    pub(crate) async fn start() -> Result<Self> {
        let own = std::env::current_exe().context("the running benchmark has no path")?;
        let mut command = Command::new(own);
        command.args(["mock", "--listen", "127.0.0.1:0"]).kill_on_drop(true);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("the mock has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await?;
        let address = line.trim().parse().with_context(|| format!("the mock said {line:?}"))?;
        Ok(Self { process, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of an upstream, with `/v1`.
    pub(crate) fn base(&self, name: &str) -> String {
        format!("http://{}/{name}/v1", self.address)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.process.id().context("the mock is gone")
    }

    /// Says what an upstream does from now on.
    pub(crate) async fn set(&self, name: &str, behaviour: &Behaviour) -> Result<()> {
        self.call(Method::PUT, &format!("/{name}"), serde_json::to_vec(behaviour)?.into()).await.map(drop)
    }

    /// What happened since it was last reset.
    pub(crate) async fn stats(&self) -> Result<Stats> {
        Ok(serde_json::from_slice(&self.call(Method::GET, "/stats", Bytes::new()).await?)?)
    }

    /// Begins to count anew.
    pub(crate) async fn reset(&self) -> Result<()> {
        self.call(Method::DELETE, "/stats", Bytes::new()).await.map(drop)
    }

    /// Waits until as many requests are open. Says how long it took, or nothing if it does not come to that.
    pub(crate) async fn until_open(&self, open: u64, patience: Duration) -> Result<Option<Duration>> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if self.stats().await?.open == open {
                return Ok(Some(begun.elapsed()));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(None)
    }

    /// Waits until nothing is open, so that one scenario does not disturb the next.
    pub(crate) async fn quiet(&self) -> Result<()> {
        if self.until_open(0, Duration::from_secs(30)).await?.is_none() {
            bail!("{} requests stay open at the upstream", self.stats().await?.open);
        }
        Ok(())
    }

    async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes> {
        let stream = TcpStream::connect(self.address).await.context("the mock is gone")?;
        stream.set_nodelay(true)?;
        let (mut sender, driver) = handshake(TokioIo::new(stream)).await?;
        let request = Request::builder().method(method).uri(path).body(Full::new(body))?;
        let exchange = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            ensure!(status.is_success(), "the mock answered {status}: {}", String::from_utf8_lossy(&body));
            drop(sender);
            Ok(body)
        };
        let (answer, _) = tokio::join!(exchange, driver);
        answer
    }
}
