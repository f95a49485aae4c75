//! A choice among options: cards, blind votes on each, the matrix under the user's own weights (BRD-28).

use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::{SEATS, of_type, quick};
use crate::TestApp;

const CHOICE: &str = "Should we rent an office in Porto or work fully remote from next year? Budget 60k euros a year";

on_both_databases! {
    async fn a_choice_has_options_that_are_voted_on_and_weighed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let body = json!({ "problem_statement": CHOICE, "mode": "quick", "personas": SEATS, "one_way_door": true,
            "problem_context": { "budget": "60k euros a year" } });
        let session = ada.deliberate(&body).await;
        assert_eq!((&session["status"], &session["one_way_door"]), (&json!("completed"), &json!(true)), "{session}");
        let id = session["id"].as_str().unwrap();
        let events = ada.events(id).await;

        // Declared before anybody spoke: three quarters.
        let rule = json!("three_quarters_of_votes_cast");
        assert_eq!(of_type(&events, "session.started")[0]["data"]["rule"], rule);
        let parts = of_type(&events, "problem.decomposed")[0]["data"]["sub_problems"].as_array().unwrap().clone();
        assert!(parts.iter().all(|part| part["one_way"] == true && part["rule"] == rule), "{parts:?}");

        let formed = of_type(&events, "options.formed");
        assert_eq!(formed.len(), 1, "one part is the choice");
        let formed = &formed[0]["data"];
        let options = formed["options"].as_array().unwrap();
        assert!((2..=5).contains(&options.len()), "{formed}");
        let place = formed["sub_problem"].as_u64().unwrap();
        for option in options {
            assert_eq!(option["scores"].as_array().unwrap().len(), formed["criteria"].as_array().unwrap().len());
            assert_eq!(option["constraints"][0]["constraint"], "budget: 60k euros a year", "{option}");
        }
        let votes = ada.result(id, "votes").await;
        let on_options: Vec<&Value> =
            votes.as_array().unwrap().iter().filter(|vote| vote["sub_problem"] == place).collect();
        assert!(!on_options.is_empty());
        assert!(on_options.iter().all(|vote| vote["options"].as_array().unwrap().len() == options.len()), "{on_options:?}");

        let report = ada.result(id, "report").await;
        let part = &report["sub_problems"][usize::try_from(place).unwrap()];
        assert_eq!(part["options"].as_array().unwrap().len(), options.len());
        assert_eq!(part["matrix"]["weights_set"], false);
        assert!(report["full_report"].as_str().unwrap().contains("Decision matrix"));

        // The user weighs; nothing is asked of a model, and the report follows.
        let criterion = formed["criteria"][0].as_str().unwrap();
        let path = format!("/api/v1/sessions/{id}/weights");
        let reply = ada.put(&path, &json!({ "sub_problem": place, "weights": { criterion: 4 } })).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let weighed = reply.body["matrix"].clone();
        assert_eq!((&weighed["weights_set"], &weighed["criteria"][0]["weight"]), (&json!(true), &json!(1.0)));
        assert_eq!(ada.get(&format!("/api/v1/sessions/{id}/matrix")).await.body["matrices"], json!([weighed]));
        let report = ada.result(id, "report").await;
        assert_eq!(report["sub_problems"][usize::try_from(place).unwrap()]["matrix"], weighed);
        assert!(report["full_report"].as_str().unwrap().contains("The weights are yours."));
        assert_eq!(ada.read(id).await["last_sequence"], session["last_sequence"], "the log has ended and stays so");

        for (weights, field) in [
            (json!({ "fame": 1 }), "weights.fame"),
            (json!({ criterion: -1 }), &*format!("weights.{criterion}")),
            (json!({}), "weights"),
        ] {
            let reply = ada.put(&path, &json!({ "sub_problem": place, "weights": weights })).await;
            assert_eq!((reply.status.as_u16(), reply.fields()), (422, vec![field]), "{}", reply.body);
        }
    }

    async fn what_is_no_choice_has_nothing_to_weigh(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&quick()).await;
        let id = session["id"].as_str().unwrap();
        assert_eq!(ada.get(&format!("/api/v1/sessions/{id}/matrix")).await.body["matrices"], json!([]));
        let weights = json!({ "weights": { "cost": 1 } });
        let reply = ada.put(&format!("/api/v1/sessions/{id}/weights"), &weights).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (409, "CONFLICT"));
        // Another organization's session is not there at all.
        let eve = app.user("eve@example.com").await;
        assert_eq!(eve.get(&format!("/api/v1/sessions/{id}/matrix")).await.status, 404);
    }
}
