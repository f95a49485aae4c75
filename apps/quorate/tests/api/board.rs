//! Board sessions over HTTP (BRD-1 to BRD-6, BRD-23, BRD-24).

use quorate_testkit::on_both_databases;
use serde_json::json;

use crate::TestApp;

pub const LISBON: &str = "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros";

on_both_databases! {
    async fn a_session_runs_from_problem_to_report(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        for mode in ["quick", "standard", "deep"] {
            let session = ada.deliberate(&json!({ "problem_statement": LISBON, "mode": mode })).await;
            assert_eq!(session["status"], "completed", "{session}");
            assert_eq!(session["offline_demo"], true);
            let id = session["id"].as_str().unwrap();
            let report = ada.get(&format!("/api/v1/sessions/{id}/report")).await.body["report"].clone();
            let text = report["full_report"].as_str().unwrap();
            assert!(text.contains("Lisbon") && text.contains("offline demo model"), "{text}");
            let votes = ada.get(&format!("/api/v1/sessions/{id}/votes")).await;
            assert!(votes.body["data"].as_array().unwrap().len() >= 3);
        }
    }
}
