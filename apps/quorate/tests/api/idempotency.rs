//! `Idempotency-Key`: a request sent again changes nothing and gets the same answer.

use futures::future::join_all;
use quorate_testkit::on_both_databases;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{TestApp, User};

const QUESTION: &str = "Should we open a second shop in Porto next year?";

async fn ask(user: &User<'_>, method: Method, path: &str, key: &str, body: &Value) -> Response {
    let request = user.app.http().request(method, user.app.url(path)).header("idempotency-key", key).json(body);
    request.bearer_auth(user.token.as_ref().unwrap()).send().await.unwrap()
}

async fn create(user: &User<'_>, key: &str, problem: &str) -> (StatusCode, bool, Value) {
    let answer = ask(user, Method::POST, "/api/v1/sessions", key, &json!({ "problem_statement": problem })).await;
    let replayed = answer.headers().get("idempotency-replayed").is_some();
    (answer.status(), replayed, answer.json().await.unwrap())
}

async fn sessions(user: &User<'_>) -> usize {
    user.get("/api/v1/sessions").await.body["data"].as_array().unwrap().len()
}

on_both_databases! {
    async fn fifty_at_once_are_one(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let answers = join_all((0..50).map(|_| create(&ada, "one", QUESTION))).await;
        let first = &answers[0].2;
        assert!(answers.iter().all(|(status, _, body)| *status == StatusCode::CREATED && body == first));
        assert_eq!(answers.iter().filter(|(_, replayed, _)| !replayed).count(), 1, "one of them did it");
        assert_eq!(sessions(&ada).await, 1);
    }

    async fn a_key_belongs_to_one_request_of_one_person(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let (ada, bob) = (app.user("ada@example.com").await, app.user("bob@example.com").await);
        let (_, _, first) = create(&ada, "k", QUESTION).await;
        let (status, _, body) = create(&ada, "k", "Should we close the shop in Porto?").await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
        let path = format!("/api/v1/sessions/{}", first["session"]["id"].as_str().unwrap());
        let other = ask(&ada, Method::DELETE, &path, "k", &json!({})).await;
        assert_eq!(other.status().as_u16(), 422, "another method and address is another request");
        let (status, replayed, theirs) = create(&bob, "k", QUESTION).await;
        assert_eq!((status.as_u16(), replayed), (201, false));
        assert_ne!(theirs["session"]["id"], first["session"]["id"]);
        assert_eq!((sessions(&ada).await, sessions(&bob).await), (1, 1));
    }

    async fn a_refusal_is_not_kept(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let (status, _, _) = create(&ada, "k", "").await;
        assert_eq!(status.as_u16(), 422);
        let (status, replayed, _) = create(&ada, "k", QUESTION).await;
        assert_eq!((status.as_u16(), replayed), (201, false), "nothing had been done under the key");
        for wrong in ["", &"k".repeat(256)] {
            let (status, _, body) = create(&ada, wrong, QUESTION).await;
            assert_eq!((status.as_u16(), &body["error"]["details"][0]["field"]), (422, &json!("idempotency-key")));
        }
        assert_eq!(create(&ada, &"k".repeat(255), QUESTION).await.0.as_u16(), 201);
    }

    async fn another_node_knows_the_answer(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let (_, _, first) = create(&ada, "k", QUESTION).await;
        let other = app.beside().without_worker().start().await;
        let there = User { app: &other, token: ada.token.clone() };
        let (status, replayed, body) = create(&there, "k", QUESTION).await;
        assert_eq!((status.as_u16(), replayed, body), (201, true, first));
    }
}
