//! Answers that are in the gateway's cache (GTW-12, GTW-30).

use anyhow::{Result, ensure};

use super::{Setting, ms};
use crate::gateway::contestants::Running;
use crate::gateway::load::closed::closed_loop;
use crate::gateway::mock::Behaviour;
use crate::gateway::upstream::GOOD;
use crate::gateway::way::Ask;
use crate::report::Section;

pub(super) fn table() -> Section {
    let columns = ["Gateway", "p50", "p99", "Most", "Requests/s", "CPU per request"];
    let mut section = Section::new("Cache hits, one after the other", &columns);
    section.note(
        "The same request over one connection, after one that filled the cache; that none reached the upstream is \
         checked. Required of Quorate: at most 0.2 ms (GTW-30).",
    );
    section
}

pub(super) async fn measure(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    let Some(way) = &who.cached else { return Ok(Vec::new()) };
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    let ask = Ask { number: Some(1), ..Ask::SHORT };
    setting.upstream.reset().await?;
    let load = closed_loop(way, who.server, ask, 1, setting.times()).await?;
    let asked = setting.upstream.stats().await?.requests;
    ensure!(asked <= 1, "{asked} of {} requests reached the upstream", load.times.len());
    Ok(vec![vec![
        ms(load.times.value_at_quantile(0.5)),
        ms(load.times.value_at_quantile(0.99)),
        ms(load.times.max()),
        format!("{:.0}", load.rate()),
        format!("{:.1} µs", load.per_request()),
    ]])
}
