//! `openapi.json`: the HTTP contract, from the routes as they are (architecture rule 4).

use anyhow::{Context as _, Result};

use super::difference;
use crate::workspace::Workspace;

const FILE: &str = "openapi.json";

/// Differences that are shown before the rest is only counted.
const SHOWN: usize = 40;

/// Writes the file, or with `check` tells whether the committed one still says the same.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<bool> {
    let generated = quorate::openapi::document()?;
    let mut text = serde_json::to_string_pretty(&generated).context("print the document")?;
    text.push('\n');
    let committed = workspace.read_if_present(FILE)?;
    if committed.as_deref() == Some(text.as_str()) {
        println!("{FILE} is up to date");
        return Ok(true);
    }
    if !check {
        workspace.write(FILE, &text)?;
        println!("{FILE} written: commit it, and run `npm run api` in web/ for the typed client");
        return Ok(true);
    }
    let Some(committed) = committed else {
        eprintln!("{FILE} is missing: run `cargo xtask openapi` and commit it");
        return Ok(false);
    };
    let committed = serde_json::from_str(&committed).with_context(|| format!("{FILE} is not JSON"))?;
    let differences = difference::between(&committed, &generated);
    eprintln!("{FILE} differs from the server's routes in {} places:", differences.len());
    for line in differences.iter().take(SHOWN) {
        eprintln!("  {line}");
    }
    if differences.len() > SHOWN {
        eprintln!("  … and {} more", differences.len() - SHOWN);
    }
    if differences.is_empty() {
        eprintln!("  only in how it is laid out or ordered");
    }
    eprintln!("run `cargo xtask openapi` and commit the result");
    Ok(false)
}
