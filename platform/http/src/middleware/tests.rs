use axum::http::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use axum::routing::{get, post};
use quorate_kernel::{Permission, Role};
use serde_json::{Value, json};
use tower::ServiceExt;
use utoipa_axum::routes;

use super::*;
use crate::sample::{ask, middleware};
use crate::{Access, Input, Routes, Who};

#[utoipa::path(get, path = "/api/v1/guarded", responses((status = 200)))]
async fn guarded(Who(principal): Who) -> String {
    principal.role.name().to_owned()
}

#[utoipa::path(post, path = "/api/v1/change", responses((status = 200)))]
async fn change() {}

async fn echo(Input(value): Input<Value>) -> axum::Json<Value> {
    axum::Json(value)
}

async fn internal() -> Result<(), Failure> {
    Err(Problem::internal("password=hunter2 at 10.0.0.7").into())
}

async fn panicking() {
    panic!("secret of the house");
}

fn router() -> Router {
    let (guarded, _, _) =
        Routes::<()>::new().add(Access::SignedIn, routes!(guarded)).add(Access::SignedIn, routes!(change)).into_parts();
    let long = || async { "x".repeat(5000) };
    guarded
        .route("/api/v1/echo", post(echo))
        .route("/api/v1/internal", get(internal))
        .route("/api/v1/panic", get(panicking))
        .route("/api/v1/slow", get(|| tokio::time::sleep(Duration::from_secs(3600))))
        .route("/api/v1/long", get(long))
        .route("/api/v1/auth/long", get(long))
        .route("/api/v1/cookie", get(|| async { ([(SET_COOKIE, "a=b")], "x".repeat(5000)) }))
        .route("/api/v1/stream", get(|| async { ([(CONTENT_TYPE, "text/event-stream")], "x".repeat(5000)) }))
        .route("/page", get(|| async { axum::response::Html("<p>hi</p>") }))
        .route("/unchanged", get(|| async { axum::http::StatusCode::NOT_MODIFIED }))
}

fn server() -> Router {
    middleware("http://localhost:8080").wrap(router())
}

