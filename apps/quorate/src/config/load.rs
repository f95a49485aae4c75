use std::fmt;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Profile, Provider as _};

use super::check;
use super::environment;
use super::sources::{Layer, Sources, insert};
use super::{Config, reference};

/// A checked configuration with the source of each of its values.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration in force.
    pub config: Config,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Another `quorate.toml` that was found, and not read because only one is.
    pub unread_file: Option<PathBuf>,
    pub(super) values: Values,
}

/// One thing that is wrong in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The key, or empty when a file as a whole cannot be read.
    pub key: String,
    /// Where its value came from: a file, a variable, a flag.
    pub source: Option<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, " (from {source})"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Issue>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [issue] => write!(f, "configuration: {issue}"),
            issues => {
                write!(f, "configuration: {} problems", issues.len())?;
                issues.iter().try_for_each(|issue| write!(f, "\n  {issue}"))
            }
        }
    }
}

impl std::error::Error for ConfigErrors {}

/// Reads and checks the configuration.
///
/// # Errors
/// All that is wrong, each naming its key and where it came from.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let (file, unread_file) = sources.files();
    let mut figment = Figment::new();
    let mut issues = Vec::new();
    if let Some(path) = &file {
        match file_layer(path) {
            Ok(layer) => figment = figment.merge(layer),
            Err(issue) => issues.push(issue),
        }
    }
    figment = figment.merge(environment::layer(&sources.environment)).merge(flag_layer(sources));
    let own_providers = figment.contains("models.providers") && !figment.contains("models.routes");
    let figment = default_layer(own_providers).map(|defaults| figment.clone().join(defaults));
    let values = match figment.and_then(Values::of) {
        Ok(values) => values,
        Err(error) => {
            issues.push(Issue { key: String::new(), source: None, message: error.to_string() });
            return Err(ConfigErrors(issues));
        }
    };
    let (mut config, mut found) = check::read(&values);
    issues.append(&mut found);
    config.data_dir.clone_from(&sources.data_dir);
    if issues.is_empty() { Ok(Loaded { config, file, unread_file, values }) } else { Err(ConfigErrors(issues)) }
}

fn file_layer(path: &Path) -> Result<Layer, Issue> {
    let issue = |message: String| Issue { key: String::new(), source: Some(path.display().to_string()), message };
    let text = std::fs::read_to_string(path).map_err(|error| issue(format!("the file cannot be read: {error}")))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        let place = line.map(|line| format!(" in line {line}")).unwrap_or_default();
        issue(format!("not TOML{place}: {}", error.message()))
    })?;
    let values = match Value::serialize(table) {
        Ok(Value::Dict(_, values)) => values,
        Ok(_) => Dict::new(),
        Err(error) => return Err(issue(error.to_string())),
    };
    Ok(Layer { metadata: Metadata::from("file", path), values })
}

fn flag_layer(sources: &Sources) -> Layer {
    let mut values = Dict::new();
    for flag in &sources.flags {
        let kind = reference::find(flag.key).map(|entry| entry.kind);
        insert(&mut values, flag.key, environment::parse(kind, &flag.value));
    }
    let flags = sources.flags.clone();
    Layer::named(values, "flag", move |keys| {
        let key = keys.join(".");
        flags.iter().find(|flag| flag.key == key).map_or(key, |flag| flag.flag.to_owned())
    })
}

/// The defaults. Whoever configures providers has to say where the route `default` leads: the one that leads to the
/// offline demo model is gone then, so that it never stands in for a provider (GTW-2).
fn default_layer(own_providers: bool) -> Result<Layer, Box<figment::Error>> {
    let mut defaults = Config::default();
    if own_providers {
        defaults.models.routes.clear();
    }
    match Value::serialize(defaults)? {
        Value::Dict(_, values) => Ok(Layer { metadata: Metadata::named(DEFAULT), values }),
        _ => Ok(Layer { metadata: Metadata::named(DEFAULT), values: Dict::new() }),
    }
}

const DEFAULT: &str = "default";

/// Every value in force, each knowing where it came from.
pub(super) struct Values {
    pub(super) tree: Value,
    figment: Figment,
}

impl fmt::Debug for Values {
    /// Without the values: there are secrets among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Values(…)")
    }
}

impl Values {
    fn of(figment: Figment) -> Result<Self, Box<figment::Error>> {
        let tree = figment.data()?.remove(&Profile::Default).unwrap_or_default().into();
        Ok(Self { tree, figment })
    }

    /// Where a value came from: a file, the name of a variable or of a flag; none for a default.
    pub(super) fn source(&self, value: &Value, key: &str) -> Option<String> {
        // The tag of a table is that of the layer merged last; its entries know better.
        let metadata = self.figment.get_metadata(leaf(value).tag())?;
        if metadata.name == DEFAULT {
            return None;
        }
        match metadata.source.as_ref().and_then(|source| source.file_path()) {
            Some(path) => Some(path.display().to_string()),
            None => {
                let keys: Vec<&str> = key.split('[').next().unwrap_or(key).split('.').collect();
                Some(metadata.interpolate(&Profile::Default, &keys))
            }
        }
    }
}

fn leaf(value: &Value) -> &Value {
    match value {
        Value::Dict(_, dict) => dict.values().next().map_or(value, leaf),
        Value::Array(_, array) => array.first().map_or(value, leaf),
        _ => value,
    }
}

#[cfg(test)]
mod tests;
