//! How long a session was in each phase, by the times of its events.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Logged, Stage};
use crate::engine::event::Event;
use crate::session::Phase;

type Time = DateTime<Utc>;

/// The phase that steps of the course belong to; none for the end.
pub(super) const fn stage(phase: Phase) -> Option<Stage> {
    Some(match phase {
        Phase::Intake => Stage::Intake,
        Phase::Decomposition => Stage::Decomposition,
        Phase::Selection => Stage::Selection,
        Phase::InitialRound => Stage::InitialRound,
        Phase::Discussion => Stage::Discussion,
        Phase::Voting => Stage::Voting,
        Phase::Synthesis => Stage::Synthesis,
        Phase::Complete => return None,
    })
}

/// The session as a whole (no sub-problem) and each sub-problem go through phases of their own.
#[derive(Default)]
struct Lanes {
    open: BTreeMap<Option<usize>, (Stage, Time)>,
    spans: BTreeMap<Stage, Vec<(Time, Time)>>,
}

impl Lanes {
    fn enter(&mut self, lane: Option<usize>, phase: Phase, at: Time) {
        self.leave(lane, at);
        if let Some(stage) = stage(phase) {
            self.open.insert(lane, (stage, at));
        }
    }

    fn leave(&mut self, lane: Option<usize>, at: Time) {
        if let Some((stage, from)) = self.open.remove(&lane) {
            self.spans.entry(stage).or_default().push((from, at));
        }
    }

    fn leave_all(&mut self, at: Time) {
        let lanes: Vec<_> = self.open.keys().copied().collect();
        for lane in lanes {
            self.leave(lane, at);
        }
    }
}

/// The time in each phase that was entered, in milliseconds. What several sub-problems spent in it at the same time
/// counts once.
pub(super) fn times(log: &[Logged]) -> BTreeMap<Stage, u64> {
    let mut lanes = Lanes::default();
    for Logged { event, at, .. } in log {
        match event {
            Event::PhaseChanged(change) => lanes.enter(change.sub_problem, change.phase, *at),
            Event::ProblemDecomposed(_) => lanes.leave(None, *at),
            Event::VotesCounted(counted) => lanes.leave(Some(counted.sub_problem), *at),
            Event::SynthesisRecorded(written) => lanes.leave(written.sub_problem, *at),
            event if event.is_terminal() => lanes.leave_all(*at),
            _ => {}
        }
    }
    if let Some(newest) = log.last() {
        lanes.leave_all(newest.at);
    }
    lanes.spans.into_iter().map(|(stage, spans)| (stage, covered(spans))).collect()
}

/// The time that lies in any of these spans.
fn covered(mut spans: Vec<(Time, Time)>) -> u64 {
    spans.sort_unstable();
    let mut all = 0;
    let mut reached: Option<Time> = None;
    for (from, to) in spans {
        let from = reached.map_or(from, |reached| reached.max(from));
        all += between(from, to);
        reached = Some(reached.map_or(to, |reached| reached.max(to)));
    }
    all
}

/// Milliseconds from one time to a later one; none when clocks of several nodes say that it was earlier.
pub(super) fn between(from: Time, to: Time) -> u64 {
    u64::try_from((to - from).num_milliseconds()).unwrap_or_default()
}
