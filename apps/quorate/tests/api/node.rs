//! A node: the real binary as a process of its own, which can be killed and started again.

use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use eventsource_stream::Eventsource;
use futures::StreamExt;
use quorate_testkit::TestDatabase;
use quorate_testkit::models::ScriptedModels;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::PATIENCE;

pub struct Node {
    process: Option<Child>,
    port: u16,
    data: TempDir,
    database_url: String,
    /// Beside what every node is told.
    environment: Vec<(&'static str, String)>,
    pub http: Client,
    pub token: String,
}

impl Node {
    /// Starts a node whose only model is the scripted one, and signs a user in.
    pub async fn start(database: &TestDatabase, models: &ScriptedModels) -> Self {
        Self::start_with(database, models, Vec::new()).await
    }

    /// The same with more of its configuration in the environment.
    pub async fn start_with(
        database: &TestDatabase,
        models: &ScriptedModels,
        environment: Vec<(&'static str, String)>,
    ) -> Self {
        let mut node = Self::stopped(database, models, tempfile::tempdir().unwrap());
        node.environment = environment;
        node.launch().await;
        let body = json!({ "email": "ada@example.com", "password": "seven green umbrellas" });
        let reply = node.post("/api/v1/auth/register", &body).await;
        node.token = reply["access_token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
        node
    }

    /// Another node on the same database, for a user that is signed in already. It shares the first one's master key.
    pub async fn beside(&self, database: &TestDatabase, models: &ScriptedModels) -> Self {
        let data = tempfile::tempdir().unwrap();
        std::fs::copy(self.data.path().join("master.key"), data.path().join("master.key")).unwrap();
        let mut node = Self::stopped(database, models, data);
        node.token.clone_from(&self.token);
        node.environment.clone_from(&self.environment);
        node.launch().await;
        node
    }

    fn stopped(database: &TestDatabase, models: &ScriptedModels, data: TempDir) -> Self {
        // SQLite has one process at a time, which takes what the last one left at once; a lease need not run out.
        let lease = if database.url().starts_with("sqlite") { 30 } else { 2 };
        let config = format!(
            "[server]\npublic_url = \"http://quorate.test\"\n\
             [jobs]\nlease_seconds = {lease}\n\
             [identity]\npassword_memory_kib = 64\npassword_passes = 1\n\
             [[models.providers]]\nname = \"scripted\"\nkind = \"openai-compatible\"\nbase_url = \"{}\"\napi_key = \"sk-scripted\"\n\
             [[models.routes]]\nname = \"default\"\ntargets = [\"scripted/mind\"]\n",
            models.provider_url()
        );
        std::fs::write(data.path().join("quorate.toml"), config).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self {
            process: None,
            port,
            data,
            database_url: database.url().to_owned(),
            environment: Vec::new(),
            http: Client::new(),
            token: String::new(),
        }
    }

    /// Starts the process and waits until it answers.
    ///
    /// # Panics
    /// When it ends instead, or does not answer in time.
    pub async fn launch(&mut self) {
        assert!(self.process.is_none(), "the node is running");
        let log = File::options().create(true).append(true).open(self.data.path().join("node.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QUORATE_")) {
            command.env_remove(name);
        }
        let process = command
            .args(["serve", "--data-dir"])
            .arg(self.data.path())
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--config")
            .arg(self.data.path().join("quorate.toml"))
            .env("QUORATE__DATABASE__URL", &self.database_url)
            .env("QUORATE__LIMITS__BY_PLAN", "false")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let live = async {
            loop {
                let reply = self.http.get(self.url("/api/health")).send().await;
                if reply.is_ok_and(|reply| reply.status().is_success()) {
                    return;
                }
                let ended = self.process.as_mut().and_then(|process| process.try_wait().unwrap());
                assert!(ended.is_none(), "the node ended with {ended:?}:\n{}", self.log());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let started = tokio::time::timeout(PATIENCE, live).await;
        assert!(started.is_ok(), "the node does not start:\n{}", self.log());
    }

    /// Kills it as a power cut of the process would: no signal handler runs.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the node is running");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Holds the process still where it is, as a machine that is suspended would.
    pub fn stun(&self) {
        self.signal("-STOP");
    }

    /// Lets a process that was held still go on.
    pub fn wake(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().expect("the node is running").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Asks it to stop and waits until it has.
    pub async fn terminate(&mut self) {
        self.signal("-TERM");
        let mut process = self.process.take().expect("the node is running");
        let ended = tokio::task::spawn_blocking(move || process.wait().unwrap());
        let status = tokio::time::timeout(PATIENCE, ended).await.expect("the node does not stop").unwrap();
        assert!(status.success(), "{status}:\n{}", self.log());
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("node.log")).unwrap_or_default()
    }

    pub async fn get(&self, path: &str) -> Value {
        let request = self.http.get(self.url(path)).bearer_auth(&self.token);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(self.url(path)).bearer_auth(&self.token).json(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Every item of a list of the session, over all pages: `contributions`, `votes`.
    pub async fn list(&self, id: &str, what: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut path = format!("/api/v1/sessions/{id}/{what}?limit=100");
        loop {
            let page = self.get(&path).await;
            items.extend(page["data"].as_array().unwrap_or_else(|| panic!("{path}: {page}")).iter().cloned());
            let Some(cursor) = page["pagination"]["next_cursor"].as_str() else { return items };
            path = format!("/api/v1/sessions/{id}/{what}?limit=100&cursor={cursor}");
        }
    }

    /// The session's log as the API lists it.
    pub async fn events(&self, id: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.last().map_or(0, |event| event["sequence"].as_i64().unwrap());
            let page = self.get(&format!("/api/v1/sessions/{id}/events?after={after}&limit=1000")).await;
            events.extend(page["data"].as_array().unwrap().iter().cloned());
            if page["pagination"]["has_more"] != true {
                return events;
            }
        }
    }

    /// Creates a session and starts it.
    pub async fn convene(&self, body: &Value) -> String {
        let created = self.post("/api/v1/sessions", body).await;
        let id = created["session"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
        self.post(&format!("/api/v1/sessions/{id}/deliberation/start"), &json!({})).await;
        id
    }

    /// Reads the live stream after a sequence until `enough` says so, the stream ends or breaks.
    pub async fn watch(&self, id: &str, after: i64, mut enough: impl FnMut(&Value) -> bool) -> Vec<Value> {
        let request = self
            .http
            .get(self.url(&format!("/api/v1/sessions/{id}/stream")))
            .header("accept", "text/event-stream")
            .header("last-event-id", after.to_string())
            .bearer_auth(&self.token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut stream = response.bytes_stream().eventsource();
        let mut events = Vec::new();
        let read = async {
            while let Some(Ok(event)) = stream.next().await {
                let body: Value = serde_json::from_str(&event.data).unwrap();
                assert_eq!(event.id, body["sequence"].to_string());
                assert_eq!(body["type"], event.event.as_str());
                let done = enough(&body);
                events.push(body);
                if done {
                    break;
                }
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, read).await;
        assert!(in_time.is_ok(), "the stream stands still after {:?}:\n{}", events.last(), self.log());
        events
    }
}

impl Drop for Node {
    #[expect(clippy::print_stdout, reason = "the log of a failed test belongs to its output")]
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if std::thread::panicking() {
            println!("the node's log:\n{}", self.log());
        }
    }
}

/// Whether nothing comes after the event.
pub fn is_terminal(event: &Value) -> bool {
    matches!(event["type"].as_str(), Some("session.completed" | "session.failed" | "session.cancelled"))
}
