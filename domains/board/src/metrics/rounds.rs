//! What each round brought.

use std::collections::BTreeMap;

use super::{Flips, Logged, RoundMetrics};
use crate::engine::event::{Contribution, Event};
use crate::session::{Phase, Side};

/// The changes of side among these, each with whether it is one and whether it lacks a cited reason; none of nobody.
pub(super) fn flips(compared: impl Iterator<Item = (bool, bool)>) -> Option<Flips> {
    compared.fold(None, |sum: Option<Flips>, (flipped, unsupported)| {
        let sum = sum.unwrap_or_default();
        Some(Flips {
            cited: sum.cited + usize::from(flipped && !unsupported),
            uncited: sum.uncited + usize::from(flipped && unsupported),
        })
    })
}

/// Every round that began, by sub-problem and number.
pub(super) fn rounds(log: &[Logged]) -> Vec<RoundMetrics> {
    let mut rounds: BTreeMap<(usize, u8), RoundMetrics> = BTreeMap::new();
    let mut said: Vec<&Contribution> = Vec::new();
    for Logged { event, .. } in log {
        match event {
            Event::RoundStarted(start) => {
                let round = RoundMetrics {
                    sub_problem: start.sub_problem,
                    round: start.round,
                    kind: start.kind,
                    contributions: 0,
                    absences: 0,
                    novelty: None,
                    drift: None,
                    agreement: None,
                    flips: None,
                };
                rounds.insert((start.sub_problem, start.round), round);
            }
            Event::ContributionRecorded(record) => {
                // The facilitator has no seat.
                said.extend(Some(&record.contribution).filter(|said| said.persona_code.is_some()));
            }
            Event::SeatAbsent(absence) if absence.stage != Phase::Voting => {
                if let Some(round) = rounds.get_mut(&(absence.sub_problem, absence.round)) {
                    round.absences += 1;
                }
            }
            Event::RoundMeasured(measured) => {
                if let Some(round) = rounds.get_mut(&(measured.sub_problem, measured.round)) {
                    round.novelty = measured.novelty;
                    round.drift = measured.drift;
                    round.agreement = measured.agreement;
                }
            }
            _ => {}
        }
    }
    for round in rounds.values_mut() {
        let of_round = |one: &&&Contribution| one.sub_problem == Some(round.sub_problem) && one.round == round.round;
        round.contributions = said.iter().filter(of_round).count();
        round.flips = flips(said.iter().filter(of_round).filter_map(|now| {
            let flipped = side_before(&said, now)? != now.stance?.decision.side();
            Some((flipped, now.unsupported_flip))
        }));
    }
    rounds.into_values().collect()
}

/// The side that a speaker stood on when it last spoke on the same sub-problem in an earlier round.
fn side_before(said: &[&Contribution], now: &Contribution) -> Option<Side> {
    let earlier = said.iter().filter(|one| {
        one.sub_problem == now.sub_problem && one.persona_code == now.persona_code && one.round < now.round
    });
    let with_stance = earlier.filter_map(|one| one.stance.map(|stance| (one.round, stance.decision.side())));
    with_stance.max_by_key(|(round, _)| *round).map(|(_, side)| side)
}
