use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use chrono::TimeDelta;
use quorate_http::{Middleware, Site};
use quorate_kernel::{Authenticator, Principal, Role, UserId, from_millis};
use quorate_models::{Ending, ModelErrorKind};
use quorate_testkit::on_both_databases;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::super::sample::START;
use super::*;

/// Whose access token is the role, the organization and the person: `owner 7 8`.
struct ByName;

#[async_trait]
impl Authenticator for ByName {
    async fn authenticate(&self, token: &str) -> Result<Principal, Problem> {
        let mut parts = token.split('-');
        let role = parts.next().and_then(Role::parse);
        let mut id = || Uuid::from_u128(parts.next().and_then(|part| part.parse().ok()).unwrap_or_default());
        let role = role.ok_or_else(|| Problem::new(Code::Unauthenticated, "Sign in first."))?;
        Ok(principal(role, OrgId(id()), UserId(id())))
    }
}

fn principal(role: Role, org_id: OrgId, user_id: UserId) -> Principal {
    Principal { user_id, org_id, role, login_session_id: SystemIds.uuid(), operator: false, api_key: None }
}

fn router(node: &Node) -> Router {
    let (router, _, _) = node.ledger.routes().into_parts();
    let site = Site { public_url: "https://board.example.com".into() };
    Middleware::new(site, Arc::new(ByName), Arc::new(SystemIds)).wrap(router)
}

async fn send(router: &Router, method: Method, path: &str, token: &str, body: Option<&Value>) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, String::from_utf8(to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec()).unwrap())
}

