//! The decision gate, the journal, reminders and calibration (BRD-24, BRD-30).

use std::time::Duration;

use quorate_kernel::{Clock as _, SystemClock};
use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::quick;
use crate::{TestApp, User};

async fn decide(user: &User<'_>, id: &str, body: &Value) -> Value {
    let reply = user.post(&format!("/api/v1/sessions/{id}/decision"), body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

async fn conclude(user: &User<'_>, id: &str, verdict: &str) -> Value {
    let body = json!({ "verdict": verdict, "surprise": 2, "lessons": "Ask the landlord first." });
    let reply = user.post(&format!("/api/v1/sessions/{id}/outcome"), &body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

async fn finished(user: &User<'_>) -> String {
    user.deliberate(&quick()).await["id"].as_str().unwrap().to_owned()
}

/// The ids of the journal with this filter.
async fn journal(user: &User<'_>, filter: &str) -> Vec<String> {
    let reply = user.get(&format!("/api/v1/decisions?{filter}")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let ids = reply.body["data"].as_array().unwrap().iter();
    ids.map(|entry| entry["session_id"].as_str().unwrap().to_owned()).collect()
}

/// Marks an address as confirmed.
async fn confirm(app: &TestApp, email: &str) {
    let mut tx = app.composed().store.system("a test confirms an address").await.unwrap();
    let sql = "UPDATE identity_users SET email_verified_at = 1 WHERE email = $1";
    assert_eq!(tx.sql(sql).bind(email.to_owned()).execute().await.unwrap(), 1);
    tx.commit().await.unwrap();
}

on_both_databases! {
    async fn a_decision_is_recorded_revised_and_concluded(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let idle = ada.session(&quick()).await;
        let body = json!({ "course": "go", "decision": "We move in spring." });
        let early = ada.post(&format!("/api/v1/sessions/{idle}/decision"), &body).await;
        assert_eq!((early.status.as_u16(), early.code()), (409, "CONFLICT"), "the board has not spoken");

        let id = finished(&ada).await;
        let path = format!("/api/v1/sessions/{id}/decision");
        let none = ada.get(&path).await;
        assert_eq!((none.status.as_u16(), &none.body["decision"], &none.body["outcome"]), (200, &Value::Null, &Value::Null));
        let outcome = format!("/api/v1/sessions/{id}/outcome");
        assert_eq!(ada.post(&outcome, &json!({ "verdict": "successful" })).await.code(), "CONFLICT", "of nothing");

        let first = decide(&ada, &id, &body).await;
        assert_eq!(first["decision"]["decision"], "We move in spring.");
        let revised = json!({
            "course": "go_with_changes", "decision": "We keep Berlin for a year.", "reasons": "The lease.",
            "chosen_option": "Both", "proposals": [{ "sub_problem": 1, "course": "no_go" }],
        });
        let second = decide(&ada, &id, &revised).await;
        assert_eq!(second["earlier"], json!([first["decision"]]), "what was decided before is kept");
        assert_eq!(ada.get(&path).await.body, second);
        assert_eq!(second["decision"]["decided_by"], ada.get("/api/v1/users/me").await.body["user"]["id"]);

        conclude(&ada, &id, "too_early").await;
        let known = conclude(&ada, &id, "partial").await;
        assert_eq!((&known["outcome"]["verdict"], &known["outcome"]["surprise"]), (&json!("partial"), &json!(2)));
        for (path, body) in [(&path, &body), (&outcome, &json!({ "verdict": "successful" }))] {
            assert_eq!(ada.post(path, body).await.code(), "CONFLICT", "a known outcome stands: {path}");
        }
        assert_eq!(ada.get(&path).await.body, known);

        let other = finished(&ada).await;
        decide(&ada, &other, &json!({ "course": "go", "decision": "Yes." })).await;
        for (path, body, field) in [
            (&path, json!({ "course": "go", "decision": " " }), "decision"),
            (&path, json!({ "course": "go", "decision": "x\u{0}" }), "decision"),
            (&path, json!({ "course": "perhaps", "decision": "x" }), "course"),
            (&path, json!({ "course": "go", "decision": "x", "review_at": "2020-01-01T00:00:00Z" }), "review_at"),
            (&path, json!({ "course": "go" }), "decision"),
            (&outcome, json!({ "verdict": "partial", "surprise": 6 }), "surprise"),
            (&outcome, json!({ "verdict": "partial", "lessons": "x".repeat(4_001) }), "lessons"),
        ] {
            let refused = ada.post(&path.replace(&id, &other), &body).await;
            assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec![field]), "{body}");
        }

        for path in [&path, &outcome] {
            for body in [&body, &json!({ "verdict": "successful" })] {
                let reply = eve.post(path, body).await;
                assert!([404, 422].contains(&reply.status.as_u16()), "{}", reply.body);
            }
        }
        assert_eq!(eve.get(&path).await.status, 404);
        assert_eq!(eve.get(&format!("/api/v1/sessions/{id}/weighing")).await.status, 404);
        assert_eq!(journal(&eve, "").await, Vec::<String>::new());
        assert_eq!(ada.get(&path).await.body, known, "nothing has changed");
        assert_eq!(ada.delete(&format!("/api/v1/sessions/{id}")).await.status, 204);
        assert!(!journal(&ada, "").await.contains(&id), "it goes with its session");
    }

    async fn the_journal_is_filtered_and_paged(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let mut ids = Vec::new();
        for (course, verdict) in
            [("go", Some("successful")), ("no_go", None), ("go", Some("too_early")), ("other", Some("unsuccessful"))]
        {
            let id = finished(&ada).await;
            decide(&ada, &id, &json!({ "course": course, "decision": "So be it." })).await;
            if let Some(verdict) = verdict {
                conclude(&ada, &id, verdict).await;
            }
            ids.insert(0, id);
        }
        assert_eq!(journal(&ada, "").await, ids, "the newest first");
        assert_eq!(journal(&ada, "course=go").await, [ids[1].clone(), ids[3].clone()]);
        assert_eq!(journal(&ada, "verdict=unsuccessful").await, [ids[0].clone()]);
        assert_eq!(journal(&ada, "open=true").await, [ids[1].clone(), ids[2].clone()]);
        assert_eq!(journal(&ada, "due=true").await, Vec::<String>::new());
        let mut walked = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = ada.get(&format!("/api/v1/decisions?limit=3{cursor}")).await.body;
            walked.extend(page["data"].as_array().unwrap().iter().map(|one| one["session_id"].as_str().unwrap().to_owned()));
            match page["pagination"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(walked, ids);
        assert_eq!(ada.get("/api/v1/decisions?cursor=x").await.fields(), ["cursor"]);
        assert_eq!(ada.get("/api/v1/decisions?course=maybe").await.status, 422);
    }

    async fn a_mail_reminds_of_a_review_once_and_only_whoever_still_wants_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        confirm(&app, "ada@example.com").await;
        let (kept, concluded) = (finished(&ada).await, finished(&ada).await);
        ada.patch(&format!("/api/v1/sessions/{kept}"), &json!({ "title": "Lisbon?" })).await;
        let with = |seconds| {
            let at = SystemClock.now() + Duration::from_secs(seconds);
            json!({ "course": "go", "decision": "We go.", "review_at": at })
        };
        decide(&ada, &concluded, &with(8)).await;
        conclude(&ada, &concluded, "successful").await;
        // Brought forward: the job of the first date must not make the second one late.
        decide(&ada, &kept, &with(3_600)).await;
        decide(&ada, &kept, &with(8)).await;
        let mail = app.mail("ada@example.com", "decision_review", 1).await;
        assert!(mail.head.subject.contains("Lisbon?"), "{}", mail.head.subject);
        assert!(mail.text.contains(&format!("/board/{kept}")), "{}", mail.text);
        assert_eq!(journal(&ada, "due=true").await, std::slice::from_ref(&kept));
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(app.mails("ada@example.com", "decision_review").await.len(), 1, "the other outcome is known");

        // Too early to say: another date, another mail.
        let again = SystemClock.now() + Duration::from_secs(4);
        let early = json!({ "verdict": "too_early", "review_at": again });
        assert_eq!(ada.post(&format!("/api/v1/sessions/{kept}/outcome"), &early).await.status, 200);
        app.mail("ada@example.com", "decision_review", 2).await;
    }

    async fn confidence_is_scored_against_outcomes(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let empty = ada.get("/api/v1/board/calibration").await.body;
        assert_eq!((&empty["overall"]["brier"], &empty["overall"]["votes"]), (&Value::Null, &json!(0)));
        let mut squares = Vec::new();
        let verdicts = ["successful", "unsuccessful", "partial", "successful", "successful"];
        for verdict in verdicts {
            let id = finished(&ada).await;
            decide(&ada, &id, &json!({ "course": "go", "decision": "We go." })).await;
            conclude(&ada, &id, verdict).await;
            for vote in ada.result(&id, "votes").await.as_array().unwrap() {
                let with = match vote["decision"].as_str().unwrap() {
                    "abstain" => continue,
                    decision => decision != "no",
                };
                let truth = match verdict {
                    "partial" => 0.5,
                    "successful" => f64::from(u8::from(with)),
                    _ => f64::from(u8::from(!with)),
                };
                squares.push((vote["confidence"].as_f64().unwrap() - truth).powi(2));
            }
        }
        // What is decided otherwise, or too early to say, scores nobody.
        let id = finished(&ada).await;
        decide(&ada, &id, &json!({ "course": "other", "decision": "Something else." })).await;
        conclude(&ada, &id, "successful").await;
        let id = finished(&ada).await;
        decide(&ada, &id, &json!({ "course": "go", "decision": "We go." })).await;
        conclude(&ada, &id, "too_early").await;

        let found = ada.get("/api/v1/board/calibration").await.body;
        assert_eq!(found["overall"]["votes"], json!(squares.len()), "{found}");
        let expected = squares.iter().sum::<f64>() / f64::from(u32::try_from(squares.len()).unwrap());
        assert!((found["overall"]["brier"].as_f64().unwrap() - expected).abs() < 1e-9, "{found} {expected}");
        assert_eq!(found["overall"]["outcomes"], 5);
        let in_bins: u64 = found["overall"]["reliability"].as_array().unwrap().iter().map(|bin| bin["votes"].as_u64().unwrap()).sum();
        assert_eq!(in_bins, squares.len() as u64);
        assert!(found["personas"].as_array().unwrap().iter().all(|one| one["outcomes"] == 5 && one["weight"].is_f64()), "{found}");

        // What was known when a session began weighs its votes; what came later does not.
        let weighing = |id: &str| format!("/api/v1/sessions/{id}/weighing");
        let before = ada.get(&weighing(&id)).await.body;
        let later = finished(&ada).await;
        let after = ada.get(&weighing(&later)).await.body;
        let part = &after["sub_problems"][0];
        assert_eq!(after["weigh_by_record"], true);
        assert!(part["weights"].as_array().unwrap().iter().all(|one| one["by_record"] == true), "{after}");
        assert!(part["weighed_support"].is_f64() && part["support"].is_f64(), "{after}");
        assert_eq!(before["sub_problems"][0]["weights"][0]["outcomes"], 5);

        assert_eq!(ada.put("/api/v1/board/calibration", &json!({ "weigh_by_record": false })).await.status, 200);
        assert_eq!(ada.get(&weighing(&later)).await.body, json!({ "weigh_by_record": false, "sub_problems": [] }));
        assert_eq!(ada.get("/api/v1/board/calibration").await.body["weigh_by_record"], false);
        let other = eve.get("/api/v1/board/calibration").await.body;
        assert_eq!((&other["overall"]["votes"], &other["weigh_by_record"]), (&json!(0), &json!(true)), "hers alone");
    }
}
