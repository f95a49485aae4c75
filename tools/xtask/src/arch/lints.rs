//! Lints are suppressed with a reason or not at all, and every crate takes part in them.

use super::Finding;

const RULE: &str = "lints";

/// Refuses `allow` attributes: `expect` with a reason tells when it is no longer needed.
pub(crate) fn check_source(path: &str, text: &str) -> Vec<Finding> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            let attribute = line.trim_start().trim_start_matches("#![").trim_start_matches("#[");
            attribute.len() < line.trim_start().len()
                && (attribute.starts_with("allow(")
                    || (attribute.starts_with("cfg_attr(") && attribute.contains(" allow(")))
        })
        .map(|(index, _)| {
            let message = "suppresses a lint with `allow`: write #[expect(lint, reason = \"…\")]";
            Finding::new(RULE, format!("{path}:{}", index + 1), message)
        })
        .collect()
}

/// Every member's manifest must take the workspace's lint table, or the bans would not reach its code.
pub(crate) fn check_manifest(path: &str, text: &str) -> Option<Finding> {
    let manifest: toml::Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return Some(Finding::new(RULE, path, format!("is not TOML: {error}"))),
    };
    if !manifest.contains_key("package") {
        return None;
    }
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
    (inherits != Some(true))
        .then(|| Finding::new(RULE, path, "does not take the shared lints: add `[lints] workspace = true`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_is_refused_in_all_its_forms() {
        let text = [
            "#![allow(dead_code)]",
            "    #[allow(clippy::panic)]",
            "#[expect(dead_code, reason = \"read by the macro\")]",
            "// #[allow(dead_code)] is not code",
            "#[cfg_attr(test, allow(dead_code))]",
            "let allow = allow(1);",
        ];
        let places: Vec<String> = check_source("a.rs", &text.join("\n")).into_iter().map(|f| f.place).collect();
        assert_eq!(places, ["a.rs:1", "a.rs:2", "a.rs:5"]);
    }

    #[test]
    fn a_member_without_the_shared_lints_is_refused() {
        assert!(check_manifest("a/Cargo.toml", "[package]\nname = \"a\"\n").is_some());
        assert!(check_manifest("a/Cargo.toml", "[package\n").is_some());
        assert_eq!(check_manifest("a/Cargo.toml", "[package]\nname = \"a\"\n[lints]\nworkspace = true\n"), None);
        assert_eq!(check_manifest("Cargo.toml", "[workspace]\nmembers = []\n"), None);
    }
}
