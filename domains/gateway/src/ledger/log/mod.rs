//! The ledger's transaction log: what attempts are in until their rows are committed (GTW-13). Every entry goes into a
//! file before anything else, so that a killed process loses none, and into a queue in memory, from which the writer
//! takes it without reading the file again. When the queue is full an entry is in the file only (it is spilled), and the
//! writer reads it from there once it has caught up.

mod frame;
mod home;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::entry::Entry;
use home::Home;
pub(crate) use home::{Leftover, entries};

/// How the log is kept.
#[derive(Debug, Clone)]
pub(crate) struct LogSettings {
    /// The folder of all logs of this installation.
    pub(crate) root: PathBuf,
    /// How many entries wait in memory at most.
    pub(crate) queue: usize,
    /// How large a file becomes before the next one is begun, in bytes.
    pub(crate) file_bytes: u64,
    /// How large the log becomes before no more calls are allowed, in bytes.
    pub(crate) disk_bytes: u64,
}

/// An entry in memory.
#[derive(Debug)]
pub(crate) struct Queued {
    /// The file it is also in; `None` when it could not be written.
    pub(crate) file: Option<u64>,
    pub(crate) entry: Entry,
}

/// A file of the log.
#[derive(Debug)]
struct Segment {
    number: u64,
    bytes: u64,
    /// How many of its entries are queued or being written.
    pending: usize,
    /// Whether it has entries that are not in memory.
    spilled: bool,
}

#[derive(Debug, Default)]
struct State {
    home: Option<Home>,
    /// The file that is written to, the last of the segments.
    file: Option<File>,
    segments: VecDeque<Segment>,
    queue: VecDeque<Queued>,
    /// How many were taken out of the queue and are not committed yet.
    taken: usize,
    next: u64,
}

/// The log of this process.
#[derive(Debug)]
pub(crate) struct Log {
    settings: LogSettings,
    /// What its folder is called.
    name: String,
    state: Mutex<State>,
    bytes: AtomicU64,
    failing: AtomicBool,
    /// The first entry came into an empty queue, or a whole batch is there.
    ready: Notify,
}

/// How many entries go into one transaction.
pub(crate) const BATCH: usize = 500;

impl Log {
    /// A log whose folder, made with the first entry, has this name.
    pub(crate) fn new(settings: LogSettings, name: String) -> Self {
        Self {
            settings,
            name,
            state: Mutex::default(),
            bytes: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            ready: Notify::new(),
        }
    }

