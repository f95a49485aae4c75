//! The application under test: composed as in production, reached over real HTTP.

use std::sync::Arc;
use std::time::Duration;

use quorate::compose::{App, Upkeep};
use quorate::config::Config;
use quorate_billing::{AssignedBy, Assignment};
use quorate_http::RouteEntry;
use quorate_identity::Identity;
use quorate_kernel::{Clock as _, OrgId, SystemClock};
use quorate_models::ModelsConfig;
use quorate_outbound::StoredMail;
use quorate_testkit::{HeldClock, TestDatabase};
use quorate_work::WorkerHandle;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must come; far beyond what it takes.
pub const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "seven green umbrellas";

/// A running application. Dropping it kills it as a crash would.
pub struct TestApp {
    app: App,
    base: String,
    http: Client,
    table: Vec<RouteEntry>,
    stop: CancellationToken,
    _worker: Option<WorkerHandle>,
    _upkeep: Upkeep,
    data: Arc<TempDir>,
    database: Arc<TestDatabase>,
}

/// What to start.
pub struct Builder {
    database: Arc<TestDatabase>,
    data: Arc<TempDir>,
    config: Config,
    worker: bool,
}

impl Builder {
    /// Other models than the offline one, which here answers as fast as it can.
    pub fn models(mut self, models: ModelsConfig) -> Self {
        self.config.models = models;
        self
    }

    /// The offline model otherwise than at full speed without faults: its part of the configuration as JSON.
    pub fn offline(mut self, offline: &Value) -> Self {
        for provider in &mut self.config.models.providers {
            provider.offline = Some(serde_json::from_value(offline.clone()).unwrap());
        }
        self
    }

    /// Changes anything in the configuration.
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Without a worker: sessions are accepted, and nothing runs.
    pub fn without_worker(mut self) -> Self {
        self.worker = false;
        self
    }

