//! Names that say nothing are refused (architecture rule 10).

use super::Finding;

const RULE: &str = "names";

/// Words that no file, folder or module may be called.
const EMPTY_WORDS: [&str; 9] =
    ["utils", "util", "common", "helpers", "helper", "misc", "manager", "managers", "commons"];

/// Words that may not end a name either, as in `string_utils`. `common` may: `common_passwords` is a subject.
const EMPTY_ENDINGS: [&str; 7] = ["utils", "util", "helpers", "helper", "misc", "manager", "managers"];

/// Checks each part of a file's path.
pub(crate) fn check_path(path: &str) -> Option<Finding> {
    path.split('/')
        .map(|part| part.trim_start_matches(['+', '.']).split('.').next().unwrap_or_default())
        .find(|name| says_nothing(name))
        .map(|name| Finding::new(RULE, path, format!("`{name}` says nothing: name it after what it holds")))
}

/// Checks the modules that a Rust file declares.
pub(crate) fn check_modules(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let declaration = line.strip_prefix("mod ").or_else(|| {
            let (visibility, rest) = line.split_once("mod ")?;
            visibility.starts_with("pub").then_some(rest)
        });
        let Some(rest) = declaration else { continue };
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if says_nothing(&name) {
            let message = format!("module `{name}` says nothing: name it after what it holds");
            findings.push(Finding::new(RULE, format!("{path}:{}", index + 1), message));
        }
    }
    findings
}

fn says_nothing(name: &str) -> bool {
    let lower = name.to_lowercase();
    EMPTY_WORDS.contains(&lower.as_str())
        || lower.rsplit_once(['_', '-']).is_some_and(|(_, last)| EMPTY_ENDINGS.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_names_are_refused_wherever_they_stand() {
        for path in [
            "platform/store/src/utils.rs",
            "platform/common/src/lib.rs",
            "web/src/lib/helpers/time.ts",
            "web/src/lib/string-utils.ts",
            "domains/board/src/session_manager.rs",
            "web/src/lib/Utils.svelte",
        ] {
            assert!(check_path(path).is_some(), "{path}");
        }
    }

    #[test]
    fn names_that_merely_contain_such_a_word_are_fine() {
        for path in
            ["domains/identity/data/common_passwords.txt", "web/src/routes/+page.svelte", "a/src/utilization.rs"]
        {
            assert_eq!(check_path(path), None, "{path}");
        }
    }

    #[test]
    fn modules_are_checked_at_every_visibility() {
        let text = ["mod session;", "pub(crate) mod utils;", "    mod helpers {", "// mod misc;", "pub mod manager;"];
        let places: Vec<String> = check_modules("a.rs", &text.join("\n")).into_iter().map(|f| f.place).collect();
        assert_eq!(places, ["a.rs:2", "a.rs:3", "a.rs:5"]);
    }
}
