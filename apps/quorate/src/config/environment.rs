use figment::value::{Dict, Value};

use super::reference::{Kind, find};
use super::sources::{Layer, insert};

/// What names of our variables begin with. Two underscores stand between the parts of a key.
const PREFIX: &str = "QUORATE__";

/// The environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The values that the environment gives. How a text is read depends on the key: a number where one is wanted, JSON
/// for lists of tables, JSON or words between commas for lists of words. What cannot be read stays text, and is then
/// refused by the key's type. An empty variable is no value.
pub(super) fn layer(environment: &[(String, String)]) -> Layer {
    let mut values = Dict::new();
    for (name, text) in environment {
        let Some(key) = name.strip_prefix(PREFIX).filter(|key| !key.is_empty()) else { continue };
        if text.is_empty() {
            continue;
        }
        let key = key.to_lowercase().replace("__", ".");
        let value = parse(find(&key).map(|entry| entry.kind), text);
        insert(&mut values, &key, value);
    }
    Layer::named(values, "environment", |keys| variable(&keys.join(".")))
}

/// The value of a text for a key of that kind.
pub(super) fn parse(kind: Option<Kind>, text: &str) -> Value {
    let trimmed = text.trim();
    match kind {
        Some(Kind::Count | Kind::Seconds | Kind::Dollars | Kind::Number) => {
            if let Ok(number) = trimmed.parse::<u64>() {
                return number.into();
            }
            trimmed.parse::<f64>().map_or_else(|_| text.into(), Value::from)
        }
        Some(Kind::Flag) => trimmed.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Some(Kind::TextList) if !trimmed.starts_with('[') => {
            let words = trimmed.split(',').map(str::trim).filter(|word| !word.is_empty());
            Value::from(words.collect::<Vec<_>>())
        }
        Some(Kind::TextList | Kind::Tables) => serde_json::from_str::<serde_json::Value>(trimmed)
            .ok()
            .and_then(|json| Value::serialize(json).ok())
            .unwrap_or_else(|| text.into()),
        Some(Kind::Text | Kind::Secret | Kind::Address | Kind::Url | Kind::Path | Kind::Choice(_)) | None => {
            text.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_its_key_wants_it() {
        assert_eq!(parse(Some(Kind::Count), "4").to_u128(), Some(4));
        assert_eq!(parse(Some(Kind::Dollars), "2.5").to_f64(), Some(2.5));
        assert_eq!(parse(Some(Kind::Count), "many").as_str(), Some("many"));
        // A key of digits only stays text.
        assert_eq!(parse(Some(Kind::Secret), "12345678").as_str(), Some("12345678"));
        assert_eq!(parse(Some(Kind::TextList), "a, b").as_array().map(<[Value]>::len), Some(2));
        assert_eq!(parse(Some(Kind::TextList), r#"["a"]"#).as_array().map(<[Value]>::len), Some(1));
        let tables = parse(Some(Kind::Tables), r#"[{"name":"x","kind":"offline"}]"#);
        let first = tables.as_array().and_then(<[Value]>::first).and_then(Value::as_dict);
        assert_eq!(first.and_then(|table| table.get("name")).and_then(Value::as_str), Some("x"));
        assert_eq!(parse(Some(Kind::Tables), "[broken").as_str(), Some("[broken"));
    }

    #[test]
    fn only_our_variables_are_read() {
        let layer = layer(&[
            ("QUORATE__SERVER__LISTEN".to_owned(), "0.0.0.0:1".to_owned()),
            ("QUORATE_DATA_DIR".to_owned(), "/x".to_owned()),
            ("QUORATE__LOG__LEVEL".to_owned(), String::new()),
            ("HOME".to_owned(), "/root".to_owned()),
        ]);
        assert_eq!(layer.values.len(), 1);
        assert_eq!(variable("server.listen"), "QUORATE__SERVER__LISTEN");
    }
}
