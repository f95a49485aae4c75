//! Caller and provider speak different formats.

use quorate_testkit::models::{Act, ScriptedUsage};
use serde_json::{Value, json};

use super::{CHAT, MESSAGES, Scene, chat, events, message, post, says, text};

#[tokio::test]
async fn openais_format_reaches_anthropics_provider() {
    let scene = Scene::new().await;
    let usage = ScriptedUsage { input: 30, output: 7, cached_input: 10, ..ScriptedUsage::default() };
    scene.anthropic(Act { usage: Some(usage), ..says("Good day") }).await;
    let ada = scene.ada().await;
    let asked = json!({ "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" }],
        "max_completion_tokens": 77, "stop": ["END"] });
    let body: Value = post(&ada, CHAT, &chat("anthropic/mind", asked.clone())).await.json().await.unwrap();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["choices"][0]["message"]["content"], "Good day");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!((&body["usage"]["prompt_tokens"], &body["usage"]["completion_tokens"]), (&json!(30), &json!(7)));
    let visit = scene.anthropic.journal().await.unwrap().pop().unwrap();
    assert_eq!((&visit.body["max_tokens"], &visit.body["stop_sequences"]), (&json!(77), &json!(["END"])));
    assert!(visit.body["system"].to_string().contains("Be brief."));
    let mut streamed = asked;
    streamed["stream"] = json!(true);
    let stream = post(&ada, CHAT, &chat("anthropic/mind", streamed)).await.text().await.unwrap();
    assert_eq!(text(&events(&stream)), "Good day");
    assert!(stream.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn anthropics_format_reaches_openais_provider() {
    let scene = Scene::new().await;
    scene.open(says("Good day")).await;
    let ada = scene.ada().await;
    let body: Value =
        post(&ada, MESSAGES, &message("open/mind", json!({ "system": "Be brief." }))).await.json().await.unwrap();
    assert_eq!(
        (&body["type"], &body["role"], &body["stop_reason"]),
        (&json!("message"), &json!("assistant"), &json!("end_turn"))
    );
    assert_eq!(body["content"][0]["text"], "Good day");
    let stream = post(&ada, MESSAGES, &message("open/mind", json!({ "stream": true }))).await.text().await.unwrap();
    let said = events(&stream);
    assert_eq!((&said[0]["type"], &said.last().unwrap()["type"]), (&json!("message_start"), &json!("message_stop")));
}

#[tokio::test]
async fn the_offline_model_answers_in_every_format() {
    let scene = Scene::with(|config| {
        let standard = quorate_models::ModelsConfig::default();
        config.providers.extend(standard.providers);
    })
    .await;
    let ada = scene.ada().await;
    let chatted: Value = post(&ada, CHAT, &chat("offline/demo", json!({}))).await.json().await.unwrap();
    assert!(!chatted["choices"][0]["message"]["content"].as_str().unwrap().is_empty());
    let said: Value = post(&ada, MESSAGES, &message("offline/demo", json!({}))).await.json().await.unwrap();
    assert!(!said["content"][0]["text"].as_str().unwrap().is_empty());
    let asked = json!({ "model": "offline/demo", "input": "Hello" });
    let response: Value = post(&ada, "/v1/responses", &asked).await.json().await.unwrap();
    assert_eq!((&response["object"], &response["status"]), (&json!("response"), &json!("completed")));
    let stream = post(&ada, CHAT, &chat("offline/demo", json!({ "stream": true }))).await.text().await.unwrap();
    assert!(!text(&events(&stream)).is_empty() && stream.ends_with("data: [DONE]\n\n"));
}
