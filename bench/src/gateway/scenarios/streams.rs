//! Streams as fast as they come, and paced like a model (GTW-31).

use std::time::Duration;

use anyhow::{Result, bail};

use super::{Setting, median, millis, ms};
use crate::gateway::contestants::Running;
use crate::gateway::load::streams::{Streams, at_once};
use crate::gateway::mock::Behaviour;
use crate::gateway::upstream::GOOD;
use crate::memory::mib;
use crate::report::Section;

/// Streams, and texts in each.
const BURST: (usize, usize) = (100, 100);
/// Bursts that are measured, after one that is not.
const BURSTS: usize = 11;
/// Streams, and texts in each, paced.
const PACED: (usize, usize) = (20, 150);
/// Between two texts.
const PACE: Duration = Duration::from_millis(20);
/// More than that is a stall.
const STALL: u64 = 25_000;

pub(super) fn burst_table() -> Section {
    let columns = ["Gateway", "Median", "Least", "Most", "CPU per event", "RSS at most"];
    let mut section = Section::new("100 streams of 100 texts as a burst", &columns);
    section.note(format!(
        "From the moment all streams are asked for, over connections that stand, to the end of the last; {BURSTS} times. \
         The upstream writes each event by itself. That no text is missing, doubled or out of order and that each stream \
         ends with [DONE] is checked. Required of Quorate: at most 100 ms (GTW-31)."
    ));
    section
}

pub(super) async fn burst(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    let (streams, texts) = BURST;
    setting.upstream.set(GOOD, &Behaviour { chunks: texts, ..Behaviour::default() }).await?;
    faultless(&at_once(&who.chat, who.server, streams, texts).await?)?;
    let before = who.server.processor()?;
    let (mut times, mut most) = (Vec::new(), 0);
    for _ in 0..BURSTS {
        let done = at_once(&who.chat, who.server, streams, texts).await?;
        faultless(&done)?;
        times.push(done.lasted);
        most = most.max(done.most);
    }
    let processor = who.server.processor()?.saturating_sub(before);
    let events = (BURSTS * streams * texts) as f64;
    let [least, greatest] =
        [times.iter().min(), times.iter().max()].map(|time| millis(time.copied().unwrap_or_default()));
    Ok(vec![vec![
        millis(median(times)),
        least,
        greatest,
        format!("{:.1} µs", processor.as_secs_f64() * 1e6 / events),
        mib(most),
    ]])
}

pub(super) fn paced_table() -> Section {
    let columns = ["Gateway", "Gap p50", "p99", "p99.9", "Most", "Over 25 ms", "Gaps"];
    let mut section = Section::new("Streams of a text every 20 ms", &columns);
    section.note(format!(
        "{} streams of {} texts at once. The gap is between the arrivals of two texts of one stream; the beat of the mock \
         and of the generator is in it, and \"direct\" shows how much that is. Required of Quorate: none over 25 ms \
         (GTW-31).",
        PACED.0, PACED.1
    ));
    section
}

pub(super) async fn paced(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    let (streams, texts) = PACED;
    let pace_us = u64::try_from(PACE.as_micros())?;
    setting.upstream.set(GOOD, &Behaviour { chunks: texts, pace_us, ..Behaviour::default() }).await?;
    let done = at_once(&who.chat, who.server, streams, texts).await?;
    faultless(&done)?;
    let gaps = done.gaps;
    Ok(vec![vec![
        ms(gaps.value_at_quantile(0.5)),
        ms(gaps.value_at_quantile(0.99)),
        ms(gaps.value_at_quantile(0.999)),
        ms(gaps.max()),
        gaps.count_between(STALL + 1, gaps.max().max(STALL + 1)).to_string(),
        gaps.len().to_string(),
    ]])
}

/// A burst that is not whole is no figure.
fn faultless(streams: &Streams) -> Result<()> {
    match &streams.faults {
        (0, _) => Ok(()),
        (count, fault) => bail!("{count} streams were broken: {}", fault.as_deref().unwrap_or("unknown")),
    }
}
