//! The web app embedded in the binary. A debug build reads it from `web/build` at every request instead, so that a
//! rebuilt page only needs a reload (and a restart of the server, for the content security policy).

mod answer;
mod encoding;
mod origin;
mod scripts;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::Request;
use axum::handler::HandlerWithoutStateExt;
use origin::Origin;
use rust_embed::RustEmbed;

/// What `npm run build` wrote.
#[derive(RustEmbed)]
#[folder = "../../web/build"]
struct Built;

/// Serves the app at every address that no route takes. `public_url` is the server's own address: pages, the site map
/// and `robots.txt` name it in their links.
pub fn router(public_url: &str) -> Router {
    serving::<Built>(Origin::new(public_url))
}

/// Hashes (`sha256-…`) of the scripts that stand inside the app's pages, for the content security policy.
#[must_use]
pub fn inline_script_hashes() -> Vec<String> {
    scripts::hashes::<Built>()
}

fn serving<Files: RustEmbed + 'static>(origin: Origin) -> Router {
    let answer = move |request: Request| answer::answer::<Files>(origin.clone(), request);
    Router::new().fallback_service(answer.into_service())
}
