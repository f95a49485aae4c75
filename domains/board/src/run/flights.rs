//! The calls that are under way, within the session's limits of concurrency and cost.

use std::collections::{BTreeMap, VecDeque};

use quorate_kernel::MicroUsd;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, JoinSet};
use uuid::Uuid;

use super::landing;
use super::step::{Landing, Progress, Step, World, heard, prepare};
use crate::engine::event::{Event, Limit, LimitKind};
use crate::engine::{Call, Plan, State};
use crate::error::BoardError;
use crate::session::FailureCode;
use crate::store::NewEvent;

struct Flight {
    handle: AbortHandle,
    /// What it may cost at most; given back when it lands.
    reserved: MicroUsd,
    contribution: Option<Uuid>,
}

/// Everything under way for one session.
pub(crate) struct Flights {
    world: World,
    tasks: JoinSet<(Call, Landing)>,
    aloft: BTreeMap<String, Flight>,
    progress: UnboundedSender<Progress>,
    gathered: VecDeque<Progress>,
}

impl Flights {
    /// Nothing is under way.
    pub(crate) fn new(world: World, progress: UnboundedSender<Progress>) -> Self {
        Self { world, tasks: JoinSet::new(), aloft: BTreeMap::new(), progress, gathered: VecDeque::new() }
    }

    /// Whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.aloft.is_empty()
    }

    /// Gives up what is no longer wanted and starts what is. Returns the events that come with it: seats that begin to
    /// speak, or a limit that was reached.
    pub(crate) fn follow(&mut self, plan: &Plan, state: &State) -> Result<Vec<NewEvent>, BoardError> {
        let wanted: Vec<String> = plan.calls.iter().map(Call::key).collect();
        self.aloft.retain(|key, flight| {
            let keep = wanted.contains(key);
            if !keep {
                flight.handle.abort();
            }
            keep
        });
        let mut events = Vec::new();
        if plan.hold {
            return Ok(events);
        }
        for (call, key) in plan.calls.iter().zip(wanted) {
            if self.aloft.len() >= self.world.config.concurrency.max(1) {
                break;
            }
            if self.aloft.contains_key(&key) {
                continue;
            }
            let mut step = prepare(&self.world, state, call.clone())?;
            let Some(reserved) = self.reserve(state, &mut step) else {
                if !self.aloft.is_empty() {
                    // Those under way hold more than they will have cost; look again when one has landed.
                    break;
                }
                events.extend(out_of_money(&self.world, state, call));
                return Ok(events);
            };
            if let Some(opening) = &step.opening {
                events.push(opening.clone().into());
            }
            self.start(key, step, reserved);
        }
        Ok(events)
    }

    fn start(&mut self, key: String, step: Step, reserved: MicroUsd) {
        let contribution = match &step.opening {
            Some(Event::ContributionStarted(start)) => Some(start.contribution_id),
            _ => None,
        };
        let handle = self.tasks.spawn(step.perform(self.world.clone(), self.progress.clone()));
        self.aloft.insert(key, Flight { handle, reserved, contribution });
    }

    /// What to reserve for the step: with a repair where that can be paid too, else without one, and then none is
    /// made. None when the ceiling does not allow the step (BRD-22). Deliberation leaves enough for the votes and the
    /// report; where the price is unknown there is nothing to reckon with.
    fn reserve(&self, state: &State, step: &mut Step) -> Option<MicroUsd> {
        let Some(estimate) = step.estimate else { return Some(MicroUsd::ZERO) };
        let reserved: MicroUsd = self.aloft.values().map(|flight| flight.reserved).sum();
        let closing = if step.call.closes() { 0 } else { closing_calls(state) };
        let kept = MicroUsd(estimate.once.0.saturating_mul(closing));
        let affords = |cost: MicroUsd| state.spent + reserved + cost + kept <= state.brief.cost_ceiling;
        if affords(estimate.repaired) {
            return Some(estimate.repaired);
        }
        step.forbid_repair();
        affords(estimate.once).then_some(estimate.once)
    }

    /// The next step that lands.
    ///
    /// # Errors
    /// When a step panicked: a fault of the program, to be tried again by the queue and not in a circle here.
    pub(crate) async fn next(&mut self) -> Result<(Call, Landing), BoardError> {
        loop {
            match self.tasks.join_next().await {
                Some(Ok((call, landing))) => {
                    // One that was given up meanwhile may land all the same; its result is no longer wanted.
                    if let Some(flight) = self.aloft.remove(&call.key()) {
                        self.forget(flight.contribution);
                        return Ok((call, landing));
                    }
                }
                Some(Err(error)) if error.is_cancelled() => {}
                Some(Err(error)) => {
                    tracing::error!(%error, "a step of a board session panicked");
                    return Err(BoardError::Broken);
                }
                None => return std::future::pending().await,
            }
        }
    }

    /// Takes what was heard from a step.
    pub(crate) fn heard(&mut self, progress: Progress) {
        if let (Some(Progress::Text { contribution, text, .. }), Progress::Text { contribution: next, text: more, .. }) =
            (self.gathered.iter_mut().rev().find(|earlier| same_voice(earlier, &progress)), &progress)
            && contribution == next
        {
            text.push_str(more);
            return;
        }
        self.gathered.push_back(progress);
    }

    /// What was heard since the last time, as events. Voices that are no longer wanted are left out.
    pub(crate) fn gathered(&mut self) -> Vec<NewEvent> {
        let aloft: Vec<Uuid> = self.aloft.values().filter_map(|flight| flight.contribution).collect();
        let current = |progress: &Progress| match progress {
            Progress::Text { contribution, .. } => aloft.contains(contribution),
            Progress::Started(Event::ContributionStarted(start)) => aloft.contains(&start.contribution_id),
            Progress::Started(_) | Progress::Section(_) => true,
        };
        self.gathered.drain(..).filter(current).map(|progress| heard(progress).into()).collect()
    }

    /// The whole contribution is about to be recorded; its last pieces need not be.
    fn forget(&mut self, contribution: Option<Uuid>) {
        self.gathered.retain(|progress| match progress {
            Progress::Text { contribution: of, .. } => Some(*of) != contribution,
            _ => true,
        });
    }
}

