//! What a route hides from its providers, and what it does not let through (GTW-14).

use quorate_models::{GuardConfig, Personal};
use quorate_testkit::models::{Act, Rule};
use serde_json::{Value, json};

use super::{CHAT, MESSAGES, Scene, chat, message, post, says};

async fn guarded(guard: GuardConfig) -> Scene {
    Scene::with(|config| {
        config.retries.attempts = 1;
        config.routes.iter_mut().for_each(|route| route.guard = guard.clone());
    })
    .await
}

fn saying(text: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": text }] })
}

#[tokio::test]
async fn a_provider_never_sees_what_is_masked() {
    let scene = guarded(GuardConfig { mask: Personal::ALL.to_vec(), ..GuardConfig::default() }).await;
    let ada = scene.ada().await;
    scene.open(says("Hello")).await;
    let personal = "I am ada@example.org, card 4111 1111 1111 1111, at 192.168.0.17";
    let more = json!({ "stream": true, "seed": 7, "messages": [
        { "role": "system", "content": "Answer ada@example.org." },
        { "role": "user", "content": [{ "type": "text", "text": personal }] }] });
    assert!(post(&ada, CHAT, &chat("default", more)).await.text().await.unwrap().contains("[DONE]"));
    let visit = scene.open.journal().await.unwrap().pop().unwrap();
    assert_eq!(visit.body["messages"][0]["content"], "Answer [email].");
    assert_eq!(visit.body["messages"][1]["content"][0]["text"], "I am [email], card [card], at [ip]");
    assert_eq!((&visit.body["seed"], &visit.body["model"]), (&json!(7), &json!("mind")));
    // Also in another format than the provider's, and for embeddings.
    post(&ada, MESSAGES, &message("default", saying(personal))).await.text().await.unwrap();
    let embedding = json!({ "model": "default", "input": ["ada@example.org", "nothing"] });
    post(&ada, "/v1/embeddings", &embedding).await.text().await.unwrap();
    let visits = scene.open.journal().await.unwrap();
    assert_eq!(visits.len(), 3);
    assert!(visits.iter().all(|visit| !visit.body.to_string().contains("ada@example.org")), "{visits:?}");
    assert_eq!(visits[2].body["input"], json!(["[email]", "nothing"]));
}

#[tokio::test]
async fn what_is_blocked_reaches_nobody_and_costs_nothing() {
    let scene = guarded(GuardConfig { block: vec!["Project Falcon".into()], ..GuardConfig::default() }).await;
    let ada = scene.ada().await;
    for path in [CHAT, MESSAGES] {
        let body = message("default", saying("What about project  FALCON?"));
        let refused = post(&ada, path, &body).await;
        assert_eq!(refused.status().as_u16(), 400, "{path}");
        let said = refused.text().await.unwrap();
        assert!(said.contains("does not let through") && !said.to_lowercase().contains("falcon"), "{said}");
    }
    let embedding = json!({ "model": "default", "input": "Project Falcon" });
    assert_eq!(post(&ada, "/v1/embeddings", &embedding).await.status().as_u16(), 400);
    assert!(scene.open.journal().await.unwrap().is_empty());
    assert!(post(&ada, CHAT, &chat("default", saying("A falcon project"))).await.status().is_success());
}

#[tokio::test]
async fn a_moderation_judges_first_and_fails_closed() {
    let guard = GuardConfig { moderation: Some("open/omni-moderation".into()), ..GuardConfig::default() };
    let scene = guarded(guard).await;
    let ada = scene.ada().await;
    let fine = post(&ada, CHAT, &chat("default", saying("Good day"))).await;
    assert_eq!(fine.status().as_u16(), 200);
    let paths: Vec<String> = scene.open.journal().await.unwrap().into_iter().map(|visit| visit.path).collect();
    assert_eq!(paths, ["/v1/moderations", "/v1/chat/completions"]);
    let flagged = post(&ada, CHAT, &chat("default", saying("Some violence"))).await;
    assert_eq!(flagged.status().as_u16(), 400);
    assert!(flagged.text().await.unwrap().contains("violence"), "the category is named");
    let away = Act { status: Some(500), ..Act::default() };
    scene.open.script(&[Rule::always(away).times(1)]).await.unwrap();
    let closed = post(&ada, CHAT, &chat("default", saying("Good day"))).await;
    assert_eq!(closed.status().as_u16(), 502);
    let last = scene.open.journal().await.unwrap().pop().unwrap();
    assert_eq!(last.path, "/v1/moderations", "the model was not asked");
}
