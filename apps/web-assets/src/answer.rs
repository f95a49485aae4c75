use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::encoding::{self, Encoding};
use crate::origin::Origin;

/// The page of every address that only the app itself knows; static adapters name it one way or the other.
const SHELLS: [&str; 2] = ["200.html", "index.html"];
/// The page of the root, where it was rendered ahead.
const ROOT: &str = "index.html";
/// Every page below these was rendered ahead: one that is no file is not there, and the app's page says so.
const RENDERED: [&str; 2] = ["docs/", "blog/"];
/// Pages below this are for whoever has their link, and for no search engine (BRD-7).
const FOR_THE_INVITED: &str = "shared/";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// SvelteKit puts the content's hash into these names.
const IMMUTABLE: &str = "_app/immutable/";
/// Addresses that belong to the server: the app's page never answers there.
const NOT_THE_APPS: [&str; 3] = ["api/", "_app/", ".well-known/"];

/// The style of a mail that is looked at in a frame without rights. Such a frame has no origin, so to it the file is
/// another site's; everything else stays with ours.
const FOR_FRAMES: &str = "mail-preview.css";
/// The service worker. What it fetches is held to the policy that came with it (Service Workers, 4.4), and that of
/// what is no page allows nothing.
const WORKER: &str = "service-worker.js";
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Quorate</title>\n\
    <h1>The web app is not in this build</h1>\n\
    <p>The server runs and its API answers, but the page was not built when the server was. Run \
    <code>npm ci &amp;&amp; npm run build</code> in the folder <code>web</code>, then build and start the server \
    again.</p></html>\n";

/// Answers with the file of the request's path, or with the app's page where the app has one to show.
pub(crate) async fn answer<Files: RustEmbed>(origin: Origin, request: Request) -> Response {
    let (method, headers) = (request.method(), request.headers());
    let path = request.uri().path().trim_start_matches('/');
    if !matches!(*method, Method::GET | Method::HEAD) {
        // A wrong address; that it is also a wrong method tells nobody anything.
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some((name, file)) = file::<Files>(path) {
        return send::<Files>(&name, file, headers, &origin);
    }
    if let Some(page) = path.strip_suffix('/').filter(|page| file::<Files>(page).is_some()) {
        // One address for each page: what a page names beside itself would be looked for below it.
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        return Redirect::permanent(&format!("/{page}{query}")).into_response();
    }
    match page::<Files>(path, headers) {
        Some((name, file)) => {
            let mut response = send::<Files>(&name, file, headers, &origin);
            if RENDERED.iter().any(|below| path.starts_with(below)) && response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            if path.starts_with(FOR_THE_INVITED) {
                let unlisted = HeaderValue::from_static("noindex, nofollow, noarchive");
                response.headers_mut().insert(ROBOTS, unlisted);
            }
            response
        }
        None if wants_page(path, headers) && shell::<Files>().is_none() => not_built(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

type Named = (String, EmbeddedFile);

fn get<Files: RustEmbed>(name: &str) -> Option<Named> {
    Files::get(name).map(|file| (name.to_owned(), file))
}

/// The file of that name or, for a page that was rendered ahead, of that name with `.html`. Names are looked up as they
/// stand: no percent-decoding, and nothing that could lead out of the folder.
fn file<Files: RustEmbed>(path: &str) -> Option<Named> {
    let is_plain = path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if !is_plain || path.contains(['\\', '\0', ':']) || Encoding::of_name(path).is_some() {
        return None;
    }
    get::<Files>(path).or_else(|| get::<Files>(&format!("{path}.html")))
}

fn page<Files: RustEmbed>(path: &str, headers: &HeaderMap) -> Option<Named> {
    if path.is_empty() {
        return get::<Files>(ROOT).or_else(shell::<Files>);
    }
    if wants_page(path, headers) { shell::<Files>() } else { None }
}

fn shell<Files: RustEmbed>() -> Option<Named> {
    SHELLS.into_iter().find_map(get::<Files>)
}

/// A browser that goes somewhere. The root is a page for everyone.
fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let takes_html = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| list.contains("text/html"));
    path.is_empty() || (takes_html && !NOT_THE_APPS.iter().any(|owned| path.starts_with(owned)))
}

fn send<Files: RustEmbed>(name: &str, file: EmbeddedFile, headers: &HeaderMap, origin: &Origin) -> Response {
    // Weak, since it stands for the content in each encoding.
    let hash = origin.mark(name, file.metadata.sha256_hash());
    let hash: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("W/\"{hash}\"");
    let lasting = if name.starts_with(IMMUTABLE) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| matches(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content::<Files>(name, file, headers, origin)
    };
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    put(header::ETAG, &tag);
    put(header::CACHE_CONTROL, lasting);
    put(header::VARY, "accept-encoding");
    if name == FOR_FRAMES {
        put(RESOURCE_POLICY, "cross-origin");
    }
    if name == WORKER {
        put(header::CONTENT_SECURITY_POLICY, WORKER_POLICY);
    }
    response
}

/// RFC 9110, 13.1.2, compared weakly.
fn matches(known: &str, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|candidate| opaque(candidate) == opaque(tag))
}

fn content<Files: RustEmbed>(name: &str, file: EmbeddedFile, headers: &HeaderMap, origin: &Origin) -> Response {
    // A page that names its own address is not as it was packed; the server's compression packs it anew.
    let (encoding, data) = if let Some(text) = origin.written_into(name, &file.data) {
        (None, text.into())
    } else {
        let packed = encoding::accepted(headers)
            .into_iter()
            .find_map(|encoding| Some((encoding, Files::get(&format!("{name}{}", encoding.suffix()))?)));
        packed.map_or((None, file.data), |(encoding, packed)| (Some(encoding), packed.data))
    };
    let mut response = Body::from(data).into_response();
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let is_text = kind.type_() == mime_guess::mime::TEXT;
    let kind = if is_text { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    response
}

fn not_built() -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, Html(NOT_BUILT)).into_response()
}