async fn get(router: &Router, path: &str, token: &str) -> Value {
    let (status, body) = send(router, Method::GET, path, token, None).await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

const ADA: &str = "owner-7-1";
const BOB: &str = "member-7-8";
const EVE: &str = "owner-70-8";

/// Bob (8) has made three calls with a key, one of which failed; Cid (5) one through the board, of unknown cost. Ada
/// owns the organization. Another one has a call of its own.
async fn used(node: &Node) {
    let bob = Arc::new(caller());
    let cid = Caller {
        user_id: Some(UserId(Uuid::from_u128(5))),
        api_key: None,
        endpoint: "",
        purpose: quorate_models::Purpose::Board,
        ..caller()
    };
    let other = Caller { org_id: OrgId(Uuid::from_u128(70)), ..caller() };
    let failed = AttemptRecord {
        ending: Ending::Failed(ModelErrorKind::Timeout),
        cost: Some(MicroUsd(0)),
        usage: None,
        started: from_millis(START) - TimeDelta::hours(30),
        ..of(&bob, 3)
    };
    let unknown = AttemptRecord { cost: None, target: "=cmd|' /C calc'!A0".into(), ..of(&Arc::new(cid), 4) };
    let old = AttemptRecord { started: from_millis(START) - TimeDelta::days(40), ..of(&bob, 5) };
    node.record([of(&bob, 1), of(&bob, 2), failed, unknown, old, of(&Arc::new(other), 6)]);
    node.written().await;
    node.clock.advance(Duration::from_secs(60));
}

on_both_databases! {
    async fn a_summary_tells_what_one_may_see(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        used(&node).await;
        let router = router(&node);
        let all = get(&router, "/api/v1/usage/summary", ADA).await;
        for (field, expected) in [
            ("requests", json!(4)),
            ("attempts", json!(4)),
            ("errors", json!(1)),
            ("tokens_in", json!(300)),
            ("tokens_out", json!(60)),
            ("tokens_cached", json!(120)),
            ("cost_microusd", json!(300)),
            ("unpriced", json!(1)),
            ("latency_ms", json!(1.5)),
            ("grain", json!("day")),
        ] {
            assert_eq!(all[field], expected, "{field}: {all}");
        }
        let series = all["series"].as_array().unwrap();
        assert_eq!(series.len(), 31);
        let told = |at: usize| (series[at]["start"].as_str().unwrap(), series[at]["requests"].as_i64(), series[at]["errors"].as_i64());
        assert_eq!(told(30), ("2026-01-05T00:00:00Z", Some(3), Some(0)));
        assert_eq!(told(29), ("2026-01-04T00:00:00Z", Some(1), Some(1)));
        assert_eq!(told(0), ("2025-12-06T00:00:00Z", Some(0), Some(0)));
        let own = get(&router, "/api/v1/usage/summary", BOB).await;
        assert_eq!((&own["requests"], own.get("cost_microusd")), (&json!(3), None), "{own}");
        let foreign = get(&router, "/api/v1/usage/summary", EVE).await;
        assert_eq!((&foreign["requests"], &foreign["cost_microusd"]), (&json!(1), &json!(150)));
        // A short time is told by the hour, and two months by their months where they are whole.
        let hours = get(&router, "/api/v1/usage/summary?from=2026-01-05T08:30:00Z&to=2026-01-05T09:30:00Z", ADA).await;
        assert_eq!((&hours["grain"], hours["series"].as_array().unwrap().len(), &hours["requests"]), (&json!("hour"), 2, &json!(3)));
        let all_time = get(&router, "/api/v1/usage/summary?from=2025-11-01T00:00:00Z", ADA).await;
        assert_eq!(all_time["requests"], 5);
        let months = get(&router, "/api/v1/usage/by-month?from=2025-10-01T00:00:00Z", ADA).await;
        let told: Vec<_> = months["data"].as_array().unwrap().iter().map(|month| month["requests"].as_i64().unwrap()).collect();
        assert_eq!(told, [0, 1, 0, 4]);
        for query in ["?from=2026-01-05T00:00:00Z&to=2026-01-04T00:00:00Z", "?from=yesterday", "?from=1900-01-01T00:00:00Z"] {
            let (status, body) = send(&router, Method::GET, &format!("/api/v1/usage/summary{query}"), ADA, None).await;
            assert_eq!(status, 422, "{query}: {body}");
        }
    }

    async fn usage_is_told_by_model_key_and_endpoint(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        used(&node).await;
        let router = router(&node);
        let models = get(&router, "/api/v1/usage/by-model", ADA).await;
        let rows = models["data"].as_array().unwrap();
        assert_eq!((rows.len(), &rows[0]["id"], &rows[0]["attempts"]), (2, &json!("openai/gpt-4o-mini"), &json!(3)));
        assert_eq!(rows[1]["cost_microusd"], json!(null), "unknown is not zero");
        let keys = get(&router, "/api/v1/usage/by-key", ADA).await;
        assert_eq!((keys["data"].as_array().unwrap().len(), &keys["data"][0]["id"]), (1, &json!(Uuid::from_u128(9))));
        let endpoints = get(&router, "/api/v1/usage/by-endpoint", ADA).await;
        let ids: Vec<_> = endpoints["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["/v1/chat/completions", ""]);
        let own = get(&router, "/api/v1/usage/by-model", BOB).await;
        assert_eq!((own["data"].as_array().unwrap().len(), own["data"][0].get("cost_microusd")), (1, None));
    }

    async fn requests_are_paged_and_filtered(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        used(&node).await;
        let router = router(&node);
        let mut ids = Vec::new();
        let mut path = "/api/v1/usage/requests?limit=2".to_owned();
        loop {
            let page = get(&router, &path, ADA).await;
            ids.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["pagination"]["next_cursor"].as_str() else { break };
            path = format!("/api/v1/usage/requests?limit=2&cursor={cursor}");
        }
        assert_eq!(ids, [4_u128, 2, 1, 3].map(|id| Uuid::from_u128(id).to_string()), "the latest first, each once");
        let first = get(&router, "/api/v1/usage/requests?limit=1&purpose=api", ADA).await["data"][0].clone();
        let (fields, expected) = (
            ["status", "http_status", "tokens_in", "cost_microusd", "latency_ms", "first_token_ms", "streamed", "route", "endpoint"],
            json!(["answered", 200, 100, 150, 1.5, 0.7, true, "default", "/v1/chat/completions"]),
        );
        assert_eq!(fields.iter().map(|field| first[field].clone()).collect::<Value>(), expected);
        for (filter, count) in [
            (format!("key={}", Uuid::from_u128(9)), 3),
            ("model=openai/gpt-4o-mini".to_owned(), 3),
            ("route=default".to_owned(), 4),
            ("route=other".to_owned(), 0),
            ("status=failed".to_owned(), 1),
            ("status=timeout".to_owned(), 1),
            ("status=answered".to_owned(), 3),
            ("purpose=board".to_owned(), 1),
            ("key=' OR 1=1 --".replace(' ', "%20"), 0),
            ("from=2026-01-05T08:00:00Z&to=2026-01-05T09:00:00Z".to_owned(), 0),
            ("from=2025-11-01T00:00:00Z".to_owned(), 5),
        ] {
            let page = get(&router, &format!("/api/v1/usage/requests?{filter}"), ADA).await;
            assert_eq!(page["data"].as_array().unwrap().len(), count, "{filter}");
        }
        let own = get(&router, "/api/v1/usage/requests", BOB).await;
        assert!(own["data"].as_array().unwrap().iter().all(|row| row.get("cost_microusd").is_none()));
        assert_eq!(own["data"].as_array().unwrap().len(), 3);
        let (status, _) = send(&router, Method::GET, "/api/v1/usage/requests?cursor=1.x", ADA, None).await;
        assert_eq!(status, 422);
    }

    async fn an_export_holds_every_row_and_no_formula(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        used(&node).await;
        node.record(attempts(1_000..3_500));
        node.written().await;
        let router = router(&node);
        let (status, text) = send(&router, Method::GET, "/api/v1/usage/export.csv", ADA, None).await;
        assert_eq!((status, text.lines().count()), (200, 1 + 2_504));
        assert!(text.starts_with("id,started_at,") && text.lines().next().unwrap().ends_with("first_token_ms,cost_microusd"));
        assert!(text.contains(",\"'=cmd|' /C calc'!A0\","), "neutralised");
        let ids: std::collections::BTreeSet<_> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(ids.len(), 2_504, "each once");
        let (_, own) = send(&router, Method::GET, "/api/v1/usage/export.csv?status=failed", BOB, None).await;
        assert!(own.lines().next().unwrap().ends_with("first_token_ms") && own.lines().count() == 2, "{own}");
    }

    async fn budgets_are_set_by_those_who_run_the_organization(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        used(&node).await;
        let router = router(&node);
        let put = async |token: &str, body: Value| {
            let (status, text) = send(&router, Method::PUT, "/api/v1/budgets", token, Some(&body)).await;
            (status, serde_json::from_str::<Value>(&text).unwrap())
        };
        let whole = json!({ "scope": "organization", "period": "month", "cap_microusd": 400 });
        let key = json!({ "scope": "key", "subject": Uuid::from_u128(9), "period": "total", "cap_microusd": 1_000 });
        let (status, set) = put(ADA, json!({ "budgets": [whole, key] })).await;
        assert_eq!(status, 200, "{set}");
        let rows = set["data"].as_array().unwrap();
        let of = |scope: &str| rows.iter().find(|row| row["scope"] == scope).unwrap();
        assert_eq!((&of("organization")["spent_microusd"], &of("organization")["resets_at"]), (&json!(300), &json!("2026-02-01T00:00:00Z")));
        assert_eq!((&of("key")["spent_microusd"], &of("key")["resets_at"]), (&json!(450), &Value::Null));
        // It holds at once.
        let refused = node.ledger.reserve(&caller(), MicroUsd(101)).await.unwrap_err();
        assert_eq!(refused.to_string(), quorate_models::SpendRefused::BudgetExceeded { scope: "organization", left: MicroUsd(100) }.to_string());
        for (token, body, expected) in [
            (BOB, json!({ "budgets": [] }), 403),
            (ADA, json!({ "budgets": [whole, whole] }), 422),
            (ADA, json!({ "budgets": [{ "scope": "planet", "period": "month", "cap_microusd": 1 }] }), 422),
            (ADA, json!({ "budgets": [{ "scope": "key", "subject": "x", "period": "month", "cap_microusd": 1 }] }), 422),
            (ADA, json!({ "budgets": [{ "scope": "organization", "period": "year", "cap_microusd": -1 }] }), 422),
            (ADA, json!({ "budgets": vec![whole.clone(); 201] }), 422),
        ] {
            let (status, answer) = put(token, body.clone()).await;
            assert_eq!(status, expected, "{body}: {answer}");
        }
        let (status, _) = send(&router, Method::GET, "/api/v1/budgets", BOB, None).await;
        assert_eq!(status, 403);
        assert_eq!(get(&router, "/api/v1/budgets", ADA).await["data"].as_array().unwrap().len(), 2);
        assert_eq!(get(&router, "/api/v1/budgets", EVE).await["data"], json!([]));
        let (status, _) = put(ADA, json!({ "budgets": [] })).await;
        assert_eq!((status, node.number("SELECT COUNT(*) FROM gateway_budgets").await), (200, 0));
        let recorded = "SELECT COUNT(*) FROM audit_entries WHERE action = 'gateway.budgets_set'";
        assert_eq!(node.number(recorded).await, 2);
    }

    async fn whoever_runs_the_server_gets_a_report_of_any_organization(database: TestDatabase) {
        use crate::ReportBy::{Day, Endpoint, Key, Model, Month, Purpose};
        let node = Node::start(&database, folder().path()).await;
        used(&node).await;
        let report = async |by, from: &str| {
            let lines = node.ledger.report(caller().org_id, by, Some(from.parse().unwrap()), None).await.unwrap();
            lines.into_iter().map(|line| (line.name, line.requests, line.cost.0, line.unpriced)).collect::<Vec<_>>()
        };
        let months = report(Month, "2025-11-01T00:00:00Z").await;
        assert_eq!(months, [("2025-11".to_owned(), 1, 150, 0), ("2026-01".to_owned(), 4, 300, 1)]);
        assert_eq!(report(Key, "2025-11-01T00:00:00Z").await, [(Uuid::from_u128(9).to_string(), 4, 450, 0)]);
        assert_eq!(report(Model, "2026-01-01T00:00:00Z").await[0], ("openai/gpt-4o-mini".to_owned(), 3, 300, 0));
        let days = report(Day, "2026-01-01T00:00:00Z").await;
        assert_eq!(days, [("2026-01-04".to_owned(), 1, 0, 0), ("2026-01-05".to_owned(), 3, 300, 1)]);
        let purposes = report(Purpose, "2026-01-01T00:00:00Z").await;
        assert_eq!(purposes, [("api".to_owned(), 3, 300, 0), ("board".to_owned(), 1, 0, 1)]);
        let paths = report(Endpoint, "2026-01-01T00:00:00Z").await;
        assert_eq!(paths, [("/v1/chat/completions".to_owned(), 3, 300, 0), (String::new(), 1, 0, 1)]);
    }

    async fn meters_come_from_the_plan(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        node.ledger.requests().admit(caller().org_id).await.unwrap();
        let meters = get(&router(&node), "/api/v1/usage/quota", BOB).await;
        assert_eq!(meters["data"], json!([{ "feature": "api_requests", "used": 1, "limit": 100, "resets_at": null }]));
    }
}
