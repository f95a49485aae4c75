//! Guessing passwords and finding out who has an account (IDN-7).

use futures::future::join_all;
use quorate_testkit::{TestDatabase, on_both_databases};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::TestApp;

const PASSWORD: &str = "seven green umbrellas";

/// A server behind a proxy on this machine, so that a test can call from anywhere.
async fn behind_a_proxy(database: TestDatabase) -> TestApp {
    let proxied = |config: &mut quorate::config::Config| config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    TestApp::builder(database).configure(proxied).start().await
}

/// Status and body without what differs for every request.
async fn call(app: &TestApp, from: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = app.http().post(app.url(&format!("/api/v1/auth/{path}"))).header("x-forwarded-for", from).json(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let mut body: Value = response.json().await.unwrap_or_default();
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("request_id");
    }
    (status, body)
}

async fn guess(app: &TestApp, from: &str, email: &str, password: &str) -> (u16, Value) {
    call(app, from, "login", &json!({ "email": email, "password": password })).await
}

on_both_databases! {
    async fn guessing_one_password_waits_longer_and_longer_whether_or_not_there_is_an_account(database: TestDatabase) {
        let app = behind_a_proxy(database).await;
        app.user("ada@example.com").await;
        let mut answers = Vec::new();
        for email in ["ada@example.com", "nobody@example.com"] {
            let mut of_this = Vec::new();
            for _ in 0..8 {
                let (status, mut body) = guess(&app, "203.0.113.5", email, "wrong").await;
                // How much of a second is left differs.
                if let Some(params) = body["error"]["params"].as_object_mut() {
                    params.remove("retry_after");
                }
                of_this.push((status, body));
            }
            let statuses: Vec<u16> = of_this.iter().map(|(status, _)| *status).collect();
            assert_eq!(statuses[..6], [401; 6], "{email}");
            assert_eq!(statuses[6..], [429; 2], "{email}");
            answers.push(of_this);
        }
        assert_eq!(answers[0], answers[1], "an account is answered as none is");
        let (status, body) = guess(&app, "203.0.113.5", "ada@example.com", PASSWORD).await;
        assert_eq!((status, &body["error"]["code"]), (429, &json!("RATE_LIMITED")), "the right one has to wait as well");
        let (status, _) = guess(&app, "198.51.100.9", "ada@example.com", PASSWORD).await;
        assert_eq!(status, 200, "from elsewhere the owner gets in: nobody locks another out");
        let mail = app.mail("ada@example.com", "locked_out", 1).await;
        assert!(mail.text.contains("203.0.113.5"), "{}", mail.text);
        assert!(app.mails("nobody@example.com", "locked_out").await.is_empty());
    }

    async fn parallel_guesses_count_each(database: TestDatabase) {
        let app = behind_a_proxy(database).await;
        app.user("ada@example.com").await;
        let guesses = (0..60).map(|n| {
            let app = &app;
            async move { guess(app, "203.0.113.6", "ada@example.com", &format!("wrong {n}")).await.0 }
        });
        let statuses = join_all(guesses).await;
        let judged = statuses.iter().filter(|status| **status == 401).count();
        assert!((5..=7).contains(&judged), "{judged} were judged: {statuses:?}");
        assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    }

    async fn spraying_many_accounts_from_one_network_ends(database: TestDatabase) {
        let app = behind_a_proxy(database).await;
        app.user("eve@example.com").await;
        let mut first_refused = None;
        for n in 0..45 {
            // The whole of a /64 is one customer.
            let from = format!("2001:db8:7:7::{n:x}");
            if n % 10 == 9 {
                // A log-in of one's own does not wipe the slate.
                let (status, _) = guess(&app, &from, "eve@example.com", PASSWORD).await;
                assert!([200, 429].contains(&status));
            }
            let (status, _) = guess(&app, &from, &format!("person{n}@example.com"), "summer2026!").await;
            if status == 429 {
                first_refused.get_or_insert(n);
            }
        }
        let n = first_refused.expect("the spray goes on for ever");
        assert!((25..=35).contains(&n), "{n}");
        assert_eq!(guess(&app, "198.51.100.9", "person44@example.com", "x").await.0, 401, "others are not bothered");
    }

    async fn nobody_but_a_trusted_proxy_says_where_a_caller_is(database: TestDatabase) {
        let app = TestApp::start(database).await;
        app.user("ada@example.com").await;
        // Without a trusted proxy the header is the caller's own invention: it buys no new network.
        let mut statuses = Vec::new();
        for n in 0..8 {
            statuses.push(guess(&app, &format!("203.0.113.{n}"), "ada@example.com", "wrong").await.0);
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 401, 429, 429]);
    }

    async fn a_server_that_conceals_answers_every_registration_the_same(database: TestDatabase) {
        let app = TestApp::builder(database).configure(|config| config.identity.conceal_accounts = true).start().await;
        let register = async |email: &str| {
            call(&app, "", "register", &json!({ "email": email, "password": PASSWORD })).await
        };
        let fresh = register("ada@example.com").await;
        assert_eq!(fresh, (202, json!({ "status": "check_mail" })));
        let log_in = async |email: &str| guess(&app, "", email, PASSWORD).await;
        let refused = log_in("ada@example.com").await;
        assert_eq!((refused.0, &refused.1["error"]["code"]), (401, &json!("INVALID_CREDENTIALS")));
        let mail = app.mail("ada@example.com", "welcome", 1).await;
        let token = mail.text.split_once("token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
        assert_eq!(call(&app, "", "verify-email", &json!({ "token": token })).await.0, 200);
        assert_eq!(log_in("ada@example.com").await.0, 200);

        // Now the address has an account: the answer, and what a log-in with the new password says, stay the same.
        let attack = json!({ "email": "ada@example.com", "password": "a password of the attacker" });
        assert_eq!(call(&app, "", "register", &attack).await, fresh);
        assert_eq!(guess(&app, "", "ada@example.com", "a password of the attacker").await, refused);
        assert_eq!(log_in("ada@example.com").await.0, 200, "and the owner's password is still the owner's");
        app.mail("ada@example.com", "account_exists", 1).await;
    }

    async fn a_closed_server_takes_nobody_new(database: TestDatabase) {
        let closed = |config: &mut quorate::config::Config| config.identity.registration = quorate_identity::Registration::Closed;
        let app = TestApp::builder(database).configure(closed).start().await;
        let (status, body) = call(&app, "", "register", &json!({ "email": "ada@example.com", "password": PASSWORD })).await;
        assert_eq!((status, &body["error"]["code"]), (403, &json!("REGISTRATION_CLOSED")));
        let token = app.identity().first_operator_link().await.unwrap().unwrap();
        let first = json!({ "token": token, "email": "ada@example.com", "password": PASSWORD });
        assert_eq!(call(&app, "", "first-operator", &first).await.0, StatusCode::CREATED.as_u16(), "but its first operator");
    }
}

