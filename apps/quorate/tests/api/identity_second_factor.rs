//! The second factor and passkeys over real HTTP (IDN-6). The rules and most attacks are tested in the domain.

use std::time::Duration;

use quorate_kernel::{Clock as _, SystemClock};
use quorate_testkit::{AuthenticatorApp, SoftPasskey, TestDatabase, on_both_databases};
use reqwest::header::{CACHE_CONTROL, HeaderMap, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{TestApp, User};

const PASSWORD: &str = "seven green umbrellas";
const PAGE: &str = "http://localhost:8080";
const FACTOR: &str = "/api/v1/users/me/second-factor";
const PASSKEYS: &str = "/api/v1/users/me/passkeys";

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }

    fn ok(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    fn is_kept_by_nobody(&self) -> bool {
        self.headers.get(CACHE_CONTROL).is_some_and(|value| value == "no-store")
    }
}

async fn send(user: &User<'_>, method: Method, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut request = user.app.http().request(method, user.app.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(token) = &user.token {
        request = request.bearer_auth(token);
    }
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default() }
}

async fn post(user: &User<'_>, path: &str, body: &Value) -> Answer {
    send(user, Method::POST, path, body, &[]).await
}

async fn log_in(app: &TestApp) -> Answer {
    post(&app.anonymous(), "/api/v1/auth/login", &json!({ "email": "ada@example.com", "password": PASSWORD })).await
}

/// The challenge that a log-in with the password ends in.
async fn challenge(app: &TestApp, methods: &Value) -> String {
    let asked = log_in(app).await;
    asked.is(401, "SECOND_FACTOR_REQUIRED");
    let params = &asked.body["error"]["params"];
    assert_eq!((&params["methods"], &params["expires_in"]), (methods, &json!(300)));
    params["challenge"].as_str().unwrap().to_owned()
}

async fn named(database: TestDatabase) -> TestApp {
    TestApp::builder(database)
        .configure(|config| config.server.public_url = Some(PAGE.to_owned()))
        .without_worker()
        .start()
        .await
}

