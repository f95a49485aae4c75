//! A closed loop: each of some connections sends its next request as soon as it has the answer to the last.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use hyper::Method;
use hyper::body::Bytes;
use tokio::task::JoinSet;

use crate::client::{Caller, Connection};

/// The longest time that is told apart, in µs.
const LONGEST: u64 = 60_000_000;
/// Clock ticks a second in `/proc/PID/stat` (`USER_HZ`, the same on every Linux of today).
const TICKS: f64 = 100.0;

/// A request that is sent over and over.
#[derive(Debug, Clone)]
pub(crate) struct Shot {
    /// GET or POST.
    pub(crate) method: Method,
    /// The path.
    pub(crate) path: String,
    /// The body, empty for none.
    pub(crate) body: Bytes,
}

impl Shot {
    /// A read.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: Bytes::new() }
    }
}

/// What came of a load.
pub(crate) struct Load {
    /// Answers.
    pub(crate) answers: u64,
    /// From the first request to the last answer.
    pub(crate) lasted: Duration,
    /// Times from request to whole answer, in µs.
    pub(crate) times: Histogram<u64>,
    /// Processor time of the server, in seconds.
    pub(crate) server_cpu: f64,
}

/// An empty histogram for times in µs, exact to three digits.
pub(crate) fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_max(LONGEST, 3)?)
}

/// Sends `shot` over `connections` for `warm_up` without looking, then for `time`.
pub(crate) async fn closed_loop(
    caller: &Caller,
    pid: u32,
    shot: &Shot,
    connections: usize,
    (warm_up, time): (Duration, Duration),
) -> Result<Load> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(caller.connect().await?);
    }
    let (open, _) = volley(open, shot, warm_up).await?;
    let cpu = cpu_seconds(pid)?;
    let begun = Instant::now();
    let (_, times) = volley(open, shot, time).await?;
    Ok(Load { answers: times.len(), lasted: begun.elapsed(), times, server_cpu: cpu_seconds(pid)? - cpu })
}

async fn volley(
    connections: Vec<Connection>,
    shot: &Shot,
    time: Duration,
) -> Result<(Vec<Connection>, Histogram<u64>)> {
    let end = Instant::now() + time;
    let shot = Arc::new(shot.clone());
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(repeat(connection, Arc::clone(&shot), end));
    }
    let mut connections = Vec::new();
    let mut times = histogram()?;
    while let Some(done) = tasks.join_next().await {
        let (connection, own) = done.context("a connection's task broke")??;
        times.add(&own)?;
        connections.push(connection);
    }
    Ok((connections, times))
}

async fn repeat(mut connection: Connection, shot: Arc<Shot>, end: Instant) -> Result<(Connection, Histogram<u64>)> {
    let mut times = histogram()?;
    loop {
        let begun = Instant::now();
        if begun >= end {
            return Ok((connection, times));
        }
        let (status, body) = connection.exchange(shot.method.clone(), &shot.path, shot.body.clone()).await?;
        times.saturating_record(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        if !status.is_success() {
            bail!("{} {} answered {status} under load: {}", shot.method, shot.path, String::from_utf8_lossy(&body));
        }
    }
}

/// Processor time of a process so far, in seconds.
fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the server is gone")?;
    ticks(&stat).map(|ticks| ticks / TICKS).context("the system does not say how much the server worked")
}

/// User and system time from `/proc/PID/stat`: the 14th and 15th field, counted after the name, which may hold spaces.
fn ticks(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_past_a_name_with_spaces() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0 12345";
        assert_eq!(ticks(stat), Some(300.0));
        assert_eq!(ticks("7 nothing"), None);
    }
}
