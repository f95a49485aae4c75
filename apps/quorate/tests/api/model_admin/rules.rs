//! What is beside the configuration, what is acceptable, and what operators are told.

use quorate_models::{ModelsConfig, ProviderKind, RouteConfig};
use quorate_testkit::models::{Act, Rule, ScriptedModels};
use quorate_testkit::{TestDatabase, on_both_databases};
use serde_json::{Value, json};

use super::{KEY, PROVIDERS, ROUTES, ask, made, operator, provider, route, start};
use crate::TestApp;

on_both_databases! {
    async fn an_added_default_takes_the_place_of_the_built_in_one(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        let app = start(database).await;
        let (root, ada) = (operator(&app).await, app.user("ada@example.com").await);
        let source = async || {
            let list = root.get(ROUTES).await.body["data"].clone();
            let of = |one: &Value| format!("{} {} {}", one["name"], one["source"], one["overruled"]);
            list.as_array().unwrap().iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(source().await, [r#""default" "built_in" false"#]);
        made(&root, PROVIDERS, &provider("mine", &models)).await;
        let answered = async || {
            let answer = ask(&ada, "default").await;
            assert_eq!(answer.status(), 200);
            answer.headers()["x-quorate-model"].to_str().unwrap().to_owned()
        };
        assert_eq!(answered().await, "offline/demo", "a provider alone changes nothing");
        made(&root, ROUTES, &route("default", &["mine/mind"])).await;
        assert_eq!(answered().await, "mine/mind");
        assert_eq!(source().await, [r#""default" "built_in" true"#, r#""default" "added" false"#]);
        let change = json!({ "targets": [{ "target": "offline/demo", "weight": 2.5 }], "strategy": "weighted", "hedge_after": 3.5 });
        let changed = root.patch(&format!("{ROUTES}/default"), &change).await;
        assert_eq!(changed.body["route"]["targets"], json!([{ "target": "offline/demo", "weight": 2.5 }]), "{}", changed.body);
        assert_eq!((&changed.body["route"]["hedge_after"], &changed.body["route"]["strategy"]), (&json!(3.5), &json!("weighted")));
        assert_eq!(answered().await, "offline/demo");
        let back = root.patch(&format!("{ROUTES}/default"), &json!({ "hedge_after": null })).await;
        assert_eq!((&back.body["route"]["hedge_after"], &back.body["route"]["strategy"]), (&json!(null), &json!("weighted")));
        assert_eq!(root.delete(&format!("{ROUTES}/default")).await.status, 204);
        assert_eq!(answered().await, "offline/demo");
        assert_eq!(source().await, [r#""default" "built_in" false"#]);
    }
}

/// GTW-12 and GTW-14 for routes that operators add: what they say is in force at the next request, and can be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn an_added_route_keeps_answers_and_hides_what_is_personal() {
    let models = ScriptedModels::start().await.unwrap();
    models.script(&[Rule::always(Act { content: Some(json!("Kept")), ..Act::default() })]).await.unwrap();
    let app = start(TestDatabase::sqlite().unwrap()).await;
    let (root, ada) = (operator(&app).await, app.user("ada@example.com").await);
    made(&root, PROVIDERS, &provider("mine", &models)).await;
    let mut wanted = route("careful", &["mine/mind"]);
    wanted["cache"] = json!({ "ttl_seconds": 60 });
    wanted["guard"] = json!({ "mask": ["email"], "block": ["Project Falcon"] });
    let terms = made(&root, ROUTES, &wanted).await["route"].clone();
    assert_eq!(terms["cache"], json!({ "ttl_seconds": 60, "shared": false }));
    assert_eq!(terms["guard"], json!({ "mask": ["email"], "block": ["Project Falcon"], "moderation": null }));
    let say = async |text: &str| {
        let body = json!({ "model": "careful", "messages": [{ "role": "user", "content": text }] });
        let request = app.http().post(app.url("/v1/chat/completions")).bearer_auth(ada.token.as_ref().unwrap());
        request.json(&body).send().await.unwrap()
    };
    assert_eq!(say("I am ada@example.org").await.headers()["x-quorate-cache"], "miss");
    let seen = models.journal().await.unwrap();
    assert_eq!(seen.last().unwrap().body["messages"][0]["content"], "I am [email]");
    let mut kept = false;
    for _ in 0..200 {
        kept = say("I am ada@example.org").await.headers()["x-quorate-cache"] == "hit";
        if kept {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert!(kept, "an equal request is answered with what was kept");
    assert_eq!(say("What of project falcon?").await.status(), 400);
    let bare = root.patch(&format!("{ROUTES}/careful"), &json!({ "cache": null, "guard": {} })).await;
    assert_eq!((&bare.body["route"]["cache"], &bare.body["route"]["guard"]["block"]), (&json!(null), &json!([])));
    assert_eq!(say("What of project falcon?").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_shown_and_not_edited() {
    let models = ScriptedModels::start().await.unwrap();
    let config = ModelsConfig {
        providers: vec![models.provider("file", ProviderKind::OpenAiCompatible).with_key("sk-of-the-file-abcd")],
        routes: vec![RouteConfig::new("default", ["file/mind"])],
        ..ModelsConfig::default()
    };
    let app = TestApp::builder(TestDatabase::sqlite().unwrap())
        .models(config)
        .configure(|config| config.outbound.allow_hosts = vec!["127.0.0.1".to_owned()])
        .without_worker()
        .start()
        .await;
    let root = operator(&app).await;
    let list = root.get(PROVIDERS).await.body;
    let file = &list["data"][0];
    assert_eq!(
        (&file["name"], &file["source"], &file["key_last_four"]),
        (&json!("file"), &json!("configured"), &json!("abcd"))
    );
    assert_eq!(file["routes"], json!(["default"]));
    assert!(!list.to_string().contains("sk-of-the-file"));
    for (path, add) in [(PROVIDERS, provider("file", &models)), (ROUTES, route("default", &["file/mind"]))] {
        assert_eq!(root.post(path, &add).await.code(), "CONFLICT");
        let one = format!("{path}/{}", add["name"].as_str().unwrap());
        assert_eq!(root.get(&one).await.status, 200);
        let changed = root.patch(&one, &json!({})).await;
        assert_eq!((changed.code(), root.delete(&one).await.code()), ("CONFLICT", "CONFLICT"), "{}", changed.body);
    }
    let tested = root.post(&format!("{PROVIDERS}/file/test"), &json!({})).await;
    assert_eq!((tested.status.as_u16(), &tested.body["reached"]), (200, &json!(true)), "{}", tested.body);
    for path in [PROVIDERS, ROUTES] {
        let missing = format!("{path}/nothing");
        assert_eq!(root.get(&missing).await.status, 404);
        assert_eq!(root.patch(&missing, &json!({})).await.status, 404);
        assert_eq!(root.delete(&missing).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_not_work_is_refused_at_its_field() {
    let models = ScriptedModels::start().await.unwrap();
    let app = start(TestDatabase::sqlite().unwrap()).await;
    let root = operator(&app).await;
    let with = |field: &str, value: Value| {
        let mut body = provider("mine", &models);
        body[field] = value;
        body
    };
    let price = |input: f64| json!([{ "model": "mind", "input": input, "output": 1 }]);
    for (body, field) in [
        (with("name", json!("")), "name"),
        (with("name", json!("a/b")), "name"),
        (with("name", json!("..")), "name"),
        (with("name", json!("x".repeat(65))), "name"),
        (with("kind", json!("offline")), "kind"),
        (with("kind", json!("telepathy")), "kind"),
        (with("base_url", json!("ftp://127.0.0.1/v1")), "base_url"),
        (with("base_url", json!(null)), "base_url"),
        (with("api_key", json!("with space")), "api_key"),
        (with("prices", price(-1.0)), "prices"),
        (json!({ "name": "claude", "kind": "anthropic" }), "api_key"),
    ] {
        let reply = root.post(PROVIDERS, &body).await;
        assert_eq!((reply.status.as_u16(), reply.fields()), (422, vec![field]), "{body}: {}", reply.body);
    }
    made(&root, PROVIDERS, &with("prices", price(0.5))).await;
    assert_eq!(root.get(&format!("{PROVIDERS}/mine")).await.body["provider"]["prices"][0]["input"], json!(0.5));
    assert_eq!(root.post(PROVIDERS, &provider("mine", &models)).await.code(), "CONFLICT");
    let limit =
        |seconds: f64| json!({ "name": "r", "targets": [{ "target": "mine/mind" }], "timeouts": { "total": seconds } });
    for (body, field) in [
        (route("board", &["mine/mind"]), "name"),
        (route("a/b", &["mine/mind"]), "name"),
        (route("r", &[]), "targets"),
        (route("r", &["mind"]), "targets"),
        (route("r", &["other/mind"]), "targets"),
        (limit(-1.0), "timeouts.total"),
        (json!({ "name": "r", "targets": [{ "target": "mine/mind", "weight": -1 }] }), "targets"),
        (json!({ "name": "r", "targets": [{ "target": "mine/mind" }], "strategy": "best" }), "strategy"),
        (json!({ "name": "r", "targets": [{ "target": "mine/mind" }], "hedge_after": 0 }), "hedge_after"),
        (json!({ "name": "r", "targets": [{ "target": "mine/mind" }], "deadline": 0 }), "deadline"),
        (
            json!({ "name": "r", "targets": [{ "target": "mine/mind" }], "cache": { "ttl_seconds": 0 } }),
            "cache.ttl_seconds",
        ),
        (json!({ "name": "r", "targets": [{ "target": "mine/mind" }], "guard": { "mask": ["soul"] } }), "guard.mask"),
        (
            json!({ "name": "r", "targets": [{ "target": "mine/mind" }], "guard": { "moderation": "x" } }),
            "guard.moderation",
        ),
    ] {
        let reply = root.post(ROUTES, &body).await;
        assert_eq!((reply.status.as_u16(), reply.fields()), (422, vec![field]), "{body}: {}", reply.body);
    }
    assert_eq!(root.get(ROUTES).await.body["data"].as_array().unwrap().len(), 1, "nothing was added");
    made(&root, ROUTES, &route("r", &["mine/mind"])).await;
    assert_eq!(root.patch(&format!("{PROVIDERS}/mine"), &json!({ "enabled": false })).await.code(), "CONFLICT");
    assert_eq!(root.delete(&format!("{ROUTES}/r")).await.status, 204);
    let off = root.patch(&format!("{PROVIDERS}/mine"), &json!({ "enabled": false })).await;
    assert_eq!((off.status.as_u16(), &off.body["provider"]["enabled"]), (200, &json!(false)));
    assert_eq!(ask(&root, "mine/mind").await.status(), 404);
    assert_eq!(root.post(ROUTES, &route("r", &["mine/mind"])).await.fields(), ["targets"], "it is switched off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_tried_out_and_says_why_not() {
    let models = ScriptedModels::start().await.unwrap();
    let app = start(TestDatabase::sqlite().unwrap()).await;
    let root = operator(&app).await;
    made(&root, PROVIDERS, &provider("mine", &models)).await;
    let test = format!("{PROVIDERS}/mine/test");
    let well = root.post(&test, &json!({})).await.body;
    assert_eq!((&well["reached"], &well["reason"]), (&json!(true), &json!(null)), "{well}");
    assert!(well["models"].as_u64().is_some() && well["latency_ms"].is_u64(), "{well}");
    // A server that knows no such key repeats it in its answer.
    let said = format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}"}}}}"#);
    let (url, _) = super::raw_server(super::http_answer("401 Unauthorized", "", &said)).await;
    let mut body = provider("wrong", &models);
    body["base_url"] = json!(url);
    made(&root, PROVIDERS, &body).await;
    let refused = root.post(&format!("{PROVIDERS}/wrong/test"), &json!({})).await.body;
    assert_eq!((&refused["reached"], &refused["reason"]), (&json!(false), &json!("unauthorized")), "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("***") && !refused.to_string().contains(KEY), "{refused}");
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let moved = json!({ "base_url": format!("http://{closed}/v1"), "api_key": KEY });
    assert_eq!(root.patch(&format!("{PROVIDERS}/mine"), &moved).await.status, 200);
    let gone = root.post(&test, &json!({})).await.body;
    assert_eq!((&gone["reached"], &gone["reason"]), (&json!(false), &json!("unavailable")), "{gone}");
    let audit = root.get("/api/v1/operators/audit?action=gateway.provider_tested").await.body;
    assert_eq!(audit["data"].as_array().unwrap().len(), 3, "{audit}");
    models.script(&[Rule::always(Act::default())]).await.unwrap();
}
