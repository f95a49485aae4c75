//! What this crate's tests share: an authenticator, a middleware, a real server on a free port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use quorate_kernel::{
    API_KEY_PREFIX, ApiKeyGrant, Authenticator, Code, OrgId, Permission, Permissions, Principal, Problem, Role,
    SystemIds, UserId,
};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

use crate::server::{Patience, serve_with};
use crate::{Middleware, Site};

/// Knows a token for each role by the role's name, and an API key of that role's that may only read models.
struct ByRole;

#[async_trait]
impl Authenticator for ByRole {
    async fn authenticate(&self, access_token: &str) -> Result<Principal, Problem> {
        let key = access_token.strip_prefix(API_KEY_PREFIX);
        let role = Role::parse(key.unwrap_or(access_token));
        let role = role.ok_or_else(|| Problem::new(Code::Unauthenticated, "Sign in first."))?;
        let grant = ApiKeyGrant {
            id: Uuid::nil(),
            permissions: Permissions::NONE.with(Permission::ModelRead),
            models: Vec::new(),
            requests_per_minute: None,
            concurrency: None,
            monthly_budget: None,
        };
        Ok(Principal {
            user_id: UserId(Uuid::nil()),
            org_id: OrgId(Uuid::nil()),
            role,
            login_session_id: Uuid::nil(),
            operator: key.is_some(),
            api_key: key.map(|_| Arc::new(grant)),
        })
    }
}

pub(crate) fn middleware(public_url: &str) -> Middleware {
    Middleware::new(Site { public_url: public_url.to_owned() }, Arc::new(ByRole), Arc::new(SystemIds))
}

/// Status, headers and JSON body of one request; `Null` for a body that is no JSON.
pub(crate) async fn ask(router: &Router, request: Builder, body: &str) -> (u16, axum::http::HeaderMap, Value) {
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status.as_u16(), parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// A server that runs until it is stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
}

pub(crate) async fn start(router: Router, drain: Duration, patience: Patience) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let served = tokio::spawn(serve_with(listener, router, stop.clone(), drain, patience));
    Running { address, stop, served }
}
