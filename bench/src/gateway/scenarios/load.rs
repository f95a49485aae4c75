//! Whole answers: how many, for how much processor time, and how late (GTW-30).

use anyhow::Result;
use hdrhistogram::Histogram;

use super::{Scenario, Setting, ms};
use crate::gateway::contestants::Running;
use crate::gateway::load::closed::closed_loop;
use crate::gateway::load::paced::open_loop;
use crate::gateway::mock::Behaviour;
use crate::gateway::upstream::GOOD;
use crate::gateway::way::Ask;
use crate::memory::mib;
use crate::report::Section;

/// Requests a second of the open loop.
const RATE: u32 = 1_000;
/// Connections of the open loop: as many may wait at once.
const WAITING: usize = 128;

pub(super) fn throughput_table(long: bool) -> Section {
    let columns = ["Gateway", "Requests/s", "CPU per request", "p50", "p99", "Most", "RSS at the end"];
    let (title, note) = if long {
        (
            "Prompts of 100 kB, 16 connections, gateway on one core",
            "As above. Required of Quorate: at least 5,000 requests a second (GTW-30).",
        )
    } else {
        (
            "Prompts of 1 kB, 64 connections, gateway on one core",
            "A closed loop. CPU per request is the processor time (user and system) of all processes of the gateway; \
             for \"direct\" it is the mock's. Generator and mock share the other core, and where a gateway is cheap it \
             is they who set the number of requests: the processor time is the figure to compare. Required of Quorate: \
             at most 65 µs and at least 15,000 requests a second (GTW-30).",
        )
    };
    let mut section = Section::new(title, &columns);
    section.note(note);
    section
}

pub(super) async fn throughput(setting: &Setting, who: &Running, long: bool) -> Result<Vec<Vec<String>>> {
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    let (ask, connections) = if long { (Ask::LONG, 16) } else { (Ask::SHORT, 64) };
    let load = closed_loop(&who.chat, who.server, ask, connections, setting.times()).await?;
    Ok(vec![vec![
        format!("{:.0}", load.rate()),
        format!("{:.1} µs", load.per_request()),
        ms(load.times.value_at_quantile(0.5)),
        ms(load.times.value_at_quantile(0.99)),
        ms(load.times.max()),
        mib(load.resident),
    ]])
}

pub(super) fn latency_table(rate: bool) -> Section {
    let columns = ["Gateway", "p50", "p99", "Most", "p50 over direct", "p99 over direct"];
    let (title, note) = if rate {
        (
            "1,000 requests a second, open loop",
            "Counted from the moment a request should have left, so that a stall is charged to all that had to wait. A \
             gateway that cannot keep up shows the length of its queue. Required of Quorate: p99 at most 1 ms (GTW-30).",
        )
    } else {
        (
            "One request after the other",
            "One connection, prompts of 1 kB, an upstream that answers at once. Required of Quorate: 0.10 ms at p50 and \
             0.30 ms at p99 over direct (GTW-30).",
        )
    };
    let mut section = Section::new(title, &columns);
    section.note(note);
    section
}

pub(super) async fn one_by_one(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    let load = closed_loop(&who.chat, who.server, Ask::SHORT, 1, setting.times()).await?;
    Ok(vec![latencies(setting, Scenario::Latency, who, &load.times)])
}

pub(super) async fn at_a_rate(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    open_loop(&who.chat, Ask::SHORT, WAITING, RATE / 10, setting.times().0).await?;
    let times = open_loop(&who.chat, Ask::SHORT, WAITING, RATE, setting.time).await?;
    Ok(vec![latencies(setting, Scenario::Rate, who, &times)])
}

fn latencies(setting: &Setting, scenario: Scenario, who: &Running, times: &Histogram<u64>) -> Vec<String> {
    let figures = [0.5, 0.99].map(|quantile| times.value_at_quantile(quantile) as f64 / 1_000.0);
    let [p50, p99] = setting.added(scenario, who.is_direct(), figures);
    vec![format!("{:.3} ms", figures[0]), format!("{:.3} ms", figures[1]), ms(times.max()), p50, p99]
}