/// A service that takes one answer and refuses every other, as Turnstile does.
async fn human_check() -> String {
    let router = axum::Router::new().route(
        "/siteverify",
        axum::routing::post(async |body: String| {
            let good = body.contains("secret=the-secret") && body.contains("response=a-person");
            axum::Json(json!({ "success": good, "error-codes": if good { json!([]) } else { json!(["invalid-input-response"]) } }))
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/siteverify")
}

on_both_databases! {
    async fn where_a_human_check_is_configured_nobody_passes_without_it(database: TestDatabase) {
        let url = human_check().await;
        let app = TestApp::builder(database)
            .configure(|config| {
                config.outbound.allow_hosts = vec!["127.0.0.1".to_owned()];
                config.identity.turnstile.site_key = Some("the-site".to_owned());
                config.identity.turnstile.secret_key = Some("the-secret".to_owned());
                config.identity.turnstile.verify_url = url;
            })
            .start()
            .await;
        for path in ["register", "login", "forgot-password"] {
            for answer in [json!(null), json!(""), json!("a robot"), json!("x".repeat(3000))] {
                let body = json!({ "email": "ada@example.com", "password": PASSWORD, "turnstile_token": answer });
                let (status, body) = call(&app, "", path, &body).await;
                assert_eq!((status, &body["error"]["code"]), (403, &json!("HUMAN_CHECK_FAILED")), "{path}");
            }
        }
        let body = json!({ "email": "ada@example.com", "password": PASSWORD, "turnstile_token": "a-person" });
        assert_eq!(call(&app, "", "register", &body).await.0, 201);
        assert_eq!(call(&app, "", "login", &body).await.0, 200);
        let page = app.http().get(app.url("/")).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && policy.contains("https://challenges.cloudflare.com"), "{policy}");
    }

    async fn without_a_human_check_pages_load_nothing_from_elsewhere(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let page = app.http().get(app.url("/")).send().await.unwrap();
        assert!(!page.headers()["content-security-policy"].to_str().unwrap().contains("https://"));
    }
}
