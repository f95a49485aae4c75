//! Puts a report together from the state.

use super::{Dissent, Method, OptionReport, Report, RoundReport, SubReport, heading, markdown};
use crate::engine::count::{Tally, pooled};
use crate::engine::event::{OptionCard, Synthesized};
use crate::engine::matrix::matrix;
use crate::engine::{State, Track};
use crate::prompt;
use crate::session::Outcome;

/// The report of a session whose synthesis is `written`.
#[must_use]
pub fn build(state: &State, written: &Synthesized, outcome: Outcome) -> Report {
    let draft = written.draft.clone().unwrap_or_default();
    let seats = state.tracks.iter().map(|track| track.seats.len()).sum();
    let tallies: Vec<&Tally> =
        state.tracks.iter().filter_map(|track| track.counted.as_ref()).map(|counted| &counted.tally).collect();
    let offline_said = state.tracks.iter().flat_map(|track| &track.contributions).any(|said| said.offline);
    let mut report = Report {
        heading: heading(outcome).to_owned(),
        outcome,
        executive_summary: draft.summary,
        recommendation: draft.recommendation,
        key_insights: draft.key_insights,
        vote_distribution: pooled(&tallies, state.tracks.iter().flat_map(|track| &track.votes), seats),
        dissenting_views: state.tracks.iter().flat_map(dissent).collect(),
        conditions: draft.conditions,
        assumptions: draft.assumptions,
        risks: draft.risks,
        open_questions: draft.open_questions,
        next_steps: draft.next_steps,
        absences: state.tracks.iter().flat_map(|track| track.absences.iter().cloned()).collect(),
        sub_problems: state.tracks.iter().map(sub_report).collect(),
        method: Method {
            mode: state.brief.mode,
            models: state.models.iter().cloned().collect(),
            offline_demo: offline_said || state.started.as_ref().is_some_and(|started| started.offline_demo),
            rounds: state.tracks.iter().map(|track| track.rounds.len().saturating_sub(1)).sum(),
            personas: seats,
            calls: state.calls,
            prompt_version: prompt::VERSION.to_owned(),
            decomposed_by: state.decomposed_by,
            unwritten: written.failure,
        },
        full_report: String::new(),
    };
    report.full_report = markdown(&report, &state.brief);
    report
}

fn dissent(track: &Track) -> Vec<Dissent> {
    track
        .dissent()
        .map(|vote| Dissent {
            persona_code: vote.persona_code.clone(),
            persona_name: vote.persona_name.clone(),
            sub_problem: vote.sub_problem,
            decision: vote.decision,
            confidence: vote.confidence,
            view: vote.reasoning.clone(),
        })
        .collect()
}

fn sub_report(track: &Track) -> SubReport {
    let draft = track.report.as_ref().and_then(|report| report.draft.as_ref());
    SubReport {
        index: track.sub_problem.index,
        title: track.sub_problem.title.clone(),
        goal: track.sub_problem.goal.clone(),
        proposal: track.sub_problem.proposal.clone(),
        summary: draft.map(|draft| draft.summary.clone()),
        recommendation: draft.map(|draft| draft.recommendation.clone()),
        vote_distribution: track.counted.as_ref().map(|counted| counted.tally.clone()),
        outcome: track.counted.as_ref().map(|counted| counted.outcome),
        rounds: track
            .rounds
            .iter()
            .filter_map(|round| round.measured.as_ref())
            .map(|m| RoundReport { round: m.round, novelty: m.novelty, drift: m.drift, agreement: m.agreement })
            .collect(),
        stop_reason: track.stop_reason(),
        one_way: track.sub_problem.one_way,
        options: track.options().iter().map(|card| option_report(track, card)).collect(),
        leading_option: track.counted.as_ref().and_then(|counted| counted.leading.clone()),
        matrix: track
            .options
            .as_ref()
            .filter(|formed| !formed.options.is_empty())
            .map(|formed| matrix(formed.sub_problem, &formed.options, &formed.criteria, None)),
    }
}

fn option_report(track: &Track, card: &OptionCard) -> OptionReport {
    let counted = track.counted.as_ref();
    let tally = counted.and_then(|counted| counted.options.iter().find(|one| one.option == card.id));
    OptionReport { card: card.clone(), vote_distribution: tally.map(|one| one.tally.clone()) }
}
