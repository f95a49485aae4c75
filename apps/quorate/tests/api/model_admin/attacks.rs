//! Somebody who has an operator's session, or wants one, and after keys and the inner network.

use quorate_testkit::TestDatabase;
use quorate_testkit::models::ScriptedModels;
use serde_json::json;

use super::{KEY, PROVIDERS, ROUTES, ask, http_answer, made, operator, provider, raw_server, route, start};
use crate::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_never_sent_to_another_address_than_it_was_entered_for() {
    let models = ScriptedModels::start().await.unwrap();
    let app = start(TestDatabase::sqlite().unwrap()).await;
    let root = operator(&app).await;
    let mut body = provider("mine", &models);
    body["headers"] = json!({ "X-Secret": "second-secret" });
    made(&root, PROVIDERS, &body).await;
    let (evil, heads) = raw_server(http_answer("200 OK", "", r#"{"data":[]}"#)).await;
    let one = format!("{PROVIDERS}/mine");
    // Neither elsewhere nor to another path, port or scheme of the same host.
    let port = models.base_url().rsplit(':').next().unwrap();
    for address in [evil.clone(), format!("http://127.0.0.1:{port}/other"), "https://api.openai.com/v1".to_owned()] {
        let reply = root.patch(&one, &json!({ "base_url": address })).await;
        assert_eq!((reply.status.as_u16(), reply.fields()), (422, vec!["api_key"]), "{}", reply.body);
        let reply = root.patch(&one, &json!({ "base_url": address, "api_key": "another-key-1234" })).await;
        assert_eq!((reply.status.as_u16(), reply.fields()), (422, vec!["headers"]), "{}", reply.body);
    }
    // The same address written otherwise is the same.
    let same = root.patch(&one, &json!({ "base_url": format!("{}/", models.provider_url()) })).await;
    assert_eq!((same.status.as_u16(), &same.body["provider"]["has_key"]), (200, &json!(true)), "{}", same.body);
    assert_eq!(ask(&root, "mine/mind").await.status(), 200);
    // Without secrets it may move, and takes none along.
    let moved = root.patch(&one, &json!({ "base_url": evil, "api_key": null, "headers": {} })).await;
    assert_eq!((moved.status.as_u16(), &moved.body["provider"]["has_key"]), (200, &json!(false)), "{}", moved.body);
    assert_eq!(root.post(&format!("{one}/test"), &json!({})).await.body["reached"], json!(true));
    let heads = heads.lock().unwrap().concat();
    assert!(!heads.is_empty() && !heads.contains(KEY) && !heads.contains("second-secret"), "{heads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inner_network_and_the_clouds_metadata_are_out_of_reach() {
    let models = ScriptedModels::start().await.unwrap();
    // Nothing is opened here, so not even this machine.
    let app = TestApp::builder(TestDatabase::sqlite().unwrap()).without_worker().start().await;
    let root = operator(&app).await;
    for address in [
        models.provider_url().as_str(),
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/v1",
        "https://[::ffff:169.254.169.254]/v1",
        "https://2852039166/v1",
        "https://0x7f.1/v1",
        "https://[::1]/v1",
        "https://10.0.0.1/v1",
        "http://api.openai.com/v1",
        "https://user:password@api.openai.com/v1",
        "https://api.openai.com/v1?to=elsewhere",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ] {
        let body = json!({ "name": "evil", "kind": "openai-compatible", "base_url": address, "api_key": KEY });
        let reply = root.post(PROVIDERS, &body).await;
        assert_eq!((reply.status.as_u16(), reply.fields()), (422, vec!["base_url"]), "{address}: {}", reply.body);
        assert!(!reply.body.to_string().contains("password@"), "{}", reply.body);
    }
    // A name that leads inside is found out when it is connected to: `localhost` is one that every machine has.
    let port = models.base_url().rsplit(':').next().unwrap();
    let body = json!({ "name": "evil", "kind": "openai-compatible", "base_url": format!("https://localhost:{port}/v1"), "api_key": KEY });
    made(&root, PROVIDERS, &body).await;
    let tested = root.post(&format!("{PROVIDERS}/evil/test"), &json!({})).await.body;
    assert_eq!((&tested["reached"], &tested["reason"]), (&json!(false), &json!("unavailable")), "{tested}");
    assert!(tested["message"].as_str().unwrap().contains("no address that may be reached"), "{tested}");
    assert!(!ask(&root, "evil/mind").await.status().is_success());
    assert!(models.journal().await.unwrap().is_empty(), "nobody was there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let app = start(TestDatabase::sqlite().unwrap()).await;
    let root = operator(&app).await;
    let (trap, caught) = raw_server(http_answer("200 OK", "", r#"{"data":[]}"#)).await;
    let (url, heads) =
        raw_server(http_answer("307 Temporary Redirect", &format!("location: {trap}/models\r\n"), "")).await;
    let body = json!({ "name": "evil", "kind": "openai-compatible", "base_url": url, "api_key": KEY });
    made(&root, PROVIDERS, &body).await;
    let tested = root.post(&format!("{PROVIDERS}/evil/test"), &json!({})).await.body;
    assert_eq!((&tested["reached"], &tested["reason"]), (&json!(false), &json!("garbled")), "{tested}");
    assert!(!ask(&root, "evil/mind").await.status().is_success());
    assert!(heads.lock().unwrap().len() >= 2);
    assert!(caught.lock().unwrap().is_empty(), "nothing went to where it led");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_cannot_break_out_or_take_the_place_of_ours() {
    let app = start(TestDatabase::sqlite().unwrap()).await;
    let root = operator(&app).await;
    let (url, heads) = raw_server(http_answer("200 OK", "", r#"{"data":[]}"#)).await;
    let with = |headers: serde_json::Value| json!({ "name": "mine", "kind": "openai-compatible", "base_url": url, "api_key": KEY, "headers": headers });
    for headers in [
        json!({ "x-a": "1\r\nx-b: 2" }),
        json!({ "x-a\r\nx-b": "1" }),
        json!({ "x-a: 1": "1" }),
        json!({ "Host": "elsewhere" }),
        json!({ "Authorization": "Bearer stolen" }),
        json!({ "Content-Length": "0" }),
        json!({ "Transfer-Encoding": "chunked" }),
        json!({ "X-Forwarded-For": "127.0.0.1" }),
        json!({ "x-a": "" }),
    ] {
        let reply = root.post(PROVIDERS, &with(headers)).await;
        assert_eq!((reply.status.as_u16(), reply.fields()), (422, vec!["headers"]), "{}", reply.body);
    }
    let added = made(&root, PROVIDERS, &with(json!({ "X-Title": "ours-and-secret" }))).await;
    assert_eq!(added["provider"]["headers"], json!(["x-title"]));
    assert!(!added.to_string().contains("ours-and-secret"));
    root.post(&format!("{PROVIDERS}/mine/test"), &json!({})).await;
    ask(&root, "mine/mind").await;
    let heads = heads.lock().unwrap().clone();
    assert!(heads.len() >= 2 && heads.iter().all(|head| head.contains("x-title: ours-and-secret")), "{heads:?}");
    assert!(heads.iter().all(|head| head.contains(&format!("authorization: Bearer {KEY}"))), "{heads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_or_does_any_of_it() {
    let models = ScriptedModels::start().await.unwrap();
    let app = start(TestDatabase::sqlite().unwrap()).await;
    let (root, eve) = (operator(&app).await, app.user("eve@example.com").await);
    made(&root, PROVIDERS, &provider("mine", &models)).await;
    made(&root, ROUTES, &route("fast", &["mine/mind"])).await;
    let own = |path: &str, name: &str| format!("{path}/{name}");
    for (path, name) in [(PROVIDERS, "mine"), (ROUTES, "fast")] {
        assert_eq!(eve.get(path).await.code(), "FORBIDDEN");
        assert_eq!(eve.get(&own(path, name)).await.code(), "FORBIDDEN");
        assert_eq!(eve.post(path, &provider("evil", &models)).await.code(), "FORBIDDEN");
        assert_eq!(eve.patch(&own(path, name), &json!({})).await.code(), "FORBIDDEN");
        assert_eq!(eve.delete(&own(path, name)).await.code(), "FORBIDDEN");
    }
    assert_eq!(eve.post(&format!("{PROVIDERS}/mine/test"), &json!({})).await.code(), "FORBIDDEN");
    // The server's environment is none of an operator's business: there is no such field.
    let mut body = provider("evil", &models);
    body["api_key_env"] = json!("QUORATE__DATABASE__URL");
    assert_eq!(root.post(PROVIDERS, &body).await.fields(), ["api_key_env"]);
    assert_eq!(root.get(PROVIDERS).await.body["data"].as_array().unwrap().len(), 2);
}
