//! Lists, names, putting away, saving.

use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::{LISBON, quick};
use crate::{TestApp, User};

/// The ids of all pages of a list of sessions, with so many on each.
async fn walk(user: &User<'_>, limit: usize, filter: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let reply = user.get(&format!("/api/v1/sessions?limit={limit}{filter}{cursor}")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let data = reply.body["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        ids.extend(data.iter().map(|session| session["id"].as_str().unwrap().to_owned()));
        let page = &reply.body["pagination"];
        assert_eq!(page["has_more"] == true, page["next_cursor"].is_string());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

on_both_databases! {
    async fn sessions_are_listed_newest_first_page_by_page(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        assert_eq!(ada.get("/api/v1/sessions").await.body, json!({ "data": [], "pagination": { "has_more": false } }));
        let foreign = eve.session(&quick()).await;
        let mut made = Vec::new();
        for number in 0..7 {
            let problem = format!("Question number {number}: should we do it?");
            made.push(ada.session(&json!({ "problem_statement": problem })).await);
        }
        made.reverse();
        for limit in [1, 2, 3, 7, 50] {
            assert_eq!(walk(&ada, limit, "").await, made, "{limit} on a page");
        }
        assert!(!made.contains(&foreign));
        assert_eq!(walk(&eve, 50, "").await, [foreign]);
        assert_eq!(walk(&ada, 2, "&status=active").await, made);
        assert_eq!(walk(&ada, 2, "&status=completed").await, Vec::<String>::new());

        // A page goes on where it ended, even when its last session has been deleted meanwhile.
        let page = ada.get("/api/v1/sessions?limit=2").await;
        assert_eq!(ada.delete(&format!("/api/v1/sessions/{}", made[1])).await.status, 204);
        let cursor = page.body["pagination"]["next_cursor"].as_str().unwrap();
        let next = ada.get(&format!("/api/v1/sessions?limit=1&cursor={cursor}")).await;
        assert_eq!(next.body["data"][0]["id"], json!(made[2]), "{}", next.body);
    }

    async fn a_session_is_named_put_away_and_brought_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        let path = format!("/api/v1/sessions/{id}");
        let named = ada.patch(&path, &json!({ "title": "  Lisbon? \u{1f1f5}\u{1f1f9} " })).await;
        assert_eq!((named.status.as_u16(), &named.body["session"]["title"]), (200, &json!("Lisbon? \u{1f1f5}\u{1f1f9}")));
        let refused = ada.patch(&path, &json!({ "title": "Other", "archived": true })).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT"), "it is not over");
        assert_eq!(ada.read(&id).await["title"], "Lisbon? \u{1f1f5}\u{1f1f9}", "nothing of a refused change is kept");
        ada.start(&id).await;
        let finished = ada.finished(&id).await;
        assert_eq!(finished["title"], "Lisbon? \u{1f1f5}\u{1f1f9}");

        let away = ada.patch(&path, &json!({ "archived": true })).await;
        assert_eq!(away.body["session"]["status"], "archived", "{}", away.body);
        assert_eq!(walk(&ada, 5, "").await, Vec::<String>::new(), "out of sight");
        assert_eq!(walk(&ada, 5, "&status=archived").await, std::slice::from_ref(&id));
        assert_eq!(ada.get(&format!("{path}/report")).await.status, 200, "and not lost");
        for turn in ["start", "pause", "resume", "stop"] {
            assert_eq!(ada.turn(&id, turn).await.code(), "CONFLICT", "{turn}");
        }
        let back = ada.patch(&path, &json!({ "archived": false })).await;
        assert_eq!(back.body["session"], finished, "as it was");
        let unnamed = ada.patch(&path, &json!({ "title": null })).await;
        assert_eq!(unnamed.body["session"]["title"], Value::Null);

        // One that was stopped comes back as stopped.
        let id = ada.session(&quick()).await;
        ada.turn(&id, "stop").await;
        ada.finished(&id).await;
        let path = format!("/api/v1/sessions/{id}");
        for (archived, status) in [(true, "archived"), (true, "archived"), (false, "cancelled"), (false, "cancelled")] {
            let reply = ada.patch(&path, &json!({ "archived": archived })).await;
            assert_eq!(reply.body["session"]["status"], status, "{}", reply.body);
        }
    }

    async fn results_are_paged_and_saved(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&json!({ "problem_statement": LISBON })).await;
        let id = session["id"].as_str().unwrap();
        for what in ["contributions", "votes", "events"] {
            let path = format!("/api/v1/sessions/{id}/{what}");
            let all = if what == "events" { json!(ada.events(id).await) } else { ada.result(id, what).await };
            let all = all.as_array().unwrap();
            let key = if what == "events" { "after" } else { "cursor" };
            let mut pages = Vec::new();
            let mut query = String::new();
            loop {
                let reply = ada.get(&format!("{path}?limit=7{query}")).await;
                pages.extend(reply.body["data"].as_array().unwrap().iter().cloned());
                let Some(next) = reply.body["pagination"]["next_cursor"].as_str() else { break };
                query = format!("&{key}={next}");
            }
            assert_eq!(&pages, all, "{what}");
        }

        let report = ada.result(id, "report").await;
        for (query, kind, extension) in
            [("", "text/markdown", "md"), ("?format=markdown", "text/markdown", "md"), ("?format=json", "application/json", "json")]
        {
            let url = app.url(&format!("/api/v1/sessions/{id}/export{query}"));
            let response = app.http().get(url).bearer_auth(ada.token.as_deref().unwrap()).send().await.unwrap();
            assert_eq!(response.status(), 200);
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert!(header("content-type").starts_with(kind));
            assert_eq!(header("content-disposition"), format!("attachment; filename=\"board-report-{id}.{extension}\""));
            let body = response.text().await.unwrap();
            if extension == "json" {
                assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), report);
            } else {
                assert_eq!(body, report["full_report"].as_str().unwrap());
            }
        }
    }

    async fn personas_and_models_are_listed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let personas = ada.get("/api/v1/personas").await.body["data"].as_array().unwrap().clone();
        let categories: std::collections::BTreeSet<String> =
            personas.iter().map(|persona| persona["category"].to_string()).collect();
        assert!(personas.len() >= 40 && categories.len() >= 12, "{} in {categories:?}", personas.len());
        for persona in &personas {
            assert!(persona.get("identity").is_none(), "the prompt is not shown");
            for value in persona["traits"].as_object().unwrap().values() {
                assert!((0.0..=1.0).contains(&value.as_f64().unwrap()), "{persona}");
            }
        }
        let models = ada.get("/api/v1/models").await;
        assert_eq!(models.body["data"][0]["id"], "offline/demo");
        assert_eq!(models.body["data"][0]["offline"], true);
    }
}
