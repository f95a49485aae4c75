//! Providers and routes that operators add at run time (GTW-3, GTW-10), as operators and as attackers use them.

mod attacks;
mod nodes;
mod rules;

use std::sync::{Arc, Mutex};

use quorate_testkit::TestDatabase;
use quorate_testkit::models::ScriptedModels;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::{TestApp, User};

const PROVIDERS: &str = "/api/v1/admin/providers";
const ROUTES: &str = "/api/v1/admin/routes";
const KEY: &str = "sk-given-at-run-time-wxyz";

/// A server without configured models where the scripted ones of this machine may be added.
async fn start(database: TestDatabase) -> TestApp {
    TestApp::builder(database)
        .configure(|config| {
            config.outbound.allow_hosts = vec!["127.0.0.1".to_owned()];
            config.models.retries.base = 0.01;
        })
        .without_worker()
        .start()
        .await
}

async fn operator(app: &TestApp) -> User<'_> {
    let token = app.identity().first_operator_link().await.unwrap().unwrap();
    let body = json!({ "token": token, "email": "root@example.com", "password": "seven green umbrellas" });
    let reply = app.anonymous().post("/api/v1/auth/first-operator", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    User { app, token: Some(reply.body["access_token"].as_str().unwrap().to_owned()) }
}

/// What adds the scripted models under this name.
fn provider(name: &str, models: &ScriptedModels) -> Value {
    json!({ "name": name, "kind": "openai-compatible", "base_url": models.provider_url(), "api_key": KEY })
}

fn route(name: &str, targets: &[&str]) -> Value {
    let targets: Vec<Value> = targets.iter().map(|target| json!({ "target": target })).collect();
    json!({ "name": name, "targets": targets })
}

async fn made(user: &User<'_>, path: &str, body: &Value) -> Value {
    let reply = user.post(path, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply.body
}

async fn ask(user: &User<'_>, model: &str) -> reqwest::Response {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
    let request = user.app.http().post(user.app.url("/v1/chat/completions")).bearer_auth(user.token.as_ref().unwrap());
    request.json(&body).send().await.unwrap()
}

/// A server that answers every request with the same bytes, and what the heads of the requests were.
async fn raw_server(answer: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let (mut head, mut piece) = (Vec::new(), [0; 4_096]);
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match connection.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => head.extend_from_slice(&piece[..read]),
                }
            }
            seen.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    (format!("http://{address}/v1"), heads)
}

fn http_answer(status: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n{body}",
        body.len()
    )
}

/// Runs a statement that no endpoint would.
async fn tamper(app: &TestApp, statement: &'static str) {
    let mut tx = app.composed().store.system("a test does what an attacker would").await.unwrap();
    assert_eq!(tx.sql(statement).execute().await.unwrap(), 1, "{statement}");
    tx.sql("UPDATE gateway_versions SET version = version + 1 WHERE name = 'models'").execute().await.unwrap();
    tx.commit().await.unwrap();
}
