//! What a key may spend and have under way at once, and what becomes of keys that are none.

use futures::StreamExt as _;
use quorate::config::Config;
use quorate_testkit::models::{Act, Rule};
use quorate_testkit::on_both_databases;

use super::*;
use crate::node::Node;

/// A stream that stays open until its reader leaves.
async fn endless(models: &ScriptedModels) {
    let text = json!("word ".repeat(400));
    let act = Act { hang_after_bytes: Some(1_000), content: Some(text), ..Act::default() };
    models.script(&[Rule::always(act)]).await.unwrap();
}

async fn stream(caller: &User<'_>) -> Response {
    ask(caller, CHAT, json!({ "stream": true })).await
}

on_both_databases! {
    /// Also where only the other node was told of the change.
    async fn a_key_spends_no_more_than_its_budget_on_any_node(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        let one = with_model(database, &models).start().await;
        let two = one.beside().without_worker().start().await;
        let ada = one.user("ada@example.com").await;
        let key = Key::of(&ada, json!({ "monthly_budget_microusd": 0 })).await;
        let free = Key::of(&ada, json!({ "name": "Free" })).await;
        for app in [&one, &two] {
            let refused = ask(&key.at(app), CHAT, json!({})).await;
            assert_eq!(refused.status(), 402);
            let body: Value = refused.json().await.unwrap();
            assert_eq!((&body["error"]["type"], &body["error"]["code"]), (&json!("insufficient_quota"), &json!("budget_exceeded")));
            assert!(body["error"]["message"].as_str().unwrap().contains("this API key has $0.00 left"), "{body}");
            let body: Value = ask(&key.at(app), "/v1/messages", json!({})).await.json().await.unwrap();
            assert_eq!(body["error"]["type"], "billing_error", "{body}");
            assert_eq!(ask(&free.at(app), CHAT, json!({})).await.status(), 200, "another key has another budget");
        }
        assert_eq!(models.journal().await.unwrap().len(), 2, "nobody was asked for what is not paid");
        ada.patch(&key.path(), &json!({ "monthly_budget_microusd": 1_000_000 })).await;
        until("the node hears of the higher budget", async || ask(&key.at(&one), CHAT, json!({})).await.status() == 200).await;
        // On SQLite only a node of another process would be beside this one, and look every half a minute.
        if one.composed().store.engine() == quorate_store::Engine::Postgres {
            until("the other does too", async || ask(&key.at(&two), CHAT, json!({})).await.status() == 200).await;
        }
        // An organization's budget for the key holds beside the key's own: the lower counts.
        let budget = json!({ "scope": "key", "subject": key.id, "period": "month", "cap_microusd": 0 });
        assert_eq!(ada.put("/api/v1/budgets", &json!({ "budgets": [budget] })).await.status, 200);
        until("the lower one counts", async || ask(&key.at(&one), CHAT, json!({})).await.status() == 402).await;
        ada.put("/api/v1/budgets", &json!({ "budgets": [] })).await;
        until("the key's own counts again", async || ask(&key.at(&one), CHAT, json!({})).await.status() == 200).await;
    }
}

#[tokio::test]
async fn so_many_streams_at_once_as_the_key_may_have() {
    let models = ScriptedModels::start().await.unwrap();
    let app = with_model(TestDatabase::sqlite().unwrap(), &models).start().await;
    let ada = app.user("ada@example.com").await;
    let key = Key::of(&ada, json!({ "max_concurrency": 3 })).await;
    let other = Key::of(&ada, json!({ "name": "Other" })).await;
    for _ in 0..10 {
        assert_eq!(key.status(&app).await, 200, "one after the other as many as one likes");
    }
    endless(&models).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let answer = stream(&key.at(&app)).await;
        assert_eq!(answer.status(), 200);
        let mut pieces = answer.bytes_stream();
        pieces.next().await.unwrap().unwrap();
        open.push(pieces);
    }
    let refused = stream(&key.at(&app)).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    let body: Value = refused.json().await.unwrap();
    assert_eq!((&body["error"]["type"], &body["error"]["code"]), (&json!("rate_limit_error"), &json!("rate_limited")));
    assert!(body["error"]["message"].as_str().unwrap().contains("3 requests under way"), "{body}");
    let anthropic: Value = ask(&key.at(&app), "/v1/messages", json!({})).await.json().await.unwrap();
    assert_eq!((&anthropic["type"], &anthropic["error"]["type"]), (&json!("error"), &json!("rate_limit_error")));
    assert_eq!(key.status(&app).await, 429, "a stream counts among all requests of the key");
    assert_eq!(models.journal().await.unwrap().len(), 3, "nobody was asked for what was refused");
    assert_eq!(other.status(&app).await, 200, "another key has places of its own");
    // Who leaves gives the place back, streaming or still waiting for an answer.
    drop(open.pop());
    until("the place is free again", async || key.status(&app).await == 200).await;
    models.script(&[Rule::always(Act { hang: true, ..Act::default() })]).await.unwrap();
    let caller = key.at(&app);
    let asking = tokio::time::timeout(Duration::from_millis(500), stream(&caller)).await;
    assert!(asking.is_err(), "nothing is answered");
    until("the place of who gave up is free again", async || key.status(&app).await == 200).await;
    drop(open);
    until("all have left", async || {
        let (one, two, three) = tokio::join!(key.status(&app), key.status(&app), key.status(&app));
        [one, two, three] == [200; 3]
    })
    .await;
}

