//! Pause, resume, stop and delete while a board is at work.

use std::time::Duration;

use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::counting::recount;
use super::{LISBON, SEATS, of_type, quick};
use crate::{TestApp, User};

/// Slow enough that a request comes in between.
fn slow(tokens_per_second: f64) -> Value {
    json!({ "tokens_per_second": tokens_per_second })
}

/// Waits until nothing has been added to the log for a while.
async fn settled(ada: &User<'_>, id: &str) -> Vec<Value> {
    let mut events = ada.events(id).await;
    loop {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let later = ada.events(id).await;
        if later.len() == events.len() {
            return later;
        }
        events = later;
    }
}

on_both_databases! {
    async fn a_pause_lets_nothing_new_begin(database: TestDatabase) {
        let app = TestApp::builder(database)
            .offline(&slow(600.0))
            .configure(|config| config.board.concurrency = 1)
            .start()
            .await;
        let ada = app.user("ada@example.com").await;
        let problem = "Should we expand next year?";
        let body = json!({ "problem_statement": problem, "mode": "quick", "personas": &SEATS[..2] });
        let id = ada.session(&body).await;
        assert_eq!(ada.turn(&id, "pause").await.code(), "CONFLICT", "it has not started");
        ada.start(&id).await;
        ada.saw(&id, |event| event["type"] == "contribution.delta").await;
        let paused = ada.turn(&id, "pause").await;
        assert_eq!((paused.status.as_u16(), &paused.body["status"]), (202, &json!("pausing")));
        assert_eq!(ada.turn(&id, "pause").await.code(), "CONFLICT");
        let held = settled(&ada, &id).await;
        let at = of_type(&held, "session.paused")[0]["sequence"].as_i64().unwrap();
        // Whoever was speaking finishes, and is heard; nobody else begins.
        let mut speaking = Vec::new();
        for event in &held {
            let after = event["sequence"].as_i64().unwrap() > at;
            match event["type"].as_str().unwrap() {
                // A start that was being written when the pause came stands right behind it.
                "contribution.started" => {
                    assert!(!after || event["sequence"] == at + 1, "{event}");
                    speaking.push(event["data"]["contribution_id"].clone());
                }
                "contribution.delta" => assert!(speaking.contains(&event["data"]["contribution_id"])),
                "contribution.recorded" => speaking.retain(|one| one != &event["data"]["contribution"]["id"]),
                kind => assert!(!after || kind == "session.paused", "{event}"),
            }
        }
        assert!(speaking.is_empty(), "all who spoke were heard: {speaking:?}");
        assert_eq!(of_type(&held, "voting.started").len(), 0, "the pause came in time");
        assert_eq!(ada.read(&id).await["status"], "paused");
        assert_eq!(ada.turn(&id, "start").await.code(), "CONFLICT");

        let resumed = ada.turn(&id, "resume").await;
        assert_eq!((resumed.status.as_u16(), &resumed.body["status"]), (202, &json!("resumed")));
        assert_eq!(ada.turn(&id, "resume").await.code(), "CONFLICT");
        let session = ada.finished(&id).await;
        assert_eq!((&session["status"], &session["outcome"]), (&json!("completed"), &json!("complete")), "{session}");
        let events = ada.events(&id).await;
        assert_eq!(held[..], events[..held.len()], "what stood in the log still does");
        let started = of_type(&events, "contribution.recorded").len();
        let mut ids: Vec<String> = of_type(&events, "contribution.recorded")
            .iter()
            .map(|event| event["data"]["contribution"]["id"].to_string())
            .collect();
        ids.dedup();
        assert_eq!(ids.len(), started, "nobody was asked twice");
        for turn in ["start", "pause", "resume", "stop"] {
            assert_eq!(ada.turn(&id, turn).await.code(), "CONFLICT", "{turn} after the end");
        }
    }

    async fn a_stop_keeps_what_there_is_and_says_so(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&slow(1_200.0)).start().await;
        let ada = app.user("ada@example.com").await;
        let body = json!({ "problem_statement": LISBON, "mode": "deep" });
        let points: [(&str, Value, bool); 6] = [
            ("session.started", Value::Null, false),
            ("problem.decomposed", Value::Null, false),
            ("contribution.recorded", Value::Null, true),
            ("voting.started", Value::Null, true),
            ("vote.recorded", Value::Null, true),
            ("synthesis.started", Value::Null, true),
        ];
        // All at once: they do not wait for each other.
        let stopped = points.iter().map(|(kind, _, spoken)| {
            let (ada, body) = (ada.clone(), body.clone());
            async move {
                let id = ada.session(&body).await;
                ada.start(&id).await;
                ada.saw(&id, |event| event["type"] == *kind).await;
                let stopped = ada.turn(&id, "stop").await;
                assert_eq!((stopped.status.as_u16(), &stopped.body["status"]), (202, &json!("stopping")), "{kind}");
                let session = ada.finished(&id).await;
                assert_eq!(session["status"], "cancelled", "{kind}: {session}");
                let events = ada.events(&id).await;
                let end = events.last().unwrap();
                assert_eq!((&end["type"], &end["data"]["outcome"]), (&json!("session.cancelled"), &session["outcome"]));
                let path = format!("/api/v1/sessions/{id}/report");
                if !spoken {
                    assert_eq!((&session["outcome"], ada.get(&path).await.status.as_u16()), (&Value::Null, 404), "{kind}");
                    assert_eq!(ada.result(&id, "contributions").await, json!([]), "{kind}");
                    return;
                }
                assert_eq!(session["outcome"], "partial", "{kind}: {session}");
                let report = ada.result(&id, "report").await;
                assert_eq!(report["outcome"], "partial");
                assert!(report["heading"].as_str().unwrap().starts_with("Partial report"), "{report}");
                let text = report["full_report"].as_str().unwrap();
                assert!(text.starts_with("# Partial report") && text.contains("Lisbon"), "{kind}: {text}");
                let votes = ada.result(&id, "votes").await;
                recount(&events, votes.as_array().unwrap(), &report);
                // After the stop nobody begins to speak or to vote.
                let at = of_type(&events, "session.stop_requested")[0]["sequence"].as_i64().unwrap() + 1;
                let late = events.iter().filter(|event| event["sequence"].as_i64().unwrap() > at);
                let late: Vec<&str> = late.filter_map(|event| event["type"].as_str()).collect();
                assert!(!late.contains(&"voting.started") && !late.contains(&"round.started"), "{kind}: {late:?}");
            }
        });
        futures::future::join_all(stopped).await;
    }

    async fn a_stop_before_the_start_ends_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        assert_eq!(ada.turn(&id, "stop").await.status, 202);
        // Whether or not the worker was quicker, the stop holds.
        drop(ada.turn(&id, "start").await);
        let session = ada.finished(&id).await;
        assert_eq!((&session["status"], &session["outcome"]), (&json!("cancelled"), &Value::Null), "{session}");
        assert_eq!(ada.turn(&id, "start").await.code(), "CONFLICT");
        assert_eq!(ada.get(&format!("/api/v1/sessions/{id}/report")).await.status, 404);
    }

    async fn a_held_session_can_be_stopped(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&slow(1_200.0)).start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        ada.start(&id).await;
        ada.saw(&id, |event| event["type"] == "contribution.recorded").await;
        assert_eq!(ada.turn(&id, "pause").await.status, 202);
        settled(&ada, &id).await;
        assert_eq!(ada.turn(&id, "stop").await.status, 202);
        let session = ada.finished(&id).await;
        assert_eq!((&session["status"], &session["outcome"]), (&json!("cancelled"), &json!("partial")), "{session}");
        assert!(ada.result(&id, "report").await["heading"].as_str().unwrap().starts_with("Partial"));
    }

    async fn a_deleted_session_is_gone_and_its_work_ends(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&slow(300.0)).start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&json!({ "problem_statement": LISBON, "mode": "deep" })).await;
        ada.start(&id).await;
        ada.saw(&id, |event| event["type"] == "contribution.delta").await;
        let mut stream = app
            .http()
            .get(app.url(&format!("/api/v1/sessions/{id}/stream")))
            .bearer_auth(ada.token.as_deref().unwrap())
            .send()
            .await
            .unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        let gone = ada.delete(&format!("/api/v1/sessions/{id}")).await;
        assert_eq!(gone.status, 204);
        let rest = async {
            while let Some(chunk) = stream.chunk().await.unwrap() {
                assert!(!String::from_utf8_lossy(&chunk).contains("session.failed"));
            }
        };
        tokio::time::timeout(Duration::from_secs(10), rest).await.expect("the stream ends");
        for path in ["", "/report", "/votes", "/contributions", "/events", "/stream", "/export"] {
            let reply = ada.get(&format!("/api/v1/sessions/{id}{path}")).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (404, "NOT_FOUND"), "{path}");
        }
        assert_eq!(ada.delete(&format!("/api/v1/sessions/{id}")).await.status, 404);
        assert_eq!(ada.get("/api/v1/sessions").await.body["data"], json!([]));
        // The job has ended without an error; a job that failed would wait for its next try.
        let ended = async {
            loop {
                let depth = app.composed().jobs.depth().await.unwrap();
                // The ledger's daily upkeep is always planned.
                if depth.due + depth.running + depth.dead == 0 && depth.scheduled <= 1 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ended).await.expect("no job is left");
    }
}
