//! What a model's options and the ballots on them become. Nothing is taken over that does not exist: a score for another
//! criterion, a supporter who did not speak, a limit nobody set, a vote on an option that was not laid out.

use super::ask::{Answered, Unanswered};
use super::landing::charged;
use super::variables;
use crate::answer::{DraftOption, DraftVerdict, FormOptions, OptionChoice};
use crate::engine::event::{
    By, ConstraintCheck, CriterionScore, Event, OptionCard, OptionVote, OptionsFormed, Verdict,
};
use crate::engine::{LETTERS, State, Track};
use crate::store::NewEvent;

/// The options of a sub-problem. When none could be had the vote is on the proposal alone.
pub(super) fn options_formed(
    state: &State,
    track: &Track,
    result: Result<Answered<FormOptions>, Unanswered>,
) -> NewEvent {
    let (drafts, decided_by, charge) = match result {
        Ok(answered) => (answered.value.options, By::Model, answered.charge),
        Err(unanswered) => (Vec::new(), By::Rule, unanswered.charge),
    };
    let limits = variables::constraints(state);
    let formed = OptionsFormed {
        sub_problem: track.sub_problem.index,
        options: LETTERS.iter().zip(&drafts).map(|(id, draft)| card(track, &limits, id, draft)).collect(),
        criteria: track.sub_problem.criteria.clone(),
        decided_by,
    };
    charged(Event::OptionsFormed(formed), charge)
}

fn card(track: &Track, limits: &[String], id: &str, draft: &DraftOption) -> OptionCard {
    let score = |criterion: &String| {
        let found = draft.scores.iter().find(|score| same(&score.criterion, criterion));
        CriterionScore { criterion: criterion.clone(), score: found.and_then(|score| score.score) }
    };
    let check = |limit: &String| {
        let found = draft.constraints.iter().find(|check| same(&check.constraint, limit))?;
        let verdict = match found.verdict {
            DraftVerdict::Pass => Verdict::Pass,
            DraftVerdict::Tension => Verdict::Tension,
            DraftVerdict::Violation => Verdict::Violation,
        };
        Some(ConstraintCheck { constraint: limit.clone(), verdict, note: found.note.trim().to_owned() })
    };
    let argued = |seat: &&crate::engine::event::Seat| draft.supporters.contains(&seat.code);
    let trade_offs = draft.trade_offs.iter().map(|text| text.trim().to_owned());
    OptionCard {
        id: id.to_owned(),
        label: draft.label.trim().to_owned(),
        description: draft.description.trim().to_owned(),
        supporters: track.present().filter(argued).map(|seat| seat.code.clone()).collect(),
        trade_offs: trade_offs.filter(|text| !text.is_empty()).collect(),
        risk: draft.risk.trim().to_owned(),
        scores: track.sub_problem.criteria.iter().map(score).collect(),
        constraints: limits.iter().filter_map(check).collect(),
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// The votes on options that were laid out, in their order.
pub(super) fn option_votes(track: &Track, choices: &[OptionChoice]) -> Vec<OptionVote> {
    let of = |card: &OptionCard| {
        let choice = choices.iter().find(|choice| choice.option.trim() == card.id)?;
        Some(OptionVote { option: card.id.clone(), decision: choice.decision.into(), confidence: choice.confidence })
    };
    track.options().iter().filter_map(of).collect()
}
