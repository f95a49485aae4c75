//! The rules of the architecture as pure functions: text and graphs in, findings out.

pub(crate) mod dependencies;
mod lints;
mod names;
mod size;
mod sql;
pub(crate) mod tiers;

use std::fmt;

use anyhow::{Context as _, Result};

use crate::workspace::Workspace;

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Short name of the rule.
    pub(crate) rule: &'static str,
    /// A crate, or a file with its line.
    pub(crate) place: String,
    /// What is wrong and what to do instead.
    pub(crate) message: String,
}

impl Finding {
    fn new(rule: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: [{}] {}", self.place, self.rule, self.message)
    }
}

/// Applies every rule to the whole repository.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let graph = workspace.graph()?;
    let mut findings = tiers::check(&graph.members);
    let policy = workspace.read("deny.toml")?.context("deny.toml is text")?;
    findings.extend(dependencies::check(&dependencies::Policy::parse(&policy)?, &graph.outside));
    for path in workspace.files() {
        findings.extend(names::check_path(path));
        if !is_checked_text(path) {
            continue;
        }
        let Some(text) = workspace.read(path)? else { continue };
        findings.extend(size::check(path, &text));
        if path.ends_with(".rs") {
            findings.extend(names::check_modules(path, &text));
            findings.extend(lints::check_source(path, &text));
            findings.extend(sql::check_source(path, &text));
        } else if path.ends_with("Cargo.toml") {
            findings.extend(lints::check_manifest(path, &text));
        } else if path.ends_with(".sql") {
            findings.extend(sql::check_migration(path, &text));
        }
    }
    Ok(findings)
}

fn is_checked_text(path: &str) -> bool {
    [".rs", ".ts", ".js", ".svelte", ".sql", "Cargo.toml"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a whole file is test code, by where it stands or what it is called.
fn is_test_file(path: &str) -> bool {
    let folders_of_tests = ["tests", "benches", "e2e", "snapshots"];
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    parts.any(|folder| folders_of_tests.contains(&folder))
        || ["test", "tests"].contains(&stem)
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || file.contains(".test.")
        || file.contains(".spec.")
}

/// The part of a Rust file before its test module, which by habit stands last.
fn without_test_module(text: &str) -> &str {
    text.match_indices("#[cfg(test)]")
        .map(|(start, _)| start)
        .find(|&start| {
            let stands_alone = start == 0 || text[..start].ends_with('\n');
            let rest = text[start..].lines().skip(1).find(|line| !line.trim_start().starts_with("#["));
            stands_alone && rest.is_some_and(|line| line.contains("mod ") && line.trim_end().ends_with('{'))
        })
        .map_or(text, |start| &text[..start])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files_are_told_by_folder_and_name() {
        for path in ["apps/quorate/tests/auth.rs", "a/src/engine/tests.rs", "a/src/vote_tests.rs", "web/e2e/board.ts"] {
            assert!(is_test_file(path), "{path}");
        }
        for path in ["a/src/contest.rs", "platform/testkit/src/lib.rs", "web/src/lib/latest.ts"] {
            assert!(!is_test_file(path), "{path}");
        }
    }

    #[test]
    fn the_test_module_is_cut_off_but_a_test_only_item_is_not() {
        let text = "fn a() {}\n#[cfg(test)]\nuse x;\nfn b() {}\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";
        assert_eq!(without_test_module(text), "fn a() {}\n#[cfg(test)]\nuse x;\nfn b() {}\n");
        let outside = "fn a() {}\n#[cfg(test)]\nmod tests;\nfn b() {}\n";
        assert_eq!(without_test_module(outside), outside);
    }
}
