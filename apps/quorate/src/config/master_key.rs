use std::io::Write as _;
use std::path::Path;

use quorate_kernel::Ids;

use super::Config;

/// What a master key has to look like.
pub(crate) const FORM: &str = "has to be 32 bytes, as base64 or as 64 hexadecimal digits";

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("the master key file {path} {doing}: {source}")]
    File {
        /// The file.
        path: String,
        /// What could not be done with it.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// What the file or the key holds is no key.
    #[error("{0} {FORM}")]
    Form(String),
}

impl Config {
    /// The master key: the one given, the one in its file, or a new one that is written there, readable by this user
    /// only.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no key. A broken file is never replaced: what it protected
    /// would be lost.
    pub fn master_key(&self, ids: &dyn Ids) -> Result<[u8; 32], MasterKeyError> {
        if let Some(text) = &self.security.master_key {
            return decode(text).ok_or_else(|| MasterKeyError::Form("security.master_key".to_owned()));
        }
        let path = self.master_key_file();
        match std::fs::read_to_string(&path) {
            Ok(text) => decode(&text).ok_or_else(|| MasterKeyError::Form(path.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut key = [0; 32];
                ids.fill(&mut key);
                match create(&path, &key) {
                    Ok(()) => Ok(key),
                    // Another process was quicker; its key is the one.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                        let text =
                            std::fs::read_to_string(&path).map_err(|source| failed(&path, "cannot be read", source))?;
                        decode(&text).ok_or_else(|| MasterKeyError::Form(path.display().to_string()))
                    }
                    Err(source) => Err(failed(&path, "cannot be made", source)),
                }
            }
            Err(source) => Err(failed(&path, "cannot be read", source)),
        }
    }
}

fn failed(path: &Path, doing: &'static str, source: std::io::Error) -> MasterKeyError {
    MasterKeyError::File { path: path.display().to_string(), doing, source }
}

/// Writes the key beside its place and links it there: the file appears whole or not at all, and never over another.
fn create(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let draft = std::path::PathBuf::from(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{}", encode(key))?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked
}

fn encode(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The 32 bytes of a key, from base64 or hexadecimal digits.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    use base64::Engine as _;
    let text = text.trim();
    let bytes = if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        (0..32)
            .map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok())
            .collect::<Option<Vec<u8>>>()?
    } else {
        base64::engine::general_purpose::STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok()?
    };
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use quorate_kernel::SystemIds;

    use super::*;

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        let key = [0xab; 32];
        assert_eq!(decode(&encode(&key)), Some(key));
        assert_eq!(decode("q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"), Some(key));
        for wrong in ["", "hunter2", "abab", "é"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        let key = config.master_key(&SystemIds).unwrap();
        assert_eq!(config.master_key(&SystemIds).unwrap(), key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(config.master_key_file()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(config.master_key_file(), "not a key").unwrap();
        assert!(matches!(config.master_key(&SystemIds), Err(MasterKeyError::Form(_))));
        assert_eq!(std::fs::read_dir(&config.data_dir).unwrap().count(), 1);
    }
}
