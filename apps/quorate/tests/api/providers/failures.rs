//! Providers that refuse, break off, or say nothing (BRD-29, GTW-11).

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_waited_for() {
    for kind in KINDS {
        let limited = Act { retry_after: Some("1".to_owned()), ..status(429) };
        let scene = Scene::new(kind, &[seat("contribute", SEATS[0], limited).times(1)], |_| ()).await;
        let course = scene.run().await;
        course.assert_whole(&format!("{kind:?}"));
        let key = format!("contribute/0/0/{}", SEATS[0]);
        let visits = scene.visits("contribute").await;
        let times: Vec<_> =
            visits.iter().filter(|visit| visit.idempotency_key.as_deref().unwrap().ends_with(&key)).collect();
        assert_eq!(times.len(), 2);
        assert!((times[1].at - times[0].at).num_milliseconds() >= 1_000, "the provider asked for a second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_begun_anew() {
    for kind in KINDS {
        let cut = Act { cut_after_bytes: Some(2_000), chunk_delay_ms: Some(40), ..Act::default() };
        let scene = Scene::new(kind, &[seat("contribute", SEATS[0], cut).times(1)], |_| ()).await;
        let course = scene.run().await;
        course.assert_whole(&format!("{kind:?}"));
        let starts: Vec<usize> = (0..course.events.len())
            .filter(|at| course.events[*at]["type"] == "contribution.started")
            .filter(|at| course.events[*at]["data"]["persona_code"] == SEATS[0])
            .collect();
        assert_eq!(starts.len(), 2, "{kind:?}");
        let id = &course.events[starts[0]]["data"]["contribution_id"];
        assert_eq!(*id, course.events[starts[1]]["data"]["contribution_id"]);
        let heard = |events: &[Value]| -> String {
            let pieces = events.iter().filter(|event| event["type"] == "contribution.delta");
            let own = pieces.filter(|event| event["data"]["contribution_id"] == *id);
            own.map(|event| event["data"]["text"].as_str().unwrap()).collect()
        };
        // Both times it was heard from the beginning; the second time is what counts.
        let before = heard(&course.events[starts[0]..starts[1]]);
        let after = heard(&course.events[starts[1]..]);
        assert!(!before.is_empty(), "{kind:?}: it broke off while it was heard");
        let recorded: Vec<&Value> = course.contributions.iter().filter(|said| said["id"] == *id).collect();
        let [said] = recorded[..] else { panic!("recorded once: {recorded:?}") };
        let content = said["content"].as_str().unwrap();
        assert!(content.starts_with(after.trim()), "{after} / {content}");
        assert!(content.starts_with(before.trim()), "{before} / {content}");
        assert!(before.len() < content.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_never_answers_is_absent_for_that_reason() {
    for kind in KINDS {
        for (act, reason, words) in [
            (Act { hang: true, ..Act::default() }, "timeout", "no answer in time"),
            (Act { hang_after_bytes: Some(900), ..Act::default() }, "timeout", "no answer in time"),
            (Act { cut_after_bytes: Some(300), ..Act::default() }, "infra_failure", "the model could not be reached"),
            (Act { cut_after_bytes: Some(1_800), cut_cleanly: true, ..Act::default() }, "infra_failure", "reached"),
            (Act { stream_error: Some("overloaded_error".to_owned()), ..Act::default() }, "infra_failure", "reached"),
            (status(500), "infra_failure", "the model could not be reached"),
        ] {
            let scene = Scene::new(kind, &[seat("contribute", SEATS[2], act.clone())], |_| ()).await;
            let course = scene.run().await;
            assert_eq!(course.session["status"], "completed", "{kind:?} {act:?}: {}", course.session);
            assert_eq!(course.absences(), [(SEATS[2], "initial_round", reason)], "{kind:?} {act:?}");
            let text = course.report["full_report"].as_str().unwrap();
            assert!(text.lines().any(|line| line.contains("**Absent:**") && line.contains(words)), "{text}");
            assert_eq!(course.report["vote_distribution"]["absent"], 1);
            let asked = scene.visits("vote").await;
            assert!(asked.iter().all(|visit| !visit.body.to_string().contains(&about(SEATS[2]))));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_fails_the_session_plainly() {
    for kind in KINDS {
        for down in [status(503), status(401), Act { cut_after_bytes: Some(0), ..Act::default() }] {
            let scene = Scene::new(kind, &[Rule::always(down.clone())], |_| ()).await;
            let course = scene.run().await;
            let failure = &course.session["failure"];
            assert_eq!((&course.session["status"], &failure["code"]), (&json!("failed"), &json!("infra_failure")));
            assert!(course.report.is_null() && course.session["outcome"].is_null(), "{down:?}");
            let path = format!("/api/v1/sessions/{}/report", course.id());
            assert_eq!(course.ada.get(&path).await.status, 404);
            // Plain words, and nothing of the server's inside.
            let message = failure["message"].as_str().unwrap();
            assert!(
                !message.is_empty() && !message.contains("127.0.0.1") && !message.contains("scripted"),
                "{message}"
            );
            assert_eq!(course.of("session.failed"), [failure]);
            assert!(course.contributions.is_empty() && course.votes.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_goes_down_before_the_vote_leaves_no_result() {
    for kind in KINDS {
        // The whole provider, from the moment that the first vote is asked for: there is no model for the report either.
        let rules = ["vote", "synthesize"].map(|schema| Rule::always(status(500)).for_schema(schema));
        let scene = Scene::new(kind, &rules, |_| ()).await;
        let course = scene.run().await;
        let ends = (&course.session["status"], &course.session["outcome"]);
        assert_eq!(ends, (&json!("completed"), &json!("no_quorum")), "{kind:?}");
        let report = &course.report;
        assert!(report["heading"].as_str().unwrap().starts_with("No result"), "{report}");
        assert_eq!(course.of("session.completed")[0]["heading"], report["heading"]);
        assert_eq!(
            (&report["vote_distribution"]["quorum"], &report["vote_distribution"]["absent"]),
            (&json!(false), &json!(3))
        );
        assert_eq!(course.absences(), SEATS.map(|code| (code, "voting", "infra_failure")));
        assert_eq!(course.contributions.len(), SEATS.len(), "what was said is kept");
        assert!(course.votes.is_empty());
        let text = report["full_report"].as_str().unwrap();
        assert!(text.contains("The board has no result") && text.contains("could not be written"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_billing_error_is_not_shown_as_low_confidence() {
    for kind in KINDS {
        // The account is empty from the first call on: that is a failure, and nothing was decided.
        let scene = Scene::new(kind, &[Rule::always(status(402))], |_| ()).await;
        let course = scene.run().await;
        assert_eq!(
            (&course.session["status"], &course.session["failure"]["code"]),
            (&json!("failed"), &json!("infra_failure"))
        );
        assert!(course.report.is_null() && course.session["outcome"].is_null());
        // It empties when the votes are cast: nobody has voted, and no level of confidence is made of that.
        let scene = Scene::new(kind, &[Rule::always(status(402)).for_schema("vote")], |_| ()).await;
        let course = scene.run().await;
        assert_eq!(course.session["outcome"], "no_quorum");
        assert_eq!(course.absences(), SEATS.map(|code| (code, "voting", "infra_failure")));
        assert!(course.votes.is_empty() && course.report["confidence_level"].is_null(), "{}", course.report);
        assert!(course.report["heading"].as_str().unwrap().starts_with("No result"));
    }
}
