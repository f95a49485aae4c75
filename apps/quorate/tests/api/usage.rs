//! What was used, and what it cost (PLT-2, GTW-13): what the API tells is what the ledger holds.

use quorate_gateway::ReportBy;
use quorate_kernel::OrgId;
use quorate_testkit::models::{Act, Rule, ScriptedModels, ScriptedUsage};
use quorate_testkit::on_both_databases;
use reqwest::Response;
use serde_json::{Value, json};

use crate::keys::{CHAT, Key, ask, until, with_model};
use crate::orgs::join;
use crate::{TestApp, User};

/// What every call is reported to have used. At a dollar for a million tokens either way that is 1,200 micro-dollars.
const USED: ScriptedUsage = ScriptedUsage { input: 1_000, output: 200, cached_input: 0, cache_write: 0, reasoning: 50 };
const CALL: i64 = 1_200;

/// Reads an answer to its end, so that its call is over.
async fn read(answer: Response) -> u16 {
    let status = answer.status().as_u16();
    answer.text().await.unwrap();
    status
}

/// Two calls of Ada's with the key `Nightly`, one of them a stream, and one without a key; one of Bob's, who is a member,
/// with the key `Bob's`; one of his that the provider refuses. Written down when this comes back.
async fn used(app: &TestApp, models: &ScriptedModels, ada: &User<'_>, bob: &User<'_>) -> (Key, Key) {
    let answers = Rule::always(Act { usage: Some(USED), content: Some(json!("Good day")), ..Act::default() });
    models.script(&[answers]).await.unwrap();
    let nightly = Key::of(ada, json!({})).await;
    let bobs = Key::of(bob, json!({ "name": "Bob's" })).await;
    assert_eq!(read(ask(&nightly.at(app), CHAT, json!({})).await).await, 200);
    assert_eq!(read(ask(&nightly.at(app), CHAT, json!({ "stream": true })).await).await, 200);
    assert_eq!(read(ask(ada, CHAT, json!({})).await).await, 200);
    assert_eq!(read(ask(&bobs.at(app), CHAT, json!({})).await).await, 200);
    models.script(&[Rule::always(Act { status: Some(500), ..Act::default() })]).await.unwrap();
    assert!(read(ask(&bobs.at(app), CHAT, json!({})).await).await >= 500);
    until("five attempts are written down", async || {
        let mut tx = app.composed().store.system_read("a test reads the ledger").await.unwrap();
        let attempts: i64 = tx.sql("SELECT COUNT(*) FROM gateway_attempts").scalar().await.unwrap();
        attempts == 5
    })
    .await;
    (nightly, bobs)
}

async fn org_of(user: &User<'_>) -> OrgId {
    user.get("/api/v1/users/me").await.body["organization"]["id"].as_str().unwrap().parse().unwrap()
}

async fn get(user: &User<'_>, path: &str) -> Value {
    let reply = user.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.body
}

/// These fields of each line.
fn lines(page: &Value, fields: &[&str]) -> Vec<Value> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| fields.iter().map(|field| line[field].clone()).collect())
        .collect()
}

