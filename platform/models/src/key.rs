use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A provider's API key. Debug output and serialised configuration show a mask, never the key.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ApiKey(String);

/// The shortest key whose end is shown, in characters.
const SHOWABLE: usize = 12;
/// What stands where a key would.
const MASK: &str = "***";

impl ApiKey {
    /// Takes the key, without the white space that pasting leaves around it.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().trim().to_owned())
    }

    /// The key itself, for the one header that carries it, and for whoever seals it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its last four characters, by which people recognise it; none of a key so short that they would tell much.
    #[must_use]
    pub fn last_four(&self) -> Option<String> {
        let letters: Vec<char> = self.0.chars().collect();
        (letters.len() >= SHOWABLE).then(|| letters[letters.len() - 4..].iter().collect())
    }

    /// Whether there is nothing in it.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `text` without the key: some providers repeat it in their error.
    pub(crate) fn scrub(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, MASK) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for ApiKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::new(" sk-secret\n");
        assert_eq!(format!("{key:?}"), "***");
        assert_eq!(serde_json::to_string(&key).unwrap(), "\"***\"");
        assert_eq!(key.scrub("Incorrect API key provided: sk-secret."), "Incorrect API key provided: ***.");
        assert_eq!(key.reveal(), "sk-secret");
        assert_eq!(key.last_four(), None);
        assert_eq!(ApiKey::new("sk-long-secret").last_four().unwrap(), "cret");
    }
}
