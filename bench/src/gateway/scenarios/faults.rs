//! Thousands of each fault: whether anything stays behind (GTW-11, GTW-32, GTW-33).

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use http_body_util::BodyExt;

use super::Setting;
use crate::gateway::contestants::Running;
use crate::gateway::line::Line;
use crate::gateway::mock::{Act, Behaviour};
use crate::gateway::upstream::GOOD;
use crate::gateway::way::{Ask, Way};
use crate::memory::mib;
use crate::report::Section;

/// Requests of each fault that are counted; a fifth as many before, so that what is kept on purpose is there.
const TIMES: usize = 10_000;
/// Clients at a time.
const CLIENTS: usize = 64;
/// Pieces of a stream that a client reads before it leaves.
const PIECES: usize = 3;
/// How long a client waits for an answer that never comes.
const PATIENCE: Duration = Duration::from_millis(20);
/// For the last calls to be over and written down.
const SETTLE: Duration = Duration::from_secs(3);

/// A fault, and how its clients meet it.
struct Fault {
    name: &'static str,
    behaviour: Behaviour,
    ask: Ask,
    leaves: Leaves,
    /// Whether nobody listens at the upstream.
    down: bool,
}

/// When a client leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// When it has what there is.
    Never,
    /// While it waits.
    Waiting,
    /// In the midst of a stream.
    Reading,
}

pub(super) fn table() -> Section {
    let columns =
        ["Gateway", "Fault", "Requests", "RSS before", "RSS after", "Files before", "Files after", "Open upstream"];
    let mut section = Section::new("What faults leave behind", &columns);
    section.note(format!(
        "{TIMES} requests of each fault from {CLIENTS} clients, after a fifth as many that are not counted; looked at \
         {} s after the last. Files: open descriptors, of which connections kept to the upstream are some. A good answer \
         follows each fault. Required of Quorate: no leak of tasks, connections, reservations or memory; that no \
         reservation and no task stays is asserted by `nothing_stays_behind_after_faults` in the tests.",
        SETTLE.as_secs()
    ));
    section
}

pub(super) async fn measure(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    let Some(down) = &who.down else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for fault in faults() {
        setting.upstream.set(GOOD, &fault.behaviour).await?;
        let way = if fault.down { down } else { &who.chat };
        storm(way, &fault, TIMES / 5).await?;
        tokio::time::sleep(SETTLE).await;
        let (memory, files) = (who.server.resident()?, who.server.files()?);
        storm(way, &fault, TIMES).await?;
        tokio::time::sleep(SETTLE).await;
        let open = setting.upstream.stats().await?.open;
        rows.push(vec![
            fault.name.to_owned(),
            TIMES.to_string(),
            mib(memory),
            mib(who.server.resident()?),
            files.to_string(),
            who.server.files()?.to_string(),
            open.to_string(),
        ]);
        setting.upstream.set(GOOD, &Behaviour::default()).await?;
        let mut line = Line::open(&who.chat).await?;
        let begun = Instant::now();
        while line.ask(who.chat.body(&Ask::SHORT)).await.is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(60), "no good answer comes after: {}", fault.name);
            line = Line::open(&who.chat).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(rows)
}

fn faults() -> Vec<Fault> {
    let act = |act| Behaviour { act, ..Behaviour::default() };
    let fault = |name, behaviour, ask, leaves| Fault { name, behaviour, ask, leaves, down: false };
    let paced = Behaviour { chunks: 20_000, pace_us: 5_000, ..Behaviour::default() };
    vec![
        Fault { down: true, ..fault("nobody listens", Behaviour::default(), Ask::SHORT, Leaves::Never) },
        fault("429 with Retry-After", act(Act::RateLimit), Ask::SHORT, Leaves::Never),
        fault("500", act(Act::Unavailable), Ask::SHORT, Leaves::Never),
        fault("529", act(Act::Overloaded), Ask::STREAM, Leaves::Never),
        fault("garbage", act(Act::Garbage), Ask::SHORT, Leaves::Never),
        fault("a stream that is cut", act(Act::Cut), Ask::STREAM, Leaves::Never),
        fault("an answer that is cut", act(Act::Cut), Ask::SHORT, Leaves::Never),
        fault("never answers, the client leaves", act(Act::Hang), Ask::SHORT, Leaves::Waiting),
        fault("never ends, the client leaves", paced, Ask::STREAM, Leaves::Reading),
    ]
}

/// So many requests by all clients together.
async fn storm(way: &Way, fault: &Fault, times: usize) -> Result<()> {
    let client = || async {
        let mut line = None;
        for _ in 0..times / CLIENTS + 1 {
            line = once(way, fault, line).await?;
        }
        anyhow::Ok(())
    };
    try_join_all((0..CLIENTS).map(|_| client())).await.map(drop)
}

/// One request. Gives the connection back if it can be used again.
async fn once(way: &Way, fault: &Fault, line: Option<Line>) -> Result<Option<Line>> {
    let mut line = match line {
        Some(line) => line,
        None => Line::open(way).await?,
    };
    let asking = line.begin(way.body(&fault.ask));
    if fault.leaves == Leaves::Waiting {
        // Whether it answers in this time, or the time is over: the client goes.
        let _ = tokio::time::timeout(PATIENCE, asking).await;
        return Ok(None);
    }
    let Ok(response) = asking.await else { return Ok(None) };
    let mut body = response.into_body();
    let mut pieces = 0;
    while let Some(frame) = body.frame().await {
        pieces += 1;
        if frame.is_err() || (fault.leaves == Leaves::Reading && pieces == PIECES) {
            return Ok(None);
        }
    }
    Ok(Some(line))
}