#[tokio::test]
async fn places_are_counted_over_all_nodes_of_a_redis() {
    let models = ScriptedModels::start().await.unwrap();
    let url = std::env::var("QUORATE_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let prefix = format!("quorate-test-{}", quorate_kernel::Ids::uuid(&quorate_kernel::SystemIds));
    let with_redis = |config: &mut Config| {
        config.redis.url = Some(url.clone());
        config.redis.prefix.clone_from(&prefix);
    };
    let one = with_model(TestDatabase::sqlite().unwrap(), &models).configure(with_redis).start().await;
    let two = one.beside().without_worker().start().await;
    let ada = one.user("ada@example.com").await;
    let key = Key::of(&ada, json!({ "max_concurrency": 2 })).await;
    endless(&models).await;
    let mut open = Vec::new();
    for app in [&one, &two] {
        let answer = stream(&key.at(app)).await;
        assert_eq!(answer.status(), 200);
        open.push(answer);
    }
    for app in [&one, &two] {
        assert_eq!(key.status(app).await, 429);
    }
    drop(open.pop());
    until("the other node's place is free here", async || key.status(&one).await == 200).await;
    drop(open);
}

#[tokio::test]
async fn a_killed_nodes_places_are_free_again_when_its_lease_ends() {
    let (database, models) = (TestDatabase::sqlite().unwrap(), ScriptedModels::start().await.unwrap());
    let url = std::env::var("QUORATE_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let prefix = format!("quorate-test-{}", quorate_kernel::Ids::uuid(&quorate_kernel::SystemIds));
    let redis = vec![("QUORATE__REDIS__URL", url), ("QUORATE__REDIS__PREFIX", prefix)];
    let mut node = Node::start_with(&database, &models, redis).await;
    endless(&models).await;
    let wanted = json!({ "name": "x", "scopes": ["model:use", "model:read"], "max_concurrency": 1 });
    let made = node.post("/api/v1/keys", &wanted).await;
    let token = made["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let body = json!({ "model": "default", "stream": true, "messages": [{ "role": "user", "content": "Hello" }] });
    let asked = node.http.post(node.url(CHAT)).bearer_auth(&token).json(&body).send().await.unwrap();
    assert_eq!(asked.status(), 200);
    let status = async |node: &Node| {
        let reply = node.http.get(node.url("/v1/models")).bearer_auth(&token).send().await.unwrap();
        reply.status().as_u16()
    };
    assert_eq!(status(&node).await, 429);
    node.kill();
    node.launch().await;
    // Redis counts the place until nobody can be in it any more; nothing that was killed gave it back.
    until("the lease ends", async || status(&node).await == 200).await;
    drop(asked);
}

#[tokio::test]
async fn a_web_socket_holds_its_place() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
    let app = TestApp::builder(TestDatabase::sqlite().unwrap()).without_worker().start().await;
    let ada = app.user("ada@example.com").await;
    let session = ada.session(&crate::board::quick()).await;
    let key = Key::of(&ada, json!({ "scopes": ["board_session:read", "model:read"], "max_concurrency": 1 })).await;
    let url = app.url(&format!("/api/v1/sessions/{session}/stream")).replace("http://", "ws://");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", key.token).parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.next().await.unwrap().unwrap();
    assert_eq!(key.status(&app).await, 429);
    drop(socket);
    until("who left is noticed", async || key.status(&app).await == 200).await;
}

#[tokio::test]
async fn an_address_that_tries_keys_is_refused_and_nobody_else_is() {
    let proxied = |config: &mut Config| config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    let app = TestApp::builder(TestDatabase::sqlite().unwrap()).configure(proxied).without_worker().start().await;
    let ada = app.user("ada@example.com").await;
    let (known, quiet) = (Key::of(&ada, json!({})).await, Key::of(&ada, json!({ "name": "Quiet" })).await);
    let get = async |from: &str, path: &str, token: &str| {
        let request = app.http().get(app.url(path)).header("x-forwarded-for", from).bearer_auth(token);
        request.send().await.unwrap()
    };
    let status = async |from: &str, token: &str| get(from, "/v1/models", token).await.status().as_u16();
    let mut wrong = known.token.clone();
    wrong.replace_range(wrong.len() - 1.., if known.token.ends_with('0') { "1" } else { "0" });
    let mut answers = Vec::new();
    for number in 0..35 {
        assert_eq!(status("203.0.113.5", &known.token).await, 200, "a good key beside wrong ones, {number}");
        answers.push(status("203.0.113.5", &wrong).await);
    }
    assert_eq!((&answers[..30], &answers[30..]), (&[401; 30][..], &[429; 5][..]));
    let refused = get("203.0.113.5", "/api/v1/keys", &wrong).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"60".parse().unwrap()));
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["error"]["code"], "RATE_LIMITED");
    assert_eq!(status("203.0.113.5", &quiet.token).await, 429, "no other key is looked up for it");
    assert_eq!(status("203.0.113.6", &quiet.token).await, 200, "another address");
    assert_eq!(status("203.0.113.5", &quiet.token).await, 200, "which proves the key good for all");
    assert_eq!(get("203.0.113.5", "/api/v1/users/me", ada.token.as_ref().unwrap()).await.status(), 200, "people");
}
