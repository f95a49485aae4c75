//! Accounts and log-in over real HTTP (IDN-1, IDN-2, IDN-4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::join_all;
use quorate_testkit::on_both_databases;
use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::TestApp;

const PASSWORD: &str = "seven green umbrellas";
const WEB: (&str, &str) = ("x-quorate-client", "web");

/// One program that talks to the server, with what it sends along each time.
struct Caller<'a> {
    app: &'a TestApp,
    headers: Vec<(&'static str, String)>,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl<'a> Caller<'a> {
    fn of(app: &'a TestApp) -> Self {
        Self { app, headers: Vec::new() }
    }

    fn with(app: &'a TestApp, headers: &[(&'static str, &str)]) -> Self {
        Self { app, headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect() }
    }

    fn bearer(app: &'a TestApp, token: &str) -> Self {
        Self { app, headers: vec![(AUTHORIZATION.as_str(), format!("Bearer {token}"))] }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&str>) -> Reply {
        let mut request = self.app.http().request(method, self.app.url(path));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Reply { status, headers, body }
    }

    async fn auth(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, &format!("/api/v1/auth/{path}"), Some(&body.to_string())).await
    }

    async fn me(&self) -> Reply {
        self.send(Method::GET, "/api/v1/users/me", None).await
    }
}

impl Reply {
    fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.body["error"]["code"].as_str()), (status, Some(code)), "{}", self.body);
    }

    fn token(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body)).to_owned()
    }

    fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect()
    }

    /// What a browser sends back.
    fn cookies(&self) -> String {
        self.set_cookies().iter().map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
    }
}

fn credentials(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}

