//! Says in words where two JSON documents differ.

use serde_json::Value;

/// One line for each place in which `generated` differs from `committed`, sorted by place.
pub(crate) fn between(committed: &Value, generated: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    walk(&mut String::new(), committed, generated, &mut lines);
    lines.sort();
    lines
}

fn walk(path: &mut String, committed: &Value, generated: &Value, lines: &mut Vec<String>) {
    match (committed, generated) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                within(path, key, |path| match new.get(key) {
                    Some(other) => walk(path, value, other, lines),
                    None => lines.push(format!("{path}: committed, but no longer generated")),
                });
            }
            for key in new.keys().filter(|key| !old.contains_key(*key)) {
                within(path, key, |path| lines.push(format!("{path}: generated, but not committed")));
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (value, other)) in old.iter().zip(new).enumerate() {
                within(path, &index.to_string(), |path| walk(path, value, other, lines));
            }
        }
        (old, new) if old != new => {
            lines.push(format!("{}: committed {}, generated {}", place(path), shortened(old), shortened(new)));
        }
        _ => {}
    }
}

fn within(path: &mut String, step: &str, go_on: impl FnOnce(&mut String)) {
    let length = path.len();
    if !path.is_empty() {
        path.push_str(" › ");
    }
    path.push_str(step);
    go_on(path);
    path.truncate(length);
}

fn place(path: &str) -> &str {
    if path.is_empty() { "the document" } else { path }
}

/// A value in one line that fits a terminal.
fn shortened(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_documents_differ_nowhere() {
        let document = json!({"paths": {"/a": {"get": [1, 2]}}});
        assert_eq!(between(&document, &document.clone()), [""; 0]);
    }

    #[test]
    fn each_difference_is_named_by_its_place() {
        let old = json!({"paths": {"/a": {"get": 1}, "/b": {}}, "tags": ["x", "y"], "list": [1]});
        let new = json!({"paths": {"/a": {"get": 2}, "/c": {}}, "tags": ["x", "z"], "list": [1, 2]});
        assert_eq!(
            between(&old, &new),
            [
                "list: committed [1], generated [1,2]",
                "paths › /a › get: committed 1, generated 2",
                "paths › /b: committed, but no longer generated",
                "paths › /c: generated, but not committed",
                "tags › 1: committed \"y\", generated \"z\"",
            ]
        );
    }

    #[test]
    fn long_values_are_cut() {
        let lines = between(&json!("a"), &json!("b".repeat(500)));
        assert!(lines[0].starts_with("the document: ") && lines[0].len() < 120, "{lines:?}");
    }
}
