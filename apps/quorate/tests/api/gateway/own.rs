//! The board as a model, the list of models, embeddings, and the ledger behind all of them.

use std::time::Duration;

use base64::Engine as _;
use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::{CHAT, Scene, chat, events, post, says, text};
use crate::TestApp;

const QUESTION: &str = "Should we open a second shop in Porto next year? We have 80,000 euros.";

on_both_databases! {
    async fn a_completion_convenes_a_board(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let turns = json!({ "messages": [{ "role": "system", "content": "We are four people." }, { "role": "user", "content": QUESTION }] });
        let body: Value = post(&ada, CHAT, &chat("board-quick", turns.clone())).await.json().await.unwrap();
        let message = &body["choices"][0]["message"];
        assert!(message["content"].as_str().unwrap().starts_with('#'), "{body}");
        assert!(message["reasoning_content"].as_str().unwrap().contains("**"), "the discussion is the thinking");
        assert_eq!((&body["model"], &body["choices"][0]["finish_reason"]), (&json!("board-quick"), &json!("stop")));
        let mut streamed = turns;
        streamed["stream"] = json!(true);
        let stream = post(&ada, CHAT, &chat("board-quick", streamed)).await.text().await.unwrap();
        assert!(text(&events(&stream)).starts_with('#') && stream.ends_with("data: [DONE]\n\n"), "{stream}");
        let sessions = ada.get("/api/v1/sessions").await.body;
        assert_eq!(sessions["data"].as_array().unwrap().len(), 2, "they are sessions like any other");
        let short = post(&ada, CHAT, &chat("board", json!({}))).await;
        assert_eq!(short.status().as_u16(), 400, "\"Hello\" is no decision");
    }
}

#[tokio::test]
async fn models_are_listed_with_the_boards_own() {
    let scene = Scene::new().await;
    let ada = scene.ada().await;
    let list = ada.get("/v1/models").await.body;
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().filter_map(|model| model["id"].as_str()).collect();
    for id in ["board", "board-quick", "board-deep", "default", "both", "open/mind", "anthropic/mind"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    assert_eq!(ada.get("/v1/models/board").await.body["object"], "model");
    assert_eq!(ada.get("/v1/models/nothing").await.status.as_u16(), 404);
}

#[tokio::test]
async fn models_are_listed_with_what_the_catalogue_knows() {
    let scene = Scene::with(|config| {
        config.routes[0].targets.push("anthropic/claude-opus-5".into());
        config.catalogue.push(quorate_models::CatalogueConfig {
            context: Some(32_000),
            tools: Some(true),
            ..quorate_models::CatalogueConfig::new("open/mind")
        });
    })
    .await;
    let ada = scene.ada().await;
    let known = ada.get("/v1/models/anthropic%2Fclaude-opus-5").await.body;
    assert_eq!((&known["context_length"], &known["max_output_tokens"]), (&json!(1_000_000), &json!(128_000)));
    assert_eq!(known["input_modalities"], json!(["text", "image"]));
    assert_eq!(known["supports"], json!({ "tools": true, "json_schema": true, "reasoning": true }));
    let price = json!({ "input": 5_000_000, "output": 25_000_000, "cached_read": 500_000, "cache_write": 6_250_000 });
    assert_eq!(known["price_microusd_per_million_tokens"], price);
    let own = ada.get("/v1/models/open%2Fmind").await.body;
    assert_eq!((&own["context_length"], &own["supports"]), (&json!(32_000), &json!({ "tools": true })));
    assert!(own.get("price_microusd_per_million_tokens").is_none(), "unknown is left out, never zero: {own}");
    let list = ada.get("/api/v1/models").await.body;
    let find = |id: &str| list["data"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap().clone();
    let known = find("anthropic/claude-opus-5");
    assert_eq!((&known["context_tokens"], &known["price"]["output_microusd"]), (&json!(1_000_000), &json!(25_000_000)));
    assert_eq!((&find("open/mind")["price"], &find("open/mind")["max_output_tokens"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn an_offline_provider_embeds_in_both_encodings() {
    let scene = Scene::with(|config| config.providers.extend(quorate_models::ModelsConfig::default().providers)).await;
    let ada = scene.ada().await;
    let ask = async |encoding: &str| -> Value {
        let body = json!({ "model": "offline/demo", "input": ["one", "two"], "encoding_format": encoding });
        post(&ada, "/v1/embeddings", &body).await.json().await.unwrap()
    };
    let (floats, packed) = (ask("float").await, ask("base64").await);
    let first: Vec<f32> = serde_json::from_value(floats["data"][0]["embedding"].clone()).unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed["data"][0]["embedding"].as_str().unwrap());
    let same: Vec<f32> = bytes.unwrap().chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!((floats["data"].as_array().unwrap().len(), &first), (2, &same));
}

#[tokio::test]
async fn every_call_is_in_the_books_streams_too() {
    let scene = Scene::new().await;
    scene.open(says("One two three")).await;
    let ada = scene.ada().await;
    post(&ada, CHAT, &chat("default", json!({}))).await.text().await.unwrap();
    post(&ada, CHAT, &chat("default", json!({ "stream": true }))).await.text().await.unwrap();
    let mut seen = Value::Null;
    for _ in 0..100 {
        seen = ada.get("/api/v1/usage/requests").await.body;
        if seen["data"].as_array().is_some_and(|calls| calls.len() == 2) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let calls = seen["data"].as_array().unwrap();
    assert_eq!(calls.len(), 2, "{seen}");
    let counted = &scene.open.journal().await.unwrap();
    assert_eq!(counted.len(), 2);
    assert!(calls.iter().all(|call| call["tokens_in"].as_u64().unwrap() > 0), "{seen}");
    assert_eq!(calls[0]["tokens_out"], calls[1]["tokens_out"], "a stream is counted as a whole answer is");
}

#[tokio::test]
async fn a_key_asks_only_what_it_may() {
    let scene = Scene::new().await;
    scene.open(says("Hello")).await;
    let ada = scene.ada().await;
    let wanted = json!({ "name": "ci", "scopes": ["model:use", "model:read"], "models": ["open/*"] });
    let made = ada.post("/api/v1/keys", &wanted).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let key = made.body["token"].as_str().unwrap();
    let ask = async |header: &str, value: String, model: &str| {
        let request = scene.app.http().post(scene.app.url(CHAT)).header(header, value);
        request.json(&chat(model, json!({}))).send().await.unwrap()
    };
    assert_eq!(ask("authorization", format!("Bearer {key}"), "open/mind").await.status().as_u16(), 200);
    assert_eq!(ask("x-api-key", key.to_owned(), "open/mind").await.status().as_u16(), 200);
    let refused = ask("authorization", format!("Bearer {key}"), "anthropic/mind").await;
    assert_eq!(refused.status().as_u16(), 403);
    assert_eq!(ask("authorization", format!("Bearer {key}"), "board").await.status().as_u16(), 403);
    let mut wrong = key.to_owned();
    wrong.replace_range(wrong.len() - 1.., if key.ends_with('0') { "1" } else { "0" });
    assert_eq!(ask("authorization", format!("Bearer {wrong}"), "open/mind").await.status().as_u16(), 401);
    let id = made.body["key"]["id"].as_str().unwrap();
    assert!(ada.delete(&format!("/api/v1/keys/{id}")).await.status.is_success());
    assert_eq!(ask("authorization", format!("Bearer {key}"), "open/mind").await.status().as_u16(), 401, "at once");
}
