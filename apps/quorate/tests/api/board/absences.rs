//! Seats that do not answer are absent, for the reason that holds, and nothing is put in their place (BRD-5, BRD-29).

use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::counting::recount;
use super::{SEATS, quick};
use crate::TestApp;

fn fault(template: &str, persona: Option<&str>, kind: &str) -> Value {
    json!({ "template": template, "persona": persona, "kind": kind })
}

fn faults(list: &[Value]) -> Value {
    json!({ "tokens_per_second": 0.0, "faults": list })
}

/// Who is absent from the first sub-problem, at which stage and why.
fn absences(report: &Value) -> Vec<(&str, &str, &str)> {
    let list = report["absences"].as_array().unwrap().iter().filter(|one| one["sub_problem"] == 0);
    list.map(|one| {
        let text = |field: &str| one[field].as_str().unwrap();
        (text("persona_code"), text("stage"), text("reason"))
    })
    .collect()
}

on_both_databases! {
    async fn a_seat_without_an_answer_is_named_with_the_reason(database: TestDatabase) {
        let app = TestApp::builder(database)
            .offline(&faults(&[
                fault("contribute", Some(SEATS[0]), "malformed"),
                fault("vote", Some(SEATS[1]), "timeout"),
            ]))
            .configure(|config| config.board.call_timeout_seconds = 1)
            .start()
            .await;
        let ada = app.user("ada@example.com").await;
        let mut body = quick();
        body["personas"] = json!([SEATS[0], SEATS[1], SEATS[2], "forecaster"]);
        let session = ada.deliberate(&body).await;
        assert_eq!((&session["status"], &session["outcome"]), (&json!("completed"), &json!("complete")), "{session}");
        let id = session["id"].as_str().unwrap();
        let (events, report) = (ada.events(id).await, ada.result(id, "report").await);
        assert_eq!(
            absences(&report),
            [(SEATS[0], "initial_round", "invalid_output"), (SEATS[1], "voting", "timeout")]
        );
        let votes = ada.result(id, "votes").await;
        let votes = votes.as_array().unwrap();
        assert!(votes.iter().all(|vote| ![SEATS[0], SEATS[1]].contains(&vote["persona_code"].as_str().unwrap())));
        recount(&events, votes, &report);
        let contributions = ada.result(id, "contributions").await;
        assert!(contributions.as_array().unwrap().iter().all(|said| said["persona_code"] != SEATS[0]));
        // They stand above the text.
        let text = report["full_report"].as_str().unwrap();
        let (absent, summary) = (text.find("**Absent:**").unwrap(), text.find("## Executive summary").unwrap());
        assert!(absent < summary, "{text}");
    }

    async fn fewer_than_half_of_the_seats_are_no_result(database: TestDatabase) {
        let app = TestApp::builder(database)
            .offline(&faults(&[
                fault("vote", Some(SEATS[0]), "malformed"),
                fault("vote", Some(SEATS[1]), "malformed"),
            ]))
            .start()
            .await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&quick()).await;
        assert_eq!((&session["status"], &session["outcome"]), (&json!("completed"), &json!("no_quorum")), "{session}");
        let id = session["id"].as_str().unwrap();
        let (events, report) = (ada.events(id).await, ada.result(id, "report").await);
        assert!(report["heading"].as_str().unwrap().starts_with("No result"), "{report}");
        assert_eq!(report["dissenting_views"], json!([]), "there is nothing to dissent from");
        recount(&events, ada.result(id, "votes").await.as_array().unwrap(), &report);
        assert!(report["full_report"].as_str().unwrap().contains("Fewer than half of the seats voted"));
    }

    async fn a_board_that_nobody_joins_fails_and_says_why(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&faults(&[fault("contribute", None, "malformed")])).start().await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&quick()).await;
        assert_eq!((&session["status"], &session["outcome"]), (&json!("failed"), &Value::Null), "{session}");
        assert!(session["failure"]["code"].is_string() && session["failure"]["message"].is_string());
        let id = session["id"].as_str().unwrap();
        assert_eq!(ada.get(&format!("/api/v1/sessions/{id}/report")).await.status, 404);
        assert_eq!(ada.events(id).await.last().unwrap()["type"], "session.failed");
        assert_eq!(ada.result(id, "contributions").await, json!([]));
    }

    async fn a_report_that_no_model_can_write_still_has_counts_and_dissent(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&faults(&[fault("synthesize", None, "malformed")])).start().await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&quick()).await;
        assert_eq!(session["status"], "completed", "{session}");
        let id = session["id"].as_str().unwrap();
        let (events, report) = (ada.events(id).await, ada.result(id, "report").await);
        assert_eq!((&report["executive_summary"], &report["method"]["unwritten"]), (&json!(""), &json!("invalid_output")));
        recount(&events, ada.result(id, "votes").await.as_array().unwrap(), &report);
        assert!(report["full_report"].as_str().unwrap().contains("The summary could not be written"));
    }
}
