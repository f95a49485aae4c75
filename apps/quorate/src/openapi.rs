//! The committed description of the API, `openapi.json`, as `cargo xtask openapi` writes it.

use serde_json::Value;

/// The description of the whole API.
///
/// # Errors
/// When the application cannot be composed in a temporary directory.
pub fn document() -> anyhow::Result<Value> {
    let scratch = std::env::temp_dir().join(format!("quorate-openapi-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let document = runtime.block_on(crate::compose::api_document(&scratch));
    drop(std::fs::remove_dir_all(&scratch));
    document
}
