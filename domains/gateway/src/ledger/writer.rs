use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::entry::Entry;
use super::log::{self, BATCH, Leftover};
use crate::store::{Pace, attempts, is_data_error};

/// How long the first entry of a batch waits for others.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long to wait before a batch is written again after the database failed: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Writes batches until `stop`; then what is there, once.
pub(super) async fn write(inner: Arc<Inner>, stop: CancellationToken) {
    if let Err(error) = take_over(&inner, &stop).await {
        tracing::error!(%error, "what an earlier run left of the ledger's log cannot be read");
    }
    loop {
        let last = tokio::select! {
            () = inner.log.ready(PATIENCE) => false,
            () = stop.cancelled() => true,
        };
        if !catch_up(&inner, &stop).await || last {
            return;
        }
    }
}

/// Writes down what is in memory, then what is in files only. Tells whether all of it could be.
async fn catch_up(inner: &Inner, stop: &CancellationToken) -> bool {
    loop {
        let batch = inner.log.take();
        if batch.is_empty() {
            let Some((number, file)) = inner.log.spilled() else { return true };
            if !replay(inner, &file, stop).await {
                return false;
            }
            inner.log.replayed(number);
            continue;
        }
        let entries: Vec<&Entry> = batch.iter().map(|queued| &queued.entry).collect();
        let pace = if inner.log.waiting() < BATCH { Pace::Gentle } else { Pace::Hasty };
        if !persist(inner, &entries, pace, stop).await {
            return false;
        }
        inner.log.committed(&batch);
    }
}

/// Writes down what processes left that are gone.
async fn take_over(inner: &Inner, stop: &CancellationToken) -> std::io::Result<()> {
    let root = inner.log.root().to_path_buf();
    let leftovers = spawn_blocking(move || Leftover::under(&root)).await.map_err(std::io::Error::other)??;
    for leftover in leftovers {
        for file in &leftover.files {
            if !replay(inner, file, stop).await {
                return Ok(());
            }
            fs::remove_file(file)?;
        }
        leftover.finish();
    }
    Ok(())
}

/// Writes down all of a file; what is in the database already stays as it is.
async fn replay(inner: &Inner, file: &Path, stop: &CancellationToken) -> bool {
    let path: PathBuf = file.to_path_buf();
    let entries = match spawn_blocking(move || log::entries(&path)).await {
        Ok(Ok(entries)) => entries,
        Ok(Err(error)) => {
            tracing::error!(%error, file = %file.display(), "a file of the ledger's log cannot be read");
            return false;
        }
        Err(error) => {
            tracing::error!(%error, "reading the ledger's log failed");
            return false;
        }
    };
    let entries: Vec<&Entry> = entries.iter().collect();
    for part in entries.chunks(BATCH) {
        if !persist(inner, part, Pace::Hasty, stop).await {
            return false;
        }
    }
    true
}

/// Writes a batch, as often as it takes. Tells whether it is written: not when it is time to stop and the database
/// fails. A row that the database refuses whatever happens is set aside, so that it does not hold up all others.
async fn persist(inner: &Inner, batch: &[&Entry], pace: Pace, stop: &CancellationToken) -> bool {
    let mut parts = vec![batch];
    let mut failing: Option<Instant> = None;
    let mut wait = AGAIN.0;
    while let Some(part) = parts.pop() {
        match attempts::write(&inner.store, part, &inner.budgets.leases(), pace).await {
            Ok(left) => {
                inner.budgets.converted(&left);
                if let Some(since) = failing.take() {
                    tracing::info!(seconds = since.elapsed().as_secs(), "the ledger can be written again");
                }
                wait = AGAIN.0;
            }
            Err(error) if is_data_error(&error) => match part {
                [] => {}
                [entry] => {
                    tracing::error!(%error, attempt = %entry.id, "the database refuses an attempt; it is set aside");
                    set_aside(inner.log.root(), entry);
                }
                _ => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            },
            Err(error) => {
                if failing.is_none() {
                    failing = Some(Instant::now());
                    tracing::error!(%error, log_bytes = inner.log.bytes(), "the ledger cannot be written; its log grows");
                }
                parts.push(part);
                tokio::select! {
                    () = sleep(wait) => {}
                    () = stop.cancelled() => return false,
                }
                wait = (wait * 2).min(AGAIN.1);
            }
        }
    }
    true
}

/// Keeps what the database refuses, one JSON a line, for a person to look at.
fn set_aside(root: &Path, entry: &Entry) {
    let path = root.join("refused.jsonl");
    let written = serde_json::to_vec(entry).map_err(std::io::Error::from).and_then(|mut line| {
        line.push(b'\n');
        fs::create_dir_all(root)?;
        fs::File::options().create(true).append(true).open(&path)?.write_all(&line)
    });
    if let Err(error) = written {
        tracing::error!(%error, attempt = %entry.id, "an attempt that the database refuses is lost");
    }
}
