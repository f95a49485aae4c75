//! Questions to the user: answered, skipped, out of time.

use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::of_type;
use crate::{TestApp, User};

/// Says so little that the board has something to ask.
const VAGUE: &str = "Should we expand next year?";

fn body() -> Value {
    json!({ "problem_statement": VAGUE, "mode": "quick", "personas": super::SEATS, "clarify": true })
}

/// Starts a session and waits for its questions.
async fn asked(ada: &User<'_>) -> (String, Vec<Value>) {
    let id = ada.session(&body()).await;
    ada.start(&id).await;
    ada.saw(&id, |event| event["type"] == "clarification.requested").await;
    let session = ada.read(&id).await;
    assert_eq!(session["status"], "paused", "{session}");
    assert!(session["answer_deadline"].is_string());
    let questions = session["pending_questions"].as_array().unwrap().clone();
    assert!((1..=3).contains(&questions.len()), "{session}");
    (id, questions)
}

async fn answered(ada: &User<'_>, id: &str) -> Value {
    let session = ada.finished(id).await;
    assert_eq!(session["status"], "completed", "{session}");
    assert_eq!((&session["pending_questions"], &session["answer_deadline"]), (&json!([]), &Value::Null));
    let events = ada.events(id).await;
    let answered = of_type(&events, "clarification.answered");
    assert_eq!(answered.len(), 1, "the questions are closed once");
    answered[0]["data"].clone()
}

on_both_databases! {
    async fn answers_reach_the_board(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let (id, questions) = asked(&ada).await;
        let path = format!("/api/v1/sessions/{id}/answers");
        for wrong in ["pause", "resume"] {
            assert_eq!(ada.turn(&id, wrong).await.code(), "CONFLICT", "{wrong}");
        }
        let answer = |id: &Value, text: Value| json!({ "answers": [{ "question_id": id, "answer": text }] });
        let unknown = ada.post(&path, &answer(&json!("nope"), json!("x"))).await;
        assert_eq!((unknown.status.as_u16(), unknown.fields()), (422, vec!["answers[0].question_id"]));
        let long = ada.post(&path, &answer(&questions[0]["id"], json!("x".repeat(2_001)))).await;
        assert_eq!((long.status.as_u16(), long.fields()), (422, vec!["answers[0].answer"]));
        let nul = ada.post(&path, &answer(&questions[0]["id"], json!("a\0b"))).await;
        assert_eq!((nul.status.as_u16(), nul.fields()), (422, vec!["answers[0].answer"]));
        assert_eq!(ada.read(&id).await["pending_questions"], json!(questions), "nothing has changed");

        let given = ada.post(&path, &answer(&questions[0]["id"], json!("Only to Zanzibar, with 7 people."))).await;
        assert_eq!((given.status.as_u16(), &given.body["status"]), (202, &json!("resumed")), "{}", given.body);
        let again = ada.post(&path, &answer(&questions[0]["id"], json!("x"))).await;
        assert!([409, 422].contains(&again.status.as_u16()), "{}", again.body);
        let data = answered(&ada, &id).await;
        assert_eq!(data["by"], "user");
        let answers = data["answers"].as_array().unwrap();
        assert_eq!(answers.len(), questions.len(), "those left out are skipped");
        assert_eq!(answers[0]["answer"], "Only to Zanzibar, with 7 people.");
        assert!(answers[1..].iter().all(|one| one["answer"].is_null()));
    }

    async fn questions_may_be_skipped(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let (id, questions) = asked(&ada).await;
        let skipped: Vec<Value> =
            questions.iter().map(|one| json!({ "question_id": one["id"], "answer": null })).collect();
        let given = ada.post(&format!("/api/v1/sessions/{id}/answers"), &json!({ "answers": skipped })).await;
        assert_eq!(given.status, 202, "{}", given.body);
        let data = answered(&ada, &id).await;
        assert_eq!((&data["by"], &data["answers"]), (&json!("user"), &json!(skipped)));
    }

    async fn questions_do_not_wait_for_ever(database: TestDatabase) {
        let app =
            TestApp::builder(database).configure(|config| config.board.clarification_timeout_seconds = 1).start().await;
        let ada = app.user("ada@example.com").await;
        let (id, _) = asked(&ada).await;
        let data = answered(&ada, &id).await;
        assert_eq!(data["by"], "timeout");
        assert!(data["answers"].as_array().unwrap().iter().all(|one| one["answer"].is_null()));
    }

    async fn a_session_that_waits_for_answers_can_be_stopped(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let (id, _) = asked(&ada).await;
        assert_eq!(ada.turn(&id, "stop").await.status, 202);
        let session = ada.finished(&id).await;
        assert_eq!((&session["status"], &session["pending_questions"]), (&json!("cancelled"), &json!([])), "{session}");
    }
}
