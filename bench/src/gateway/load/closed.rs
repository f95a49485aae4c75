//! A closed loop: each of some connections asks anew as soon as it has its answer.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use hyper::body::Bytes;
use tokio::task::JoinSet;

use super::note;
use crate::gateway::line::Line;
use crate::gateway::process::Tree;
use crate::gateway::way::{Ask, Way};
use crate::load::histogram;

/// What came of a load.
pub(crate) struct Load {
    /// From request to whole answer, in µs.
    pub(crate) times: Histogram<u64>,
    /// From the first request to the last answer.
    pub(crate) lasted: Duration,
    /// Processor time of the server.
    pub(crate) processor: Duration,
    /// What the server holds at the end, in KiB.
    pub(crate) resident: u64,
}

impl Load {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.lasted.as_secs_f64()
    }

    /// Processor time of the server for each answer, in µs.
    pub(crate) fn per_request(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / (self.times.len().max(1)) as f64
    }
}

/// Asks over some connections for `warm_up` without looking, then for `time`.
pub(crate) async fn closed_loop(
    way: &Way,
    server: Tree,
    ask: Ask,
    connections: usize,
    (warm_up, time): (Duration, Duration),
) -> Result<Load> {
    let body = way.body(&ask);
    let lines = Line::open_many(way, connections).await?;
    let (lines, _) = volley(lines, &body, warm_up).await?;
    let processor = server.processor()?;
    let begun = Instant::now();
    let (_lines, times) = volley(lines, &body, time).await?;
    let lasted = begun.elapsed();
    Ok(Load { times, lasted, processor: server.processor()?.saturating_sub(processor), resident: server.resident()? })
}

async fn volley(lines: Vec<Line>, body: &Bytes, time: Duration) -> Result<(Vec<Line>, Histogram<u64>)> {
    let end = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for mut line in lines {
        let body = body.clone();
        tasks.spawn(async move {
            let mut times = histogram()?;
            while Instant::now() < end {
                let begun = Instant::now();
                line.ask(body.clone()).await?;
                note(&mut times, begun);
            }
            anyhow::Ok((line, times))
        });
    }
    let mut lines = Vec::new();
    let mut times = histogram()?;
    while let Some(done) = tasks.join_next().await {
        let (line, own) = done.context("a connection's task broke")??;
        times.add(&own)?;
        lines.push(line);
    }
    Ok((lines, times))
}
