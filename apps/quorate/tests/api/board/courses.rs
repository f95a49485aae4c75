//! The whole course in every mode, and what the user can ask of it.

use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::{LISBON, SEATS, of_type, quick};
use crate::TestApp;

fn texts<'a>(events: &[&'a Value], field: &str) -> Vec<&'a str> {
    events.iter().filter_map(|event| event["data"][field].as_str()).collect()
}

on_both_databases! {
    async fn a_session_runs_from_problem_to_report_in_every_mode(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        for mode in ["quick", "standard", "deep"] {
            let session = ada.deliberate(&json!({ "problem_statement": LISBON, "mode": mode })).await;
            assert_eq!((&session["status"], &session["current_phase"]), (&json!("completed"), &json!("complete")), "{session}");
            assert_eq!((&session["offline_demo"], &session["model"]), (&json!(true), &json!("offline/demo")));
            assert_eq!(session["outcome"], "complete", "{session}");
            let id = session["id"].as_str().unwrap();

            let events = ada.events(id).await;
            let phases = texts(&of_type(&events, "phase.changed"), "phase");
            for phase in ["decomposition", "selection", "initial_round", "voting", "synthesis"] {
                assert!(phases.contains(&phase), "{mode}: {phases:?}");
            }
            assert_eq!(phases.contains(&"discussion"), mode != "quick" && phases.contains(&"discussion"), "{mode}: {phases:?}");
            assert_eq!(events[0]["type"], "session.created");
            assert_eq!(events.last().unwrap()["type"], "session.completed");

            // Every first draft is blind: it builds on nobody.
            let contributions = ada.result(id, "contributions").await;
            let contributions = contributions.as_array().unwrap();
            let initial: Vec<&Value> = contributions.iter().filter(|said| said["type"] == "initial").collect();
            assert!(initial.len() >= 3 && initial.iter().all(|said| said["round"] == 0 && said["builds_on"] == json!([])));
            for said in contributions {
                assert!(!said["content"].as_str().unwrap().is_empty() && said["offline"] == true, "{said}");
            }

            let report = ada.result(id, "report").await;
            assert_eq!((&report["heading"], &report["outcome"]), (&json!("Board report"), &json!("complete")));
            assert_eq!((&report["method"]["mode"], &report["method"]["offline_demo"]), (&json!(mode), &json!(true)));
            for field in ["executive_summary", "recommendation"] {
                assert!(report[field].as_str().unwrap().len() > 40, "{mode} {field}: {report}");
            }
            let text = report["full_report"].as_str().unwrap();
            assert!(text.contains("Lisbon") && text.contains("offline demo model"), "{text}");
            assert_eq!(report["absences"], json!([]));
        }
    }

    async fn the_user_chooses_the_seats_and_the_rounds(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let body = json!({ "problem_statement": LISBON, "mode": "deep", "personas": SEATS, "max_rounds": 1,
            "problem_context": { "budget": "200k euros", "timeline": "one year", "team": "12 people" },
            "lean": "I would rather stay." });
        let session = ada.deliberate(&body).await;
        assert_eq!((&session["personas"], &session["max_rounds"]), (&json!(SEATS), &json!(1)), "{session}");
        assert_eq!(session["problem_context"]["team"], "12 people");
        let id = session["id"].as_str().unwrap();
        let events = ada.events(id).await;
        for selected in of_type(&events, "personas.selected") {
            let codes: Vec<&str> =
                selected["data"]["seats"].as_array().unwrap().iter().map(|seat| seat["code"].as_str().unwrap()).collect();
            assert_eq!((codes.as_slice(), &selected["data"]["decided_by"]), (&SEATS[..], &json!("user")));
        }
        let rounds = of_type(&events, "round.started");
        assert!(rounds.iter().all(|round| round["data"]["round"].as_u64().unwrap() <= 1), "no second round of discussion");
        let votes = ada.result(id, "votes").await;
        assert!(votes.as_array().unwrap().iter().all(|vote| SEATS.contains(&vote["persona_code"].as_str().unwrap())));
        // The lean is the user's own: no seat and no report repeats it.
        let said = [ada.result(id, "contributions").await, votes, ada.result(id, "report").await];
        assert!(said.iter().all(|part| !part.to_string().contains("rather stay")));
    }

    async fn a_session_without_a_worker_waits_for_one(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        ada.start(&id).await;
        let refused = ada.turn(&id, "start").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT"));
        let session = ada.read(&id).await;
        assert_eq!((&session["status"], &session["last_sequence"]), (&json!("active"), &json!(2)));
        assert_eq!(ada.get(&format!("/api/v1/sessions/{id}/report")).await.status, 404);
        let node = app.beside().start().await;
        let session = crate::User { app: &node, token: ada.token.clone() }.finished(&id).await;
        assert_eq!(session["status"], "completed");
    }

    async fn a_session_out_of_money_votes_with_what_it_has(database: TestDatabase) {
        let app = TestApp::builder(database)
            .configure(|config| {
                let price = json!({ "model": "offline/demo", "input": 2.0, "output": 8.0 });
                config.models.prices.push(serde_json::from_value(price).unwrap());
            })
            .start()
            .await;
        let ada = app.user("ada@example.com").await;
        let mut outcomes = Vec::new();
        for ceiling in [0.000_01, 0.45, 4.0] {
            let mut body = quick();
            body["mode"] = json!("deep");
            body["cost_ceiling_usd"] = json!(ceiling);
            let session = ada.deliberate(&body).await;
            let id = session["id"].as_str().unwrap();
            let events = ada.events(id).await;
            let limits = of_type(&events, "limit.reached").len();
            assert_eq!(limits, usize::from(ceiling < 4.0), "{ceiling}: {session}");
            outcomes.push((session["status"].clone(), session["outcome"].clone(), session["failure"]["code"].clone()));
        }
        assert_eq!(outcomes[0], (json!("failed"), Value::Null, json!("cost_ceiling")));
        assert_eq!(outcomes[1], (json!("completed"), json!("partial"), Value::Null));
        assert_eq!(outcomes[2], (json!("completed"), json!("complete"), Value::Null));
    }
}
