//! What operators see of the server: the audit log, mails that were kept, and what the first of them may do (PLT-23).

use quorate_testkit::on_both_databases;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{Reply, TestApp, User};

const PASSWORD: &str = "seven green umbrellas";

async fn operator(app: &TestApp) -> User<'_> {
    let token = app.identity().first_operator_link().await.unwrap().unwrap();
    let body = json!({ "token": token, "email": "root@example.com", "password": PASSWORD });
    let reply = app.anonymous().post("/api/v1/auth/first-operator", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    User { app, token: Some(reply.body["access_token"].as_str().unwrap().to_owned()) }
}

async fn log_in(app: &TestApp, password: &str) -> Reply {
    app.anonymous().post("/api/v1/auth/login", &json!({ "email": "ada@example.com", "password": password })).await
}

on_both_databases! {
    async fn what_happens_to_an_account_is_written_down_and_can_be_proved(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let root = operator(&app).await;
        let ada = app.user("ada@example.com").await;
        let me = ada.get("/api/v1/users/me").await.body["user"]["id"].clone();
        assert_eq!(log_in(&app, "wrong").await.status, 401);
        let first = log_in(&app, PASSWORD).await.body["refresh_token"].clone();
        for _ in 0..2 {
            app.anonymous().post("/api/v1/auth/refresh", &json!({ "refresh_token": first })).await;
        }
        let reused = app.anonymous().post("/api/v1/auth/refresh", &json!({ "refresh_token": first })).await;
        assert_eq!(reused.code(), "REFRESH_TOKEN_REUSED");
        let change = json!({ "current_password": PASSWORD, "new_password": "eight blue lanterns" });
        assert_eq!(ada.post("/api/v1/users/me/password", &change).await.status, 204);

        let path = format!("/api/v1/operators/audit?user_id={}", me.as_str().unwrap());
        let wanted = ["identity.password_changed", "identity.refresh_token_reused", "identity.login", "identity.login_failed", "identity.registered"];
        // A failed log-in is noted after its answer.
        let mut actions = Vec::new();
        for _ in 0..100 {
            let page = root.get(&path).await.body;
            actions = page["data"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
            if actions.len() == wanted.len() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let mut sorted: Vec<&str> = actions.iter().filter_map(Value::as_str).collect();
        sorted.sort_unstable();
        let mut expected = wanted;
        expected.sort_unstable();
        assert_eq!(sorted, expected);
        let page = root.get("/api/v1/operators/audit?action=identity.password&limit=1").await.body;
        let entry = &page["data"][0];
        assert_eq!((&entry["actor"]["kind"], &entry["actor"]["user_id"], &entry["target"]["id"]), (&json!("user"), &me, &me));
        assert_eq!(entry["ip"], "127.0.0.1");
        assert!(entry["request_id"].is_string());
        let whole = root.get("/api/v1/operators/audit?limit=200").await.body.to_string();
        for secret in ["ada@example.com", PASSWORD, "eight blue", "qr_", "ql_"] {
            assert!(!whole.contains(secret), "{secret} stands in the audit log");
        }
        let store = &app.composed().store;
        assert!(app.composed().audit.verify(store).await.unwrap().first_bad.is_none());

        // Somebody with the database in hand changes what stands there.
        let mut tx = store.system("a test tampers").await.unwrap();
        let tampered = tx.sql("UPDATE audit_entries SET action = 'identity.nothing' WHERE sequence = 2").execute().await;
        assert!(tampered.is_err(), "the database refuses it");
    }

    async fn only_operators_look_into_logs_and_mails(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let root = operator(&app).await;
        let ada = app.user("ada@example.com").await;
        let mail = app.mail("ada@example.com", "welcome", 1).await;
        for path in ["/api/v1/operators/audit".to_owned(), "/api/v1/operators/mails".into(), format!("/api/v1/operators/mails/{}", mail.head.id)] {
            assert_eq!(ada.get(&path).await.code(), "FORBIDDEN", "{path}");
            assert_eq!(root.get(&path).await.status, 200, "{path}");
        }
        let shown = root.get(&format!("/api/v1/operators/mails/{}", mail.head.id)).await.body;
        assert_eq!((&shown["to"], &shown["text"]), (&json!("ada@example.com"), &json!(mail.text)));
        assert_eq!(root.get("/api/v1/operators/audit?cursor=nonsense").await.fields(), ["cursor"]);
        assert_eq!(root.get("/api/v1/operators/audit?user_id=nobody").await.status, 422);
    }

    async fn whoever_runs_the_server_may_do_everything_and_others_begin_free(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let root = operator(&app).await;
        let ada = app.user("ada@example.com").await;
        let mut plan = json!(null);
        for _ in 0..200 {
            plan = root.get("/api/v1/users/me").await.body["subscription"]["plan"].clone();
            if plan == "enterprise" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(plan, "enterprise");
        assert_eq!(ada.get("/api/v1/users/me").await.body["subscription"], json!({ "plan": "free", "status": "active" }));
    }
}
