//! Answers that are given again (GTW-12).

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use quorate_models::CacheConfig;
use quorate_testkit::models::{Act, Outcome, Rule};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::{CHAT, MESSAGES, Scene, chat, events, message, post, says, text};
use crate::User;

/// The two routes keep what is answered.
async fn keeping(cache: CacheConfig) -> Scene {
    Scene::with(|config| config.routes.iter_mut().for_each(|route| route.cache = Some(cache))).await
}

fn came(answer: &Response) -> &str {
    answer.headers()["x-quorate-cache"].to_str().unwrap()
}

async fn asked(scene: &Scene) -> usize {
    scene.open.journal().await.unwrap().len()
}

/// The answer once it comes from the cache: it is kept a moment after its last byte was passed on.
async fn hit(user: &User<'_>, path: &str, body: &Value) -> Response {
    for _ in 0..400 {
        let answer = post(user, path, body).await;
        if came(&answer) == "hit" {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it is never kept");
}

#[tokio::test]
async fn equal_requests_get_one_answer_however_they_are_written() {
    let scene = keeping(CacheConfig::default()).await;
    scene.open(says("Kept")).await;
    let ada = scene.ada().await;
    let first = post(&ada, CHAT, &chat("default", json!({ "temperature": 1 }))).await;
    assert_eq!((first.status(), came(&first)), (StatusCode::OK, "miss"));
    let first = first.text().await.unwrap();
    let again = chat("default", json!({ "temperature": 1.0, "user": "u-2", "top_p": null }));
    let second = hit(&ada, CHAT, &again).await;
    assert_eq!(second.headers()["x-quorate-model"], "open/mind");
    assert_eq!(second.headers()["x-quorate-attempts"], "0");
    assert_eq!(second.headers()["content-type"], "application/json");
    assert!(second.headers().contains_key("age"));
    assert_eq!(second.text().await.unwrap(), first);
    let before = asked(&scene).await;
    let other = post(&ada, CHAT, &chat("default", json!({ "temperature": 0.5 }))).await;
    assert_eq!((came(&other), asked(&scene).await), ("miss", before + 1));
}

#[tokio::test]
async fn what_was_whole_is_replayed_as_a_stream_and_the_other_way_round() {
    let scene = keeping(CacheConfig::default()).await;
    let ada = scene.ada().await;
    scene.open(says("One two three")).await;
    let whole = chat("default", json!({}));
    let stream = chat("default", json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let first: Value = post(&ada, CHAT, &whole).await.json().await.unwrap();
    let replayed = hit(&ada, CHAT, &stream).await;
    assert_eq!(replayed.headers()["content-type"], "text/event-stream");
    let replayed = replayed.text().await.unwrap();
    assert!(replayed.ends_with("data: [DONE]\n\n"), "{replayed}");
    let said = events(&replayed);
    assert_eq!(text(&said), "One two three");
    assert_eq!(said.last().unwrap()["usage"]["total_tokens"], first["usage"]["total_tokens"]);

    scene.anthropic(says("Four five six")).await;
    let stream = message("anthropic/mind", json!({ "stream": true }));
    let streamed = with_wish(&ada, MESSAGES, &stream, "on").await;
    assert_eq!(came(&streamed), "miss");
    let usage = events(&streamed.text().await.unwrap())[0]["message"]["usage"]["input_tokens"].clone();
    let mut whole = None;
    for _ in 0..400 {
        let answer = with_wish(&ada, MESSAGES, &message("anthropic/mind", json!({})), "on").await;
        if came(&answer) == "hit" {
            whole = Some(answer.json::<Value>().await.unwrap());
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let whole = whole.expect("it is kept");
    assert_eq!((&whole["content"][0]["text"], &whole["usage"]["input_tokens"]), (&json!("Four five six"), &usage));
}

async fn with_wish(user: &User<'_>, path: &str, body: &Value, wish: &str) -> Response {
    let request = user.app.http().post(user.app.url(path)).bearer_auth(user.token.as_ref().unwrap());
    request.header("x-quorate-cache", wish).json(body).send().await.unwrap()
}

#[tokio::test]
async fn entries_do_not_leak_across_tenants() {
    let scene = keeping(CacheConfig::default()).await;
    let (ada, eve) = (scene.ada().await, scene.app.user("eve@example.com").await);
    scene.open(says("Ada's secret")).await;
    let body = chat("default", json!({ "messages": [{ "role": "user", "content": "What is my number?" }] }));
    drop(post(&ada, CHAT, &body).await.text().await.unwrap());
    drop(hit(&ada, CHAT, &body).await);
    scene.open(says("I do not know")).await;
    for wish in ["on", "3600"] {
        let answer = with_wish(&eve, CHAT, &body, wish).await;
        let kept = came(&answer) == "hit";
        let said = answer.text().await.unwrap();
        assert!(said.contains("I do not know") && !said.contains("secret"), "{kept} {said}");
    }
}

#[tokio::test]
async fn a_shared_route_gives_every_organization_the_same_answer() {
    let scene = keeping(CacheConfig { ttl_seconds: 600, shared: true }).await;
    let (ada, bob) = (scene.ada().await, scene.app.user("bob@example.com").await);
    scene.open(says("Public")).await;
    drop(post(&ada, CHAT, &chat("default", json!({}))).await.text().await.unwrap());
    assert!(hit(&bob, CHAT, &chat("default", json!({}))).await.text().await.unwrap().contains("Public"));
}

#[tokio::test]
async fn identical_misses_at_once_ask_once() {
    let scene = keeping(CacheConfig::default()).await;
    let ada = scene.ada().await;
    scene.open(Act { delay_ms: Some(400), ..says("For all") }).await;
    let calls = (0..20).map(|at| {
        let body = chat("default", json!({ "stream": at % 2 == 0 }));
        let ada = &ada;
        async move { post(ada, CHAT, &body).await.text().await.unwrap() }
    });
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.contains("For") && answer.contains("all")));
    assert_eq!(asked(&scene).await, 1);
}

#[tokio::test]
async fn failures_and_broken_answers_are_not_kept() {
    let scene = Scene::with(|config| {
        config.retries.attempts = 1;
        config.routes.iter_mut().for_each(|route| route.cache = Some(CacheConfig::default()));
    })
    .await;
    let ada = scene.ada().await;
    let body = chat("default", json!({ "stream": true }));
    scene.open(Act { status: Some(400), message: Some("no".into()), ..Act::default() }).await;
    assert_eq!(post(&ada, CHAT, &body).await.status().as_u16(), 400);
    scene.open(Act { cut_after_bytes: Some(2_000), ..says(&"word ".repeat(200)) }).await;
    let cut = post(&ada, CHAT, &body).await;
    assert_eq!(came(&cut), "miss");
    assert!(!cut.text().await.unwrap().contains("[DONE]"));
    scene.open(says("Whole")).await;
    let whole = post(&ada, CHAT, &body).await;
    assert_eq!(came(&whole), "miss");
    assert_eq!(text(&events(&whole.text().await.unwrap())), "Whole");
}

#[tokio::test]
async fn who_waits_takes_over_from_who_leaves() {
    let scene = keeping(CacheConfig::default()).await;
    let ada = scene.ada().await;
    let stuck = Act { hang_after_bytes: Some(1_000), ..says(&"word ".repeat(200)) };
    scene.open.script(&[Rule::always(stuck).times(1), Rule::always(says("Mine"))]).await.unwrap();
    let body = chat("default", json!({ "stream": true }));
    let leading = post(&ada, CHAT, &body).await;
    let mut begun = leading.bytes_stream();
    assert!(begun.next().await.unwrap().is_ok());
    let waiting = async { post(&ada, CHAT, &body).await.text().await.unwrap() };
    let leaving = async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(begun);
    };
    let (answer, ()) = tokio::join!(waiting, leaving);
    assert_eq!(text(&events(&answer)), "Mine");
    let visits = scene.open.settled_journal().await.unwrap();
    assert_eq!((visits.len(), visits[0].outcome), (2, Outcome::ClientLeft));
}

#[tokio::test]
async fn a_request_decides_for_itself() {
    let scene = Scene::new().await;
    let ada = scene.ada().await;
    scene.open(says("First")).await;
    let body = chat("default", json!({}));
    let plain = post(&ada, CHAT, &body).await;
    assert!(!plain.headers().contains_key("x-quorate-cache"), "nobody asked for it");
    drop(with_wish(&ada, CHAT, &body, "60").await.text().await.unwrap());
    let mut kept = with_wish(&ada, CHAT, &body, "on").await;
    for _ in 0..400 {
        if came(&kept) == "hit" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
        kept = with_wish(&ada, CHAT, &body, "on").await;
    }
    assert_eq!(came(&kept), "hit");
    scene.open(says("Second")).await;
    assert!(with_wish(&ada, CHAT, &body, "on").await.text().await.unwrap().contains("First"));
    assert!(with_wish(&ada, CHAT, &body, "off").await.text().await.unwrap().contains("Second"));
    let renewed = with_wish(&ada, CHAT, &body, "refresh").await;
    assert_eq!(came(&renewed), "refresh");
    drop(renewed.text().await.unwrap());
    for _ in 0..400 {
        if with_wish(&ada, CHAT, &body, "on").await.text().await.unwrap().contains("Second") {
            let wrong = with_wish(&ada, CHAT, &body, "always").await;
            assert_eq!(wrong.status().as_u16(), 400);
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the new answer never took the old one's place");
}

#[tokio::test]
async fn a_hit_costs_nothing_and_is_counted() {
    let scene = Scene::with(|config| {
        config.routes.iter_mut().for_each(|route| route.cache = Some(CacheConfig::default()));
        let price = json!({ "model": "open/mind", "input": 1.0, "output": 2.0 });
        config.prices.push(serde_json::from_value(price).unwrap());
    })
    .await;
    let ada = scene.ada().await;
    scene.open(says("Kept")).await;
    let body = chat("default", json!({}));
    drop(post(&ada, CHAT, &body).await.text().await.unwrap());
    drop(hit(&ada, CHAT, &body).await);
    for _ in 0..400 {
        let rows = ada.get("/api/v1/usage/requests").await.body;
        let rows = rows["data"].as_array().unwrap();
        let cost =
            |status: &str| rows.iter().find(|row| row["status"] == status).map(|row| row["cost_microusd"].clone());
        if let (Some(asked), Some(found)) = (cost("answered"), cost("cached")) {
            assert!(asked.as_i64().unwrap() > 0, "{asked}");
            assert_eq!(found, json!(0));
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the usage never says so: {}", ada.get("/api/v1/usage/requests").await.body);
}
