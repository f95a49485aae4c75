//! An open loop: requests leave at fixed moments, whether or not earlier ones are answered. A time is counted from the
//! moment a request should have left, so that a server that stalls is charged for all that had to wait (no
//! "coordinated omission").

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::note;
use crate::gateway::line::Line;
use crate::gateway::way::{Ask, Way};
use crate::load::histogram;

/// Sends `rate` requests a second for `time`, over as many connections as there are waiting at most.
pub(crate) async fn open_loop(
    way: &Way,
    ask: Ask,
    connections: usize,
    rate: u32,
    time: Duration,
) -> Result<Histogram<u64>> {
    let body = way.body(&ask);
    let lines = Line::open_many(way, connections).await?;
    let (sender, receiver) = mpsc::unbounded_channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let mut tasks = JoinSet::new();
    for mut line in lines {
        let (body, receiver) = (body.clone(), Arc::clone(&receiver));
        tasks.spawn(async move {
            let mut times = histogram()?;
            loop {
                // Whoever is free takes the next; the lock is given up before the request is made.
                let due: Option<Instant> = receiver.lock().await.recv().await;
                let Some(due) = due else { return anyhow::Ok(times) };
                line.ask(body.clone()).await?;
                note(&mut times, due);
            }
        });
    }
    // tokio's timers are exact to a millisecond, which is as long as what is measured here: a thread of its own keeps
    // the beat.
    let beat = std::thread::spawn(move || keep_time(&sender, rate, time));
    let mut times = histogram()?;
    while let Some(done) = tasks.join_next().await {
        times.add(&done.context("a connection's task broke")??)?;
    }
    beat.join().map_err(|_| anyhow::anyhow!("the thread that keeps the beat broke"))?;
    Ok(times)
}

/// Sends each moment when it has come.
#[expect(clippy::disallowed_methods, reason = "a thread of its own, on which no executor runs")]
fn keep_time(moments: &mpsc::UnboundedSender<Instant>, rate: u32, time: Duration) {
    let begun = Instant::now();
    let beat = Duration::from_secs(1) / rate.max(1);
    let mut due = begun;
    while due < begun + time {
        if let Some(wait) = due.checked_duration_since(Instant::now()) {
            std::thread::sleep(wait);
        }
        if moments.send(due).is_err() {
            return;
        }
        due += beat;
    }
}