fn code(body: &Value) -> &str {
    body["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn another_vendors_api_has_its_own_errors_and_as_long_as_it_takes() {
    let slow = || async {
        tokio::time::sleep(Duration::from_secs(600)).await;
        "x".repeat(5000)
    };
    let mut around = middleware("http://localhost:8080");
    around.foreign_errors =
        Some(|path, problem, id| (StatusCode::IM_A_TEAPOT, format!("{path}|{}|{id}", problem.message).into_bytes()));
    let server = around.wrap(Router::new().route("/v1/slow", get(slow)).route("/api/v1/gone", get(internal)));
    let answer = |path: &str| {
        let request = Request::get(path).header(ACCEPT_ENCODING, "gzip").header("x-request-id", "me");
        server.clone().oneshot(request.body(axum::body::Body::empty()).unwrap())
    };
    let slow = answer("/v1/slow").await.unwrap();
    assert_eq!(
        (slow.status().as_u16(), slow.headers().get("content-encoding")),
        (200, None),
        "bytes pass as they come"
    );
    let missing = answer("/v1/other").await.unwrap();
    assert_eq!((missing.status().as_u16(), &missing.headers()["cache-control"]), (418, &"no-store".parse().unwrap()));
    assert_eq!(
        (&missing.headers()["request-id"], &missing.headers()["x-request-id"]),
        (&"me".parse().unwrap(), &"me".parse().unwrap())
    );
    let body = axum::body::to_bytes(missing.into_body(), 1 << 20).await.unwrap();
    assert_eq!(body, "/v1/other|There is nothing at this address.|me");
    let (status, headers, body) = ask(&server, Request::get("/api/v1/gone"), "").await;
    assert!(!headers.contains_key("request-id"), "one name is enough for ours");
    assert_eq!((status, code(&body)), (500, "INTERNAL"), "ours have ours");
}

#[tokio::test]
async fn refusals_of_every_kind_have_the_same_body() {
    let server = server();
    let json = |path: &str| Request::post(path).header(CONTENT_TYPE, "application/json");
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    for (request, body, status, expected) in [
        (Request::get("/api/v1/nothing"), "", 404, "NOT_FOUND"),
        (Request::delete("/api/v1/echo"), "", 405, "METHOD_NOT_ALLOWED"),
        (json("/api/v1/echo"), "{", 400, "INVALID_BODY"),
        (json("/api/v1/echo"), &large, 413, "PAYLOAD_TOO_LARGE"),
        (Request::post("/api/v1/echo"), "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (Request::get("/api/v1/internal"), "", 500, "INTERNAL"),
        (Request::get("/api/v1/panic"), "", 500, "INTERNAL"),
        (Request::get("/api/v1/guarded"), "", 401, "UNAUTHENTICATED"),
    ] {
        let (found, headers, answer) = ask(&server, request, body).await;
        assert_eq!((found, code(&answer)), (status, expected));
        assert_eq!(answer["error"]["request_id"], headers["x-request-id"].to_str().unwrap());
        assert_eq!(answer["error"]["details"], json!([]));
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers[CONTENT_TYPE], "application/json");
        let text = answer.to_string();
        assert!(!text.contains("hunter2") && !text.contains("secret of the house"), "{text}");
        assert_eq!(headers.contains_key("www-authenticate"), status == 401);
        assert_eq!(headers.contains_key("allow"), status == 405);
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let mut hasty = middleware("http://localhost:8080");
    hasty.timeout = Duration::from_millis(50);
    let (status, _, answer) = ask(&hasty.wrap(router()), Request::get("/api/v1/slow"), "").await;
    assert_eq!((status, code(&answer)), (408, "TIMEOUT"));
}

#[tokio::test]
async fn the_callers_request_id_is_kept_when_it_is_plain() {
    let server = server();
    let with = |id: &str| Request::get("/page").header("x-request-id", id);
    let (_, headers, _) = ask(&server, with("abc-1"), "").await;
    assert_eq!(headers["x-request-id"], "abc-1");
    let (_, headers, _) = ask(&server, with("a b"), "").await;
    assert_eq!(headers["x-request-id"].len(), 36);
}

#[tokio::test]
async fn pages_get_the_policy_of_pages_and_nothing_may_be_inline_but_what_is_hashed() {
    let mut https = middleware("https://board.example.com");
    https.inline_scripts = vec!["sha256-AAAA=".to_owned()];
    let (_, headers, _) = ask(&https.wrap(router()), Request::get("/page"), "").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self' 'sha256-AAAA=';") && policy.contains("frame-ancestors 'none'"));
    assert!(policy.contains("worker-src 'self'; manifest-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(headers["strict-transport-security"], "max-age=31536000");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(!headers.contains_key("cache-control"), "the page decides for itself");
    let (_, headers, _) = ask(&server(), Request::get("/api/v1/long"), "").await;
    assert_eq!(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn an_unchanged_page_keeps_the_policy_that_the_browser_has_stored() {
    let (status, headers, _) = ask(&server(), Request::get("/unchanged"), "").await;
    assert_eq!(status, 304);
    assert!(!headers.contains_key("content-security-policy"), "{headers:?}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn long_answers_are_compressed_but_not_those_with_secrets_nor_streams() {
    let server = server();
    for (path, compressed) in [
        ("/api/v1/long", true),
        ("/api/v1/auth/long", false),
        ("/api/v1/cookie", false),
        ("/api/v1/stream", false),
        ("/page", false),
    ] {
        let request = Request::get(path).header(ACCEPT_ENCODING, "gzip, br");
        let (_, headers, _) = ask(&server, request, "").await;
        assert_eq!(headers.contains_key("content-encoding"), compressed, "{path}");
    }
}

#[tokio::test]
async fn only_listed_origins_are_told_that_they_may_read() {
    let mut open = middleware("http://localhost:8080");
    open.cors_origins = vec!["https://app.example.com/".to_owned()];
    let open = open.wrap(router());
    let preflight = |origin: &str| {
        Request::options("/api/v1/echo").header("origin", origin).header("access-control-request-method", "POST")
    };
    let (status, headers, _) = ask(&open, preflight("https://app.example.com"), "").await;
    assert_eq!((status, &headers["access-control-allow-origin"]), (204, &"https://app.example.com".parse().unwrap()));
    assert!(!headers.contains_key("access-control-allow-credentials"));
    let (status, headers, _) = ask(&open, preflight("https://evil.example"), "").await;
    assert_eq!(status, 405);
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert_eq!(headers["vary"], "origin");
    let (_, headers, _) = ask(&server(), preflight("https://app.example.com"), "").await;
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_cookie_changes_something_only_from_our_own_pages() {
    let server = server();
    let cookie = |method: &str, path: &str| {
        Request::builder().method(method).uri(path).header("cookie", "quorate_access=member")
    };
    for (request, status) in [
        (cookie("POST", "/api/v1/change").header("origin", "http://localhost:8080"), 200),
        (cookie("POST", "/api/v1/change").header("sec-fetch-site", "same-origin"), 200),
        (cookie("POST", "/api/v1/change").header("origin", "https://evil.example"), 403),
        (cookie("POST", "/api/v1/change").header("sec-fetch-site", "cross-site"), 403),
        (cookie("GET", "/api/v1/guarded").header("origin", "https://evil.example"), 200),
        (cookie("GET", "/api/v1/guarded").header("origin", "https://evil.example").header("upgrade", "websocket"), 403),
        (Request::post("/api/v1/change").header("authorization", "Bearer member").header("origin", "https://a.b"), 200),
        (Request::post("/api/v1/change").header("authorization", "Basic bWVtYmVy"), 401),
    ] {
        let asked = format!("{request:?}");
        let (found, _, answer) = ask(&server, request, "").await;
        assert_eq!(found, status, "{asked}");
        assert_eq!(code(&answer) == "CROSS_ORIGIN", status == 403, "{asked}");
    }
    // Over HTTPS only the `__Host-` cookie counts.
    let https = middleware("https://board.example.com").wrap(router());
    assert_eq!(ask(&https, cookie("GET", "/api/v1/guarded"), "").await.0, 401);
    let strict = Request::get("/api/v1/guarded").header("cookie", "__Host-quorate_access=member");
    assert_eq!(ask(&https, strict, "").await.0, 200);
}

#[tokio::test]
async fn an_api_key_does_what_its_permissions_say_and_nothing_of_the_accounts_own() {
    let routes = |access| Routes::<()>::new().add(access, routes!(guarded)).into_parts();
    let key = |value: &'static str| Request::get("/api/v1/guarded").header("x-api-key", value);
    for (access, status) in [
        (Access::Needs(Permission::ModelRead), 200),
        (Access::Needs(Permission::PersonaRead), 403),
        (Access::Needs(Permission::OrgDelete), 403),
        (Access::SignedIn, 403),
        // The sample's key says that its owner runs the server; even then.
        (Access::Operator, 403),
    ] {
        let (router, api, _) = routes(access);
        let described = serde_json::to_value(api).unwrap();
        let ways = described["paths"]["/api/v1/guarded"]["get"]["security"].to_string();
        let takes_keys = matches!(access, Access::Needs(permission) if permission.is_for_keys());
        assert_eq!(ways.contains("api_key"), takes_keys, "{access:?}: {ways}");
        let server = middleware("http://localhost:8080").wrap(router);
        let bearer = Request::get("/api/v1/guarded").header("authorization", "Bearer qk_owner");
        for request in [key("qk_owner"), bearer] {
            let (found, _, answer) = ask(&server, request, "").await;
            assert_eq!(found, status, "{access:?}: {answer}");
        }
        // A header of a proxy's own is nobody's credential, and does not hide the caller's.
        assert_eq!(ask(&server, key("owner"), "").await.0, 401, "{access:?}");
        let with_cookie = key("a-proxys-own").header("cookie", "quorate_access=owner");
        assert_ne!(ask(&server, with_cookie, "").await.0, 401, "{access:?}");
    }
}

#[tokio::test]
async fn a_route_lets_in_exactly_the_roles_that_hold_its_permission() {
    for permission in Permission::ALL {
        let (routes, api, table) = Routes::<()>::new().add(Access::Needs(permission), routes!(guarded)).into_parts();
        assert_eq!(table[0].access, Access::Needs(permission));
        let described = serde_json::to_value(api).unwrap();
        assert_eq!(described["paths"]["/api/v1/guarded"]["get"]["x-permission"], permission.name());
        let server = middleware("http://localhost:8080").wrap(routes);
        for role in Role::ALL {
            let request = Request::get("/api/v1/guarded").header("authorization", format!("Bearer {}", role.name()));
            let (status, _, answer) = ask(&server, request, "").await;
            assert_eq!(status, if role.allows(permission) { 200 } else { 403 }, "{role:?} {permission:?}");
            if status == 403 {
                assert_eq!(answer["error"]["params"]["permission"], permission.name());
            }
        }
        let stranger = Request::get("/api/v1/guarded").header("authorization", "Bearer nobody");
        assert_eq!(ask(&server, stranger, "").await.0, 401);
    }
}
