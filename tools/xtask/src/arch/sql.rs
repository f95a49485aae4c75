//! A domain's rows stay in its store (architecture rule 4), and its tables carry its name.

use super::{Finding, is_test_file, without_test_module};

const RULE: &str = "sql";

/// Refuses SQL, and the driver that runs it, in a domain's sources outside `store.rs` and `store/`.
pub(crate) fn check_source(path: &str, text: &str) -> Vec<Finding> {
    if !path.starts_with("domains/") || is_test_file(path) || is_store(path) {
        return Vec::new();
    }
    let text = without_test_module(text);
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if !code.starts_with("//") && speaks_to_database(code) {
            let message = "speaks to the database: queries and rows stay in store.rs or store/";
            findings.push(Finding::new(RULE, format!("{path}:{}", index + 1), message));
        }
    }
    findings.extend(statements(text).map(|line| {
        Finding::new(RULE, format!("{path}:{line}"), "holds an SQL statement: it belongs in store.rs or store/")
    }));
    findings
}

/// Calls of the driver or of a store transaction. Naming the embedded migrations is not one.
fn speaks_to_database(code: &str) -> bool {
    let driver = code.replace("sqlx::migrate!", "").contains("sqlx::");
    driver || [".query(", ".sql(", ".platform_sql("].iter().any(|call| code.contains(call))
}

fn is_store(path: &str) -> bool {
    path.ends_with("/src/store.rs") || path.contains("/src/store/")
}

/// Line numbers of string literals that read as SQL. Prose begins with a capital only in its first letter and SQL
/// keywords are written in one case, which is what tells "Select a persona from the list" from a query.
fn statements(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('"').filter_map(|(start, _)| {
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        if text[line_start..start].trim_start().starts_with("//") {
            return None;
        }
        let literal = text[start + 1..].split('"').next()?.trim_start();
        let keyword: String = literal.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        if keyword.is_empty() || (keyword != keyword.to_lowercase() && keyword != keyword.to_uppercase()) {
            return None;
        }
        let words: Vec<String> = literal.split_whitespace().map(str::to_lowercase).collect();
        let has = |word: &str| words.iter().any(|found| found == word);
        let second = words.get(1).map(String::as_str);
        let is_sql = match words.first().map(String::as_str) {
            Some("select") => has("from"),
            Some("insert") => second == Some("into"),
            Some("delete") => second == Some("from"),
            Some("update") => words.get(2).is_some_and(|word| word == "set"),
            Some("create" | "alter" | "drop") => second == Some("table") || second == Some("index"),
            Some("with") => has("as") && (has("select") || has("(select")),
            _ => false,
        };
        is_sql.then(|| text[..start].matches('\n').count() + 1)
    })
}

/// A domain's migrations create tables of its own name only: `board_…` in domains/board.
pub(crate) fn check_migration(path: &str, text: &str) -> Vec<Finding> {
    let Some((domain, _)) = path.strip_prefix("domains/").and_then(|rest| rest.split_once("/migrations/")) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words: Vec<String> = line.split_whitespace().map(str::to_lowercase).collect();
        let name = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["create", "table", "if", "not", "exists", name, ..] | ["create", "table", name, ..] => (*name).to_owned(),
            _ => continue,
        };
        if !name.starts_with(&format!("{domain}_")) {
            let message = format!("creates `{}`: tables of this domain begin with `{domain}_`", name.trim_matches('('));
            findings.push(Finding::new(RULE, format!("{path}:{}", index + 1), message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str, text: &str) -> Vec<String> {
        check_source(path, text).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn sql_outside_the_store_is_refused() {
        let text = concat!(
            "fn a() {\n",
            "    sqlx::query(\"select id from board_sessions\");\n",
            "    tx.fetch(\"INSERT INTO board_votes (id) VALUES (?)\");\n",
            "    tx.sql(statement);\n",
            "    tx.fetch(r#\"\n      update board_sessions set status = ?\"#);\n",
            "}\n",
        );
        let path = "domains/board/src/session.rs";
        assert_eq!(places(path, text), [2, 4, 2, 3, 5].map(|line| format!("{path}:{line}")));
    }

    #[test]
    fn stores_tests_and_other_rooms_may_speak_sql() {
        let text = "sqlx::query(\"select id from board_sessions\");\n";
        for path in [
            "domains/board/src/store.rs",
            "domains/board/src/store/votes.rs",
            "domains/board/tests/rows.rs",
            "platform/work/src/queue.rs",
        ] {
            assert_eq!(places(path, text), [""; 0], "{path}");
        }
        let in_tests = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{text}}}\n");
        assert_eq!(places("domains/board/src/session.rs", &in_tests), [""; 0]);
    }

    #[test]
    fn prose_and_comments_are_not_sql() {
        let text = concat!(
            "// \"select id from x\" is what the store does\n",
            "let a = \"Select a persona from the list\";\n",
            "let b = \"update the plan\";\n",
            "let c = \"with care\";\n",
            "static MIGRATIONS: MigrationSet = quorate_store::sqlx::migrate!();\n",
        );
        assert_eq!(places("domains/board/src/session.rs", text), [""; 0]);
    }

    #[test]
    fn tables_carry_the_name_of_their_domain() {
        let text = "CREATE TABLE board_votes (\n  id text\n);\ncreate table if not exists votes (id text);\n";
        let findings = check_migration("domains/board/migrations/0001_board.sql", text);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].place, "domains/board/migrations/0001_board.sql:4");
        assert_eq!(check_migration("platform/store/migrations/0001.sql", text), []);
    }
}
