//! Answers that cannot be used: repaired once, or not used at all (BRD-5, BRD-12).

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_answer_is_repaired_once() {
    const WORDS: &str = "I vote yes, by all means.";
    let words = Act { content: Some(json!(WORDS)), ..Act::default() };
    let unsure = Act { content: Some(json!({ "confidence": 1.7 })), ..Act::default() };
    for kind in KINDS {
        for (schema, act, repeated) in [
            ("vote", words.clone(), WORDS),
            ("vote", unsure.clone(), "1.7"),
            ("contribute", malformed(), "The scripted content"),
        ] {
            let scene = Scene::new(kind, &[seat(schema, SEATS[0], act).times(1)], |_| ()).await;
            let course = scene.run().await;
            course.assert_whole(&format!("{kind:?} {schema}"));
            let visits = scene.visits(schema).await;
            let repairs: Vec<&Visit> =
                visits.iter().filter(|visit| visit.idempotency_key.as_deref().unwrap().ends_with("/repair")).collect();
            assert_eq!((visits.len(), repairs.len()), (SEATS.len() + 1, 1), "{kind:?} {schema}");
            let body = repairs[0].body.to_string();
            assert!(body.contains("<invalid_answer>") && body.contains(repeated), "{body}");
            // The conversation goes on where it was: a cache that has its beginning serves the repair as well.
            assert_eq!(system(kind, repairs[0]), system(kind, &visits[0]));
            assert_eq!(course.votes.len(), SEATS.len());
            let sure = course.votes.iter().map(|vote| vote["confidence"].as_f64().unwrap());
            assert!(sure.clone().all(|confidence| (0.0..1.0).contains(&confidence)), "{:?}", sure.collect::<Vec<_>>());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stays_unusable_is_an_absence_and_no_vote() {
    let content = |value: Value| Act { content: Some(value), ..Act::default() };
    for (kind, act) in [
        (KINDS[0], malformed()),
        (KINDS[1], malformed()),
        (KINDS[0], content(json!({ "confidence": 7 }))),
        (KINDS[0], content(json!({ "confidence": -0.1 }))),
        (KINDS[1], content(json!({ "confidence": "very" }))),
        (KINDS[0], content(json!({ "confidence": null }))),
        (KINDS[0], content(json!({ "decision": "maybe" }))),
        (KINDS[1], content(json!({ "decision": "conditional", "conditions": [] }))),
        (KINDS[1], content(json!({ "reasoning": " " }))),
    ] {
        let scene = Scene::new(kind, &[seat("vote", SEATS[1], act.clone())], |_| ()).await;
        let course = scene.run().await;
        assert_eq!(course.absences(), [(SEATS[1], "voting", "invalid_output")], "{act:?}");
        assert_eq!(course.report["vote_distribution"]["absent"], 1);
        assert_eq!(course.of("votes.counted")[0]["absent"], 1);
        let voters: Vec<&Value> = course.votes.iter().map(|vote| &vote["persona_code"]).collect();
        assert_eq!(voters.len(), 2);
        assert!(!voters.contains(&&json!(SEATS[1])));
        assert_eq!(scene.visits("vote").await.len(), SEATS.len() + 1, "asked once more and no more");
        assert_absence_is_read(&course, SEATS[1], "no usable answer");
    }
}

/// The report says it above the text, in words.
fn assert_absence_is_read(course: &Course<'_>, code: &str, why: &str) {
    let name = course.report["absences"][0]["persona_name"].as_str().unwrap();
    assert_eq!(course.report["absences"][0]["persona_code"], code);
    let text = course.report["full_report"].as_str().unwrap();
    let line = text.lines().position(|line| line.contains("**Absent:**") && line.contains(name) && line.contains(why));
    let summary = text.lines().position(|line| line.starts_with("## Executive summary"));
    assert!(line.is_some() && line < summary, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_whose_first_words_are_unusable_takes_no_part() {
    for kind in KINDS {
        for stance in [json!({ "decision": "yes", "confidence": 1.2, "reason": "So" }), json!("yes")] {
            let act = Act { content: Some(json!({ "stance": stance })), ..Act::default() };
            let scene = Scene::new(kind, &[seat("contribute", SEATS[2], act)], |_| ()).await;
            let course = scene.run().await;
            assert_eq!(course.absences(), [(SEATS[2], "initial_round", "invalid_output")]);
            assert_absence_is_read(&course, SEATS[2], "no usable answer");
            assert!(course.contributions.iter().all(|said| said["persona_code"] != SEATS[2]));
            assert_eq!((course.votes.len(), &course.report["vote_distribution"]["absent"]), (2, &json!(1)));
            let asked = scene.visits("vote").await;
            assert!(asked.iter().all(|visit| !visit.body.to_string().contains(&about(SEATS[2]))), "it has no vote");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_in_place_of_a_model_without_saying_so() {
    for kind in KINDS {
        let garbage = ["decompose", "select", "facilitate"].map(|schema| Rule::always(malformed()).for_schema(schema));
        let yes = json!({ "stance": { "decision": "yes", "confidence": 0.6, "reason": "So" } });
        let no = json!({ "stance": { "decision": "no", "confidence": 0.6, "reason": "So" } });
        let says =
            |stance: Value| Rule::always(Act { content: Some(stance), ..Act::default() }).for_schema("contribute");
        let rules: Vec<Rule> = garbage.into_iter().chain([says(yes).times(2), says(no)]).collect();
        let scene = Scene::new(kind, &rules, |_| ()).await;
        let mut body = session();
        body["mode"] = json!("standard");
        body["personas"].take();
        let course = scene.run_with(&body).await;
        course.assert_whole(&format!("{kind:?}"));
        for event in ["problem.decomposed", "personas.selected", "facilitator.decided"] {
            let all = course.of(event);
            assert!(
                !all.is_empty() && all.iter().all(|data| data["decided_by"] == "rule"),
                "{kind:?} {event}: {all:#?}"
            );
        }
        // The facilitator that could not be understood is not quoted; everybody speaks.
        assert!(course.contributions.iter().all(|said| said["type"] != "facilitator"));
        let decided = course.of("facilitator.decided");
        assert_eq!(decided[0]["action"], "continue");
        assert_eq!(
            decided[0]["speakers"].as_array().unwrap().len(),
            course.of("personas.selected")[0]["seats"].as_array().unwrap().len()
        );
        assert_eq!(course.report["method"]["decomposed_by"], "rule");
        assert_eq!(course.report["sub_problems"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_no_model_writes_says_so_and_keeps_the_record() {
    for kind in KINDS {
        let scene = Scene::new(kind, &[Rule::always(malformed()).for_schema("synthesize")], |_| ()).await;
        let course = scene.run().await;
        assert_eq!(course.session["status"], "completed", "{kind:?}: {}", course.session);
        assert_eq!(course.report["method"]["unwritten"], "invalid_output");
        assert_eq!((course.votes.len(), &course.report["recommendation"]), (SEATS.len(), &json!("")));
        let text = course.report["full_report"].as_str().unwrap();
        assert!(text.contains("could not be written (no usable answer)") && text.contains("## Votes"), "{text}");
    }
}
