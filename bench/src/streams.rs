//! Many open streams on sessions that run: the time to open them, the server's memory, and how late events are.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use quorate_kernel::{Clock, SystemClock};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::client::Caller;
use crate::database::Engine;
use crate::engine::problem;
use crate::load::histogram;
use crate::memory::{Memory, mib};
use crate::report::Section;
use crate::server::{Binary, Home, Server};
use crate::watcher::watch;

/// Sessions that are watched, with as many streams each.
const SESSIONS: usize = 2;
/// Streams that are being opened at once.
const OPENING: usize = 32;
/// Until registration's memory has been given back and the first measurement is of rest.
const SETTLE: Duration = Duration::from_secs(5);
const SAMPLE: Duration = Duration::from_millis(200);
/// The longest the whole may take on one database.
const PATIENCE: Duration = Duration::from_secs(300);

/// On each database.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine], streams: u32) -> Result<Section> {
    enough_files(streams)?;
    let columns = [
        "Database",
        "Streams",
        "All open after",
        "Opening p50",
        "p99",
        "RSS before",
        "RSS all open",
        "Most RSS",
        "Events received live",
        "Delay p50",
        "p99",
        "Most",
        "Lost",
    ];
    let mut section = Section::new("Open streams on running sessions", &columns);
    for &engine in databases {
        let run = Box::pin(one(binary, engine, streams));
        section.row(tokio::time::timeout(PATIENCE, run).await.context("the streams do not end")??);
    }
    section.note(format!(
        "{SESSIONS} standard sessions of the offline model at its usual pace, watched over SSE by half of the streams \
         each, every stream on a connection of its own, {OPENING} opened at a time while the sessions run. Opening: \
         from connecting to the answer's head. Delay: from the event's timestamp (set before its transaction, whole \
         milliseconds) to its receipt, for events recorded when all streams were open; it includes the wait of the \
         receiving task, which shares the cores. Each watcher checks that no sequence is missing, repeated or out of \
         order up to `session.completed`; one that finds a fault fails the run. Required: at most 150 MiB (GTW-33)."
    ));
    Ok(section)
}

async fn one(binary: &Binary, engine: Engine, streams: u32) -> Result<Vec<String>> {
    let database = engine.fresh().await?;
    let home = Home::new(database.url(), "")?;
    let (server, _) = Server::start(binary, &home).await?;
    let pid = server.pid()?;
    let caller = Caller::register(server.address()).await?;
    tokio::time::sleep(SETTLE).await;
    let before = Memory::of(pid)?;

    let mut control = caller.connect().await?;
    let mut ids = Vec::new();
    for _ in 0..SESSIONS {
        let id = control.session(&problem("standard")).await?;
        control.start(&id).await?;
        ids.push(id);
    }
    let crowd = Crowd::gather(&caller, &ids, streams).await?;
    let open = Memory::of(pid)?;
    let most = AbortOnDropHandle::new(tokio::spawn(most_resident(pid, open.resident)));
    let mut witness = caller.connect().await?;
    for id in &ids {
        let session = witness.get(&format!("/api/v1/sessions/{id}")).await?;
        if !session["session"]["completed_at"].is_null() {
            bail!("a session ended before all streams were open");
        }
    }
    let Crowd { watchers, took, opening, live_from } = crowd;
    live_from.store(SystemClock.now().timestamp_millis(), Ordering::Relaxed);
    let delays = gather_delays(watchers).await?;
    server.stop().await?;
    let most = most.await?;

    let time = |micros: u64| format!("{:.1} ms", micros as f64 / 1_000.0);
    Ok(vec![
        engine.name().to_owned(),
        streams.to_string(),
        format!("{:.2} s", took.as_secs_f64()),
        time(opening.value_at_quantile(0.5)),
        time(opening.value_at_quantile(0.99)),
        mib(before.resident),
        mib(open.resident),
        mib(most),
        delays.len().to_string(),
        time(delays.value_at_quantile(0.5)),
        time(delays.value_at_quantile(0.99)),
        time(delays.max()),
        "0".to_owned(),
    ])
}

/// Everybody who watches.
struct Crowd {
    /// Each ends with the delays it saw, in µs.
    watchers: JoinSet<Result<Vec<u64>>>,
    /// Until all were open.
    took: Duration,
    /// How long each took to open, in µs.
    opening: Histogram<u64>,
    /// From this time on delays count, in milliseconds since 1970.
    live_from: Arc<AtomicI64>,
}

impl Crowd {
    async fn gather(caller: &Caller, ids: &[String], streams: u32) -> Result<Self> {
        let live_from = Arc::new(AtomicI64::new(i64::MAX));
        let doors = Arc::new(Semaphore::new(OPENING));
        let (opened, mut openings) = mpsc::unbounded_channel();
        let mut watchers = JoinSet::new();
        let begun = Instant::now();
        for id in ids.iter().cycle().take(usize::try_from(streams)?) {
            let (caller, id) = (caller.clone(), id.clone());
            let (doors, opened, live_from) = (Arc::clone(&doors), opened.clone(), Arc::clone(&live_from));
            watchers.spawn(async move {
                let door = doors.acquire_owned().await?;
                let begun = Instant::now();
                let mut connection = caller.connect().await?;
                let stream = connection.stream(&id).await?;
                opened.send(begun.elapsed())?;
                drop(door);
                let mut delays = Vec::new();
                let note = |event: &crate::watcher::Seen<'_>| {
                    if event.timestamp.timestamp_millis() > live_from.load(Ordering::Relaxed) {
                        delays.push(event.delay_us());
                    }
                };
                watch(stream, note).await?;
                Ok(delays)
            });
        }
        drop(opened);
        let mut opening = histogram()?;
        while opening.len() < u64::from(streams) {
            tokio::select! {
                Some(took) = openings.recv() => opening.saturating_record(u64::try_from(took.as_micros())?),
                Some(ended) = watchers.join_next() => {
                    ended??;
                    bail!("a session ended before all streams were open");
                }
            }
        }
        Ok(Self { watchers, took: begun.elapsed(), opening, live_from })
    }
}

async fn gather_delays(mut watchers: JoinSet<Result<Vec<u64>>>) -> Result<Histogram<u64>> {
    let mut delays = histogram()?;
    while let Some(ended) = watchers.join_next().await {
        for delay in ended?? {
            delays.saturating_record(delay);
        }
    }
    Ok(delays)
}

/// The most that is ever resident until the process ends.
async fn most_resident(pid: u32, first: u64) -> u64 {
    let mut most = first;
    while let Ok(memory) = Memory::of(pid) {
        most = most.max(memory.resident);
        tokio::time::sleep(SAMPLE).await;
    }
    most
}

/// Each stream is a file for the server and one here; both take the limit of this process.
fn enough_files(streams: u32) -> Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse::<u32>().ok());
    match soft {
        Some(soft) if soft < streams + 100 => {
            bail!("only {soft} files may be open, which is too few for {streams} streams: run `ulimit -n 8192` first")
        }
        _ => Ok(()),
    }
}
