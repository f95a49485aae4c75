//! Clients that leave: whether the upstream is told (GTW-32).

use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::BodyExt;

use super::{NONE, Setting, median, millis};
use crate::gateway::contestants::Running;
use crate::gateway::line::Line;
use crate::gateway::mock::Behaviour;
use crate::gateway::upstream::GOOD;
use crate::gateway::way::{Ask, Way};
use crate::report::Section;

/// Clients that leave, of each kind.
const TIMES: usize = 9;
/// How long an upstream would go on if nobody told it.
const LONG: Duration = Duration::from_secs(5);
/// Later than this is never.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn table() -> Section {
    let columns = ["Gateway", "In a stream", "Most", "While it waits", "Most", "Never told"];
    let mut section = Section::new("From a client's leaving to the end of the call upstream", &columns);
    section.note(format!(
        "{TIMES} clients in the midst of a stream, {TIMES} that wait for a whole answer; the mock is asked each \
         millisecond what is open. Never: not within {} s. Required of Quorate: within 100 ms, streaming or not (GTW-32).",
        PATIENCE.as_secs()
    ));
    section
}

pub(super) async fn measure(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    setting.upstream.quiet().await?;
    let paced = Behaviour { chunks: 250, pace_us: 20_000, ..Behaviour::default() };
    setting.upstream.set(GOOD, &paced).await?;
    let mut streams = Vec::new();
    for _ in 0..TIMES {
        streams.push(leave_stream(setting, &who.chat).await?);
    }
    let slow = Behaviour { delay_us: u64::try_from(LONG.as_micros())?, ..Behaviour::default() };
    setting.upstream.set(GOOD, &slow).await?;
    let mut whole = Vec::new();
    for _ in 0..TIMES {
        whole.push(leave_waiting(setting, &who.chat).await?);
    }
    let never = streams.iter().chain(&whole).filter(|time| time.is_none()).count();
    let cells = [streams, whole].into_iter().flat_map(|times| {
        let times: Vec<Duration> = times.into_iter().flatten().collect();
        match times.iter().max().copied() {
            Some(most) => [millis(median(times)), millis(most)],
            None => [NONE.to_owned(), NONE.to_owned()],
        }
    });
    let mut row: Vec<String> = cells.collect();
    row.push(format!("{never} of {}", 2 * TIMES));
    Ok(vec![row])
}

async fn leave_stream(setting: &Setting, way: &Way) -> Result<Option<Duration>> {
    let mut line = Line::open(way).await?;
    let mut body = line.begin(way.body(&Ask::STREAM)).await?.into_body();
    for _ in 0..3 {
        body.frame().await.context("the stream ended at once")??;
    }
    drop((body, line));
    gone(setting).await
}

async fn leave_waiting(setting: &Setting, way: &Way) -> Result<Option<Duration>> {
    let mut line = Line::open(way).await?;
    {
        let answer = line.begin(way.body(&Ask::SHORT));
        let arrived = setting.upstream.until_open(1, PATIENCE);
        tokio::select! {
            answered = answer => { answered?; }
            arrived = arrived => { arrived?.context("the request does not reach the upstream")?; }
        }
    }
    drop(line);
    gone(setting).await
}

async fn gone(setting: &Setting) -> Result<Option<Duration>> {
    let took = setting.upstream.until_open(0, PATIENCE).await?;
    if took.is_none() {
        // The next client is not to be taken for this one.
        setting.upstream.quiet().await?;
    }
    Ok(took)
}
