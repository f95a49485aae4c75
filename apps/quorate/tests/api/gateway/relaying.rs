//! Both sides speak the same format: bytes pass untouched.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CHAT, MESSAGES, Scene, chat, events, message, post, says, text};
use quorate_testkit::models::{Act, ScriptedUsage};

#[tokio::test]
async fn a_completion_passes_with_its_usage_and_says_who_answered() {
    let scene = Scene::new().await;
    scene.open(says("Good day")).await;
    let ada = scene.ada().await;
    let answer = post(&ada, CHAT, &chat("default", json!({}))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-quorate-model"], "open/mind");
    assert_eq!(answer.headers()["x-quorate-attempts"], "1");
    assert!(answer.headers().contains_key("x-request-id"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], "Good day");
    assert!(body["usage"]["prompt_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn parameters_are_not_lost_in_translation() {
    let scene = Scene::new().await;
    let ada = scene.ada().await;
    let odd =
        json!({ "logit_bias": { "50256": -100 }, "unheard_of": { "deep": [1.50, 1e-7, "é\u{1F600}"] }, "seed": 7 });
    post(&ada, CHAT, &chat("open/mind", odd.clone())).await;
    let visit = scene.open.journal().await.unwrap().pop().unwrap();
    assert_eq!(visit.body["model"], "mind");
    for (name, value) in odd.as_object().unwrap() {
        assert_eq!(&visit.body[name], value, "{name}");
    }
    let thinking = json!({ "role": "assistant", "content": [
        { "type": "thinking", "thinking": "Hm.", "signature": "EqQBCgIYAhIM" },
        { "type": "redacted_thinking", "data": "c2VhbGVk" },
        { "type": "text", "text": "Yes." }] });
    let turns = json!({ "messages": [{ "role": "user", "content": "?" }, thinking, { "role": "user", "content": "Go on" }],
        "thinking": { "type": "enabled", "budget_tokens": 1024 } });
    post(&ada, MESSAGES, &message("anthropic/mind", turns.clone())).await;
    let visit = scene.anthropic.journal().await.unwrap().pop().unwrap();
    assert_eq!((&visit.body["messages"], &visit.body["thinking"]), (&turns["messages"], &turns["thinking"]));
}

#[tokio::test]
async fn a_stream_passes_and_hides_the_usage_that_nobody_asked_for() {
    let scene = Scene::new().await;
    scene.open(says("One two three four five six seven")).await;
    let ada = scene.ada().await;
    let answer = post(&ada, CHAT, &chat("default", json!({ "stream": true }))).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let stream = answer.text().await.unwrap();
    assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
    let said = events(&stream);
    assert_eq!(text(&said), "One two three four five six seven");
    assert!(said.iter().all(|event| event["choices"][0]["index"] == 0), "no chunk without a choice: {stream}");
    let asked = scene.open.journal().await.unwrap().pop().unwrap();
    assert_eq!(asked.body["stream_options"]["include_usage"], true, "we need it for the bill");
    let wanted = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let stream = post(&ada, CHAT, &chat("default", wanted)).await.text().await.unwrap();
    assert!(events(&stream).last().unwrap()["usage"]["completion_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_message_stream_passes_event_for_event() {
    let scene = Scene::new().await;
    let usage = ScriptedUsage { input: 20, output: 9, cached_input: 5, ..ScriptedUsage::default() };
    scene.anthropic(Act { thinking: Some("Well.".into()), usage: Some(usage), ..says("Good day") }).await;
    let ada = scene.ada().await;
    let stream =
        post(&ada, MESSAGES, &message("anthropic/mind", json!({ "stream": true }))).await.text().await.unwrap();
    let kinds: Vec<Value> = events(&stream).iter().map(|event| event["type"].clone()).collect();
    assert_eq!((kinds.first().unwrap(), kinds.last().unwrap()), (&json!("message_start"), &json!("message_stop")));
    assert!(stream.contains("signature") && stream.contains("Well."), "{stream}");
}

#[tokio::test]
async fn refusals_keep_status_words_and_retry_after() {
    let scene = Scene::with(|config| config.retries.attempts = 1).await;
    let ada = scene.ada().await;
    scene.open(Act { status: Some(400), message: Some("max_tokens is too large".into()), ..Act::default() }).await;
    let refused = post(&ada, CHAT, &chat("default", json!({}))).await;
    assert_eq!(refused.status().as_u16(), 400);
    let body: Value = refused.json().await.unwrap();
    assert!(body["error"]["message"].as_str().unwrap().contains("max_tokens is too large"));
    scene.open(Act { status: Some(429), retry_after: Some("7".into()), ..Act::default() }).await;
    let limited = post(&ada, CHAT, &chat("default", json!({}))).await;
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    scene.anthropic(Act { status: Some(529), ..Act::default() }).await;
    let overloaded = post(&ada, MESSAGES, &message("anthropic/mind", json!({}))).await;
    assert_eq!(overloaded.status().as_u16(), 529);
    // That our key is wrong is not the caller's doing, and its name is not theirs to see.
    scene.open(Act { status: Some(401), message: Some("bad key sk-scripted".into()), ..Act::default() }).await;
    let ours = post(&ada, CHAT, &chat("default", json!({}))).await;
    assert_eq!(ours.status().as_u16(), 502);
    assert!(!ours.text().await.unwrap().contains("sk-scripted"));
}

#[tokio::test]
async fn errors_have_the_shape_of_the_api_that_was_called() {
    let scene = Scene::new().await;
    let ada = scene.ada().await;
    let open: Value = post(&ada, CHAT, &chat("nobody/knows", json!({}))).await.json().await.unwrap();
    assert!(open["error"]["message"].as_str().unwrap().contains("nobody/knows"), "{open}");
    assert!(open["error"].get("type").is_some() && open["error"].get("code").is_some());
    let anthropic: Value = post(&ada, MESSAGES, &message("nobody/knows", json!({}))).await.json().await.unwrap();
    assert_eq!((&anthropic["type"], &anthropic["error"]["type"]), (&json!("error"), &json!("not_found_error")));
    let anonymous = scene.app.anonymous();
    let refused = anonymous.post(CHAT, &chat("default", json!({}))).await;
    assert_eq!((refused.status.as_u16(), refused.body["error"]["type"].is_string()), (401, true));
    for bad in ["{", "[]", r#"{"messages":[]}"#, r#"{"model":"a","model":"b","messages":[]}"#, r#"{"model":7}"#] {
        let reply = ada.send(reqwest::Method::POST, CHAT, Some(bad.to_owned())).await;
        assert!(reply.status == StatusCode::BAD_REQUEST, "{bad}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_refusal_repeats_no_secret_of_the_provider() {
    const SECRET: &str = "header-secret-4711";
    let scene = Scene::with(|config| {
        let secret = quorate_models::ApiKey::new(SECRET);
        config.providers[0].headers.insert("x-account".to_owned(), secret);
    })
    .await;
    let ada = scene.ada().await;
    let message = format!("No account {SECRET} is known");
    scene.open(Act { status: Some(400), message: Some(message), ..Act::default() }).await;
    for path in [CHAT, MESSAGES] {
        let body = if path == CHAT { chat("default", json!({})) } else { super::message("default", json!({})) };
        let answer = post(&ada, path, &body).await;
        assert_eq!(answer.status(), 400);
        let text = answer.text().await.unwrap();
        assert!(text.contains("No account") && !text.contains(SECRET), "{text}");
    }
}