async fn register(app: &TestApp, email: &str) -> Reply {
    let reply = Caller::of(app).auth("register", &credentials(email)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply
}

on_both_databases! {
    async fn an_account_from_registration_to_log_out(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let registered = Caller::of(&app)
            .auth("register", &json!({"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada", "locale": "es",
                "operator": true, "role": "owner", "plan": "enterprise"}))
            .await;
        assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.body);
        assert_eq!(registered.headers[CACHE_CONTROL], "no-store");
        assert!(registered.set_cookies().is_empty());
        let user = &registered.body["user"];
        assert_eq!((&user["email"], &user["name"], &user["locale"]), (&json!("ada@example.com"), &json!("Ada"), &json!("es")));
        assert_eq!(user["operator"], false, "nobody makes themselves an operator");
        assert_eq!(registered.body["expires_in"], 900);
        assert_eq!(registered.body["subscription"], json!({"plan": "free", "status": "active"}));

        let me = Caller::bearer(&app, &registered.token("access_token")).me().await;
        assert_eq!(me.status, StatusCode::OK);
        assert_eq!(&me.body["user"], user);
        assert_eq!(me.body["organization"]["role"], "owner");
        assert_eq!(me.body["subscription"], registered.body["subscription"]);

        let login = Caller::of(&app).auth("login", &credentials("ADA@example.com")).await;
        assert_eq!((login.status, &login.body["user"]), (StatusCode::OK, user));
        let next = Caller::of(&app).auth("refresh", &json!({"refresh_token": login.token("refresh_token")})).await;
        assert_eq!((next.status, &next.body["user"]), (StatusCode::OK, user));

        let caller = Caller::bearer(&app, &next.token("access_token"));
        assert_eq!(caller.me().await.status, StatusCode::OK);
        assert_eq!(caller.send(Method::POST, "/api/v1/auth/logout", None).await.status, StatusCode::NO_CONTENT);
        caller.me().await.is(401, "UNAUTHENTICATED");
        let late = Caller::of(&app).auth("refresh", &json!({"refresh_token": next.token("refresh_token")})).await;
        late.is(401, "UNAUTHENTICATED");
        let other = Caller::bearer(&app, &registered.token("access_token"));
        assert_eq!(other.me().await.status, StatusCode::OK, "the other log-in stays");
    }

    async fn wrong_input_says_what_is_wrong(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let caller = Caller::of(&app);
        register(&app, "ada@example.com").await;
        caller.auth("register", &credentials("ADA@example.com")).await.is(409, "EMAIL_TAKEN");
        let fields = caller.auth("register", &json!({"email": "ada", "password": "short"})).await;
        fields.is(422, "VALIDATION_FAILED");
        let named: Vec<&str> =
            fields.body["error"]["details"].as_array().unwrap().iter().filter_map(|detail| detail["field"].as_str()).collect();
        assert_eq!(named, ["email", "password"]);
        for weak in ["password", "12345678", "bob@example.com", &"x".repeat(129)] {
            let refused = caller.auth("register", &json!({"email": "bob@example.com", "password": weak})).await;
            refused.is(422, "VALIDATION_FAILED");
            assert_eq!(refused.body["error"]["details"][0]["field"], "password");
        }
        caller.auth("login", &json!({"email": "ada@example.com", "password": "wrong"})).await.is(401, "INVALID_CREDENTIALS");
        caller.auth("login", &credentials("nobody@example.com")).await.is(401, "INVALID_CREDENTIALS");
        caller.auth("login", &json!({"email": "ada@example.com"})).await.is(422, "VALIDATION_FAILED");
        let broken = caller.send(Method::POST, "/api/v1/auth/login", Some("{")).await;
        broken.is(400, "INVALID_BODY");
        caller.send(Method::POST, "/api/v1/auth/refresh", Some("[")).await.is(400, "INVALID_BODY");
        caller.send(Method::POST, "/api/v1/auth/refresh", None).await.is(401, "UNAUTHENTICATED");
        caller.send(Method::POST, "/api/v1/auth/logout", None).await.is(401, "UNAUTHENTICATED");
        caller.me().await.is(401, "UNAUTHENTICATED");
    }

    async fn a_race_for_an_address_has_one_winner(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let replies = join_all((0..10).map(|_| async {
            Caller::of(&app).auth("register", &credentials("ada@example.com")).await.status.as_u16()
        }))
        .await;
        assert_eq!(replies.iter().filter(|status| **status == 201).count(), 1, "{replies:?}");
        assert!(replies.iter().all(|status| [201, 409].contains(status)), "{replies:?}");
    }

    async fn a_browser_gets_cookies_that_only_our_pages_may_use(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let registered = Caller::with(&app, &[WEB]).auth("register", &credentials("ada@example.com")).await;
        assert_eq!(registered.status, StatusCode::CREATED);
        assert!(registered.body.get("access_token").is_none() && registered.body.get("refresh_token").is_none());
        assert_eq!(registered.set_cookies().len(), 2);
        for line in registered.set_cookies() {
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
        }
        let cookies = registered.cookies();
        assert_eq!(Caller::with(&app, &[(COOKIE.as_str(), &cookies)]).me().await.status, StatusCode::OK);

        // Another site's page: nothing happens, so the cookie is still good afterwards.
        for foreign in [("sec-fetch-site", "cross-site"), (ORIGIN.as_str(), "https://evil.example")] {
            for client in [&[foreign, (COOKIE.as_str(), &cookies)][..], &[foreign, WEB, (COOKIE.as_str(), &cookies)]] {
                let caller = Caller::with(&app, client);
                for path in ["refresh", "logout"] {
                    caller.send(Method::POST, &format!("/api/v1/auth/{path}"), None).await.is(403, "CROSS_ORIGIN");
                }
            }
            let forced = Caller::with(&app, &[foreign, WEB]).auth("login", &credentials("ada@example.com")).await;
            forced.is(403, "CROSS_ORIGIN");
            assert!(forced.set_cookies().is_empty(), "nobody is logged in by another site");
        }

        // Without the header too, what came as a cookie stays one.
        let own = [("sec-fetch-site", "same-origin"), (COOKIE.as_str(), cookies.as_str())];
        let next = Caller::with(&app, &own).send(Method::POST, "/api/v1/auth/refresh", None).await;
        assert_eq!(next.status, StatusCode::OK, "{}", next.body);
        assert!(next.body.get("refresh_token").is_none());
        let renewed = next.cookies();
        assert_ne!(renewed, cookies);

        let caller = Caller::with(&app, &[WEB, (COOKIE.as_str(), &renewed)]);
        assert_eq!(caller.me().await.status, StatusCode::OK);
        let out = caller.send(Method::POST, "/api/v1/auth/logout", None).await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
        assert!(out.set_cookies().iter().all(|line| line.contains("Max-Age=0")), "{:?}", out.set_cookies());
        caller.me().await.is(401, "UNAUTHENTICATED");
        let again = Caller::with(&app, &[WEB]).send(Method::POST, "/api/v1/auth/logout", None).await;
        assert_eq!(again.status, StatusCode::NO_CONTENT, "a browser may always be rid of its cookies");
    }

    async fn a_refresh_token_in_two_hands_ends_the_login_session(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let caller = Caller::of(&app);
        let refresh = async |token: &str| caller.auth("refresh", &json!({"refresh_token": token})).await;
        let first = register(&app, "ada@example.com").await.token("refresh_token");
        let lost = refresh(&first).await;
        let found = refresh(&first).await;
        assert_eq!((lost.status, found.status), (StatusCode::OK, StatusCode::OK));
        assert_ne!(lost.token("refresh_token"), found.token("refresh_token"));
        Caller::bearer(&app, &lost.token("access_token")).me().await.is(401, "UNAUTHENTICATED");
        let owner = Caller::bearer(&app, &found.token("access_token"));
        assert_eq!(owner.me().await.status, StatusCode::OK);
        refresh(&first).await.is(401, "REFRESH_TOKEN_REUSED");
        owner.me().await.is(401, "UNAUTHENTICATED");
        refresh(&found.token("refresh_token")).await.is(401, "UNAUTHENTICATED");
    }

    async fn a_hundred_parallel_refreshes_leave_one_live_family(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let first = register(&app, "ada@example.com").await.token("refresh_token");
        let replies = join_all((0..100).map(|_| async {
            Caller::of(&app).auth("refresh", &json!({"refresh_token": first})).await
        }))
        .await;
        let given: Vec<&Reply> = replies.iter().filter(|reply| reply.status == StatusCode::OK).collect();
        assert!(!given.is_empty());
        let mut live = Vec::new();
        for reply in given {
            let token = reply.token("access_token");
            if Caller::bearer(&app, &token).me().await.status == StatusCode::OK {
                live.push(reply.token("refresh_token"));
            }
        }
        live.dedup();
        assert_eq!(live.len(), 1, "one chain goes on");
        let next = Caller::of(&app).auth("refresh", &json!({"refresh_token": live[0]})).await;
        assert_eq!(next.status, StatusCode::OK, "{}", next.body);
    }

    async fn hostile_tokens_open_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let registered = register(&app, "ada@example.com").await;
        let (access, refresh) = (registered.token("access_token"), registered.token("refresh_token"));
        let [header, claims, signature] = access.split('.').collect::<Vec<_>>()[..] else { panic!("{access}") };
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        decoded["exp"] = json!(4_000_000_000_i64);
        let longer = part(decoded);
        let none = part(json!({"alg": "none", "typ": "at+jwt"}));
        let unsigned = format!("{none}.{claims}.");
        let edited = format!("{header}.{longer}.{signature}");
        for bad in ["", "x", &unsigned, &edited, &format!("{header}.{claims}."), &format!("{header}.{claims}"), &refresh] {
            Caller::bearer(&app, bad).me().await.is(401, "UNAUTHENTICATED");
            let cookie = format!("quorate_access={bad}");
            Caller::with(&app, &[(COOKIE.as_str(), &cookie)]).me().await.is(401, "UNAUTHENTICATED");
        }
        // An access token is no refresh token, and asking so has harmed nothing.
        Caller::of(&app).auth("refresh", &json!({"refresh_token": access})).await.is(401, "UNAUTHENTICATED");
        assert_eq!(Caller::bearer(&app, &access).me().await.status, StatusCode::OK);
    }

    async fn the_public_keys_name_the_one_that_signs(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let access = register(&app, "ada@example.com").await.token("access_token");
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(access.split('.').next().unwrap()).unwrap()).unwrap();
        let jwks = Caller::of(&app).send(Method::GET, "/.well-known/jwks.json", None).await;
        assert_eq!(jwks.status, StatusCode::OK);
        let key = &jwks.body["keys"][0];
        assert_eq!((&key["kid"], &key["alg"]), (&header["kid"], &header["alg"]));
        assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("sig")));
        assert_eq!(URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap().len(), 32);
        assert!(key.get("d").is_none(), "no private part");
    }

    async fn the_first_operators_link_works_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let token = app.identity().first_operator_link().await.unwrap().unwrap();
        let body = |token: &str, email: &str| json!({"token": token, "email": email, "password": PASSWORD});
        let caller = Caller::of(&app);
        caller.auth("first-operator", &body("ql_wrong", "ada@example.com")).await.is(410, "INVALID_LINK");
        let made = caller.auth("first-operator", &body(&token, "ada@example.com")).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        assert_eq!(made.body["user"]["operator"], true);
        let me = Caller::bearer(&app, &made.token("access_token")).me().await;
        assert_eq!(me.body["user"]["operator"], true);
        caller.auth("first-operator", &body(&token, "eve@example.com")).await.is(410, "INVALID_LINK");
        assert!(app.identity().first_operator_link().await.unwrap().is_none());
    }
}
