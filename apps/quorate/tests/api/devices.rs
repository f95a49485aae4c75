//! Devices, concurrent log-ins, anomalies (IDN-10 to IDN-12).

use futures::future::join_all;
use quorate_testkit::{TestDatabase, on_both_databases};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Reply, TestApp, User};

const PASSWORD: &str = "seven green umbrellas";

/// A fingerprint of a test's own.
fn device(name: &str) -> String {
    format!("fingerprint-of-{name}")
}

/// Sends a request that may say which device it comes from, and from where.
async fn send(user: &User<'_>, method: Method, path: &str, from: &[(&str, &str)], body: Option<Value>) -> Reply {
    let mut request = user.app.http().request(method, user.app.url(path));
    if let Some(token) = &user.token {
        request = request.bearer_auth(token);
    }
    for (name, value) in from {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    Reply { status, body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default() }
}

async fn on<'a>(user: &User<'a>, name: &str, path: &str) -> Reply {
    send(user, Method::GET, path, &[("x-device-fingerprint", &device(name))], None).await
}

/// Logs in, from a device if one is named, and from an address if a proxy says one.
async fn log_in<'a>(app: &'a TestApp, email: &str, headers: &[(&str, &str)]) -> Result<User<'a>, Reply> {
    let body = json!({ "email": email, "password": PASSWORD });
    let reply = send(&app.anonymous(), Method::POST, "/api/v1/auth/login", headers, Some(body)).await;
    match reply.body["access_token"].as_str() {
        Some(token) => Ok(User { app, token: Some(token.to_owned()) }),
        None => Err(reply),
    }
}

async fn behind_a_proxy(database: TestDatabase) -> TestApp {
    let proxied = |config: &mut quorate::config::Config| config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    TestApp::builder(database).configure(proxied).start().await
}

