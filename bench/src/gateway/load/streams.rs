//! Many streams at once: until all are at their end, with the gaps between the texts of each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use http_body_util::BodyExt;
use hyper::body::Bytes;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::reader::Reader;
use crate::gateway::line::{Line, refusal};
use crate::gateway::process::Tree;
use crate::gateway::way::{Ask, Way};
use crate::load::histogram;

/// Streams that are being opened at once.
const OPENING: usize = 64;
/// Between two looks at the server's memory.
const SAMPLE: Duration = Duration::from_millis(250);

/// What came of it.
pub(crate) struct Streams {
    /// From the first request to the end of the last stream.
    pub(crate) lasted: Duration,
    /// From the first request to the first text of the last stream.
    pub(crate) all_open: Duration,
    /// Between the arrivals of two texts of one stream, in µs; texts that arrive together have none.
    pub(crate) gaps: Histogram<u64>,
    /// The most the server held meanwhile, in KiB.
    pub(crate) most: u64,
    /// Streams with texts missing, doubled, out of order, or without an end; and what the first one's fault was.
    pub(crate) faults: (usize, Option<String>),
}

/// Streams of `texts` each over connections that stand already, all asked for at the same moment.
pub(crate) async fn at_once(way: &Way, server: Tree, count: usize, texts: usize) -> Result<Streams> {
    let lines = Line::open_many(way, count).await?.into_iter().map(Some).collect();
    run(way, server, lines, texts, count).await
}

/// Streams of `texts` each, some connections opened at a time.
pub(crate) async fn one_by_one(way: &Way, server: Tree, count: usize, texts: usize) -> Result<Streams> {
    run(way, server, (0..count).map(|_| None).collect(), texts, OPENING).await
}

async fn run(way: &Way, server: Tree, lines: Vec<Option<Line>>, texts: usize, opening: usize) -> Result<Streams> {
    let body = way.body(&Ask::STREAM);
    let doors = Arc::new(Semaphore::new(opening));
    let (opened, mut openings) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    let members = server.members()?;
    let begun = Instant::now();
    for line in lines {
        let (way, body, opened, doors) = (way.clone(), body.clone(), opened.clone(), Arc::clone(&doors));
        tasks.spawn(async move {
            let door = doors.acquire_owned().await?;
            let mut line = match line {
                Some(line) => line,
                None => Line::open(&way).await?,
            };
            one(&mut line, body, texts, move || {
                drop(door);
                // Nobody listens any more when another stream has broken.
                let _ = opened.send(Instant::now());
            })
            .await
        });
    }
    drop(opened);
    let (report, mut reports) = mpsc::unbounded_channel();
    let watch = AbortOnDropHandle::new(tokio::spawn(async move {
        while report.send(members.resident()).is_ok() {
            tokio::time::sleep(SAMPLE).await;
        }
    }));
    let mut gaps = histogram()?;
    let mut faults = (0, None);
    while let Some(done) = tasks.join_next().await {
        match done.context("a stream's task broke")? {
            Ok((own, Ok(()))) => own.into_iter().for_each(|gap| gaps.saturating_record(gap)),
            Ok((_, Err(fault))) => {
                faults.0 += 1;
                faults.1.get_or_insert(fault);
            }
            Err(error) => {
                faults.0 += 1;
                faults.1.get_or_insert(format!("{error:#}"));
            }
        }
    }
    let lasted = begun.elapsed();
    drop(watch);
    let mut all_open = Duration::ZERO;
    while let Ok(moment) = openings.try_recv() {
        all_open = all_open.max(moment - begun);
    }
    let mut most = 0;
    while let Ok(resident) = reports.try_recv() {
        most = most.max(resident);
    }
    Ok(Streams { lasted, all_open, gaps, most, faults })
}

/// One stream to its end: its gaps, in µs, and whether it was faultless. `opened` is called at its first text.
async fn one(
    line: &mut Line,
    body: Bytes,
    texts: usize,
    opened: impl FnOnce(),
) -> Result<(Vec<u64>, Result<(), String>)> {
    let response = line.begin(body).await?;
    if !response.status().is_success() {
        bail!("{}", refusal(response).await);
    }
    let mut body = response.into_body();
    let mut opened = Some(opened);
    let mut reader = Reader::default();
    let mut gaps = Vec::with_capacity(texts);
    let mut last: Option<Instant> = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if reader.take(&data) > 0 {
            if let Some(opened) = opened.take() {
                opened();
            }
            let now = Instant::now();
            if let Some(last) = last.replace(now) {
                gaps.push(u64::try_from((now - last).as_micros())?);
            }
        }
    }
    Ok((gaps, reader.finish(texts)))
}
