//! API keys over HTTP (PLT-1): their whole life, what they may do and what they may not, on one node and on two.

mod limits;
mod rights;

use std::time::Duration;

use quorate_billing::{AssignedBy, Assignment};
use quorate_kernel::{Clock as _, Entitlements as _, Feature, Limit, OrgId, SystemClock};
use quorate_models::{ModelsConfig, PriceConfig, ProviderKind, RouteConfig};
use quorate_testkit::models::ScriptedModels;
use quorate_testkit::{TestDatabase, on_both_databases};
use reqwest::Response;
use serde_json::{Value, json};

use crate::app::{Builder, PATIENCE};
use crate::{TestApp, User};

pub(crate) const CHAT: &str = "/v1/chat/completions";

/// A key as a program has it.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Key {
    /// A new key of the user's that may use and read models, with these fields laid over.
    pub(crate) async fn of(user: &User<'_>, more: Value) -> Self {
        let mut body = json!({ "name": "Nightly", "scopes": ["model:use", "model:read"] });
        let Value::Object(more) = more else { panic!("not an object: {more}") };
        body.as_object_mut().unwrap().extend(more);
        let made = user.post("/api/v1/keys", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { id: text(&made.body["key"]["id"]), token: text(&made.body["token"]) }
    }

    /// Whoever has the key, as a caller of this node.
    pub(crate) fn at<'a>(&self, app: &'a TestApp) -> User<'a> {
        User { app, token: Some(self.token.clone()) }
    }

    /// What a node says to the key.
    async fn status(&self, app: &TestApp) -> u16 {
        self.at(app).get("/v1/models").await.status.as_u16()
    }

    fn path(&self) -> String {
        format!("/api/v1/keys/{}", self.id)
    }
}

/// Waits for what must come, however busy the machine is.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("it never comes to this: {what}"));
}

/// A server whose one model is the scripted one, at a dollar for a million tokens either way.
pub(crate) fn with_model(database: TestDatabase, models: &ScriptedModels) -> Builder {
    let model = "open/mind".to_owned();
    let mut config = ModelsConfig {
        providers: vec![models.provider("open", ProviderKind::OpenAiCompatible)],
        routes: vec![RouteConfig::new("default", ["open/mind"])],
        ..ModelsConfig::default()
    };
    config.prices.push(PriceConfig { model, input: 1.0, output: 1.0, cached_read: None, cache_write: None });
    config.retries.attempts = 1;
    TestApp::builder(database).models(config).without_worker()
}

/// Gives the user's organization a plan without limits, and waits until it counts.
pub(crate) async fn unlimited(user: &User<'_>) {
    let org: OrgId = user.get("/api/v1/users/me").await.body["organization"]["id"].as_str().unwrap().parse().unwrap();
    let assignment = Assignment::of_own_server(AssignedBy::Server);
    user.app.composed().billing.assign(org, &assignment).await.unwrap();
    until("the plan counts", async || {
        let plan = user.app.composed().billing.limit(org, Feature::ApiRequests).await.unwrap();
        plan == Limit::Unlimited
    })
    .await;
}

/// Asks the model with the caller's token.
pub(crate) async fn ask(caller: &User<'_>, path: &str, more: Value) -> Response {
    let mut body =
        json!({ "model": "default", "max_tokens": 100, "messages": [{ "role": "user", "content": "Hello" }] });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    body.as_object_mut().unwrap().extend(more);
    let request = caller.app.http().post(caller.app.url(path)).bearer_auth(caller.token.as_ref().unwrap());
    request.json(&body).send().await.unwrap()
}

/// The keys that the user sees, each by its name and how it stands.
async fn listed(user: &User<'_>) -> Vec<(String, String)> {
    let page = user.get("/api/v1/keys").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    page.body["data"].as_array().unwrap().iter().map(|key| (text(&key["name"]), text(&key["status"]))).collect()
}

