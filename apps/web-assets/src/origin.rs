use std::sync::Arc;

use sha2::{Digest, Sha256};

/// What the build writes where the server's own address belongs, which only a running server knows. The name can never
/// be anybody's (RFC 2606).
const UNKNOWN: &str = "https://quorate.invalid";
/// The kinds of files that name the server's address.
const ADDRESSED: [&str; 3] = [".html", ".xml", ".txt"];

/// The address under which browsers and search engines know the server, without a slash at its end.
#[derive(Debug, Clone)]
pub(crate) struct Origin(Arc<str>);

impl Origin {
    pub(crate) fn new(public_url: &str) -> Self {
        Self(public_url.trim_end_matches('/').into())
    }

    /// The text of a file with the address in its places; none where the file names none.
    pub(crate) fn written_into(&self, name: &str, data: &[u8]) -> Option<Vec<u8>> {
        let text = is_addressed(name).then(|| std::str::from_utf8(data).ok()).flatten()?;
        text.contains(UNKNOWN).then(|| text.replace(UNKNOWN, &self.0).into_bytes())
    }

    /// What tells one content of a file from another: its own hash and, where it may name the address, that too.
    pub(crate) fn mark(&self, name: &str, hash: [u8; 32]) -> [u8; 32] {
        if !is_addressed(name) {
            return hash;
        }
        Sha256::new().chain_update(hash).chain_update(self.0.as_bytes()).finalize().into()
    }
}

fn is_addressed(name: &str) -> bool {
    ADDRESSED.iter().any(|kind| name.ends_with(kind))
}
