use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::frame;
use crate::ledger::entry::Entry;

/// Held by whoever writes into the folder. The system gives it back when the process ends, however it ends.
const LOCK: &str = "lock";
/// What the files of the log are called after their number.
const SUFFIX: &str = "log";
/// What the name of a folder begins with that is being made.
const HIDDEN: &str = ".";

/// A folder of the log that this process alone writes to or reads from.
#[derive(Debug)]
pub(super) struct Home {
    folder: PathBuf,
    _lock: File,
}

impl Home {
    /// A new folder of this name under `root`. It gets its name once it is locked: whoever looks for leftovers at that
    /// moment must not take it for one.
    pub(super) fn make(root: &Path, name: &str) -> io::Result<Self> {
        let unnamed = root.join(format!("{HIDDEN}{name}"));
        fs::create_dir_all(&unnamed)?;
        let mut home = Self::take(unnamed)?.ok_or_else(|| io::Error::from(io::ErrorKind::ResourceBusy))?;
        let folder = root.join(name);
        fs::rename(&home.folder, &folder)?;
        home.folder = folder;
        Ok(home)
    }

    /// The folder, if nobody else has it.
    fn take(folder: PathBuf) -> io::Result<Option<Self>> {
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { folder, _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The path of a file of the log.
    pub(super) fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:010}.{SUFFIX}"))
    }

    /// The files of the log, the oldest first.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|suffix| suffix == SUFFIX) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Removes the folder, which must hold nothing but the lock.
    fn remove(&self) -> io::Result<()> {
        fs::remove_file(self.folder.join(LOCK))?;
        fs::remove_dir(&self.folder)
    }
}

/// What a process left that ended without having written everything down. It is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Leftover {
    home: Home,
    /// The files, the oldest first.
    pub(crate) files: Vec<PathBuf>,
}

impl Leftover {
    /// What is left in the folders under `root` that no living process has.
    pub(crate) fn under(root: &Path) -> io::Result<Vec<Self>> {
        let folders = match fs::read_dir(root) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut leftovers = Vec::new();
        for folder in folders {
            let folder = folder?;
            let hidden = folder.file_name().to_string_lossy().starts_with(HIDDEN);
            let folder = folder.path();
            if hidden || !folder.is_dir() {
                continue;
            }
            let Some(home) = Home::take(folder)? else { continue };
            let files = home.files()?;
            leftovers.push(Self { home, files });
        }
        Ok(leftovers)
    }

    /// Forgets it, once all of its files are removed.
    pub(crate) fn finish(self) {
        if let Err(error) = self.home.remove() {
            tracing::warn!(%error, folder = %self.home.folder.display(), "an empty folder of the ledger's log stays");
        }
    }
}

/// The entries of a file of the log. What cannot be read is told in the log of the server, and spoils nothing else.
pub(crate) fn entries(path: &Path) -> io::Result<Vec<Entry>> {
    let bytes = fs::read(path)?;
    let found = frame::read(&bytes);
    let mut unreadable = found.damaged;
    let mut entries = Vec::with_capacity(found.payloads.len());
    for payload in found.payloads {
        match serde_json::from_slice(payload) {
            Ok(entry) => entries.push(entry),
            Err(_) => unreadable += 1,
        }
    }
    if unreadable > 0 {
        tracing::error!(unreadable, file = %path.display(), "entries of the ledger's log cannot be read and are lost");
    }
    if found.torn > 0 {
        // The process was killed while it wrote: that call had not been answered yet.
        tracing::info!(bytes = found.torn, file = %path.display(), "the ledger's log ends in the middle of an entry");
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    /// Whoever looks for leftovers never gets hold of a folder that is just being made.
    #[test]
    fn a_new_folder_is_never_taken_for_a_leftover() {
        let root = tempfile::tempdir().unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let looking = scope.spawn(|| {
                let mut found = 0;
                while !done.load(Ordering::Relaxed) {
                    found += Leftover::under(root.path()).unwrap().len();
                }
                found
            });
            let homes: Vec<Home> = (0..300).map(|at| Home::make(root.path(), &at.to_string()).unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            assert_eq!((looking.join().unwrap(), homes.len()), (0, 300));
        });
        assert_eq!(Leftover::under(root.path()).unwrap().len(), 300, "now nobody has them");
    }
}
