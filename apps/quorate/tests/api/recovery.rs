//! Addresses and passwords: confirming, forgetting, changing (IDN-3).

use quorate_outbound::StoredMail;
use quorate_testkit::on_both_databases;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{Reply, TestApp, User};

const PASSWORD: &str = "seven green umbrellas";
const OTHER: &str = "eight blue lanterns";

/// The token of the link in a mail.
fn token(mail: &StoredMail) -> String {
    let (_, rest) = mail.text.split_once("token=").unwrap_or_else(|| panic!("no link in {}", mail.text));
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn auth(app: &TestApp, path: &str, body: &Value) -> Reply {
    app.anonymous().post(&format!("/api/v1/auth/{path}"), body).await
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> Reply {
    auth(app, "login", &json!({ "email": email, "password": password })).await
}

async fn verified(user: &User<'_>) -> bool {
    user.get("/api/v1/users/me").await.body["user"]["email_verified"] == true
}

on_both_databases! {
    async fn an_address_is_confirmed_by_the_link_of_its_mail_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        assert!(!verified(&ada).await);
        let mail = app.mail("ada@example.com", "welcome", 1).await;
        assert!(mail.text.contains(&app.url("/verify?token=")), "{}", mail.text);
        let token = token(&mail);
        for wrong in ["", "ql_wrong", &token[..token.len() - 1]] {
            assert_eq!(auth(&app, "verify-email", &json!({ "token": wrong })).await.code(), "INVALID_LINK");
        }
        // A token of one purpose is none of another.
        for (path, more) in [("reset-password", json!({ "token": token, "password": OTHER })), ("confirm-email", json!({ "token": token }))] {
            assert_eq!(auth(&app, path, &more).await.code(), "INVALID_LINK", "{path}");
        }
        let again = ada.post("/api/v1/auth/verify-email/resend", &json!({})).await;
        assert_eq!((again.status.as_u16(), again.code()), (429, "RATE_LIMITED"), "one was sent just now");
        let done = auth(&app, "verify-email", &json!({ "token": token })).await;
        assert_eq!((done.status, &done.body["email"]), (StatusCode::OK, &json!("ada@example.com")));
        assert!(verified(&ada).await);
        assert_eq!(auth(&app, "verify-email", &json!({ "token": token })).await.code(), "INVALID_LINK");
        let again = ada.post("/api/v1/auth/verify-email/resend", &json!({})).await;
        assert_eq!((again.status.as_u16(), &again.body["status"]), (202, &json!("already_verified")));
    }

    async fn a_forgotten_password_is_replaced_and_every_log_in_ends(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let known = auth(&app, "forgot-password", &json!({ "email": "ADA@example.com" })).await;
        let unknown = auth(&app, "forgot-password", &json!({ "email": "nobody@example.com" })).await;
        assert_eq!((known.status, &known.body), (StatusCode::ACCEPTED, &json!({ "status": "check_mail" })));
        assert_eq!((unknown.status, &unknown.body), (known.status, &known.body), "nobody learns who has an account");
        let first = token(&app.mail("ada@example.com", "password_reset", 1).await);
        // Asking again at once sends nothing more.
        auth(&app, "forgot-password", &json!({ "email": "ada@example.com" })).await;

        let weak = auth(&app, "reset-password", &json!({ "token": first, "password": "password" })).await;
        assert_eq!((weak.code(), weak.fields()), ("VALIDATION_FAILED", vec!["password"]));
        let done = auth(&app, "reset-password", &json!({ "token": first, "password": OTHER })).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
        assert_eq!(auth(&app, "reset-password", &json!({ "token": first, "password": PASSWORD })).await.code(), "INVALID_LINK");
        assert_eq!(ada.get("/api/v1/users/me").await.status, 401, "whoever was in is out");
        assert_eq!(log_in(&app, "ada@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
        let back = log_in(&app, "ada@example.com", OTHER).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.body);
        assert_eq!(back.body["user"]["email_verified"], true, "the mail came through");
        app.mail("ada@example.com", "password_changed", 1).await;
        assert_eq!(app.mails("ada@example.com", "password_reset").await.len(), 1);
        assert!(app.mails("nobody@example.com", "password_reset").await.is_empty());
    }

    async fn a_changed_password_ends_the_other_log_ins_and_open_resets(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let other = log_in(&app, "ada@example.com", PASSWORD).await;
        let refresh = other.body["refresh_token"].as_str().unwrap().to_owned();
        let other = User { app: &app, token: Some(other.body["access_token"].as_str().unwrap().to_owned()) };
        auth(&app, "forgot-password", &json!({ "email": "ada@example.com" })).await;
        let reset = token(&app.mail("ada@example.com", "password_reset", 1).await);

        let change = async |current: Value, new: &str| {
            ada.post("/api/v1/users/me/password", &json!({ "current_password": current, "new_password": new })).await
        };
        assert_eq!(change(Value::Null, OTHER).await.code(), "INVALID_CREDENTIALS");
        assert_eq!(change(json!("wrong"), OTHER).await.code(), "INVALID_CREDENTIALS");
        assert_eq!(change(json!(PASSWORD), "ada@example.com").await.fields(), ["password"], "a name is no password");
        assert_eq!(change(json!(PASSWORD), OTHER).await.status, StatusCode::NO_CONTENT);

        assert_eq!(ada.get("/api/v1/users/me").await.status, 200, "this log-in stays");
        assert_eq!(other.get("/api/v1/users/me").await.status, 401);
        assert_eq!(auth(&app, "refresh", &json!({ "refresh_token": refresh })).await.status, 401);
        let late = auth(&app, "reset-password", &json!({ "token": reset, "password": "nine red bicycles" })).await;
        assert_eq!(late.code(), "INVALID_LINK", "a reset that was asked for before is void");
    }

    async fn an_address_changes_when_both_agree(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        app.user("bob@example.com").await;
        let ask = async |email: &str, password: &str| {
            ada.post("/api/v1/users/me/email", &json!({ "email": email, "password": password })).await
        };
        assert_eq!(ask("new@example.com", "wrong").await.code(), "INVALID_CREDENTIALS");
        assert_eq!(ask("no address", PASSWORD).await.fields(), ["email"]);
        assert_eq!(ask("ada@example.com", PASSWORD).await.code(), "CONFLICT");
        // An address that has an account is answered as any other.
        let taken = ask("bob@example.com", PASSWORD).await;
        assert_eq!((taken.status.as_u16(), &taken.body), (202, &json!({ "status": "check_mail" })));
        app.mail("bob@example.com", "account_exists", 1).await;

        assert_eq!(ask("new@example.com", PASSWORD).await.body, taken.body);
        let of_new = token(&app.mail("new@example.com", "email_change_new", 1).await);
        let of_old = token(&app.mail("ada@example.com", "email_change_old", 1).await);
        let half = auth(&app, "confirm-email", &json!({ "token": of_new })).await;
        assert_eq!(half.body, json!({ "email": "new@example.com", "status": "other_confirmation_needed" }));
        assert_eq!(ada.get("/api/v1/users/me").await.body["user"]["email"], "ada@example.com");
        assert_eq!(auth(&app, "confirm-email", &json!({ "token": of_new })).await.code(), "INVALID_LINK");
        let whole = auth(&app, "confirm-email", &json!({ "token": of_old })).await;
        assert_eq!(whole.body, json!({ "email": "new@example.com", "status": "changed" }));
        let me = ada.get("/api/v1/users/me").await.body;
        assert_eq!((&me["user"]["email"], &me["user"]["email_verified"]), (&json!("new@example.com"), &json!(true)));
        assert_eq!(log_in(&app, "ada@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
        assert_eq!(log_in(&app, "new@example.com", PASSWORD).await.status, StatusCode::OK);
    }

    async fn links_lead_to_the_configured_address_whatever_the_host_header_says(database: TestDatabase) {
        let app = TestApp::builder(database)
            .configure(|config| config.server.public_url = Some("https://board.example.com".to_owned()))
            .start()
            .await;
        app.user("ada@example.com").await;
        let request = app
            .http()
            .post(app.url("/api/v1/auth/forgot-password"))
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example")
            .json(&json!({ "email": "ada@example.com" }));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);
        let mail = app.mail("ada@example.com", "password_reset", 1).await;
        assert!(mail.text.contains("https://board.example.com/reset?token=ql_"), "{}", mail.text);
        assert!(!mail.text.contains("evil") && !mail.html.contains("evil"));
    }
}
