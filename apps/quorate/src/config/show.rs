use std::fmt::Write as _;

use figment::value::Value;

use super::Loaded;
use super::reference::{self, ConfigKey, Kind};

/// What stands where a secret would.
pub(crate) const MASK: &str = "***";
/// The column in which sources stand.
const SOURCE_COLUMN: usize = 44;

impl Loaded {
    /// The effective configuration as TOML, each value with its source, secrets masked.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# The configuration in force, each value with its source. Secrets are masked.\n");
        let _ = writeln!(text, "# Data directory: {}", self.config.data_dir.display());
        match &self.file {
            Some(file) => drop(writeln!(text, "# File: {}", file.display())),
            None => text.push_str("# File: none found\n"),
        }
        if let Some(file) = &self.unread_file {
            let _ = writeln!(text, "# Also found, but not read: {}", file.display());
        }
        let mut section = "";
        let keys: Vec<ConfigKey> =
            reference::reference().into_iter().filter(|entry| !entry.key.contains('[')).collect();
        for entry in &keys {
            let Some((of, name)) = entry.key.rsplit_once('.') else { continue };
            if of != section {
                section = of;
                let _ = writeln!(text, "\n[{section}]");
            }
            let value = self.values.tree.find_ref(entry.key).cloned().unwrap_or(Value::from(""));
            let source = self.values.source(&value, entry.key);
            if entry.kind == Kind::Tables && !value.as_array().unwrap_or_default().is_empty() {
                continue;
            }
            let line = match to_toml(&value, entry.key) {
                Some(value) => format!("{name} = {value}"),
                None => match self.derived(entry.key) {
                    Some(derived) => format!("# {name} = {derived:?}"),
                    None => format!("# {name} ="),
                },
            };
            let source = source.unwrap_or_else(|| if line.starts_with('#') { "not set" } else { "default" }.to_owned());
            let _ = writeln!(text, "{line:SOURCE_COLUMN$}  # {source}");
        }
        for entry in keys.iter().filter(|entry| entry.kind == Kind::Tables) {
            self.tables(&mut text, entry.key);
        }
        text
    }

    fn tables(&self, text: &mut String, key: &str) {
        let Some(items) = self.values.tree.find_ref(key).and_then(Value::as_array) else { return };
        for item in items {
            let source = self.values.source(item, key).unwrap_or_else(|| "default".to_owned());
            let header = format!("[[{key}]]");
            let _ = writeln!(text, "\n{header:SOURCE_COLUMN$}  # {source}");
            if let Value::Dict(_, entries) = item {
                for (name, value) in entries {
                    if let Some(value) = to_toml(value, &format!("{key}[].{name}")) {
                        let _ = writeln!(text, "{name} = {value}");
                    }
                }
            }
        }
    }

    /// What holds when a key is not set.
    fn derived(&self, key: &str) -> Option<String> {
        match key {
            "server.public_url" => Some(self.config.public_url()),
            "database.url" => Some(self.config.shown_database_url()),
            "security.master_key_file" => Some(self.config.master_key_file().display().to_string()),
            "models.embeddings" => Some("local".to_owned()),
            _ => None,
        }
    }
}

/// A value in TOML, masked by what its key holds; none when it is not set.
fn to_toml(value: &Value, key: &str) -> Option<toml::Value> {
    let kind = reference::find(key).map(|entry| entry.kind);
    Some(match value {
        Value::Empty(..) => return None,
        _ if kind == Some(Kind::Secret) => MASK.into(),
        Value::String(_, text) if kind == Some(Kind::Url) => without_password(text).into(),
        Value::String(_, text) => text.as_str().into(),
        Value::Char(_, letter) => letter.to_string().into(),
        Value::Bool(_, flag) => (*flag).into(),
        Value::Num(_, number) => match number.to_u128().and_then(|whole| i64::try_from(whole).ok()) {
            Some(whole) => whole.into(),
            None => number.to_i128().and_then(|whole| i64::try_from(whole).ok()).map_or_else(
                || number.to_f64().map_or_else(|| toml::Value::from(0), toml::Value::from),
                toml::Value::from,
            ),
        },
        Value::Array(_, items) => {
            let entry = format!("{key}[]");
            let key = if kind == Some(Kind::Tables) { entry.as_str() } else { key };
            toml::Value::Array(items.iter().filter_map(|item| to_toml(item, key)).collect())
        }
        Value::Dict(_, entries) => {
            let table: toml::Table = entries
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), to_toml(value, &format!("{key}.{name}"))?)))
                .collect();
            if table.is_empty() {
                return None;
            }
            table.into()
        }
    })
}

/// A URL with its password masked, if it has one: in front of the host, or as a parameter.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let before_query = rest.find('?').unwrap_or(rest.len());
    // The last @ ends the password: it may hold a slash or another @ that should have been escaped.
    let mut masked = match rest[..before_query].rsplit_once('@').and_then(|(user, _)| user.split_once(':')) {
        Some((user, password)) => {
            format!("{scheme}://{user}:{MASK}{}", &rest[user.len() + 1 + password.len()..])
        }
        None => url.to_owned(),
    };
    if let Some((address, query)) = masked.clone().split_once('?') {
        let query: Vec<String> = query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, _)) if ["password", "key", "api_key", "token"].contains(&name) => format!("{name}={MASK}"),
                _ => pair.to_owned(),
            })
            .collect();
        masked = format!("{address}?{}", query.join("&"));
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_masked() {
        for (url, shown) in [
            ("postgres://quorate:hunter2@db:5432/quorate", "postgres://quorate:***@db:5432/quorate"),
            ("postgres://quorate:hun/ter2@db/quorate", "postgres://quorate:***@db/quorate"),
            (
                "postgres://quorate@db/quorate?password=hunter2&sslmode=require",
                "postgres://quorate@db/quorate?password=***&sslmode=require",
            ),
            ("sqlite:///srv/a:b/quorate.db", "sqlite:///srv/a:b/quorate.db"),
            ("https://host/v1", "https://host/v1"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
