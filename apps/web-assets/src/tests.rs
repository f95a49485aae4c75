use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

use super::*;

/// A small page as the web build would write it.
#[derive(RustEmbed)]
#[folder = "sample"]
struct Sample;

/// A folder without a page.
#[derive(RustEmbed)]
#[folder = "sample/_app"]
struct Empty;

async fn ask<Files: RustEmbed + 'static>(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = serving::<Files>(Origin::new("https://board.example/"))
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, to_bytes(body, 1 << 20).await.unwrap())
}

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

#[tokio::test]
async fn files_have_their_type_and_last_as_long_as_their_name() {
    for (path, kind, lasting) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/about", "text/html; charset=utf-8", "no-cache"),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/service-worker.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/_app/immutable/start.abc123.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    ] {
        let (status, headers, _) = ask::<Sample>("GET", path, &[]).await;
        assert_eq!(status, 200, "{path}");
        assert_eq!(headers["content-type"], kind, "{path}");
        assert_eq!(headers["cache-control"], lasting, "{path}");
        assert_eq!(headers["vary"], "accept-encoding");
    }
}

#[tokio::test]
async fn what_was_shared_by_a_link_is_for_no_search_engine() {
    assert_eq!(ask::<Sample>("GET", "/shared/qs_x", &[HTML]).await.1["x-robots-tag"], "noindex, nofollow, noarchive");
    assert!(!ask::<Sample>("GET", "/about", &[HTML]).await.1.contains_key("x-robots-tag"));
}

#[tokio::test]
async fn only_the_style_of_mails_is_for_frames_without_origin() {
    let policy = "cross-origin-resource-policy";
    assert_eq!(ask::<Sample>("GET", "/mail-preview.css", &[]).await.1[policy], "cross-origin");
    assert!(!ask::<Sample>("GET", "/favicon.svg", &[]).await.1.contains_key(policy));
}

#[tokio::test]
async fn the_service_worker_may_fetch_from_here_and_nothing_else() {
    let policy = "content-security-policy";
    let (_, headers, _) = ask::<Sample>("GET", "/service-worker.js", &[]).await;
    assert_eq!(headers[policy], "default-src 'none'; connect-src 'self'; frame-ancestors 'none'");
    // The server's own policies are for everything else.
    assert!(!ask::<Sample>("GET", "/", &[]).await.1.contains_key(policy));
}

#[tokio::test]
async fn the_packed_twin_is_sent_to_those_who_take_it() {
    let script = "/_app/immutable/start.abc123.js";
    let (_, plain, body) = ask::<Sample>("GET", script, &[("accept-encoding", "deflate")]).await;
    assert!(!plain.contains_key("content-encoding"));
    assert_eq!(body, "start();\n");
    for (accepted, sent, twin) in [("gzip, br", "br", "brotli twin\n"), ("gzip", "gzip", "gzip twin\n")] {
        let (status, headers, body) = ask::<Sample>("GET", script, &[("accept-encoding", accepted)]).await;
        assert_eq!((status, &body[..]), (StatusCode::OK, twin.as_bytes()));
        assert_eq!(headers["content-encoding"], sent);
        assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(headers["etag"], plain["etag"]);
    }
    assert_eq!(ask::<Sample>("GET", &format!("{script}.br"), &[]).await.0, 404);
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let (_, headers, _) = ask::<Sample>("GET", "/", &[]).await;
    let tag = headers["etag"].to_str().unwrap();
    assert!(tag.starts_with("W/\""));
    let (status, headers, body) = ask::<Sample>("GET", "/", &[("if-none-match", &format!("\"x\", {tag}"))]).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(headers["cache-control"], "no-cache");
    assert_eq!(ask::<Sample>("GET", "/", &[("if-none-match", "\"x\"")]).await.0, 200);
}

#[tokio::test]
async fn browsers_get_the_app_at_its_own_addresses_only() {
    let (_, _, root) = ask::<Sample>("GET", "/", &[]).await;
    let (status, _, shell) = ask::<Sample>("GET", "/sessions/018f?tab=votes", &[HTML]).await;
    assert_eq!((status, shell), (StatusCode::OK, root));
    for (method, path, accept) in [
        ("GET", "/sessions/018f", ("accept", "*/*")),
        ("GET", "/api/v1/nothing", HTML),
        ("GET", "/_app/immutable/gone.js", HTML),
        ("GET", "/.well-known/nothing", HTML),
        ("POST", "/sessions/018f", HTML),
    ] {
        let (status, _, body) = ask::<Sample>(method, path, &[accept]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_FOUND, 0), "{method} {path}");
    }
}

#[tokio::test]
async fn what_names_the_server_names_it_as_it_is_known() {
    for path in ["/about", "/robots.txt"] {
        let (status, headers, body) = ask::<Sample>("GET", path, &[("accept-encoding", "br")]).await;
        let text = std::str::from_utf8(&body).unwrap();
        assert_eq!(status, 200, "{path}");
        assert!(text.contains("https://board.example/about"), "{path}: {text}");
        assert!(!text.contains("invalid"), "{path}: {text}");
        // Packed as it was built it would still name nobody.
        assert!(!headers.contains_key("content-encoding"), "{path}");
    }
    let mark = |url: &str, name: &str| Origin::new(url).mark(name, [7; 32]);
    assert_ne!(mark("https://a.example", "about.html"), mark("https://b.example", "about.html"));
    assert_eq!(mark("https://a.example", "favicon.svg"), mark("https://b.example", "favicon.svg"));
    assert_eq!(Origin::new("https://a.example").written_into("plain.html", b"<p>nothing</p>"), None);
}

#[tokio::test]
async fn a_page_has_one_address_and_documents_that_are_not_there_are_not_found() {
    let (status, headers, _) = ask::<Sample>("GET", "/about/?a=1", &[HTML]).await;
    assert_eq!((status, &headers["location"]), (StatusCode::PERMANENT_REDIRECT, &"/about?a=1".parse().unwrap()));
    let (_, _, root) = ask::<Sample>("GET", "/", &[]).await;
    for path in ["/docs/none", "/blog/none"] {
        let (status, headers, shell) = ask::<Sample>("GET", path, &[HTML]).await;
        assert_eq!((status, &shell), (StatusCode::NOT_FOUND, &root), "{path}");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_reached() {
    for path in [
        "/../Cargo.toml",
        "/_app/../../Cargo.toml",
        "/..%2fCargo.toml",
        "/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/./index.html",
        "/..\\Cargo.toml",
        "/_app/%00",
    ] {
        let (status, _, body) = ask::<Sample>("GET", path, &[]).await;
        assert_eq!(status, 404, "{path}: {body:?}");
    }
}

#[tokio::test]
async fn a_build_without_the_page_says_so() {
    let (status, headers, body) = ask::<Empty>("GET", "/", &[]).await;
    assert_eq!(status, 503);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(std::str::from_utf8(&body).unwrap().contains("npm ci &amp;&amp; npm run build"));
    assert_eq!(ask::<Empty>("GET", "/style.css", &[]).await.0, 404);
    assert!(scripts::hashes::<Empty>().is_empty());
}

#[test]
fn the_pages_scripts_are_hashed_once_each() {
    assert_eq!(scripts::hashes::<Sample>(), ["sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="]);
}