on_both_databases! {
    async fn a_device_is_bound_at_first_sight_within_the_plan(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        assert_eq!(ada.get("/api/v1/devices").await.body, json!({ "data": [], "limit": 1, "next_removal_at": null }));
        assert_eq!(ada.get("/api/v1/devices/current").await.code(), "DEVICE_FINGERPRINT_REQUIRED");
        for wrong in ["short", &"x".repeat(201), "with a space in it!"] {
            let reply = send(&ada, Method::GET, "/api/v1/users/me", &[("x-device-fingerprint", wrong)], None).await;
            assert_eq!(reply.fields(), ["x-device-fingerprint"], "{wrong}");
        }
        assert_eq!(on(&ada, "phone", "/api/v1/users/me").await.status, 200);
        let here = on(&ada, "phone", "/api/v1/devices/current").await;
        assert_eq!((here.status.as_u16(), &here.body["current"]), (200, &json!(true)), "{}", here.body);

        let refused = on(&ada, "laptop", "/api/v1/users/me").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "DEVICE_LIMIT_REACHED"));
        assert_eq!(refused.body["error"]["params"], json!({ "used": 1, "limit": 1 }));
        assert_eq!(on(&eve, "phone", "/api/v1/users/me").await.code(), "DEVICE_BOUND_TO_OTHER_ACCOUNT");
        assert_eq!(ada.get("/api/v1/users/me").await.status, 200, "who names no device is not asked for one");
        let listed = on(&ada, "laptop", "/api/v1/devices").await;
        assert_eq!(listed.status, 200, "whoever has too many may look at them");
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
        assert_eq!(listed.body["data"][0]["current"], false);

        ada.subscribe("standard").await;
        assert_eq!(on(&ada, "laptop", "/api/v1/users/me").await.status, 200, "a larger plan has room");
    }

    async fn a_removed_device_is_out_and_one_a_day_is_enough(database: TestDatabase) {
        let app = TestApp::start(database).await;
        app.user("ada@example.com").await;
        let phone = log_in(&app, "ada@example.com", &[("x-device-fingerprint", &device("phone")), ("x-device-name", "Ada's phone")]).await;
        let phone = phone.unwrap_or_else(|reply| panic!("{}", reply.body));
        phone.subscribe("standard").await;
        let laptop = log_in(&app, "ada@example.com", &[("x-device-fingerprint", &device("laptop"))]).await;
        let laptop = laptop.unwrap_or_else(|reply| panic!("{}", reply.body));
        let list = on(&laptop, "laptop", "/api/v1/devices").await.body;
        let of = |current: bool| list["data"].as_array().unwrap().iter().find(|one| one["current"] == current).unwrap().clone();
        assert_eq!((&of(false)["name"], &list["limit"]), (&json!("Ada's phone"), &json!(2)));
        let path = |one: &Value| format!("/api/v1/devices/{}", one["id"].as_str().unwrap());
        let named = laptop.patch(&path(&of(true)), &json!({ "name": " Work " })).await;
        assert_eq!(named.body["name"], "Work", "{}", named.body);
        assert_eq!(laptop.patch(&path(&of(true)), &json!({ "name": "" })).await.fields(), ["name"]);
        let eve = app.user("eve@example.com").await;
        assert_eq!(eve.delete(&path(&of(false))).await.status, 404);
        assert_eq!(eve.patch(&path(&of(false)), &json!({ "name": "Mine" })).await.status, 404);

        assert_eq!(laptop.delete(&path(&of(false))).await.status, 204);
        assert_eq!(phone.get("/api/v1/users/me").await.status, 401, "its log-ins have ended");
        let again = laptop.delete(&path(&of(true))).await;
        assert_eq!((again.status.as_u16(), again.code()), (429, "DEVICE_REMOVAL_LIMIT"));
        assert!(!laptop.get("/api/v1/devices").await.body["next_removal_at"].is_null());

        // The removed device that logs in again is a new one, within the plan.
        assert!(log_in(&app, "ada@example.com", &[("x-device-fingerprint", &device("phone"))]).await.is_ok());
        let third = log_in(&app, "ada@example.com", &[("x-device-fingerprint", &device("tablet"))]).await;
        assert_eq!(third.err().unwrap().code(), "DEVICE_LIMIT_REACHED");
    }

    async fn parallel_bindings_never_exceed_the_plan(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        ada.subscribe("standard").await;
        let names: Vec<String> = (0..50).map(|n| format!("number-{n}")).collect();
        let replies = join_all(names.iter().map(|name| on(&ada, name, "/api/v1/users/me"))).await;
        let admitted = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!(admitted, 2);
        assert!(replies.iter().all(|reply| reply.status == 200 || reply.code() == "DEVICE_LIMIT_REACHED"));
        assert_eq!(ada.get("/api/v1/devices").await.body["data"].as_array().unwrap().len(), 2);
    }

    async fn one_log_in_more_than_the_plan_ends_the_oldest_devices(database: TestDatabase) {
        let app = behind_a_proxy(database).await;
        let from = |ip: &'static str| [("x-forwarded-for", ip), ("user-agent", "test")];
        app.user("ada@example.com").await;
        let first = log_in(&app, "ada@example.com", &from("203.0.113.1")).await.ok().unwrap();
        let again = log_in(&app, "ada@example.com", &from("203.0.113.1")).await.ok().unwrap();
        assert_eq!(first.get("/api/v1/users/me").await.status, 200, "the same place takes no second one");
        let second = log_in(&app, "ada@example.com", &from("203.0.113.2")).await.ok().unwrap();
        assert_eq!(first.get("/api/v1/users/me").await.status, 401);
        assert_eq!(again.get("/api/v1/users/me").await.status, 401);
        assert_eq!(second.get("/api/v1/users/me").await.status, 200);
        let mail = app.mail("ada@example.com", "new_device", 2).await;
        assert!(mail.text.contains("203.0.113"), "{}", mail.text);

        second.subscribe("standard").await;
        let third = log_in(&app, "ada@example.com", &from("203.0.113.3")).await.ok().unwrap();
        assert_eq!((second.get("/api/v1/users/me").await.status.as_u16(), third.get("/api/v1/users/me").await.status.as_u16()), (200, 200));
    }

    async fn many_places_within_an_hour_are_flagged_for_operators_and_block_nobody(database: TestDatabase) {
        let app = behind_a_proxy(database).await;
        let token = app.identity().first_operator_link().await.unwrap().unwrap();
        let body = json!({ "token": token, "email": "root@example.com", "password": PASSWORD });
        let root = app.anonymous().post("/api/v1/auth/first-operator", &body).await.body["access_token"].clone();
        let root = User { app: &app, token: Some(root.as_str().unwrap().to_owned()) };
        app.user("ada@example.com").await;
        let mut last = None;
        for ip in ["203.0.113.1", "198.51.100.2", "192.0.2.3"] {
            last = log_in(&app, "ada@example.com", &[("x-forwarded-for", ip), ("user-agent", ip)]).await.ok();
        }
        assert_eq!(last.unwrap().get("/api/v1/users/me").await.status, 200, "nobody is blocked");
        let mut flags = json!([]);
        for _ in 0..200 {
            flags = root.get("/api/v1/operators/anomalies?reviewed=false").await.body["data"].clone();
            if flags.as_array().is_some_and(|flags| !flags.is_empty()) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!((&flags[0]["kind"], &flags[0]["user"]["email"]), (&json!("POSSIBLE_SHARING"), &json!("ada@example.com")));
        assert_eq!(flags.as_array().unwrap().len(), 1, "one of a kind until it is looked at");
        let path = format!("/api/v1/operators/anomalies/{}/review", flags[0]["id"].as_str().unwrap());
        let reviewed = root.post(&path, &json!({})).await;
        assert!(reviewed.body["reviewed_at"].is_string(), "{}", reviewed.body);
        assert_eq!(root.get("/api/v1/operators/anomalies?reviewed=false").await.body["data"], json!([]));
        assert_eq!(root.get("/api/v1/operators/anomalies?reviewed=true").await.body["data"].as_array().unwrap().len(), 1);
        assert_eq!(root.get("/api/v1/operators/anomalies?cursor=x").await.fields(), ["cursor"]);
    }
}
