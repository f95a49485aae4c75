//! What goes wrong upstream, and callers who leave (GTW-11, GTW-32).

use std::time::Duration;

use futures::StreamExt;
use quorate_testkit::models::{Act, Outcome};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CHAT, MESSAGES, Scene, chat, events, message, post, says, text};

fn status(status: u16) -> Act {
    Act { status: Some(status), ..Act::default() }
}

#[tokio::test]
async fn failover_works_for_streams_before_the_first_byte() {
    let scene = Scene::new().await;
    scene.anthropic(says("From the second")).await;
    let ada = scene.ada().await;
    let cut = Act { cut_after_bytes: Some(0), ..Act::default() };
    let error_first = Act {
        body: Some("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n".into()),
        content_type: Some("text/event-stream".into()),
        ..Act::default()
    };
    for act in [status(500), status(503), status(429), cut, error_first] {
        scene.open(act.clone()).await;
        let answer = post(&ada, CHAT, &chat("both", json!({ "stream": true }))).await;
        assert_eq!(answer.status(), StatusCode::OK, "{act:?}");
        assert_eq!(answer.headers()["x-quorate-model"], "anthropic/mind", "{act:?}");
        let stream = answer.text().await.unwrap();
        assert_eq!(text(&events(&stream)), "From the second", "{act:?}");
        assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
    }
}

#[tokio::test]
async fn a_cut_stream_becomes_an_error_and_never_done() {
    let scene = Scene::new().await;
    let ada = scene.ada().await;
    let long = "word ".repeat(200);
    for cleanly in [true, false] {
        scene.open(Act { cut_after_bytes: Some(2_000), cut_cleanly: cleanly, ..says(&long) }).await;
        let stream = post(&ada, CHAT, &chat("both", json!({ "stream": true }))).await.text().await.unwrap();
        assert!(!stream.contains("[DONE]"), "cleanly: {cleanly}");
        let last = events(&stream).pop().unwrap();
        assert!(last["error"]["message"].is_string(), "{last}");
        assert!(scene.anthropic.journal().await.unwrap().is_empty(), "nobody else is asked after the first byte");
    }
}

#[tokio::test]
async fn a_stream_that_pauses_for_too_long_ends_in_an_error() {
    let scene = Scene::with(|config| config.timeouts.idle = 0.2).await;
    let ada = scene.ada().await;
    scene.open(Act { hang_after_bytes: Some(1_000), ..says(&"word ".repeat(200)) }).await;
    let stream = post(&ada, CHAT, &chat("default", json!({ "stream": true }))).await.text().await.unwrap();
    assert!(events(&stream).pop().unwrap()["error"].is_object() && !stream.contains("[DONE]"));
    let visits = scene.open.settled_journal().await.unwrap();
    assert_eq!(visits.last().unwrap().outcome, Outcome::ClientLeft, "the call upstream is closed");
}

#[tokio::test]
async fn a_provider_that_never_answers_gives_way_to_the_next() {
    let scene = Scene::with(|config| {
        config.timeouts.first_token = 0.2;
        config.timeouts.total = 0.4;
    })
    .await;
    let ada = scene.ada().await;
    scene.open(Act { hang: true, ..Act::default() }).await;
    scene.anthropic(says("I am here")).await;
    for stream in [true, false] {
        let answer = post(&ada, CHAT, &chat("both", json!({ "stream": stream }))).await;
        assert_eq!(answer.headers()["x-quorate-model"], "anthropic/mind");
        assert!(answer.text().await.unwrap().contains("I am"));
    }
    assert!(scene.open.settled_journal().await.unwrap().iter().all(|visit| visit.outcome == Outcome::ClientLeft));
}

#[tokio::test]
async fn a_caller_who_leaves_closes_the_call_upstream_streaming_and_not() {
    let scene = Scene::new().await;
    let ada = scene.ada().await;
    scene.open(Act { chunk_delay_ms: Some(50), ..says(&"word ".repeat(2_000)) }).await;
    let answer = post(&ada, CHAT, &chat("default", json!({ "stream": true }))).await;
    let mut pieces = answer.bytes_stream();
    pieces.next().await.unwrap().unwrap();
    drop(pieces);
    scene.open.settled_journal().await.unwrap();
    scene.open(Act { hang: true, ..Act::default() }).await;
    let body = chat("default", json!({}));
    let waiting = tokio::time::timeout(Duration::from_millis(300), post(&ada, CHAT, &body)).await;
    assert!(waiting.is_err());
    let visits = scene.open.settled_journal().await.unwrap();
    assert_eq!(visits.iter().map(|visit| visit.outcome).collect::<Vec<_>>(), [Outcome::ClientLeft; 2]);
}

#[tokio::test]
async fn when_everybody_is_cooling_down_the_best_is_still_asked() {
    let scene = Scene::with(|config| config.retries.attempts = 1).await;
    let ada = scene.ada().await;
    scene.open(Act { status: Some(429), retry_after: Some("30".into()), ..Act::default() }).await;
    scene.anthropic(Act { status: Some(529), ..Act::default() }).await;
    for _ in 0..3 {
        let answer = post(&ada, CHAT, &chat("both", json!({}))).await;
        assert!(!answer.status().is_success());
    }
    scene.open(says("Back again")).await;
    let answer = post(&ada, CHAT, &chat("both", json!({}))).await;
    assert_eq!(answer.status(), StatusCode::OK, "a cool-down is no answer");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], "Back again");
}

#[tokio::test]
async fn garbage_is_an_error_of_the_provider() {
    let scene = Scene::with(|config| config.retries.attempts = 1).await;
    let ada = scene.ada().await;
    let garbage =
        Act { body: Some("<html>busy</html>".into()), content_type: Some("text/html".into()), ..Act::default() };
    scene.anthropic(garbage).await;
    let answer = post(&ada, CHAT, &chat("anthropic/mind", json!({}))).await;
    assert_eq!(answer.status().as_u16(), 502);
}

#[tokio::test]
async fn a_deadline_is_told_in_the_callers_own_shape() {
    let scene = Scene::with(|config| {
        for route in &mut config.routes {
            route.deadline = Some(0.3);
        }
    })
    .await;
    let ada = scene.ada().await;
    scene.open(Act { hang: true, ..Act::default() }).await;
    let late = post(&ada, CHAT, &chat("default", json!({ "stream": true }))).await;
    assert_eq!(late.status().as_u16(), 504);
    let body: Value = late.json().await.unwrap();
    assert_eq!(body["error"]["code"], "upstream_timeout", "{body}");
    let late = post(&ada, MESSAGES, &message("both", json!({}))).await;
    assert_eq!(late.status().as_u16(), 504);
    let body: Value = late.json().await.unwrap();
    assert_eq!((&body["type"], body["error"]["type"].is_string()), (&json!("error"), true), "{body}");
    assert!(scene.anthropic.journal().await.unwrap().is_empty(), "no time is left for another target");
}
