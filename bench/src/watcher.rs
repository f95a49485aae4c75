//! Reads a live stream to its end and checks it: every sequence once, in order, up to the terminal event (BRD-23).

use anyhow::{Result, bail, ensure};
use chrono::{DateTime, Utc};
use eventsource_stream::Eventsource;
use futures::StreamExt;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use quorate_kernel::{Clock, SystemClock};
use serde::Deserialize;

/// What a watcher keeps of an event.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen<'a> {
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    /// Its place, from 1.
    pub(crate) sequence: u64,
    /// When the server recorded it, to the millisecond, before it was committed.
    pub(crate) timestamp: DateTime<Utc>,
}

impl Seen<'_> {
    /// From its record to now. The two clocks are one, since the server is on this machine; up to a millisecond too
    /// much, because the timestamp is cut to whole ones.
    pub(crate) fn delay_us(&self) -> u64 {
        (SystemClock.now() - self.timestamp).num_microseconds().and_then(|us| us.try_into().ok()).unwrap_or(0)
    }

    fn is_terminal(&self) -> bool {
        matches!(self.kind, "session.completed" | "session.failed" | "session.cancelled")
    }
}

/// Reads to the end of the stream and returns how many events there were.
///
/// Fails when one is missing, repeated or out of order, when the stream ends without a terminal event or goes on
/// after it, and when the session did not complete.
pub(crate) async fn watch(body: Incoming, mut each: impl FnMut(&Seen<'_>)) -> Result<u64> {
    let mut events = body.into_data_stream().eventsource();
    let mut last = 0;
    let mut ended = false;
    while let Some(event) = events.next().await {
        let event = event?;
        let seen: Seen<'_> = serde_json::from_str(&event.data)?;
        ensure!(!ended, "the stream goes on with {} after its end", seen.kind);
        ensure!(seen.sequence == last + 1, "event {} follows event {last}", seen.sequence);
        ensure!(event.id == seen.sequence.to_string(), "event {} has the id {:?}", seen.sequence, event.id);
        last = seen.sequence;
        ended = seen.is_terminal();
        if ended && seen.kind != "session.completed" {
            bail!("the session ended with {}", event.data);
        }
        each(&seen);
    }
    ensure!(ended, "the stream broke off after event {last}");
    Ok(last)
}
