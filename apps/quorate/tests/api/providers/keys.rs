//! A provider's key goes to the provider and nowhere else.

use super::*;
use crate::node::{Node, is_terminal};

const KEY: &str = "sk-scripted";

/// A provider that repeats the key in its errors, as some do: at once, in the middle of a stream, and as an answer.
fn indiscreet() -> Vec<Rule> {
    let says = format!("Incorrect API key provided: {KEY}. Find yours at https://provider.test.");
    let refuses = Act { message: Some(says.clone()), ..status(401) };
    let breaks =
        Act { message: Some(says.clone()), stream_error: Some("authentication_error".to_owned()), ..Act::default() };
    let rambles = Act { body: Some(says), content_type: Some("text/html".to_owned()), ..status(502) };
    vec![
        seat("contribute", SEATS[0], refuses.clone()),
        seat("contribute", SEATS[1], breaks).times(2),
        seat("vote", SEATS[2], rambles),
        Rule::always(refuses).for_schema("synthesize"),
        one_part(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_in_no_answer_no_event_and_no_log() {
    let (database, models) = (TestDatabase::sqlite().unwrap(), ScriptedModels::start().await.unwrap());
    models.script(&indiscreet()).await.unwrap();
    let node = Node::start(&database, &models).await;
    let id = node.convene(&session()).await;
    let streamed = node.watch(&id, 0, is_terminal).await;
    assert!(!node.list(&id, "contributions").await.is_empty(), "the seats that were let speak have spoken");
    let mut told = json!(streamed).to_string();
    for path in ["", "/contributions", "/votes", "/report", "/events?limit=1000", "/export?format=json"] {
        told += &node.get(&format!("/api/v1/sessions/{id}{path}")).await.to_string();
    }
    told += &node.get("/api/v1/models").await.to_string();
    assert!(!told.contains(KEY), "{told}");

    // Nobody is told more when nothing works at all.
    let refuses = Act { message: Some(format!("Incorrect API key provided: {KEY}")), ..status(401) };
    models.script(&[Rule::always(refuses)]).await.unwrap();
    let id = node.convene(&session()).await;
    let streamed = node.watch(&id, 0, is_terminal).await;
    assert_eq!(streamed.last().unwrap()["type"], "session.failed");
    assert!(!json!(streamed).to_string().contains(KEY));

    let visits = models.settled_journal().await.unwrap();
    assert!(visits.iter().all(|visit| visit.key.as_deref() == Some(KEY)), "the provider gets it");
    assert!(visits.iter().all(|visit| !visit.body.to_string().contains(KEY)));
    let log = node.log();
    assert!(log.contains("infra_failure") && !log.contains(KEY), "{log}");
}
