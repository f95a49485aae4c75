//! One HTTP/1.1 connection over loopback, one request after the other.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use crate::server::Server;

/// Where the server is, and who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    address: SocketAddr,
    /// `Bearer …`; empty for somebody who is not signed in.
    bearer: Arc<str>,
}

impl Caller {
    /// Somebody who is not signed in.
    pub(crate) fn anonymous(address: SocketAddr) -> Self {
        Self { address, bearer: "".into() }
    }

    /// A new user. The access token is good for fifteen minutes; no part of a benchmark takes as long.
    pub(crate) async fn register(address: SocketAddr) -> Result<Self> {
        let body = serde_json::json!({ "email": "bench@example.com", "password": "seven green umbrellas" });
        let anonymous = Self::anonymous(address);
        let user = anonymous.connect().await?.post("/api/v1/auth/register", &body).await?;
        let token = user["access_token"].as_str().context("no access token")?;
        Ok(Self { address, bearer: format!("Bearer {token}").into() })
    }

    /// The operator, whose organization may do without limit what plans allow.
    pub(crate) async fn operator(server: &Server) -> Result<Self> {
        let token = server.operator_token()?;
        let body =
            serde_json::json!({ "token": token, "email": "bench@example.com", "password": "seven green umbrellas" });
        let address = server.address();
        let user = Self::anonymous(address).connect().await?.post("/api/v1/auth/first-operator", &body).await?;
        let token = user["access_token"].as_str().context("no access token")?;
        let operator = Self { address, bearer: format!("Bearer {token}").into() };
        for _ in 0..200 {
            let subscription = operator.connect().await?.get("/api/v1/billing/subscription").await?;
            if subscription["plan"] == "enterprise" {
                return Ok(operator);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        bail!("the operator's organization has no plan without limits")
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            // What went wrong is told to whoever waits for an answer.
            let _ = driver.await;
        }));
        Ok(Connection { sender, caller: self.clone(), _driver: driver })
    }
}

/// A connection that is kept.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    caller: Caller,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    /// Sends a request; the answer's body is still to come.
    async fn begin(&mut self, method: Method, path: &str, accept: &str, body: Bytes) -> Result<Response<Incoming>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.caller.address.to_string())
            .header(ACCEPT, accept);
        if !self.caller.bearer.is_empty() {
            request = request.header(AUTHORIZATION, &*self.caller.bearer);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        self.sender.ready().await?;
        Ok(self.sender.send_request(request.body(Full::new(body))?).await?)
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&mut self, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let response = self.begin(method, path, "application/json", body).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }

    /// GET, as JSON.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Value> {
        let (status, body) = self.exchange(Method::GET, path, Bytes::new()).await?;
        read(path, status, &body)
    }

    /// POST, as JSON.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.exchange(Method::POST, path, body.to_string().into()).await?;
        read(path, status, &answer)
    }

    /// Creates a session.
    pub(crate) async fn session(&mut self, body: &Value) -> Result<String> {
        let created = self.post("/api/v1/sessions", body).await?;
        Ok(created["session"]["id"].as_str().context("a session without id")?.to_owned())
    }

    /// Starts it.
    pub(crate) async fn start(&mut self, id: &str) -> Result<()> {
        self.post(&format!("/api/v1/sessions/{id}/deliberation/start"), &serde_json::json!({})).await?;
        Ok(())
    }

    /// Opens the live stream of a session from its first event.
    pub(crate) async fn stream(&mut self, id: &str) -> Result<Incoming> {
        let path = format!("/api/v1/sessions/{id}/stream");
        let response = self.begin(Method::GET, &path, "text/event-stream", Bytes::new()).await?;
        if response.status() != StatusCode::OK {
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            bail!("GET {path} answered {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(response.into_body())
    }
}

fn read(path: &str, status: StatusCode, body: &[u8]) -> Result<Value> {
    if !status.is_success() {
        bail!("{path} answered {status}: {}", String::from_utf8_lossy(body));
    }
    Ok(serde_json::from_slice(body)?)
}