    /// Writes an entry down. It does not wait for a disk: the system takes the bytes and keeps them when the process
    /// is killed.
    pub(crate) fn append(&self, entry: Entry) {
        let frame = serde_json::to_vec(&entry).map(|payload| frame::frame(&payload)).map_err(io::Error::from);
        let mut guard = self.state();
        let state = &mut *guard;
        let written = frame.and_then(|frame| self.write(state, &frame));
        let room = state.queue.len() < self.settings.queue;
        let file = match written {
            Ok(number) => {
                self.failing.store(false, Ordering::Relaxed);
                Some(number)
            }
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) || !room {
                    tracing::error!(%error, kept = room, attempt = %entry.id, "the ledger's log cannot be written");
                }
                None
            }
        };
        if room {
            if let Some(segment) = state.segments.back_mut().filter(|segment| Some(segment.number) == file) {
                segment.pending += 1;
            }
            state.queue.push_back(Queued { file, entry });
            if state.queue.len() == 1 || state.queue.len() == BATCH {
                self.ready.notify_one();
            }
        } else if let Some(segment) = state.segments.back_mut().filter(|segment| Some(segment.number) == file) {
            segment.spilled = true;
        }
    }

    fn write(&self, state: &mut State, frame: &[u8]) -> io::Result<u64> {
        if state.segments.back().is_none_or(|segment| segment.bytes >= self.settings.file_bytes) {
            state.file = None;
        }
        if state.file.is_none() {
            self.begin(state)?;
        }
        let (Some(file), Some(segment)) = (state.file.as_mut(), state.segments.back_mut()) else {
            return Err(io::Error::other("the log has no file"));
        };
        if let Err(error) = file.write_all(frame) {
            // Half a frame would hide what follows it. A file that cannot even be shortened takes nothing more.
            if file.set_len(segment.bytes).is_err() {
                state.file = None;
            }
            return Err(error);
        }
        let length = frame.len() as u64;
        segment.bytes += length;
        self.bytes.fetch_add(length, Ordering::Relaxed);
        Ok(segment.number)
    }

    /// Begins the next file.
    fn begin(&self, state: &mut State) -> io::Result<()> {
        let home = match state.home.take() {
            Some(home) => home,
            None => Home::make(&self.settings.root, &self.name)?,
        };
        let file = File::options().create(true).append(true).open(home.path(state.next));
        state.home = Some(home);
        state.file = Some(file?);
        state.segments.push_back(Segment { number: state.next, bytes: 0, pending: 0, spilled: false });
        state.next += 1;
        Ok(())
    }

    /// Waits until a batch is full, or this long after its first entry.
    pub(crate) async fn ready(&self, patience: Duration) {
        if self.state().queue.is_empty() {
            self.ready.notified().await;
        }
        if self.state().queue.len() < BATCH {
            // Whether time runs out or the batch is full, there is something to write.
            let _full = timeout(patience, async {
                loop {
                    self.ready.notified().await;
                    if self.state().queue.len() >= BATCH {
                        return;
                    }
                }
            })
            .await;
        }
    }

    /// Takes a batch out of the queue.
    pub(crate) fn take(&self) -> Vec<Queued> {
        let mut state = self.state();
        let many = state.queue.len().min(BATCH);
        state.taken += many;
        state.queue.drain(..many).collect()
    }

    /// How many wait in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.state().queue.len()
    }

    /// These have been committed: files of which nothing is missing any more are removed.
    pub(crate) fn committed(&self, batch: &[Queued]) {
        let mut guard = self.state();
        let state = &mut *guard;
        state.taken = state.taken.saturating_sub(batch.len());
        for queued in batch {
            if let Some(segment) = state.segments.iter_mut().find(|segment| Some(segment.number) == queued.file) {
                segment.pending = segment.pending.saturating_sub(1);
            }
        }
        let open = if state.file.is_some() { state.segments.pop_back() } else { None };
        for segment in mem::take(&mut state.segments) {
            if segment.pending == 0 && !segment.spilled {
                self.remove(state.home.as_ref(), &segment);
            } else {
                state.segments.push_back(segment);
            }
        }
        if let Some(mut segment) = open {
            if segment.pending == 0
                && !segment.spilled
                && segment.bytes > 0
                && state.file.as_ref().is_some_and(|file| file.set_len(0).is_ok())
            {
                self.bytes.fetch_sub(mem::take(&mut segment.bytes), Ordering::Relaxed);
            }
            state.segments.push_back(segment);
        }
    }

    /// The oldest file with entries that are not in memory, closed so that no more come.
    pub(crate) fn spilled(&self) -> Option<(u64, PathBuf)> {
        let mut guard = self.state();
        let state = &mut *guard;
        let number = state.segments.iter().find(|segment| segment.spilled)?.number;
        if state.segments.back().is_some_and(|segment| segment.number == number) {
            state.file = None;
        }
        Some((number, state.home.as_ref()?.path(number)))
    }

    /// All of this file has been committed.
    pub(crate) fn replayed(&self, number: u64) {
        let mut guard = self.state();
        let state = &mut *guard;
        if let Some(at) = state.segments.iter().position(|segment| segment.number == number)
            && let Some(segment) = state.segments.remove(at)
        {
            self.remove(state.home.as_ref(), &segment);
        }
    }

    fn remove(&self, home: Option<&Home>, segment: &Segment) {
        self.bytes.fetch_sub(segment.bytes, Ordering::Relaxed);
        if let Some(home) = home
            && let Err(error) = fs::remove_file(home.path(segment.number))
        {
            tracing::warn!(%error, number = segment.number, "a file of the ledger's log stays");
        }
    }

    /// Whether nothing waits to be written down.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state();
        state.queue.is_empty() && state.taken == 0 && !state.segments.iter().any(|segment| segment.spilled)
    }

    /// Whether it can take no more calls: it has reached its limit, or cannot be written.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= self.settings.disk_bytes || self.failing.load(Ordering::Relaxed)
    }

    /// After a file could not be written: lets calls through again, of which the first tells whether it can be now.
    pub(crate) fn try_again(&self) {
        self.failing.store(false, Ordering::Relaxed);
    }

    /// How large it is, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The folder of all logs.
    pub(crate) fn root(&self) -> &Path {
        &self.settings.root
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
