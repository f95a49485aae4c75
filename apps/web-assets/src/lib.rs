//! The web app embedded in the binary. A debug build reads it from `web/build` at every request instead, so that a
//! rebuilt page only needs a reload (and a restart of the server, for the content security policy).

mod answer;
mod encoding;
mod scripts;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::handler::HandlerWithoutStateExt;
use rust_embed::RustEmbed;

/// What `npm run build` wrote.
#[derive(RustEmbed)]
#[folder = "../../web/build"]
struct Built;

/// Serves the app at every address that no route takes.
pub fn router() -> Router {
    serving::<Built>()
}

/// Hashes (`sha256-…`) of the scripts that stand inside the app's pages, for the content security policy.
#[must_use]
pub fn inline_script_hashes() -> Vec<String> {
    scripts::hashes::<Built>()
}

fn serving<Files: RustEmbed + 'static>() -> Router {
    Router::new().fallback_service(answer::answer::<Files>.into_service())
}
