//! A thousand streams and ten thousand, an event a second each (GTW-31, GTW-33).

use std::time::Duration;

use anyhow::Result;

use super::{Setting, ms};
use crate::gateway::contestants::Running;
use crate::gateway::load::closed::closed_loop;
use crate::gateway::load::streams::one_by_one;
use crate::gateway::mock::Behaviour;
use crate::gateway::upstream::GOOD;
use crate::gateway::way::Ask;
use crate::memory::mib;
use crate::report::Section;

/// How many streams.
const CROWDS: [usize; 2] = [1_000, 10_000];
/// Between two texts of a stream.
const PACE: Duration = Duration::from_secs(1);
/// Texts of a stream after all can be open.
const TEXTS: usize = 20;
/// Files a server has open beside its streams, at most.
const SPARE: usize = 200;
/// Opening may take that much processor time; a gateway that needs more is not asked.
const OPENING: Duration = Duration::from_secs(20);

pub(super) fn table() -> Section {
    let columns =
        ["Gateway", "Streams", "All open after", "RSS before", "RSS at most", "Gap p50", "p99", "Most", "Broken"];
    let mut section = Section::new("Many streams of a text a second", &columns);
    section.note(format!(
        "Each stream on connections of its own, 64 being opened at a time, {TEXTS} texts or more. Broken: with a text \
         missing, doubled or out of order, or without [DONE]. A proxy needs two files for a stream: where the system \
         allows too few for 10,000, as many are opened as it does. A gateway that would need more than {} s of processor \
         time to open them is left out. Required of Quorate: at most 150 MiB at 1,000 and 1 GiB at 10,000, none broken \
         (GTW-31, GTW-33).",
        OPENING.as_secs()
    ));
    section
}

pub(super) async fn measure(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    let second = Duration::from_secs(1);
    let each = closed_loop(&who.chat, who.server, Ask::SHORT, 8, (second / 4, second)).await?.per_request() / 1e6;
    let mut rows = Vec::new();
    for streams in CROWDS {
        let streams = streams.min(allowed());
        let opening = each * streams as f64;
        if opening > OPENING.as_secs_f64() {
            continue;
        }
        // Everybody is still there when the last one comes, however slowly they are let in.
        let texts = TEXTS + (opening * 2.0).ceil() as usize;
        let pace_us = u64::try_from(PACE.as_micros())?;
        setting.upstream.set(GOOD, &Behaviour { chunks: texts, pace_us, ..Behaviour::default() }).await?;
        let before = who.server.resident()?;
        let done = one_by_one(&who.chat, who.server, streams, texts).await?;
        let broken = match done.faults {
            (0, _) => "0".to_owned(),
            (count, fault) => format!("{count} ({})", fault.unwrap_or_default()),
        };
        rows.push(vec![
            streams.to_string(),
            format!("{:.2} s", done.all_open.as_secs_f64()),
            mib(before),
            mib(done.most),
            ms(done.gaps.value_at_quantile(0.5)),
            ms(done.gaps.value_at_quantile(0.99)),
            ms(done.gaps.max()),
            broken,
        ]);
    }
    Ok(rows)
}

/// How many streams a server may hold with the files that this process and its children may open.
fn allowed() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    files(&limits).map_or(usize::MAX, |files| files.saturating_sub(SPARE) / 2)
}

fn files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_files_is_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max open files            20000                20000                files\n";
        assert_eq!(files(limits), Some(20_000));
        assert_eq!(files("Max open files            unlimited            unlimited            files\n"), None);
    }
}
