//! Tokens of other issuers under a clock that stands still; the ways of a browser are tested in apps/quorate.

use std::sync::Mutex;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use quorate_kernel::{Authenticator as _, Code};
use quorate_testkit::on_both_databases;
use ring::hmac;
use serde_json::{Value, json};

use super::*;
use crate::store::users;

const SECRET: &str = "a shared secret of forty characters, about";

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn claims(issuer: &str, subject: &str, node: &Node) -> Value {
    let now = node.clock_now().timestamp();
    json!({"iss": issuer, "aud": "us", "sub": subject, "email": format!("{subject}@example.com"),
        "email_verified": true, "exp": now + 200_000})
}

fn shared(claims: &Value) -> String {
    let message = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

fn published(claims: &Value, seed: u8) -> String {
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": seed.to_string()});
    let message = format!("{}.{}", part(&header), part(claims));
    let signature = SigningKey::from_bytes(&[seed; 32]).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

async fn node(database: &TestDatabase, issuer: Value) -> Node {
    let clock = Arc::new(HeldClock::default());
    let mut deps = Deps { clock: clock.clone(), ..deps(database).await };
    let all = [&quorate_work::MIGRATIONS, &quorate_outbound::MIGRATIONS, &quorate_audit::MIGRATIONS, &MIGRATIONS];
    deps.store = database.migrated(&all).await.unwrap();
    deps.config.issuers = vec![serde_json::from_value(issuer).unwrap()];
    Node { identity: Identity::start(deps).await.unwrap(), clock }
}

fn by_secret() -> Value {
    json!({"name": "own", "issuer": "own", "audience": ["us"], "algorithm": "HS256", "shared_secret": SECRET})
}

async fn refusal(node: &Node, token: &str) -> Code {
    node.identity.authenticate(token).await.unwrap_err().code
}

/// An issuer of one key at a time, and whether it answers.
#[derive(Clone)]
struct Keys(Arc<Mutex<Option<u8>>>);

impl Keys {
    async fn start(seed: u8) -> (Self, String) {
        let keys = Self(Arc::new(Mutex::new(Some(seed))));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/keys", get(Self::answer)).with_state(keys.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (keys, url)
    }

    async fn answer(State(keys): State<Self>) -> Result<Json<Value>, axum::http::StatusCode> {
        let seed = keys.0.lock().unwrap().ok_or(axum::http::StatusCode::SERVICE_UNAVAILABLE)?;
        let public = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&[seed; 32]).verifying_key().as_bytes());
        Ok(Json(json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": public, "kid": seed.to_string()}]})))
    }

    fn now(&self, seed: Option<u8>) {
        *self.0.lock().unwrap() = seed;
    }
}

on_both_databases! {
    async fn many_who_are_seen_first_at_once_are_one(database: TestDatabase) {
        let node = node(&database, by_secret()).await;
        let token = shared(&claims("own", "ada", &node));
        let all = futures::future::try_join_all((0..20).map(|_| node.identity.authenticate(&token))).await;
        let mut principals = all.unwrap_or_else(|problem| panic!("{problem:?}"));
        principals.dedup();
        assert_eq!(principals.len(), 1);
        let one = &principals[0];
        assert!(one.login_session_id.is_nil() && !one.operator);
        assert_eq!(one.role, quorate_kernel::Role::Owner);
    }

    async fn a_suspension_holds_within_five_seconds_and_a_disconnection_at_once(database: TestDatabase) {
        let node = node(&database, by_secret()).await;
        let token = shared(&claims("own", "ada", &node));
        let principal = node.identity.authenticate(&token).await.unwrap();
        let mut tx = node.identity.store.system("a test suspends somebody").await.unwrap();
        users::set_suspended(&mut tx, principal.user_id, Some(node.clock_now())).await.unwrap();
        tx.commit().await.unwrap();
        node.wait(4);
        assert_eq!(refusal(&node, &token).await, Code::AccountSuspended);
        let mut tx = node.identity.store.system("a test lets somebody in again").await.unwrap();
        users::set_suspended(&mut tx, principal.user_id, None).await.unwrap();
        tx.commit().await.unwrap();
        assert!(node.identity.authenticate(&token).await.is_ok());
        // With a password there is another way in, so the connection may go.
        let who = node.register("bob@example.com").await;
        let mut bob = claims("own", "bob", &node);
        assert_eq!(refusal(&node, &shared(&bob)).await, Code::Forbidden, "the address is not proved here");
        let mut tx = node.identity.store.system("a test proves an address").await.unwrap();
        users::verify(&mut tx, who.user.id, "bob@example.com", node.clock_now()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(node.identity.authenticate(&shared(&bob)).await.is_ok());
        node.identity.disconnect(who.user.id, "own", &Origin::default()).await.unwrap();
        bob["email_verified"] = json!(false);
        assert_eq!(refusal(&node, &shared(&bob)).await, Code::EmailNotVerified);
        let kept = node.identity.disconnect(principal.user_id, "own", &Origin::default()).await;
        assert!(matches!(kept, Err(crate::IdentityError::Conflict(_))), "the only way in stays");
    }

    async fn keys_are_rotated_outlive_an_outage_and_die(database: TestDatabase) {
        let (keys, url) = Keys::start(1).await;
        let issuer = json!({"name": "own", "issuer": "own", "audience": ["us"], "algorithm": "EdDSA",
            "jwks_url": format!("{url}/keys")});
        let node = node(&database, issuer).await;
        let claims = claims("own", "ada", &node);
        let (first, second) = (published(&claims, 1), published(&claims, 2));
        assert!(node.identity.authenticate(&first).await.is_ok());
        keys.now(Some(2));
        assert_eq!(refusal(&node, &second).await, Code::Unauthenticated, "asked once a minute");
        node.wait(60);
        assert!(node.identity.authenticate(&second).await.is_ok(), "a new key is found");
        assert_eq!(refusal(&node, &first).await, Code::Unauthenticated, "and the old one is gone");
        keys.now(None);
        node.wait(23 * 3600);
        assert!(node.identity.authenticate(&second).await.is_ok(), "an outage locks nobody out");
        node.wait(3600);
        assert_eq!(refusal(&node, &second).await, Code::Unavailable, "a withdrawn key must die");
        keys.now(Some(2));
        node.wait(5);
        assert!(node.identity.authenticate(&second).await.is_ok());
    }
}
