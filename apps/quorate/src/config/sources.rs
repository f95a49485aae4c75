use std::path::PathBuf;

use figment::value::{Dict, Map};
use figment::{Metadata, Profile, Provider};

/// Where configuration is looked for: what the command line said, the environment, and the current directory.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The one file to read, when it was named; otherwise `quorate.toml` in the current or the data directory.
    pub file: Option<PathBuf>,
    /// Values given by flags. They win over everything else.
    pub flags: Vec<Flag>,
    /// The environment, as name and value.
    pub environment: Vec<(String, String)>,
    /// The directory that `quorate.toml` is looked for in first.
    pub current_dir: PathBuf,
}

/// A configuration key given by a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The flag as typed: `--listen`.
    pub flag: &'static str,
    /// The key it sets: `server.listen`.
    pub key: &'static str,
    /// Its value.
    pub value: String,
}

/// The name of the file that is looked for.
const FILE_NAME: &str = "quorate.toml";

impl Sources {
    /// The sources of this process: its environment and its current directory.
    #[must_use]
    pub fn of_process(data_dir: PathBuf) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .collect();
        // Without a current directory there is no file in it.
        let current_dir = std::env::current_dir().unwrap_or_default();
        Self { data_dir, file: None, flags: Vec::new(), environment, current_dir }
    }

    /// The file to read, and one that is found too but not read. Only one file is read, so that what is in force can
    /// be seen in one place.
    pub(super) fn files(&self) -> (Option<PathBuf>, Option<PathBuf>) {
        if let Some(file) = &self.file {
            return (Some(file.clone()), None);
        }
        let mut found = [self.current_dir.join(FILE_NAME), self.data_dir.join(FILE_NAME)]
            .into_iter()
            .filter(|file| file.is_file())
            .collect::<Vec<_>>();
        found.dedup_by_key(|file| file.canonicalize().ok());
        let mut found = found.into_iter();
        (found.next(), found.next())
    }
}

/// Values of one source, with what to call it.
pub(super) struct Layer {
    pub(super) metadata: Metadata,
    pub(super) values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

impl Layer {
    /// A layer whose values are each called by `name(key)`.
    pub(super) fn named(
        values: Dict,
        source: &'static str,
        name: impl Fn(&[&str]) -> String + Clone + Send + Sync + 'static,
    ) -> Self {
        Self { metadata: Metadata::named(source).interpolater(move |_, keys| name(keys)), values }
    }
}

/// Puts `value` at a dotted key.
pub(super) fn insert(values: &mut Dict, key: &str, value: figment::value::Value) {
    match key.split_once('.') {
        None => {
            values.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let entry = values.entry(section.to_owned()).or_insert_with(|| Dict::new().into());
            if !matches!(entry, figment::value::Value::Dict(..)) {
                *entry = Dict::new().into();
            }
            if let figment::value::Value::Dict(_, inner) = entry {
                insert(inner, rest, value);
            }
        }
    }
}
