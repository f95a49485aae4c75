//! What each phase took, and the whole.

use std::collections::BTreeMap;

use quorate_kernel::MicroUsd;

use super::metered::{consumption, share};
use super::rounds::flips;
use super::times::{between, stage, times};
use super::{Ceiling, Logged, Metered, PhaseMetrics, Stage, TotalMetrics};
use crate::engine::event::{ContributionKind, Event};

/// The phase whose answers led to an event; none of events that no model is asked for.
fn stage_of(event: &Event) -> Option<Stage> {
    Some(match event {
        // The facilitator's questions come of a decision that is an event of its own.
        Event::ClarificationRequested(_) | Event::ClarificationAnswered(_) => Stage::Intake,
        Event::ProblemDecomposed(_) => Stage::Decomposition,
        Event::PersonasSelected(_) => Stage::Selection,
        Event::ContributionRecorded(record) => match record.contribution.kind {
            ContributionKind::Initial => Stage::InitialRound,
            ContributionKind::Response | ContributionKind::Moderator | ContributionKind::Facilitator => {
                Stage::Discussion
            }
        },
        Event::SeatAbsent(absence) => return stage(absence.stage),
        Event::FacilitatorDecided(_) => Stage::Discussion,
        Event::OptionsFormed(_) | Event::VoteRecorded(_) => Stage::Voting,
        Event::SynthesisRecorded(_) => Stage::Synthesis,
        Event::BaselineRecorded(_) => Stage::Baseline,
        _ => return None,
    })
}

/// Whether an event says that something wanted did not come.
fn is_absence(event: &Event) -> bool {
    match event {
        Event::SeatAbsent(_) => true,
        Event::SynthesisRecorded(written) => written.failure.is_some(),
        Event::BaselineRecorded(baseline) => baseline.failure.is_some(),
        _ => false,
    }
}

#[derive(Default)]
struct Part<'l> {
    answers: Vec<&'l Metered>,
    absences: usize,
    elapsed_ms: Option<u64>,
}

/// Every phase that was entered or that answers belong to.
pub(super) fn phases(log: &[Logged]) -> Vec<PhaseMetrics> {
    let mut parts: BTreeMap<Stage, Part<'_>> = BTreeMap::new();
    for (stage, elapsed) in times(log) {
        parts.entry(stage).or_default().elapsed_ms = Some(elapsed);
    }
    for logged in log {
        let absent = is_absence(&logged.event);
        if let Some(stage) = stage_of(&logged.event).filter(|_| absent || !logged.answers.is_empty()) {
            let part = parts.entry(stage).or_default();
            part.answers.extend(&logged.answers);
            part.absences += usize::from(absent);
        }
    }
    let metrics = |(phase, part): (Stage, Part<'_>)| PhaseMetrics {
        phase,
        elapsed_ms: part.elapsed_ms,
        absences: part.absences,
        consumption: consumption(&part.answers),
    };
    parts.into_iter().map(metrics).collect()
}

/// The whole. Answers are counted whatever event they led to, so that none is lost.
pub(super) fn totals(log: &[Logged]) -> TotalMetrics {
    let answers: Vec<&Metered> = log.iter().flat_map(|logged| &logged.answers).collect();
    let began = log.iter().find(|logged| matches!(logged.event, Event::SessionStarted(_)));
    let ended = log.iter().find(|logged| logged.event.is_terminal()).or(log.last());
    let waited = log.iter().filter_map(|logged| match &logged.event {
        Event::DeadlineMoved(waited) => u64::try_from(waited.milliseconds).ok(),
        _ => None,
    });
    let consumption = consumption(&answers);
    TotalMetrics {
        elapsed_ms: began.zip(ended).map(|(began, ended)| between(began.at, ended.at)),
        waited_ms: waited.sum(),
        absences: log.iter().filter(|logged| is_absence(&logged.event)).count(),
        flips_at_vote: flips(log.iter().filter_map(|logged| match &logged.event {
            Event::VoteRecorded(vote) => vote.stance_before.map(|_| (vote.flipped, vote.flip_unsupported)),
            _ => None,
        })),
        ceiling: ceiling(log, consumption.money.is_some_and(|money| money.unpriced == 0)),
        consumption,
    }
}

fn ceiling(log: &[Logged], priced: bool) -> Option<Ceiling> {
    let ceiling = log.iter().find_map(|logged| match &logged.event {
        Event::SessionCreated(brief) => Some(brief.cost_ceiling),
        _ => None,
    })?;
    let counted: MicroUsd = log.iter().map(|logged| logged.counted).sum();
    let part = u64::try_from(counted.0).ok().zip(u64::try_from(ceiling.0).ok());
    Some(Ceiling {
        microusd: ceiling.0,
        counted_microusd: counted.0,
        share: part.filter(|_| priced).and_then(|(counted, ceiling)| share(counted, ceiling)),
    })
}
