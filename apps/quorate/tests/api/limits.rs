//! How many requests callers may send (PLT-3).

use futures::future::join_all;
use quorate::config::Config;
use quorate_billing::{AssignedBy, Assignment};
use quorate_kernel::OrgId;
use quorate_testkit::{TestDatabase, on_both_databases};
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::{TestApp, User};

/// Behind a proxy on this machine, so that a test can call from anywhere, and with the limits as they are by default.
fn limited(config: &mut Config) {
    config.limits = quorate::config::LimitsConfig::default();
    config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
}

async fn public(app: &TestApp, from: &str) -> Response {
    app.http().get(app.url("/api/v1/auth/methods")).header("x-forwarded-for", from).send().await.unwrap()
}

async fn me(user: &User<'_>) -> Response {
    let token = user.token.as_ref().unwrap();
    user.app.http().get(user.app.url("/api/v1/users/me")).bearer_auth(token).send().await.unwrap()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    Some(headers.get(name)?.to_str().unwrap().parse().unwrap())
}

on_both_databases! {
    async fn a_signed_in_person_has_what_the_plan_says(database: TestDatabase) {
        let app = TestApp::builder(database).configure(limited).start().await;
        let (ada, bob) = (app.user("ada@example.com").await, app.user("bob@example.com").await);
        for left in (0..30).rev() {
            let reply = me(&ada).await;
            assert_eq!(reply.status(), 200);
            assert_eq!(number(reply.headers(), "x-ratelimit-limit"), Some(30), "the free plan's");
            assert_eq!(number(reply.headers(), "x-ratelimit-remaining"), Some(left));
            assert!((1..=62).contains(&number(reply.headers(), "x-ratelimit-reset").unwrap()));
        }
        let refused = me(&ada).await;
        assert_eq!(refused.status(), 429);
        assert!((1..=60).contains(&number(refused.headers(), "retry-after").unwrap()));
        assert_eq!(number(refused.headers(), "x-ratelimit-remaining"), Some(0));
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["error"]["code"], "RATE_LIMITED");
        assert_eq!(body["error"]["params"]["limit"], 30);
        let stream = app.http().get(app.url("/api/v1/sessions/none/events")).bearer_auth(ada.token.as_ref().unwrap());
        assert_eq!(stream.send().await.unwrap().status(), 429, "whatever the route");
        assert_eq!(me(&bob).await.status(), 200, "another person is another count");
        let health = app.http().get(app.url("/api/health")).send().await.unwrap();
        assert_eq!((health.status().as_u16(), health.headers().get("x-ratelimit-limit")), (200, None));
    }

    async fn another_plan_counts_within_seconds_and_each_seat_for_itself(database: TestDatabase) {
        let app = TestApp::builder(database).configure(limited).start().await;
        let ada = app.user("ada@example.com").await;
        let org: OrgId = ada.get("/api/v1/users/me").await.body["organization"]["id"].as_str().unwrap().parse().unwrap();
        let assignment = Assignment { seats: 5, ..Assignment::of_own_server(AssignedBy::Server) };
        app.composed().billing.assign(org, &assignment).await.unwrap();
        let wait = async {
            while number(me(&ada).await.headers(), "x-ratelimit-limit") != Some(200) {
                tokio::time::sleep(std::time::Duration::from_secs(3)).await;
            }
        };
        tokio::time::timeout(crate::app::PATIENCE, wait).await.unwrap();
    }

    async fn an_address_that_is_not_signed_in_has_a_hundred(database: TestDatabase) {
        let app = TestApp::builder(database).configure(limited).start().await;
        let asked = join_all((0..120).map(|number| {
            let from = format!("2001:db8:0:1::{number:x}");
            let app = &app;
            async move { public(app, &from).await.status().as_u16() }
        }));
        let statuses = asked.await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 100);
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 20);
        let refused = public(&app, "2001:db8:0:1::ffff").await;
        assert_eq!(number(refused.headers(), "retry-after"), Some(60));
        assert_eq!(public(&app, "2001:db8:0:2::1").await.status(), 200, "another network");
        assert_eq!(public(&app, "203.0.113.9").await.status(), 200);
        let own = app.http().get(app.url("/api/v1/auth/methods")).send().await.unwrap();
        assert_eq!((own.status().as_u16(), own.headers().get("x-ratelimit-limit")), (200, None), "this machine");
        let log_in = json!({ "email": "ada@example.com", "password": "wrong" });
        let guess = app.http().post(app.url("/api/v1/auth/login")).header("x-forwarded-for", "2001:db8:0:1::1");
        assert_eq!(guess.json(&log_in).send().await.unwrap().status(), 429, "log-in is no way around");
        let refresh = app.http().post(app.url("/api/v1/auth/refresh")).header("x-forwarded-for", "2001:db8:0:1::1");
        assert_ne!(refresh.send().await.unwrap().status(), 429, "who is signed in stays so");
    }
}

/// The Redis that runs on the test machine, under a prefix of this test's own.
fn with_redis(prefix: &str) -> impl Fn(&mut Config) {
    let (url, prefix) = (redis_url(), prefix.to_owned());
    move |config| {
        limited(config);
        config.redis.url = Some(url.clone());
        config.redis.prefix.clone_from(&prefix);
    }
}

fn redis_url() -> String {
    std::env::var("QUORATE_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

#[tokio::test]
async fn two_nodes_on_one_redis_have_one_limit() {
    let prefix = format!("quorate-test-{}", uuid());
    let database = TestDatabase::sqlite().unwrap();
    let one = TestApp::builder(database).configure(with_redis(&prefix)).start().await;
    let two = one.beside().configure(with_redis(&prefix)).without_worker().start().await;
    let token = one.user("ada@example.com").await.token;
    let mut allowed = 0;
    for round in 0..20 {
        for app in [&one, &two] {
            let user = User { app, token: token.clone() };
            let reply = me(&user).await;
            allowed += u32::from(reply.status() == 200);
            assert_eq!(number(reply.headers(), "x-ratelimit-limit"), Some(30), "in round {round}");
        }
    }
    assert_eq!(allowed, 30);
    let ready: Value = one.http().get(one.url("/api/health/ready")).send().await.unwrap().json().await.unwrap();
    assert_eq!(ready["checks"]["redis"], "ok");
}

#[tokio::test]
async fn without_its_redis_a_node_serves_and_says_that_it_does_less() {
    let away = |config: &mut Config| {
        limited(config);
        config.redis.url = Some("redis://127.0.0.1:1".to_owned());
    };
    let app = TestApp::builder(TestDatabase::sqlite().unwrap()).configure(away).start().await;
    let ada = app.user("ada@example.com").await;
    for left in (0..30).rev() {
        assert_eq!(number(me(&ada).await.headers(), "x-ratelimit-remaining"), Some(left));
    }
    assert_eq!(me(&ada).await.status(), 429);
    let ready = app.http().get(app.url("/api/health/ready")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!((&ready["status"], &ready["checks"]["redis"]), (&json!("degraded"), &json!("degraded")));
}

fn uuid() -> String {
    use quorate_kernel::Ids as _;
    quorate_kernel::SystemIds.uuid().to_string()
}
