//! What is measured of each contestant; one table for each.

mod cache;
mod crowd;
mod failover;
mod faults;
mod leave;
mod load;
mod rest;
mod soak;
mod streams;

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use super::contestants::Running;
use super::upstream::Upstream;
use crate::report::Section;

/// Something to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Scenario {
    /// Start-up and idle memory.
    Rest,
    /// 1 kB of prompt at concurrency 64.
    Chat,
    /// 100 kB of prompt at concurrency 16.
    Long,
    /// One request after the other.
    Latency,
    /// A thousand requests a second, whatever happens.
    Rate,
    /// Answers that are cached.
    Cache,
    /// A target that fails.
    Failover,
    /// A hundred streams of a hundred texts as fast as they come.
    Burst,
    /// Streams of a text each 20 ms.
    Paced,
    /// A thousand and ten thousand streams of a text a second.
    Crowd,
    /// Clients that leave.
    Leave,
    /// Thousands of each fault.
    Faults,
    /// A load that goes on.
    Soak,
}

/// What the scenarios share.
pub(crate) struct Setting {
    /// The mock.
    pub(crate) upstream: Upstream,
    /// How long a load lasts.
    pub(crate) time: Duration,
    /// How long the soak lasts.
    pub(crate) soak: Duration,
    /// p50 and p99 without anything in between, in ms, by scenario.
    pub(crate) direct: RefCell<HashMap<Scenario, [f64; 2]>>,
}

impl Setting {
    /// Warm-up and measurement.
    fn times(&self) -> (Duration, Duration) {
        (self.time / 4, self.time)
    }

    /// How much more than without anything in between; notes it for whoever comes after if this is nothing in between.
    fn added(&self, scenario: Scenario, is_direct: bool, figures: [f64; 2]) -> [String; 2] {
        if is_direct {
            self.direct.borrow_mut().insert(scenario, figures);
        }
        match self.direct.borrow().get(&scenario) {
            Some(direct) if !is_direct => [0, 1].map(|n| format!("{:+.3} ms", figures[n] - direct[n])),
            _ => [NONE.to_owned(), NONE.to_owned()],
        }
    }
}

/// Where a contestant has no such figure.
const NONE: &str = "–";

impl Scenario {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 13] = [
        Self::Rest,
        Self::Chat,
        Self::Long,
        Self::Latency,
        Self::Rate,
        Self::Cache,
        Self::Failover,
        Self::Burst,
        Self::Paced,
        Self::Crowd,
        Self::Leave,
        Self::Faults,
        Self::Soak,
    ];

    /// Its table, without rows.
    pub(crate) fn table(self) -> Section {
        match self {
            Self::Rest => rest::table(),
            Self::Chat | Self::Long => load::throughput_table(self == Self::Long),
            Self::Latency | Self::Rate => load::latency_table(self == Self::Rate),
            Self::Cache => cache::table(),
            Self::Failover => failover::table(),
            Self::Burst => streams::burst_table(),
            Self::Paced => streams::paced_table(),
            Self::Crowd => crowd::table(),
            Self::Leave => leave::table(),
            Self::Faults => faults::table(),
            Self::Soak => soak::table(),
        }
    }

    /// The cells of a contestant after its name: none if it does not take part, several rows if there are several cases.
    pub(crate) async fn measure(self, setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
        let rows = match self {
            Self::Rest => rest::measure(who),
            Self::Chat => load::throughput(setting, who, false).await?,
            Self::Long => load::throughput(setting, who, true).await?,
            Self::Latency => load::one_by_one(setting, who).await?,
            Self::Rate => load::at_a_rate(setting, who).await?,
            Self::Cache => cache::measure(setting, who).await?,
            Self::Failover => failover::measure(setting, who).await?,
            Self::Burst => streams::burst(setting, who).await?,
            Self::Paced => streams::paced(setting, who).await?,
            Self::Crowd => crowd::measure(setting, who).await?,
            Self::Leave => leave::measure(setting, who).await?,
            Self::Faults => faults::measure(setting, who).await?,
            Self::Soak => soak::measure(setting, who).await?,
        };
        setting.upstream.quiet().await?;
        Ok(rows)
    }
}

/// µs as ms.
fn ms(micros: u64) -> String {
    format!("{:.2} ms", micros as f64 / 1_000.0)
}

/// A duration as ms.
fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

/// The one in the middle.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