/// Whether the two are of one contribution, so that a restart between two pieces keeps its place.
fn same_voice(one: &Progress, other: &Progress) -> bool {
    let of = |progress: &Progress| match progress {
        Progress::Text { contribution, .. } => Some(*contribution),
        Progress::Started(Event::ContributionStarted(start)) => Some(start.contribution_id),
        Progress::Started(_) | Progress::Section(_) => None,
    };
    of(one).is_some() && of(one) == of(other)
}

/// How many votes and reports are still to come.
fn closing_calls(state: &State) -> i64 {
    let votes: usize = state
        .tracks
        .iter()
        .filter(|track| track.counted.is_none())
        .map(|track| track.seats.len().max(track.sub_problem.seats) + usize::from(state.tracks.len() > 1))
        .sum();
    i64::try_from(votes + 1).unwrap_or(i64::MAX)
}

/// What follows when the ceiling does not allow a call: deliberation ends; a ballot or a report that cannot be paid
/// for is missing, and says so.
fn out_of_money(world: &World, state: &State, call: &Call) -> Vec<NewEvent> {
    match call {
        Call::Baseline => {
            let missing =
                landing::without_baseline(world.strongest(state.brief.route.as_deref()), FailureCode::CostCeiling);
            vec![Event::BaselineRecorded(missing).into()]
        }
        Call::Vote { sub_problem, seat } => {
            state.track(*sub_problem).map(|track| landing::unaffordable(track, seat)).into_iter().collect()
        }
        Call::Synthesize { sub_problem } => landing::unwritten(state, *sub_problem, FailureCode::CostCeiling),
        _ => vec![Event::LimitReached(Limit { limit: LimitKind::Cost }).into()],
    }
}