on_both_databases! {
    async fn every_view_of_usage_is_what_the_ledger_holds(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        let app = with_model(database, &models).start().await;
        let worker = app.composed().start_worker();
        let ada = app.user("ada@example.com").await;
        let mut bob = app.user("bob@example.com").await;
        join(&ada, &mut bob, "bob@example.com", "member").await;
        let eve = app.user("eve@example.com").await;
        let (nightly, bobs) = used(&app, &models, &ada, &bob).await;

        let all = get(&ada, "/api/v1/usage/summary").await;
        for (field, expected) in [
            ("requests", json!(5)), ("attempts", json!(5)), ("errors", json!(1)), ("tokens_in", json!(4_000)),
            ("tokens_out", json!(800)), ("tokens_reasoning", json!(200)), ("cost_microusd", json!(4 * CALL)), ("unpriced", json!(1)),
        ] {
            assert_eq!(all[field], expected, "{field}: {all}");
        }
        let steps: i64 = all["series"].as_array().unwrap().iter().map(|step| step["cost_microusd"].as_i64().unwrap()).sum();
        assert_eq!(steps, 4 * CALL, "the course adds up to the whole");
        let months = get(&ada, "/api/v1/usage/by-month").await;
        let months: i64 = months["data"].as_array().unwrap().iter().map(|step| step["requests"].as_i64().unwrap()).sum();
        assert_eq!(months, 5);

        let fields = ["id", "key_name", "requests", "errors", "tokens_in", "cost_microusd"];
        let mut keys = lines(&get(&ada, "/api/v1/usage/by-key").await, &fields);
        keys.sort_by_key(|line| line[1].to_string());
        let expected = [
            json!([bobs.id, "Bob's", 2, 1, 1_000, CALL]),
            json!([nightly.id, "Nightly", 2, 0, 2_000, 2 * CALL]),
        ];
        assert_eq!(keys, expected);
        let models_used = lines(&get(&ada, "/api/v1/usage/by-model").await, &fields);
        assert_eq!(models_used, [json!(["open/mind", null, 5, 1, 4_000, 4 * CALL])]);
        let endpoints = lines(&get(&ada, "/api/v1/usage/by-endpoint").await, &fields);
        assert_eq!(endpoints, [json!([CHAT, null, 5, 1, 4_000, 4 * CALL])]);

        // One by one, the latest first; a renamed key has its new name, a revoked one keeps it.
        ada.patch(&format!("/api/v1/keys/{}", nightly.id), &json!({ "name": "Weekly" })).await;
        ada.delete(&format!("/api/v1/keys/{}", bobs.id)).await;
        let one_by_one = get(&ada, "/api/v1/usage/requests").await;
        let told = lines(&one_by_one, &["key_name", "status", "streamed", "cost_microusd"]);
        let expected = [
            json!(["Bob's", "unavailable", false, null]),
            json!(["Bob's", "answered", false, CALL]),
            json!([null, "answered", false, CALL]),
            json!(["Weekly", "answered", true, CALL]),
            json!(["Weekly", "answered", false, CALL]),
        ];
        assert_eq!(told, expected, "what a provider broke off costs nobody knows how much: {one_by_one}");
        let filtered = get(&ada, &format!("/api/v1/usage/requests?key={}&status=answered", bobs.id)).await;
        assert_eq!(filtered["data"].as_array().unwrap().len(), 1);
        let file = app.http().get(app.url("/api/v1/usage/export.csv")).bearer_auth(ada.token.as_ref().unwrap());
        let file = file.send().await.unwrap().text().await.unwrap();
        assert_eq!((file.lines().count(), file.matches(",Weekly,").count()), (6, 2), "{file}");

        // A member sees what is theirs, without its cost; another organization sees nothing of it.
        let own = get(&bob, "/api/v1/usage/summary").await;
        assert_eq!((&own["requests"], own.get("cost_microusd")), (&json!(2), None), "{own}");
        assert_eq!(lines(&get(&bob, "/api/v1/usage/by-key").await, &["key_name", "cost_microusd"]), [json!(["Bob's", null])]);
        assert_eq!(get(&bob, "/api/v1/usage/requests").await["data"].as_array().unwrap().len(), 2);
        for path in ["requests", "by-key", "by-model", "by-endpoint"] {
            assert_eq!(get(&eve, &format!("/api/v1/usage/{path}?key={}", nightly.id)).await["data"], json!([]), "{path}");
        }
        assert_eq!(get(&eve, "/api/v1/usage/summary").await["requests"], 0);

        // The books, the operator's report and the organization's spending say the same.
        let mut tx = app.composed().store.system_read("a test reads the ledger").await.unwrap();
        let booked: i64 = tx.sql("SELECT CAST(SUM(cost) AS BIGINT) FROM gateway_attempts").scalar().await.unwrap();
        let spent: i64 = tx
            .sql("SELECT spent FROM gateway_spend WHERE scope = 'organization' AND period_start = 0")
            .scalar()
            .await
            .unwrap();
        drop(tx);
        assert_eq!((booked, spent), (4 * CALL, 4 * CALL));
        let org = org_of(&ada).await;
        for by in [ReportBy::Model, ReportBy::Endpoint, ReportBy::Purpose, ReportBy::Day, ReportBy::Month] {
            let lines = app.composed().ledger.report(org, by, None, None).await.unwrap();
            let sums = lines.iter().fold((0, 0, 0), |sums, line| (sums.0 + line.requests, sums.1 + line.errors, sums.2 + line.cost.0));
            assert_eq!(sums, (5, 1, 4 * CALL), "{by:?}");
        }
        let mut keys = app.composed().ledger.report(org, ReportBy::Key, None, None).await.unwrap();
        keys.sort_by_key(|line| line.label.clone());
        let told: Vec<_> = keys.iter().map(|line| (line.label.as_deref(), line.requests, line.cost.0)).collect();
        assert_eq!(told, [(Some("Bob's"), 2, CALL), (Some("Weekly"), 2, 2 * CALL)]);
        let quota = get(&ada, "/api/v1/usage/quota").await;
        let counted = quota["data"].as_array().unwrap().iter().find(|meter| meter["feature"] == "api_requests").unwrap();
        assert!(counted["used"].as_i64().unwrap() >= 5, "{quota}");
        drop(worker);
    }
}
