//! One HTTP/1.1 connection of the load generator: pinned, in no pool. Dropped, it is closed.

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use super::way::Way;

/// A connection to a contestant.
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    way: Way,
    _driver: AbortOnDropHandle<()>,
}

impl Line {
    /// Connects.
    pub(crate) async fn open(way: &Way) -> Result<Self> {
        let stream = TcpStream::connect(way.address).await.context("the contestant does not listen")?;
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            // What went wrong is told to whoever waits for an answer.
            let _ = driver.await;
        }));
        Ok(Self { sender, way: way.clone(), _driver: driver })
    }

    /// As many as wanted.
    pub(crate) async fn open_many(way: &Way, count: usize) -> Result<Vec<Self>> {
        let mut lines = Vec::with_capacity(count);
        for _ in 0..count {
            lines.push(Self::open(way).await?);
        }
        Ok(lines)
    }

    /// Sends a request; its answer's body is still to come.
    pub(crate) async fn begin(&mut self, body: Bytes) -> Result<Response<Incoming>> {
        self.sender.ready().await?;
        Ok(self.sender.send_request(self.way.request(body)?).await?)
    }

    /// Sends a request and takes the whole answer, which has to be a good one. Says how many bytes it had.
    pub(crate) async fn ask(&mut self, body: Bytes) -> Result<usize> {
        let response = self.begin(body).await?;
        if !response.status().is_success() {
            bail!("{}", refusal(response).await);
        }
        let mut body = response.into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(bytes)
    }
}

/// What a bad answer says, in one line.
pub(crate) async fn refusal(response: Response<Incoming>) -> String {
    let status = response.status();
    let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text: String = String::from_utf8_lossy(&body).chars().take(300).collect();
    format!("answered {status}: {text}")
}
