//! Signing in with other services, and tokens of other issuers (IDN-5), over real HTTP.

mod browser;
mod certified;
mod connections;
mod externals;
mod hostile;
mod issuer;
mod linking;
mod minting;
mod second_factor;
mod services;

use quorate_testkit::TestDatabase;
use reqwest::Method;
use serde_json::{Value, json};

use self::browser::{Browser, PUBLIC, Seen, query};
use self::issuer::Issuer;
use self::minting::Signer;
use crate::TestApp;

const PASSWORD: &str = "seven green umbrellas";
const CALLBACK: &str = "/api/v1/auth/social/idp/callback";

/// A provider of this kind at an issuer of the test.
fn provider(name: &str, kind: &str, issuer: &str) -> Value {
    json!({"name": name, "kind": kind, "issuer": issuer, "client_id": "us", "client_secret": "between us"})
}

async fn app_with(database: TestDatabase, providers: Value, issuers: Value) -> TestApp {
    let configured = TestApp::builder(database).without_worker().configure(|config| {
        config.server.public_url = Some(PUBLIC.to_owned());
        config.identity.providers = serde_json::from_value(providers).unwrap();
        config.identity.issuers = serde_json::from_value(issuers).unwrap();
    });
    configured.start().await
}

fn now() -> i64 {
    quorate_kernel::Clock::now(&quorate_kernel::SystemClock).timestamp()
}

/// An application with one provider that the test speaks for.
struct Stage {
    app: TestApp,
    issuer: Issuer,
    signer: Signer,
}

impl Stage {
    async fn new(database: TestDatabase) -> Self {
        Self::of_kind(database, "oidc").await
    }

    async fn of_kind(database: TestDatabase, kind: &str) -> Self {
        let issuer = Issuer::start().await;
        let signer = Signer::rsa();
        issuer.says_now(|said| said.keys = json!({"keys": [signer.jwk("k1")]}));
        let app = app_with(database, json!([provider("idp", kind, &issuer.url)]), json!([])).await;
        Self { app, issuer, signer }
    }

    fn browser(&self) -> Browser<'_> {
        Browser::new(&self.app)
    }

    /// What the provider says about somebody who answers this question.
    fn claims(&self, question: &str, subject: &str, email: &str) -> Value {
        json!({"iss": self.issuer.url, "aud": "us", "sub": subject, "email": email, "email_verified": true,
            "name": "Ada Byron", "nonce": query(question, "nonce"), "iat": now(), "exp": now() + 300})
    }

    /// The provider will give this ID token for the next code.
    fn gives(&self, claims: &Value) {
        self.gives_token(&self.signer.token("k1", claims));
    }

    fn gives_token(&self, id_token: &str) {
        self.issuer
            .says_now(|said| said.tokens = json!({"access_token": "at", "token_type": "Bearer", "id_token": id_token}));
    }

    /// The whole way of a person in a browser, and where it ends.
    async fn sign_in(&self, browser: &mut Browser<'_>, subject: &str, email: &str) -> Seen {
        let question = ask(browser, "idp", "").await;
        self.gives(&self.claims(&question, subject, email));
        answer(browser, &question).await
    }
}

/// Goes to a provider and gives the address that the browser is sent to.
async fn ask(browser: &mut Browser<'_>, provider: &str, query: &str) -> String {
    let seen = browser.get(&format!("/api/v1/auth/social/{provider}/start{query}")).await;
    assert_eq!(seen.status, 302, "{}", seen.text);
    seen.leads_to().to_owned()
}

/// Comes back with a code and the question's own state.
async fn answer(browser: &mut Browser<'_>, question: &str) -> Seen {
    let state = query(question, "state").unwrap();
    browser.get(&format!("{CALLBACK}?code=c0de&state={state}")).await
}

/// Registers with a password; tells the browser's cookies.
async fn register(browser: &mut Browser<'_>, email: &str) -> Seen {
    let body = json!({"email": email, "password": PASSWORD});
    let seen = browser.send_json(Method::POST, "/api/v1/auth/register", &body).await;
    assert_eq!(seen.status, 201, "{}", seen.text);
    seen
}

/// Proves an account's address, as its owner does by a link in a mail.
async fn prove(app: &TestApp, email: &str) {
    change(app, "UPDATE identity_users SET email_verified_at = 1 WHERE email = $1", email).await;
}

async fn suspend(app: &TestApp, email: &str) {
    change(app, "UPDATE identity_users SET suspended_at = 1 WHERE email = $1", email).await;
}

async fn change(app: &TestApp, statement: &'static str, email: &str) {
    let mut tx = app.composed().store.system("a test changes an account").await.unwrap();
    assert_eq!(tx.sql(statement).bind(email.to_owned()).execute().await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn accounts(app: &TestApp) -> i64 {
    let mut tx = app.composed().store.system_read("a test counts the accounts").await.unwrap();
    tx.sql("SELECT COUNT(*) FROM identity_users").scalar().await.unwrap()
}
