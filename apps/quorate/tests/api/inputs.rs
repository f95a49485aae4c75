//! Bad input gets the documented error and changes nothing.

use quorate_testkit::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};

use crate::board::{LISBON, SEATS};
use crate::{Reply, TestApp, User};

/// A new session with these fields instead of the usual ones; null leaves one out.
fn with(changes: &Value) -> String {
    let mut body = json!({ "problem_statement": LISBON });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

async fn count(user: &User<'_>) -> usize {
    user.get("/api/v1/sessions?limit=200").await.body["data"].as_array().unwrap().len()
}

fn check(what: &str, reply: &Reply, status: u16, code: &str, fields: &[&str]) {
    let told = (reply.status.as_u16(), reply.code(), reply.fields());
    assert_eq!(told, (status, code, fields.to_vec()), "{what}: {}", reply.body);
    assert!(reply.body["error"]["request_id"].is_string() && reply.body["error"]["message"].is_string(), "{what}");
    for leak in ["sqlx", "rustc", "panicked", "/src/", "SELECT ", "constraint"] {
        assert!(!reply.body.to_string().contains(leak), "{what}: {}", reply.body);
    }
}

/// Method, path and body of a request, with the status, the code and the fields of the answer.
type Wrong<'a> = (Method, String, Option<&'a str>, u16, &'a str, &'a [&'a str]);

const INVALID: &str = "VALIDATION_FAILED";

on_both_databases! {
    async fn a_bad_new_session_is_refused_and_nothing_is_created(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let seats = |codes: &[&str]| with(&json!({ "personas": codes }));
        let many: Vec<String> = ada.get("/api/v1/personas").await.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .take(9)
            .map(|persona| persona["code"].as_str().unwrap().to_owned())
            .collect();
        let problem = |text: &str| with(&json!({ "problem_statement": text }));
        let crowd: serde_json::Map<String, Value> = (0..21).map(|n| (format!("field {n}"), json!("x"))).collect();
        let table: Vec<(&str, String, &[&str])> = vec![
            ("an empty problem", problem(""), &["problem_statement"]),
            ("nothing but spaces", problem("                    "), &["problem_statement"]),
            ("9 characters", problem("Move now?"), &["problem_statement"]),
            ("9 characters and spaces", problem("  Move now?   "), &["problem_statement"]),
            ("10,001 characters", problem(&"x".repeat(10_001)), &["problem_statement"]),
            ("10,001 emoji", problem(&"🛶".repeat(10_001)), &["problem_statement"]),
            ("a NUL", problem("Should we\0 move to Lisbon?"), &["problem_statement"]),
            ("no problem", r#"{"mode":"quick"}"#.to_owned(), &["problem_statement"]),
            ("a problem that is null", r#"{"problem_statement":null}"#.to_owned(), &["problem_statement"]),
            ("a problem that is a number", r#"{"problem_statement":12345678901}"#.to_owned(), &["problem_statement"]),
            ("a problem that is a list", r#"{"problem_statement":["a"]}"#.to_owned(), &["problem_statement"]),
            ("an unknown persona", seats(&[SEATS[0], "napoleon"]), &["personas[1]"]),
            ("a persona with a NUL", seats(&[SEATS[0], "a\0b"]), &["personas[1]"]),
            ("a persona twice", seats(&[SEATS[0], SEATS[1], SEATS[0]]), &["personas[2]"]),
            ("no seats", seats(&[]), &["personas"]),
            ("one seat", seats(&[SEATS[0]]), &["personas"]),
            ("nine seats", with(&json!({ "personas": many })), &["personas"]),
            ("seats that are numbers", with(&json!({ "personas": [1, 2] })), &["personas[0]"]),
            ("seats that are a text", with(&json!({ "personas": "forecaster" })), &["personas"]),
            ("no rounds", with(&json!({ "max_rounds": 0 })), &["max_rounds"]),
            ("11 rounds", with(&json!({ "max_rounds": 11 })), &["max_rounds"]),
            ("-1 rounds", with(&json!({ "max_rounds": -1 })), &["max_rounds"]),
            ("257 rounds", with(&json!({ "max_rounds": 257 })), &["max_rounds"]),
            ("too many rounds for 64 bits", format!(r#"{{"problem_statement":"{LISBON}","max_rounds":99999999999999999999}}"#), &["max_rounds"]),
            ("half a round", with(&json!({ "max_rounds": 1.5 })), &["max_rounds"]),
            ("rounds in a text", with(&json!({ "max_rounds": "x" })), &["max_rounds"]),
            ("an unknown mode", with(&json!({ "mode": "turbo" })), &["mode"]),
            ("a mode in capitals", with(&json!({ "mode": "QUICK" })), &["mode"]),
            ("an unknown field", with(&json!({ "personnas": SEATS })), &["personnas"]),
            ("a field of another tenant", with(&json!({ "org_id": "x" })), &["org_id"]),
            ("clarify in a text", with(&json!({ "clarify": "yes" })), &["clarify"]),
            ("a context that is a text", with(&json!({ "problem_context": "200k" })), &["problem_context"]),
            ("a context of lists", with(&json!({ "problem_context": { "budget": [200] } })), &["problem_context.budget"]),
            ("a model that is not configured", with(&json!({ "route": "offline/other" })), &["route"]),
            ("a context of 21 fields", with(&json!({ "problem_context": crowd })), &["problem_context"]),
            ("a context with a long text", with(&json!({ "problem_context": { "a": "x".repeat(2_001) } })), &["problem_context"]),
            ("a context with a long name", with(&json!({ "problem_context": { "x".repeat(61): "a" } })), &["problem_context"]),
            ("a context with a NUL", with(&json!({ "problem_context": { "a": "\0" } })), &["problem_context"]),
            ("a context with a NUL name", with(&json!({ "problem_context": { "\0": "a" } })), &["problem_context"]),
            ("a long lean", with(&json!({ "lean": "x".repeat(501) })), &["lean"]),
            ("a lean with a NUL", with(&json!({ "lean": "no\0" })), &["lean"]),
            ("an unknown route", with(&json!({ "route": "fast" })), &["route"]),
            ("a route of an unknown provider", with(&json!({ "route": "nobody/model" })), &["route"]),
            ("a negative ceiling", with(&json!({ "cost_ceiling_usd": -1 })), &["cost_ceiling_usd"]),
            ("a ceiling of nothing", with(&json!({ "cost_ceiling_usd": 0 })), &["cost_ceiling_usd"]),
            ("a ceiling in a text", with(&json!({ "cost_ceiling_usd": "5" })), &["cost_ceiling_usd"]),
            ("the body is a list", "[]".to_owned(), &["body"]),
            ("the body is null", "null".to_owned(), &["body"]),
            ("the body is a text", "\"x\"".to_owned(), &["body"]),
        ];
        for (what, body, fields) in &table {
            let reply = ada.send(Method::POST, "/api/v1/sessions", Some(body.clone())).await;
            check(what, &reply, 422, INVALID, fields);
        }
        let all = with(&json!({ "problem_statement": "", "max_rounds": 0, "personas": ["x"], "lean": "x".repeat(501),
            "route": "x", "cost_ceiling_usd": -1 }));
        let reply = ada.send(Method::POST, "/api/v1/sessions", Some(all)).await;
        let all = ["problem_statement", "max_rounds", "personas", "personas[0]", "lean", "route", "cost_ceiling_usd"];
        check("everything at once", &reply, 422, INVALID, &all);

        for (what, body) in [
            ("cut off", r#"{"problem_statement": "Should we mo"#),
            ("empty", ""),
            ("not JSON", "problem_statement=Should+we+move"),
            ("two documents", r#"{"problem_statement":"Should we move now?"} {}"#),
            ("no number", r#"{"problem_statement":"Should we move?","cost_ceiling_usd":NaN}"#),
            ("half a surrogate", r#"{"problem_statement":"Should we move \ud800 now?"}"#),
        ] {
            let reply = ada.send(Method::POST, "/api/v1/sessions", Some(body.to_owned())).await;
            check(what, &reply, 400, "INVALID_BODY", &[]);
        }
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let reply = ada.send(Method::POST, "/api/v1/sessions", Some(nested)).await;
        assert!([400, 422].contains(&reply.status.as_u16()), "{}", reply.body);
        let large = problem(&"x".repeat(1024 * 1024));
        check("over 1 MiB", &ada.send(Method::POST, "/api/v1/sessions", Some(large)).await, 413, "PAYLOAD_TOO_LARGE", &[]);

        for (kind, body) in [(None, LISBON), (Some("text/plain"), LISBON), (Some("application/x-www-form-urlencoded"), "a=b")] {
            let reply = raw(&ada, Method::POST, "/api/v1/sessions", kind, body.as_bytes()).await;
            check("no JSON", &reply, 415, "UNSUPPORTED_MEDIA_TYPE", &[]);
        }
        let bytes = [b"{\"problem_statement\":\"Should we move".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
        let reply = raw(&ada, Method::POST, "/api/v1/sessions", Some("application/json"), &bytes).await;
        check("no UTF-8", &reply, 400, "INVALID_BODY", &[]);
        assert_eq!(count(&ada).await, 0, "nothing was created");
    }

    async fn what_is_just_within_the_limits_is_taken(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        for problem in ["0123456789".to_owned(), "x".repeat(10_000), "🛶".repeat(10_000), "\u{202e}ليشبونة؟ ".repeat(1_000)] {
            let body = json!({ "problem_statement": problem, "lean": "🛶".repeat(500), "max_rounds": 10,
                "problem_context": { "x".repeat(60): "é".repeat(2_000) }, "cost_ceiling_usd": 1e300 });
            let id = ada.session(&body).await;
            let session = ada.read(&id).await;
            assert_eq!(session["problem_statement"], problem.trim());
            assert_eq!(session["problem_context"], body["problem_context"]);
        }
        for empty in [json!({ "personas": null }), json!({ "problem_context": null }), json!({ "mode": null, "lean": null })] {
            assert_eq!(ada.send(Method::POST, "/api/v1/sessions", Some(with(&empty))).await.status, 201);
        }
        assert_eq!(count(&ada).await, 7);
    }

    async fn bad_requests_about_a_session_change_nothing(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&crate::board::quick()).await;
        let before = ada.read(&id).await;
        let at = |path: &str| format!("/api/v1/sessions/{id}{path}");
        let table: Vec<Wrong<'_>> = vec![
            (Method::PATCH, at(""), Some(r#"{"title":"a\u0000b"}"#), 422, INVALID, &["title"]),
            (Method::PATCH, at(""), Some(r#"{"title":7}"#), 422, INVALID, &["title"]),
            (Method::PATCH, at(""), Some(r#"{"archived":"yes"}"#), 422, INVALID, &["archived"]),
            (Method::PATCH, at(""), Some(r#"{"archived":true}"#), 409, "CONFLICT", &[]),
            (Method::PATCH, at(""), Some(r#"{"status":"completed"}"#), 422, INVALID, &["status"]),
            (Method::PATCH, at(""), Some("{"), 400, "INVALID_BODY", &[]),
            (Method::PATCH, at(""), None, 415, "UNSUPPORTED_MEDIA_TYPE", &[]),
            (Method::PUT, at(""), Some("{}"), 405, "METHOD_NOT_ALLOWED", &[]),
            (Method::GET, at("/deliberation/start"), None, 405, "METHOD_NOT_ALLOWED", &[]),
            (Method::DELETE, at("/votes"), None, 405, "METHOD_NOT_ALLOWED", &[]),
            (Method::POST, at("/deliberation/pause"), None, 409, "CONFLICT", &[]),
            (Method::POST, at("/deliberation/resume"), None, 409, "CONFLICT", &[]),
            (Method::POST, at("/deliberation/explode"), None, 404, "NOT_FOUND", &[]),
            (Method::POST, at("/answers"), Some(r#"{"answers":[]}"#), 409, "CONFLICT", &[]),
            (Method::POST, at("/answers"), Some(r#"{"answers":[{"question_id":"q","answer":"a"}]}"#), 409, "CONFLICT", &[]),
            (Method::POST, at("/answers"), Some(r#"{"answers":"no"}"#), 422, INVALID, &["answers"]),
            (Method::POST, at("/answers"), Some(r#"{"answers":[{"answer":"a"}]}"#), 422, INVALID, &["answers[0].question_id"]),
            (Method::POST, at("/answers"), Some("{}"), 422, INVALID, &["answers"]),
            (Method::GET, at("/report"), None, 404, "NOT_FOUND", &[]),
            (Method::GET, at("/export"), None, 404, "NOT_FOUND", &[]),
            (Method::GET, at("/export?format=exe"), None, 422, INVALID, &["format"]),
            (Method::GET, at("/export?format=docx"), None, 404, "NOT_FOUND", &[]),
            (Method::GET, at("/export?format=docx&language=xx"), None, 422, INVALID, &["language"]),
            (Method::GET, at("/contributions?cursor=x"), None, 422, INVALID, &["cursor"]),
            (Method::GET, at("/votes?cursor=%00"), None, 422, INVALID, &["cursor"]),
            (Method::GET, at("/votes?limit=x"), None, 422, INVALID, &["limit"]),
            (Method::GET, at("/votes?limit=-1"), None, 422, INVALID, &["limit"]),
            (Method::GET, at("/events?after=x"), None, 422, INVALID, &["after"]),
            (Method::GET, at("/events?limit=x"), None, 422, INVALID, &["limit"]),
            (Method::GET, at("/stream?after=x"), None, 422, INVALID, &["after"]),
            (Method::GET, at("/stream?after=-1"), None, 422, INVALID, &["after"]),
            (Method::GET, "/api/v1/sessions?cursor=x".into(), None, 422, INVALID, &["cursor"]),
            (Method::GET, "/api/v1/sessions?cursor=%00".into(), None, 422, INVALID, &["cursor"]),
            (Method::GET, format!("/api/v1/sessions?cursor={id}"), None, 422, INVALID, &["cursor"]),
            (Method::GET, format!("/api/v1/sessions?cursor=9999999999999999999_{id}"), None, 422, INVALID, &["cursor"]),
            (Method::GET, "/api/v1/sessions?status=asleep".into(), None, 422, INVALID, &["status"]),
            (Method::GET, "/api/v1/sessions?limit=many".into(), None, 422, INVALID, &["limit"]),
            (Method::GET, "/api/v1/sessions?limit=1&limit=2".into(), None, 422, INVALID, &["query"]),
            (Method::GET, "/api/v1/nothing".into(), None, 404, "NOT_FOUND", &[]),
            (Method::GET, "/api/v2/sessions".into(), None, 404, "NOT_FOUND", &[]),
            (Method::GET, "/api".into(), None, 404, "NOT_FOUND", &[]),
            (Method::POST, "/api/v1/personas".into(), Some("{}"), 405, "METHOD_NOT_ALLOWED", &[]),
        ];
        for (method, path, body, status, code, fields) in table {
            let reply = ada.send(method.clone(), &path, body.map(str::to_owned)).await;
            check(&format!("{method} {path} {}", body.unwrap_or_default()), &reply, status, code, fields);
        }
        let long = ada.patch(&at(""), &json!({ "title": "x".repeat(201) })).await;
        check("a long title", &long, 422, INVALID, &["title"]);
        assert_eq!(ada.read(&id).await, before);
        assert_eq!(ada.events(&id).await.len(), 1);
        assert_eq!(count(&ada).await, 1);
        // What is far out of range is held to the range.
        for query in ["limit=0", "limit=4294967295", &format!("cursor=9223372036854775807_{id}")] {
            assert_eq!(ada.get(&format!("/api/v1/sessions?{query}")).await.status, 200, "{query}");
        }
        assert_eq!(ada.get(&at("/events?after=-5&limit=0")).await.body["data"].as_array().unwrap().len(), 1);
    }

    async fn what_is_no_id_names_nothing(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let own = ada.session(&crate::board::quick()).await;
        let ids = ["1", "x", "%00", "%F0%9F%9B%B6", "..%2f..%2fetc", "'%20OR%201=1--", "00000000-0000-0000-0000-000000000000"];
        for id in ids {
            for (method, path, body) in [
                (Method::GET, "", None),
                (Method::PATCH, "", Some("{}")),
                (Method::DELETE, "", None),
                (Method::POST, "/deliberation/start", None),
                (Method::POST, "/deliberation/pause", None),
                (Method::POST, "/deliberation/resume", None),
                (Method::POST, "/deliberation/stop", None),
                (Method::POST, "/answers", Some(r#"{"answers":[]}"#)),
                (Method::GET, "/contributions", None),
                (Method::GET, "/votes", None),
                (Method::GET, "/report", None),
                (Method::GET, "/events", None),
                (Method::GET, "/export", None),
                (Method::GET, "/export?format=pdf", None),
                (Method::GET, "/stream", None),
            ] {
                let path = format!("/api/v1/sessions/{id}{path}");
                let reply = ada.send(method.clone(), &path, body.map(str::to_owned)).await;
                check(&format!("{method} {path}"), &reply, 404, "NOT_FOUND", &[]);
            }
        }
        assert_eq!(ada.read(&own).await["status"], "active");
    }

    async fn starting_at_once_starts_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&crate::board::quick()).await;
        let replies = futures::future::join_all((0..12).map(|_| ada.turn(&id, "start"))).await;
        let mut told: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
        told.sort_unstable();
        assert_eq!((told[0], &told[1..]), (202, &[409; 11][..]));
        assert_eq!(ada.finished(&id).await["status"], "completed");
        let events = ada.events(&id).await;
        assert_eq!(crate::board::of_type(&events, "session.started").len(), 1);
    }
}

async fn raw(user: &User<'_>, method: Method, path: &str, kind: Option<&str>, body: &[u8]) -> Reply {
    let mut request = user.app.http().request(method, user.app.url(path)).body(body.to_vec());
    request = request.bearer_auth(user.token.as_deref().unwrap());
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    Reply { status, body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default() }
}