on_both_databases! {
    async fn the_whole_life_of_a_key_on_two_nodes(database: TestDatabase) {
        let one = TestApp::builder(database).without_worker().start().await;
        let two = one.beside().without_worker().start().await;
        let ada = one.user("ada@example.com").await;
        let made = ada
            .post("/api/v1/keys", &json!({ "name": " Nightly ", "environment": "test", "scopes": ["model:read"], "max_concurrency": 5 }))
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        let (view, token) = (&made.body["key"], made.body["token"].as_str().unwrap());
        let key = Key { id: view["id"].as_str().unwrap().to_owned(), token: token.to_owned() };
        assert!(token.starts_with(view["prefix"].as_str().unwrap()) && token.ends_with(view["last_four"].as_str().unwrap()));
        assert_eq!(token.split('_').collect::<Vec<_>>()[..2], ["qk", "test"]);
        assert_eq!((&view["name"], &view["status"], &view["scopes"]), (&json!("Nightly"), &json!("active"), &json!(["model:read"])));

        // Shown once: nothing that can be read holds the secret, and nothing that is stored does.
        let secret = token.rsplit('_').next().unwrap();
        for path in ["/api/v1/keys", &key.path()] {
            let shown = ada.get(path).await;
            assert!(shown.status == 200 && !shown.body.to_string().contains(secret), "{path}: {}", shown.body);
        }
        let mut tx = one.composed().store.system_read("a test looks for the secret").await.unwrap();
        let (hash, audit): (String, i64) = tx
            .sql("SELECT hash, (SELECT COUNT(*) FROM audit_entries WHERE action = 'gateway.key_created') FROM gateway_keys")
            .one()
            .await
            .unwrap();
        drop(tx);
        assert!(!token.contains(&hash) && hash.len() == 64 && audit == 1, "{hash} {audit}");

        assert_eq!((key.status(&one).await, key.status(&two).await), (200, 200));
        let by_header = one.http().get(one.url("/v1/models")).header("x-api-key", token).send().await.unwrap();
        assert_eq!(by_header.status(), 200);

        let renamed = ada.patch(&key.path(), &json!({ "name": "Weekly", "requests_per_minute": 500, "max_concurrency": null })).await;
        let seen = &renamed.body["key"];
        assert_eq!(
            (renamed.status.as_u16(), &seen["name"], &seen["requests_per_minute"], &seen["max_concurrency"], &seen["scopes"]),
            (200, &json!("Weekly"), &json!(500), &json!(null), &json!(["model:read"])),
            "what is left out stays: {}", renamed.body
        );
        for wrong in [json!({ "name": "" }), json!({ "requests_per_minute": 0 }), json!({ "owner": "eve" }), json!({ "scopes": ["fly"] })] {
            let refused = ada.patch(&key.path(), &wrong).await;
            assert!(matches!(refused.status.as_u16(), 400 | 422), "{wrong}: {}", refused.body);
        }

        // Through the grace both tokens live; a rotation without grace ends both.
        let rotated = ada.post(&format!("{}/rotate", key.path()), &json!({ "grace_hours": 24 })).await;
        assert_eq!(rotated.status, 200, "{}", rotated.body);
        let next = Key { id: key.id.clone(), token: rotated.body["token"].as_str().unwrap().to_owned() };
        assert!(rotated.body["key"]["previous_until"].is_string() && next.token != key.token);
        for app in [&one, &two] {
            until("both tokens of a rotated key are taken", async || (key.status(app).await, next.status(app).await) == (200, 200)).await;
        }
        for hours in [1, 25] {
            let refused = ada.post(&format!("{}/rotate", key.path()), &json!({ "grace_hours": hours })).await;
            assert!(matches!(refused.status.as_u16(), 409 | 422), "{hours}: {}", refused.body);
        }
        let rotated = ada.post(&format!("{}/rotate", key.path()), &json!({ "grace_hours": 0 })).await;
        let last = Key { id: key.id.clone(), token: rotated.body["token"].as_str().unwrap().to_owned() };
        for app in [&one, &two] {
            until("the tokens before are refused", async || {
                (key.status(app).await, next.status(app).await, last.status(app).await) == (401, 401, 200)
            })
            .await;
        }

        assert_eq!(ada.delete(&key.path()).await.status, 204);
        assert_eq!(last.status(&one).await, 401, "at once where it was revoked");
        until("the other node refuses it", async || last.status(&two).await == 401).await;
        assert_eq!(ada.delete(&key.path()).await.status, 204, "again changes nothing");
        assert_eq!(listed(&ada).await, [("Weekly".to_owned(), "revoked".to_owned())], "usage still names it");
        assert_eq!(ada.patch(&key.path(), &json!({ "name": "Back" })).await.status, 409);
        assert_eq!(ada.post(&format!("{}/rotate", key.path()), &json!({ "grace_hours": 0 })).await.status, 409);
    }

    async fn a_key_ends_when_it_was_said_to(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let past = ada.post("/api/v1/keys", &json!({ "name": "x", "scopes": [], "expires_at": "2020-01-01T00:00:00Z" })).await;
        assert_eq!((past.status.as_u16(), past.fields()), (422, vec!["expires_at"]));
        let key = Key::of(&ada, json!({ "expires_at": SystemClock.now() + chrono::TimeDelta::hours(1) })).await;
        let rotated = ada.post(&format!("{}/rotate", key.path()), &json!({ "grace_hours": 24 })).await;
        assert_eq!(rotated.status, 200, "{}", rotated.body);
        assert_eq!(rotated.body["key"]["expires_at"], rotated.body["key"]["previous_until"], "no grace goes beyond the end");
        let next = Key { id: key.id.clone(), token: rotated.body["token"].as_str().unwrap().to_owned() };
        let mut end = SystemClock.now();
        until("the end is set before it comes", async || {
            end = SystemClock.now() + chrono::TimeDelta::seconds(2);
            ada.patch(&key.path(), &json!({ "expires_at": end })).await.status == 200
        })
        .await;
        until("its end comes", async || next.status(&app).await == 401).await;
        assert!(SystemClock.now() >= end, "and not before");
        assert_eq!(key.status(&app).await, 401, "nor does the token before live on");
        assert_eq!(listed(&ada).await, [("Nightly".to_owned(), "expired".to_owned())]);
    }

    async fn keys_are_listed_page_by_page(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        for number in 0..5 {
            Key::of(&ada, json!({ "name": format!("{number}") })).await;
        }
        let (mut names, mut path) = (Vec::new(), "/api/v1/keys?limit=2".to_owned());
        loop {
            let page = ada.get(&path).await.body;
            names.extend(page["data"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["pagination"]["next_cursor"].as_str() else { break };
            path = format!("/api/v1/keys?limit=2&cursor={cursor}");
        }
        assert_eq!(names, ["4", "3", "2", "1", "0"]);
        assert_eq!(ada.get("/api/v1/keys?cursor=nonsense").await.status, 422);
    }
}