    pub async fn start(self) -> TestApp {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Self { database, data, mut config, worker } = self;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        config.data_dir = data.path().to_path_buf();
        config.database.url = Some(database.url().to_owned());
        config.server.listen = listener.local_addr().unwrap().to_string();
        let app = App::build(config).await.unwrap();
        let (router, table) = app.router().unwrap();
        let worker = worker.then(|| app.start_worker());
        let upkeep = app.start_gateway().await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(quorate_http::serve(listener, router, stop.clone(), Duration::from_secs(5)));
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        TestApp { app, base, http, table, stop, _worker: worker, _upkeep: upkeep, data, database }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl TestApp {
    /// The application with the offline model at full speed and cheap password hashing.
    pub async fn start(database: TestDatabase) -> Self {
        Self::builder(database).start().await
    }

    pub fn builder(database: TestDatabase) -> Builder {
        let mut config = Config::default();
        for provider in &mut config.models.providers {
            if let Some(offline) = provider.offline.as_mut() {
                offline.tokens_per_second = 0.0;
            } else {
                provider.offline =
                    Some(quorate_models::offline::OfflineConfig { tokens_per_second: 0.0, ..Default::default() });
            }
        }
        config.identity.password_memory_kib = 64;
        config.identity.password_passes = 1;
        // Tests ask more often than people; those of the limits ask for them.
        config.limits.by_plan = false;
        config.limits.signed_out_requests = 0;
        Builder { database: Arc::new(database), data: Arc::new(tempfile::tempdir().unwrap()), config, worker: true }
    }

    /// Another node of the same installation: same database, same keys, same public address.
    pub fn beside(&self) -> Builder {
        let mut config = self.app.config.clone();
        config.server.public_url = Some(self.app.config.public_url());
        Builder { database: Arc::clone(&self.database), data: Arc::clone(&self.data), config, worker: true }
    }

    /// An access token of this server for the user, signed in an hour ago and out of date by now.
    pub async fn expired_token(&self, email: &str) -> String {
        let clock = Arc::new(HeldClock::at(SystemClock.now() - Duration::from_secs(3_600)));
        let identity = self.app.identity_at(clock).await;
        let (router, _, _) = identity.unwrap().routes().into_parts();
        let request = axum::http::Request::post("/api/v1/auth/login")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(json!({ "email": email, "password": PASSWORD }).to_string()))
            .unwrap();
        let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub fn http(&self) -> &Client {
        &self.http
    }

    pub fn identity(&self) -> &Identity {
        &self.app.identity
    }

    pub fn composed(&self) -> &App {
        &self.app
    }

    /// The newest mail of this template to an address, once there are that many.
    pub async fn mail(&self, to: &str, template: &str, count: usize) -> StoredMail {
        let wait = async {
            loop {
                let mails = self.mails(to, template).await;
                if mails.len() >= count {
                    return mails.into_iter().next().unwrap();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {template} for {to}"))
    }

    /// Every mail of this template to an address so far, the newest first.
    pub async fn mails(&self, to: &str, template: &str) -> Vec<StoredMail> {
        let mut mails = Vec::new();
        for head in self.app.mailer.kept(1000).await.unwrap().unwrap() {
            if head.to == to && head.template == template {
                mails.extend(self.app.mailer.kept_one(head.id).await.unwrap());
            }
        }
        mails
    }

    /// Every route with what it needs.
    pub fn table(&self) -> &[RouteEntry] {
        &self.table
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A new user, signed in.
    pub async fn user(&self, email: &str) -> User<'_> {
        let body = json!({ "email": email, "password": PASSWORD });
        let reply = self.anonymous().post("/api/v1/auth/register", &body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        let token = reply.body["access_token"].as_str().unwrap().to_owned();
        User { app: self, token: Some(token) }
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> User<'_> {
        User { app: self, token: None }
    }
}

/// Somebody who talks to the API.
#[derive(Clone)]
pub struct User<'a> {
    pub app: &'a TestApp,
    pub token: Option<String>,
}

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
}

impl Reply {
    /// The code of the problem.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The fields that the problem names.
    pub fn fields(&self) -> Vec<&str> {
        let details = self.body["error"]["details"].as_array();
        details.into_iter().flatten().filter_map(|detail| detail["field"].as_str()).collect()
    }
}

impl User<'_> {
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Reply {
        let mut request = self.app.http.request(method, self.app.url(path));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Reply { status, body }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Asks for a turn of the deliberation: `pause`, `resume`, `stop`.
    pub async fn turn(&self, id: &str, what: &str) -> Reply {
        self.post(&format!("/api/v1/sessions/{id}/deliberation/{what}"), &json!({})).await
    }

    /// The session as it is now.
    pub async fn read(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/sessions/{id}")).await.body["session"].clone()
    }

    /// One of the session's results: `contributions` or `votes`, over all pages; `report` as it is.
    pub async fn result(&self, id: &str, what: &str) -> Value {
        let mut items = Vec::new();
        let mut path = format!("/api/v1/sessions/{id}/{what}");
        loop {
            let reply = self.get(&path).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
            let Some(page) = reply.body["data"].as_array() else { return reply.body[what].clone() };
            items.extend(page.iter().cloned());
            let Some(cursor) = reply.body["pagination"]["next_cursor"].as_str() else { return items.into() };
            path = format!("/api/v1/sessions/{id}/{what}?cursor={cursor}");
        }
    }

    /// Waits until the session's log holds an event that is wanted, and gives it back.
    pub async fn saw(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                if let Some(event) = self.events(id).await.into_iter().find(&wanted) {
                    return event;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("session {id} never comes to it"))
    }

    /// A created session's id.
    pub async fn session(&self, body: &Value) -> String {
        let reply = self.post("/api/v1/sessions", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.body["session"]["id"].as_str().unwrap().to_owned()
    }

    /// Starts it.
    pub async fn start(&self, id: &str) {
        let reply = self.post(&format!("/api/v1/sessions/{id}/deliberation/start"), &json!({})).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
    }

    /// Waits until it is over, and gives back the session.
    pub async fn finished(&self, id: &str) -> Value {
        let wait = async {
            loop {
                let reply = self.get(&format!("/api/v1/sessions/{id}")).await;
                if !reply.body["session"]["completed_at"].is_null() {
                    return reply.body["session"].clone();
                }
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("session {id} does not end"))
    }

    /// Creates, starts and waits.
    pub async fn deliberate(&self, body: &Value) -> Value {
        let id = self.session(body).await;
        self.start(&id).await;
        self.finished(&id).await
    }

    /// Puts the user's organization on another plan.
    pub async fn subscribe(&self, plan: &str) {
        let me = self.get("/api/v1/users/me").await.body;
        let org: OrgId = me["organization"]["id"].as_str().unwrap().parse().unwrap();
        let assignment = Assignment { plan: plan.to_owned(), ..Assignment::of_own_server(AssignedBy::Server) };
        let assignment = Assignment { contract: Default::default(), ..assignment };
        self.app.composed().billing.assign(org, &assignment).await.unwrap();
    }

    /// Every event of the session so far.
    pub async fn events(&self, id: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let after = events.last().map_or(0, |event: &Value| event["sequence"].as_i64().unwrap());
            let reply = self.get(&format!("/api/v1/sessions/{id}/events?after={after}&limit=1000")).await;
            events.extend(reply.body["data"].as_array().unwrap().iter().cloned());
            if reply.body["pagination"]["has_more"] != true {
                return events;
            }
        }
    }
}