on_both_databases! {
    async fn an_authenticator_app_from_set_up_to_removal(database: TestDatabase) {
        let app = named(database).await;
        let ada = app.user("ada@example.com").await;
        let set_up = async |body: Value| post(&ada, &format!("{FACTOR}/totp"), &body).await;
        set_up(json!({})).await.is(401, "INVALID_CREDENTIALS");
        set_up(json!({ "password": "wrong" })).await.is(401, "INVALID_CREDENTIALS");
        let setup = set_up(json!({ "password": PASSWORD })).await.ok(200);
        assert!(setup.is_kept_by_nobody() && setup.body["qr_svg"].as_str().unwrap().contains("<svg"));
        let uri = setup.body["otpauth_uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/Quorate%20%28localhost%29:ada%40example.com?"), "{uri}");
        assert!(uri.contains(setup.body["secret"].as_str().unwrap()));
        let device = AuthenticatorApp::scan(uri).unwrap();
        let confirm = format!("{FACTOR}/totp/confirm");
        let now = SystemClock.now();
        post(&ada, &confirm, &json!({ "code": device.wrong_code(now) })).await.is(401, "INVALID_CODE");
        let confirmed = post(&ada, &confirm, &json!({ "code": device.code(now) })).await.ok(200);
        assert!(confirmed.is_kept_by_nobody());
        let codes = confirmed.body["recovery_codes"].as_array().unwrap().clone();
        let me = ada.get("/api/v1/users/me").await.body;
        let has = json!({ "totp": true, "passkeys": 0, "recovery_codes_left": 10, "obligatory": false });
        assert_eq!(me["second_factor"], has);
        set_up(json!({ "password": PASSWORD })).await.is(409, "CONFLICT");

        let ways = json!(["totp", "recovery_code"]);
        let asked = challenge(&app, &ways).await;
        let factor = "/api/v1/auth/second-factor";
        let anonymous = app.anonymous();
        let wrong = post(&anonymous, factor, &json!({ "challenge": asked, "code": device.wrong_code(now) })).await;
        wrong.is(401, "INVALID_CODE");
        let web = [("x-quorate-client", "web"), ("sec-fetch-site", "same-origin")];
        // The next code, since the one of now has confirmed the app.
        let body = json!({ "challenge": asked, "code": device.code(now + Duration::from_secs(30)) });
        let evil = [("x-quorate-client", "web"), ("sec-fetch-site", "cross-site")];
        send(&anonymous, Method::POST, factor, &body, &evil).await.is(403, "CROSS_ORIGIN");
        let entered = send(&anonymous, Method::POST, factor, &body, &web).await.ok(200);
        assert!(entered.is_kept_by_nobody() && entered.body.get("access_token").is_none(), "{}", entered.body);
        assert_eq!(entered.headers.get_all(SET_COOKIE).iter().count(), 2);
        post(&anonymous, factor, &body).await.is(410, "INVALID_LINK");
        let asked = challenge(&app, &ways).await;
        let entered = post(&anonymous, factor, &json!({ "challenge": asked, "code": codes[0] })).await.ok(200);
        assert_eq!(entered.body["user"]["email"], "ada@example.com");
        assert!(entered.body["access_token"].is_string());

        let renew = format!("{FACTOR}/recovery-codes");
        post(&ada, &renew, &json!({ "code": codes[1] })).await.is(401, "INVALID_CODE");
        let remove = format!("{FACTOR}/totp/remove");
        post(&ada, &remove, &json!({ "code": codes[1] })).await.is(401, "INVALID_CREDENTIALS");
        post(&ada, &remove, &json!({ "code": codes[1], "password": PASSWORD })).await.ok(204);
        log_in(&app).await.ok(200);
    }

    async fn guesses_wait_and_void_the_challenge(database: TestDatabase) {
        let app = named(database).await;
        let ada = app.user("ada@example.com").await;
        let setup = post(&ada, &format!("{FACTOR}/totp"), &json!({ "password": PASSWORD })).await.ok(200);
        let device = AuthenticatorApp::scan(setup.body["otpauth_uri"].as_str().unwrap()).unwrap();
        let now = SystemClock.now();
        post(&ada, &format!("{FACTOR}/totp/confirm"), &json!({ "code": device.code(now) })).await.ok(200);
        let asked = challenge(&app, &json!(["totp", "recovery_code"])).await;
        let guess = async |challenge: &str| {
            let body = json!({ "challenge": challenge, "code": device.wrong_code(now) });
            post(&app.anonymous(), "/api/v1/auth/second-factor", &body).await
        };
        for _ in 0..5 {
            guess(&asked).await.is(401, "INVALID_CODE");
        }
        guess(&asked).await.is(410, "INVALID_LINK");
        let asked = challenge(&app, &json!(["totp", "recovery_code"])).await;
        guess(&asked).await.is(401, "INVALID_CODE");
        let waits = guess(&asked).await;
        waits.is(429, "RATE_LIMITED");
        assert!(waits.headers.contains_key("retry-after"));
    }

    async fn a_passkey_from_making_to_removal(database: TestDatabase) {
        let app = named(database).await;
        let ada = app.user("ada@example.com").await;
        let (eve, anonymous) = (app.user("eve@example.com").await, app.anonymous());
        let mut device = SoftPasskey::new(PAGE).unwrap();
        let options = format!("{PASSKEYS}/options");
        post(&ada, &options, &json!({})).await.is(401, "INVALID_CREDENTIALS");
        let asked = post(&ada, &options, &json!({ "password": PASSWORD })).await.ok(200);
        assert!(asked.is_kept_by_nobody());
        let public = &asked.body["options"]["publicKey"];
        assert_eq!((&public["rp"]["id"], &public["attestation"]), (&json!("localhost"), &json!("none")));
        assert_eq!(public["authenticatorSelection"]["userVerification"], "required");
        let credential = device.create(&asked.body["options"]).unwrap();
        let new = json!({ "challenge": asked.body["challenge"], "credential": credential, "name": "Laptop" });
        post(&eve, PASSKEYS, &new).await.is(410, "INVALID_LINK");
        let mut broken = new.clone();
        broken["credential"]["response"]["attestationObject"] = json!("not CBOR");
        post(&ada, PASSKEYS, &broken).await.is(422, "VALIDATION_FAILED");
        broken["credential"]["response"] = json!({});
        let told = post(&ada, PASSKEYS, &broken).await;
        assert_eq!(told.body["error"]["details"][0]["field"], "credential.response.clientDataJSON", "{}", told.body);
        let added = post(&ada, PASSKEYS, &new).await.ok(201);
        assert_eq!(added.body["name"], "Laptop");
        assert_eq!(added.body["last_used_at"], Value::Null);
        let list = ada.get(PASSKEYS).await;
        assert_eq!(list.body["data"], json!([added.body]));
        assert_eq!(eve.get(PASSKEYS).await.body["data"], json!([]));
        let one = format!("{PASSKEYS}/{}", added.body["id"].as_str().unwrap());
        assert_eq!(eve.patch(&one, &json!({ "name": "Mine" })).await.status, StatusCode::NOT_FOUND);
        assert_eq!(ada.patch(&one, &json!({ "name": "Desk" })).await.body["name"], "Desk");

        let asked = post(&anonymous, "/api/v1/auth/passkeys/options", &json!({})).await.ok(200);
        let shown = device.get(&asked.body["options"]).unwrap();
        let body = json!({ "challenge": asked.body["challenge"], "credential": shown });
        let evil = [("x-quorate-client", "web"), ("origin", "https://evil.example")];
        let login = "/api/v1/auth/passkeys/login";
        send(&anonymous, Method::POST, login, &body, &evil).await.is(403, "CROSS_ORIGIN");
        let entered = post(&anonymous, login, &body).await.ok(200);
        assert_eq!(entered.body["user"]["email"], "ada@example.com");
        post(&anonymous, login, &body).await.is(410, "INVALID_LINK");
        let fresh = post(&anonymous, "/api/v1/auth/passkeys/options", &json!({})).await.ok(200);
        let replayed = json!({ "challenge": fresh.body["challenge"], "credential": body["credential"] });
        post(&anonymous, login, &replayed).await.is(401, "INVALID_CREDENTIALS");

        let half_way = json!({ "challenge": challenge(&app, &json!(["passkey"])).await });
        let path = "/api/v1/auth/second-factor/passkey";
        let asked = post(&anonymous, &format!("{path}/options"), &half_way).await.ok(200);
        assert!(asked.is_kept_by_nobody());
        let shown = device.get(&asked.body["options"]).unwrap();
        let mut body = json!({ "challenge": half_way["challenge"], "credential": shown });
        body["credential"]["response"]["signature"] = json!("AAAA");
        post(&anonymous, path, &body).await.is(401, "INVALID_CODE");
        body["credential"] = shown;
        assert!(post(&anonymous, path, &body).await.ok(200).body["access_token"].is_string());

        send(&ada, Method::DELETE, &one, &Value::Null, &[]).await.is(401, "INVALID_CREDENTIALS");
        send(&ada, Method::DELETE, &one, &json!([]), &[]).await.is(400, "INVALID_BODY");
        assert_eq!(eve.delete(&one).await.status, StatusCode::NOT_FOUND);
        send(&ada, Method::DELETE, &one, &json!({ "password": PASSWORD }), &[]).await.ok(204);
        assert_eq!(ada.delete(&one).await.status, StatusCode::NOT_FOUND);
        log_in(&app).await.ok(200);
    }

    async fn a_server_reached_by_address_has_no_passkeys(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        assert!(!app.identity().passkeys_available());
        let ada = app.user("ada@example.com").await;
        post(&ada, &format!("{PASSKEYS}/options"), &json!({ "password": PASSWORD })).await.is(409, "CONFLICT");
        post(&app.anonymous(), "/api/v1/auth/passkeys/options", &json!({})).await.is(409, "CONFLICT");
    }
}
