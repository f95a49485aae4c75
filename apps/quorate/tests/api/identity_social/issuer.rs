//! An OpenID provider and GitHub in one process of the test, which says whatever the test wants it to say.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What it says, and what it was asked.
#[derive(Default)]
pub struct Said {
    pub metadata: Value,
    pub keys: Value,
    pub tokens: Value,
    pub user_information: Value,
    pub emails: Value,
    pub down: bool,
    /// How often the keys were asked for.
    pub keys_asked: usize,
    /// The last form that came to the token endpoint.
    pub form: Vec<(String, String)>,
    /// The `Authorization` header that came with it.
    pub authorization: Option<String>,
}

#[derive(Clone)]
pub struct Issuer {
    pub url: String,
    said: Arc<Mutex<Said>>,
}

impl Issuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let metadata = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "userinfo_endpoint": format!("{url}/user"),
            "jwks_uri": format!("{url}/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        });
        let said = Said { metadata, keys: json!({"keys": []}), ..Said::default() };
        let issuer = Self { url, said: Arc::new(Mutex::new(said)) };
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(|State(i): State<Self>| async move { i.says(|s| s.metadata.clone()) }),
            )
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/login/oauth/access_token", post(token))
            .route("/user", get(|State(i): State<Self>| async move { i.says(|s| s.user_information.clone()) }))
            .route("/api/v3/user", get(|State(i): State<Self>| async move { i.says(|s| s.user_information.clone()) }))
            .route("/api/v3/user/emails", get(|State(i): State<Self>| async move { i.says(|s| s.emails.clone()) }))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// Changes what it says from now on.
    pub fn says_now(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.said.lock().unwrap());
    }

    pub fn asked<T>(&self, read: impl FnOnce(&Said) -> T) -> T {
        read(&self.said.lock().unwrap())
    }

    /// What the last form said under a name.
    pub fn form(&self, name: &str) -> Option<String> {
        self.asked(|said| said.form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
    }

    fn says(&self, read: impl FnOnce(&Said) -> Value) -> Response {
        let said = self.said.lock().unwrap();
        if said.down { StatusCode::BAD_GATEWAY.into_response() } else { Json(read(&said)).into_response() }
    }
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    issuer.says_now(|said| said.keys_asked += 1);
    issuer.says(|said| said.keys.clone())
}

async fn token(State(issuer): State<Issuer>, headers: HeaderMap, body: Bytes) -> Response {
    issuer.says_now(|said| {
        let url = reqwest::Url::parse(&format!("http://form.test/?{}", String::from_utf8_lossy(&body))).unwrap();
        said.form = url.query_pairs().into_owned().collect();
        said.authorization =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    });
    issuer.says(|said| said.tokens.clone())
}
