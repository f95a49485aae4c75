//! Reports as PDF and DOCX (BRD-7).

use quorate_testkit::on_both_databases;
use reqwest::Response;
use serde_json::json;

use super::LISBON;
use crate::{TestApp, User};

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

async fn export(app: &TestApp, user: &User<'_>, id: &str, query: &str) -> Response {
    let url = app.url(&format!("/api/v1/sessions/{id}/export?{query}"));
    app.http().get(url).bearer_auth(user.token.as_deref().unwrap()).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

on_both_databases! {
    async fn reports_are_saved_as_pdf_and_docx(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let session = ada.deliberate(&json!({ "problem_statement": LISBON })).await;
        let id = session["id"].as_str().unwrap();

        // A PDF is sold; the plan of a newcomer has none, and nothing is told of a session of somebody else.
        let refused = ada.get(&format!("/api/v1/sessions/{id}/export?format=pdf")).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "TIER_INSUFFICIENT"), "{}", refused.body);
        assert_eq!(refused.body["error"]["params"]["feature"], "pdf_export", "{}", refused.body);
        ada.subscribe("pro").await;
        eve.subscribe("pro").await;

        for (query, kind, extension, sign) in [
            ("format=pdf", "application/pdf", "pdf", b"%PDF".as_slice()),
            ("format=pdf&language=zh", "application/pdf", "pdf", b"%PDF"),
            ("format=docx&language=es", DOCX, "docx", b"PK\x03\x04"),
        ] {
            let response = export(&app, &ada, id, query).await;
            assert_eq!(response.status(), 200, "{query}");
            assert_eq!(header(&response, "content-type"), kind);
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
            let named = format!("attachment; filename=\"board-report-{id}.{extension}\"");
            assert_eq!(header(&response, "content-disposition"), named);
            let bytes = response.bytes().await.unwrap();
            assert!(bytes.starts_with(sign) && bytes.len() > 4_000, "{query}: {}", bytes.len());
            let again = export(&app, &ada, id, query).await.bytes().await.unwrap();
            assert_eq!(bytes, again, "the same report is the same file");
        }
        for query in ["format=pdf", "format=docx", "format=markdown"] {
            assert_eq!(export(&app, &eve, id, query).await.status(), 404, "{query} of another organization");
            let url = app.url(&format!("/api/v1/sessions/{id}/export?{query}"));
            assert_eq!(app.http().get(url).send().await.unwrap().status(), 401, "{query} without signing in");
        }

        // A name cannot write a header or a path.
        let evil = "../迁\"; filename=x.exe\\ /a";
        let named = ada.patch(&format!("/api/v1/sessions/{id}"), &json!({ "title": evil })).await;
        assert_eq!(named.status, 200, "{}", named.body);
        let response = export(&app, &ada, id, "format=docx").await;
        let expected = format!(
            "attachment; filename=\"board-report-{id}.docx\"; filename*=UTF-8''%E8%BF%81%20%3B%20filename%3Dx.exe%20a.docx"
        );
        assert_eq!(header(&response, "content-disposition"), expected);
    }

    async fn many_at_once_wait_for_their_turn(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&json!({ "problem_statement": LISBON, "mode": "quick" })).await;
        let id = session["id"].as_str().unwrap();
        let all = (0..6).map(|_| export(&app, &ada, id, "format=docx"));
        for response in futures::future::join_all(all).await {
            assert!(response.status() == 200 || response.headers().contains_key("retry-after"), "{}", response.status());
        }
    }
}
