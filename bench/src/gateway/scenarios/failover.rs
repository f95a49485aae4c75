//! A first target that answers some requests with 500 (GTW-30).

use anyhow::Result;

use super::{Setting, ms};
use crate::gateway::contestants::Running;
use crate::gateway::line::Line;
use crate::gateway::mock::{Act, Behaviour};
use crate::gateway::upstream::{BAD, GOOD};
use crate::gateway::way::Ask;
use crate::report::Section;

/// Failing requests.
const FAILURES: u64 = 40;
/// Good requests before each, so that no gateway takes the target for broken and stops asking it.
const BETWEEN: u64 = 9;

pub(super) fn table() -> Section {
    let columns = ["Gateway", "Failures", "Fail-overs", "Answered", "Asked the failing one again", "p50", "Most"];
    let mut section = Section::new("Fail-over to the next target", &columns);
    section.note(format!(
        "From the moment the first target has written its 500 to the arrival of the request at the second, as the mock \
         sees it. Of {} requests, one after the other, every tenth fails at the first target. Required of Quorate: at \
         most 5 ms (GTW-30).",
        FAILURES * (BETWEEN + 1)
    ));
    section
}

pub(super) async fn measure(setting: &Setting, who: &Running) -> Result<Vec<Vec<String>>> {
    let Some(way) = &who.failover else { return Ok(Vec::new()) };
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    let failing = Behaviour { act: Act::Unavailable, only_marked: true, ..Behaviour::default() };
    setting.upstream.set(BAD, &failing).await?;
    let mut line = Line::open(way).await?;
    setting.upstream.reset().await?;
    let mut answered = 0;
    for n in 0..FAILURES {
        for m in 0..BETWEEN {
            line.ask(way.body(&Ask { number: Some(n * 100 + m), ..Ask::SHORT })).await?;
        }
        let marked = way.body(&Ask { marked: true, number: Some(n), ..Ask::SHORT });
        if line.ask(marked).await.is_ok() {
            answered += 1;
        } else {
            line = Line::open(way).await?;
        }
    }
    let stats = setting.upstream.stats().await?;
    let mut times = stats.failovers_us;
    times.sort_unstable();
    let show = |time: Option<&u64>| time.map_or_else(|| super::NONE.to_owned(), |&time| ms(time));
    Ok(vec![vec![
        FAILURES.to_string(),
        times.len().to_string(),
        answered.to_string(),
        stats.asked_again.to_string(),
        show(times.get(times.len() / 2)),
        show(times.last()),
    ]])
}
