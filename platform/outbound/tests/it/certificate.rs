use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A certificate of a private authority for this machine, as files.
pub(crate) struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// One for this name or address.
    pub(crate) fn new(host: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { folder }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// How the mail server is told to use it.
    pub(crate) fn arguments<'a>(&self, tls: &'a str, paths: &'a mut [String; 2]) -> Vec<&'a str> {
        let text = |path: &Path| path.display().to_string();
        *paths = [text(&self.file()), text(&self.folder.path().join("key.pem"))];
        vec!["--tls", tls, "--certificate", &paths[0], "--key", &paths[1]]
    }
}
