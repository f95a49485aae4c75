use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// What is no page shows nothing and is shown in nothing.
const BARE_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// What every answer carries, except for those that a page alone needs.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Links hold one-time tokens (`/welcome?token=…`), so no other site learns where the reader came from.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        PERMISSIONS,
        HeaderValue::from_static("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
    (OPENER, HeaderValue::from_static("same-origin")),
    (RESOURCE, HeaderValue::from_static("same-origin")),
];

/// The security headers of every answer (OPS-8), worked out once.
pub(super) struct SecurityHeaders {
    page_policy: HeaderValue,
    https: bool,
}

impl SecurityHeaders {
    /// `inline_scripts` are hashes (`sha256-…`) of the scripts inside our pages. A page's own `<meta>` policy does not
    /// loosen the header's, both must allow what runs, so the hashes have to stand here too.
    ///
    /// `widgets` are other origins whose scripts and frames the pages may show.
    pub(super) fn new(https: bool, inline_scripts: &[String], widgets: &[String]) -> Self {
        let hashes: String = inline_scripts.iter().map(|hash| format!(" '{hash}'")).collect();
        let widgets: String = widgets.iter().map(|origin| format!(" {origin}")).collect();
        let policy = format!(
            "default-src 'self'; script-src 'self'{hashes}{widgets}; frame-src 'self'{widgets}; style-src 'self'; img-src 'self' data:; font-src 'self'; \
             connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
        );
        // Only a hash that is none could break the header; then no script inside a page may run.
        let page_policy = HeaderValue::from_str(&policy)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'"));
        Self { page_policy, https }
    }

    /// Adds what the answer of that status does not carry yet.
    pub(super) fn write(&self, status: StatusCode, headers: &mut HeaderMap) {
        for (name, value) in ALWAYS {
            headers.entry(name).or_insert(value);
        }
        let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let policy = if is_page { self.page_policy.clone() } else { BARE_POLICY };
        // A 304 says nothing about its content, and its headers replace those of the page in the browser's cache
        // (RFC 9111, 4.3.4): a policy here would overrule the page's own at every reload.
        if status != StatusCode::NOT_MODIFIED {
            headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
        }
        if self.https {
            let year = HeaderValue::from_static("max-age=31536000");
            headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
        }
    }
}

/// Keeps an answer out of every cache, unless it said otherwise itself.
pub(super) fn do_not_store(headers: &mut HeaderMap) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
