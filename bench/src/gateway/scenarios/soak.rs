//! A load that goes on: whether memory does not (GTW-33).

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{Setting, ms};
use crate::gateway::contestants::Running;
use crate::gateway::load::closed::closed_loop;
use crate::gateway::mock::Behaviour;
use crate::gateway::upstream::GOOD;
use crate::gateway::way::Ask;
use crate::memory::mib;
use crate::report::Section;

/// Connections: whole answers.
const CONNECTIONS: usize = 16;
/// Between two looks at the memory.
const SAMPLE: Duration = Duration::from_secs(1);

pub(super) fn table() -> Section {
    let columns = ["Gateway", "Lasted", "Requests", "p99", "RSS at the start", "RSS at the end", "Growth, second half"];
    let mut section = Section::new("A load that goes on", &columns);
    section.note(format!(
        "{CONNECTIONS} connections in a closed loop, prompts of 1 kB. Growth: the slope of a straight line through the \
         RSS of each second of the second half. Required of Quorate: flat in an hour (GTW-33; `--soak 3600`)."
    ));
    section
}

pub(super) async fn measure(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    if setting.soak.is_zero() {
        return Ok(Vec::new());
    }
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    let warm_up = Duration::from_secs(2).min(setting.soak / 4);
    let begun = Instant::now();
    let members = who.server.members()?;
    let watch = async {
        let mut samples = Vec::new();
        loop {
            tokio::time::sleep(SAMPLE).await;
            samples.push((begun.elapsed().as_secs_f64(), members.resident() as f64));
            if begun.elapsed() >= setting.soak {
                return samples;
            }
        }
    };
    let load = closed_loop(&who.chat, who.server, Ask::SHORT, CONNECTIONS, (warm_up, setting.soak));
    let (load, samples) = tokio::join!(load, watch);
    let load = load?;
    let first = samples.first().context("the soak is too short to look at the memory")?.1;
    let late = &samples[samples.len() / 2..];
    Ok(vec![vec![
        format!("{:.0} s", load.lasted.as_secs_f64()),
        load.times.len().to_string(),
        ms(load.times.value_at_quantile(0.99)),
        mib(first as u64),
        mib(load.resident),
        format!("{:+.0} KiB a minute", slope(late) * 60.0),
    ]])
}

/// The slope of the straight line with the least squares; 0 of fewer than two points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len().max(1) as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let both = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>();
    let spread = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
    if spread > 0.0 { both / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_the_slope_of_what_was_seen() {
        let line: Vec<(f64, f64)> = (0..10).map(|x| (f64::from(x), 100.0 + 3.0 * f64::from(x))).collect();
        assert!((slope(&line) - 3.0).abs() < 1e-9);
        assert!(slope(&[(0.0, 5.0), (1.0, 7.0), (2.0, 5.0)]).abs() < 1e-9);
        assert!(slope(&[(1.0, 5.0)]).abs() < 1e-9);
    }
}
