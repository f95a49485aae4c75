use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use quorate_http::{Access, Middleware, Site};
use quorate_kernel::Authenticator;
use quorate_testkit::on_both_databases;
use serde_json::json;
use tower::ServiceExt as _;

use super::*;

/// Whose access token is the organization's id.
struct ByOrg;

#[async_trait]
impl Authenticator for ByOrg {
    async fn authenticate(&self, access_token: &str) -> Result<Principal, Problem> {
        let org = access_token.parse().map_err(|_| Problem::new(Code::Unauthenticated, "Sign in first."))?;
        Ok(member(org))
    }
}

fn router(node: &Node) -> Router {
    let (router, _, table) = node.billing.routes().into_parts();
    let declared: Vec<_> = table.iter().map(|entry| (entry.path.as_str(), entry.access)).collect();
    assert_eq!(
        declared,
        [("/api/v1/billing/plans", Access::Public), ("/api/v1/billing/subscription", Access::SignedIn),]
    );
    let site = Site { public_url: "https://board.example.com".into() };
    Middleware::new(site, Arc::new(ByOrg), Arc::new(SystemIds)).wrap(router)
}

async fn get(router: &Router, path: &str, org: Option<OrgId>) -> (u16, Value) {
    let mut request = Request::get(path);
    if let Some(org) = org {
        request = request.header("authorization", format!("Bearer {org}"));
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn line<'a>(features: &'a Value, name: &str) -> &'a Value {
    features.as_array().unwrap().iter().find(|line| line["feature"] == name).unwrap()
}

on_both_databases! {
    async fn the_price_list_is_everybodys(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (status, body) = get(&router(&node), "/api/v1/billing/plans", None).await;
        assert_eq!((status, &body["pagination"]["has_more"]), (200, &json!(false)));
        let plans = body["data"].as_array().unwrap();
        assert_eq!(plans.iter().map(|plan| &plan["id"]).collect::<Vec<_>>(), ["free", "standard", "pro", "enterprise"]);
        assert_eq!((&plans[1]["price_cents"], &plans[1]["currency"]), (&json!(1200), &json!("USD")));
        assert_eq!((&plans[3]["price_cents"], &plans[3]["per_seat"]), (&Value::Null, &json!(true)));
        assert!(plans.iter().all(|plan| plan["features"].as_array().unwrap().len() == Feature::ALL.len()));
        for (plan, name, expected) in [
            (0, "solve_sessions", json!({"included": true, "limit": 10, "by_contract": false, "per": "life", "per_seat": false})),
            (0, "videos", json!({"included": false, "limit": 0, "by_contract": false, "per": "month", "per_seat": false})),
            (2, "pdf_export", json!({"included": true, "limit": null, "by_contract": false, "per": null, "per_seat": false})),
            (3, "images", json!({"included": true, "limit": null, "by_contract": true, "per": "month", "per_seat": false})),
            (3, "devices", json!({"included": true, "limit": 5, "by_contract": false, "per": null, "per_seat": true})),
        ] {
            let mut found = line(&plans[plan]["features"], name).clone();
            found.as_object_mut().unwrap().remove("feature");
            assert_eq!(found, expected, "{plan} {name}");
        }
    }

    async fn a_member_sees_the_plan_and_what_is_used(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (router, port, ours, theirs) = (router(&node), node.billing.entitlements(), org(), org());
        port.count(ours, Feature::BoardSessions, 2).await.unwrap();
        port.count(ours, Feature::SolveSessions, 3).await.unwrap();
        port.count(theirs, Feature::BoardSessions, 5).await.unwrap();
        let (status, body) = get(&router, "/api/v1/billing/subscription", Some(ours)).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!((&body["plan"], &body["plan_name"], &body["status"], &body["seats"]),
            (&json!("free"), &json!("Free"), &json!("active"), &json!(1)));
        assert_eq!(body["period"], json!({"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}));
        let expect = |name: &str, included: bool, limit: Value, used: Value, per: Value| {
            let expected = json!({"feature": name, "included": included, "limit": limit, "used": used, "per": per});
            assert_eq!(*line(&body["features"], name), expected);
        };
        expect("board_sessions", true, json!(5), json!(2), json!("month"));
        expect("solve_sessions", true, json!(10), json!(3), json!("life"));
        expect("devices", true, json!(1), Value::Null, Value::Null);
        expect("pdf_export", false, json!(0), Value::Null, Value::Null);
        node.assign(ours, "enterprise", 3).await;
        let (_, body) = get(&router, "/api/v1/billing/subscription", Some(ours)).await;
        assert_eq!(body["period"]["start"], "2026-01-05T09:00:00Z");
        assert_eq!((&body["seats"], &line(&body["features"], "devices")["limit"]), (&json!(3), &json!(15)));
        assert_eq!(line(&body["features"], "board_sessions")["limit"], Value::Null);
    }

    async fn strangers_see_no_subscription_and_failures_say_little(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (router, org) = (router(&node), org());
        let (status, body) = get(&router, "/api/v1/billing/subscription", None).await;
        assert_eq!((status, &body["error"]["code"]), (401, &json!("UNAUTHENTICATED")));
        node.assign(org, "pro", 1).await;
        node.edit("UPDATE billing_subscriptions SET plan = 'gold'").await;
        let (status, body) = get(&router, "/api/v1/billing/subscription", Some(org)).await;
        assert_eq!((status, &body["error"]["code"]), (500, &json!("INTERNAL")));
        assert!(!body.to_string().contains("gold"), "{body}");
        node.store.close().await;
        let (status, _) = get(&router, "/api/v1/billing/subscription", Some(org)).await;
        assert_eq!(status, 503);
    }
}
