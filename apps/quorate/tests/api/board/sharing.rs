//! Links to reports, as their makers, their readers and attackers use them (BRD-7).

use quorate_testkit::on_both_databases;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{LISBON, SEATS, quick};
use crate::{TestApp, User};

async fn share(user: &User<'_>, id: &str, body: &Value) -> Value {
    let reply = user.post(&format!("/api/v1/sessions/{id}/shares"), body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.body
}

/// What anybody reads under the token.
async fn open(app: &TestApp, token: &str) -> (u16, HeaderMap, Value) {
    let response = app.http().get(app.url(&format!("/api/v1/shared/{token}"))).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

/// What stays of an answer that tells nothing: no request id, no time.
fn shape(mut body: Value) -> Value {
    if let Some(error) = body["error"].as_object_mut() {
        error.remove("request_id");
    }
    body
}

async fn expire(app: &TestApp, share: &Value) {
    let mut tx = app.composed().store.system("a test lets a link expire").await.unwrap();
    let sql = "UPDATE board_shares SET expires_at = 1 WHERE id = $1";
    let id = share["share"]["id"].as_str().unwrap().to_owned();
    assert_eq!(tx.sql(sql).bind(id).execute().await.unwrap(), 1);
    tx.commit().await.unwrap();
}

fn problem() -> Value {
    json!({
        "problem_statement": LISBON, "mode": "quick", "personas": SEATS, "lean": "We have signed the lease already",
        "problem_context": { "landlord": "Herr Zimmermann of Acme GmbH" },
    })
}

on_both_databases! {
    async fn a_link_shows_the_report_and_nothing_beside_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&problem()).await;
        let early = ada.post(&format!("/api/v1/sessions/{id}/shares"), &json!({})).await;
        assert_eq!((early.status.as_u16(), early.code()), (409, "CONFLICT"), "there is nothing to share yet");
        ada.start(&id).await;
        ada.finished(&id).await;
        ada.patch(&format!("/api/v1/sessions/{id}"), &json!({ "title": "Lisbon?" })).await;

        let made = share(&ada, &id, &json!({})).await;
        let token = made["token"].as_str().unwrap();
        assert!(made["url"].as_str().unwrap().ends_with(&format!("/shared/{token}")), "{made}");
        assert!(!made["url"].as_str().unwrap().contains("/api/"), "it leads to a page: {made}");
        let (status, headers, seen) = open(&app, token).await;
        assert_eq!(status, 200, "{seen}");
        assert_eq!(headers["x-robots-tag"], "noindex, nofollow, noarchive");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers["cache-control"].to_str().unwrap().contains("no-store"), "{headers:?}");
        let mut report = ada.result(&id, "report").await;
        report.as_object_mut().unwrap().remove("full_report");
        assert_eq!(seen["report"], report, "the same report");
        assert_eq!((&seen["title"], &seen["problem_statement"]), (&json!("Lisbon?"), &json!(LISBON)));
        let text = seen.to_string();
        for secret in ["signed the lease", "Zimmermann", "cost_usd", "cost_ceiling", "ada@example.com", &id, "thinking", "micros", "org_id"] {
            assert!(!text.contains(secret), "{secret} is in what everybody reads: {text}");
        }

        let list = ada.get(&format!("/api/v1/sessions/{id}/shares")).await;
        assert_eq!(list.body["data"][0]["id"], made["share"]["id"]);
        assert!(!list.body.to_string().contains(&token[3..]), "the secret is told once");
        let mut tx = app.composed().store.system_read("a test looks for a secret").await.unwrap();
        let rows: Vec<(String, String)> = tx.sql("SELECT token_hash, redaction FROM board_shares").all().await.unwrap();
        assert!(rows.iter().all(|(hash, rest)| !token.contains(hash.as_str()) && !rest.contains(&token[3..])));
        let logged: Vec<(String,)> =
            tx.sql("SELECT action FROM audit_entries WHERE action LIKE 'board.%'").all().await.unwrap();
        assert_eq!(logged, [("board.report_shared".to_owned(),)]);

        let shown = share(&ada, &id, &json!({ "redact": { "show_context": true } })).await;
        let (_, _, seen) = open(&app, shown["token"].as_str().unwrap()).await;
        assert_eq!(seen["problem_context"]["landlord"], "Herr Zimmermann of Acme GmbH");
        assert_eq!(seen["redacted"], false);
    }

    async fn what_is_redacted_is_nowhere_in_the_answer(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&problem()).await;
        let id = session["id"].as_str().unwrap();
        let plain = open(&app, share(&ada, id, &json!({})).await["token"].as_str().unwrap()).await.2.to_string();
        assert!(plain.contains("Lisbon"), "{plain}");
        let body = json!({ "redact": { "hide_words": ["LISBON", "berlin"], "hide_names": true, "show_context": true } });
        let (_, _, seen) = open(&app, share(&ada, id, &body).await["token"].as_str().unwrap()).await;
        let text = seen.to_string().to_lowercase();
        assert_eq!(seen["redacted"], true);
        assert!(!text.contains("lisbon") && !text.contains("berlin"), "{text}");
        assert!(text.contains("█████"), "{text}");
        for vote in ada.result(id, "votes").await.as_array().unwrap() {
            for field in ["persona_name", "persona_code"] {
                let name = vote[field].as_str().unwrap().to_lowercase();
                assert!(!text.contains(&name), "{name} is in {text}");
            }
        }
        assert_eq!(seen["report"]["outcome"], "complete", "what is no prose stays");
        let hidden = json!({ "redact": { "hide_problem": true, "show_context": true } });
        let (_, _, seen) = open(&app, share(&ada, id, &hidden).await["token"].as_str().unwrap()).await;
        assert_eq!((&seen["problem_statement"], &seen["title"], &seen["problem_context"]), (&Value::Null, &Value::Null, &json!({})));

        for (body, field) in [
            (json!({ "expires_in_days": 0 }), "expires_in_days"),
            (json!({ "expires_in_days": 366 }), "expires_in_days"),
            (json!({ "redact": { "hide_words": ["a"] } }), "redact.hide_words[0]"),
            (json!({ "redact": { "hide_words": ["x\u{0}y"] } }), "redact.hide_words[0]"),
            (json!({ "redact": { "hide_words": vec!["word"; 51] } }), "redact.hide_words"),
        ] {
            let refused = ada.post(&format!("/api/v1/sessions/{id}/shares"), &body).await;
            assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec![field]), "{}", refused.body);
        }
    }

    async fn a_dead_link_tells_nothing_and_strangers_get_nowhere(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let session = ada.deliberate(&quick()).await;
        let id = session["id"].as_str().unwrap();
        let (expired, revoked, alive) =
            (share(&ada, id, &json!({})).await, share(&ada, id, &json!({})).await, share(&ada, id, &json!({})).await);
        expire(&app, &expired).await;
        let path = |share: &Value| format!("/api/v1/sessions/{id}/shares/{}", share["share"]["id"].as_str().unwrap());

        // Another tenant neither sees, makes nor ends links.
        assert_eq!(eve.get(&format!("/api/v1/sessions/{id}/shares")).await.status, 404);
        assert_eq!(eve.post(&format!("/api/v1/sessions/{id}/shares"), &json!({})).await.status, 404);
        assert_eq!(eve.delete(&path(&revoked)).await.status, 404);
        let hers = eve.deliberate(&quick()).await;
        let crossed = path(&revoked).replace(id, hers["id"].as_str().unwrap());
        assert_eq!(eve.delete(&crossed).await.status, 404, "nor by a session of her own");
        assert_eq!(open(&app, revoked["token"].as_str().unwrap()).await.0, 200);

        for _ in 0..2 {
            assert_eq!(ada.delete(&path(&revoked)).await.status, 204, "also the second time");
        }
        let good = alive["token"].as_str().unwrap();
        let mut altered = good.to_owned();
        altered.replace_range(10..11, if &good[10..11] == "0" { "1" } else { "0" });
        let share_id = alive["share"]["id"].as_str().unwrap();
        let mut answers = Vec::new();
        for token in [
            expired["token"].as_str().unwrap(), revoked["token"].as_str().unwrap(), &altered, &good[..40], &good.to_uppercase(), share_id, id,
            "%00", "qs_%27%20OR%201=1--", "..%2fsessions", "qs_",
        ] {
            let (status, headers, body) = open(&app, token).await;
            assert_eq!(status, 404, "{token}: {body}");
            assert_eq!(headers["x-robots-tag"], "noindex, nofollow, noarchive");
            answers.push((shape(body), headers.len()));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "all look the same: {answers:?}");

        // A link opens its report and nothing else, and no token of a link signs anybody in.
        let thief = User { app: &app, token: Some(good.to_owned()) };
        assert_eq!(thief.get(&format!("/api/v1/sessions/{id}")).await.status, 401);
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let reply = app.anonymous().send(method.parse().unwrap(), &format!("/api/v1/shared/{good}"), None).await;
            assert_eq!(reply.status, 405, "{method}");
        }
        assert_eq!(open(&app, good).await.0, 200);
        assert_eq!(ada.delete(&format!("/api/v1/sessions/{id}")).await.status, 204);
        assert_eq!(shape(open(&app, good).await.2), answers[0].0, "it goes with its session");
    }

    async fn links_of_a_session_and_readers_are_limited(database: TestDatabase) {
        // Where nobody is behind a proxy every caller of a test has the same address, which is no network.
        let limited = |config: &mut quorate::config::Config| {
            config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
            config.limits.signed_out_requests = 30;
        };
        let app = TestApp::builder(database).configure(limited).start().await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&quick()).await;
        let id = session["id"].as_str().unwrap();
        let mut made = Vec::new();
        for _ in 0..20 {
            made.push(share(&ada, id, &json!({ "expires_in_days": 1 })).await);
        }
        let path = format!("/api/v1/sessions/{id}/shares");
        assert_eq!(ada.post(&path, &json!({})).await.code(), "CONFLICT");
        ada.delete(&format!("{path}/{}", made[0]["share"]["id"].as_str().unwrap())).await;
        share(&ada, id, &json!({})).await;
        let mut refused = 0;
        for _ in 0..40 {
            let url = app.url(&format!("/api/v1/shared/{}", made[1]["token"].as_str().unwrap()));
            let reply = app.http().get(url).header("x-forwarded-for", "203.0.113.7").send().await.unwrap();
            assert!([200, 429].contains(&reply.status().as_u16()));
            refused += usize::from(reply.status() == 429);
        }
        assert!(refused >= 10, "{refused} of 40 were refused");
    }
}
