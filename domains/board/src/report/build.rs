//! Puts a report together from the state.

use super::claims::Evidence;
use super::{
    BaselineComparison, BaselineReport, Dissent, Method, OptionReport, Report, RoundReport, SideChange, SubReport,
    UnsourcedFigure, heading, markdown,
};
use crate::engine::count::{Tally, pooled};
use crate::engine::event::{Baseline, BaselineDecision, OptionCard, Synthesized, Vote};
use crate::engine::matrix::matrix;
use crate::engine::{State, Track};
use crate::prompt;
use crate::session::{Outcome, Side};

/// The report of a session whose synthesis is `written`.
#[must_use]
pub fn build(state: &State, written: &Synthesized, outcome: Outcome) -> Report {
    let draft = written.draft.clone().unwrap_or_default();
    let evidence = Evidence::of(state);
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
        pre_mortem: draft.pre_mortem,
        claims: draft.claims.iter().map(|claim| evidence.claim(claim)).collect(),
        unsourced_figures: Vec::new(),
        baseline: state.baseline.as_ref().map(|baseline| compared(state, baseline)),
        sources: state.sources().cloned().collect(),
        flips: state.tracks.iter().flat_map(|track| &track.votes).filter_map(side_change).collect(),
        open_questions: draft.open_questions,
        next_steps: draft.next_steps,
        absences: state.tracks.iter().flat_map(|track| track.absences.iter().cloned()).collect(),
        sub_problems: state.tracks.iter().map(sub_report).collect(),
        method: Method {
            mode: state.brief.mode,
            models: state.models.iter().cloned().collect(),
            offline_demo: offline_said || state.started.as_ref().is_some_and(|started| started.offline_demo),
            rounds: state.tracks.iter().map(|track| track.rounds.len().saturating_sub(track.initial_rounds())).sum(),
            personas: seats,
            calls: state.calls,
            prompt_version: prompt::VERSION.to_owned(),
            decomposed_by: state.decomposed_by,
            unwritten: written.failure,
        },
        full_report: String::new(),
    };
    report.unsourced_figures = unsourced(&evidence, &report);
    report.full_report = markdown(&report, &state.brief);
    report
}

/// Holds the single model's decisions against the board's results, by rule: on which side of each proposal they are.
fn compared(state: &State, baseline: &Baseline) -> BaselineReport {
    let compare = |one: &BaselineDecision| {
        let result = state.track(one.sub_problem).and_then(|track| track.counted.as_ref());
        let result = result.filter(|counted| counted.tally.quorum && counted.outcome != Outcome::Deadlock);
        let carried = result.map(|counted| counted.tally.carried);
        let alone = match one.decision.side() {
            Side::For => Some(true),
            Side::Against => Some(false),
            Side::Neither => None,
        };
        let changed = alone.zip(carried).map(|(alone, board)| alone != board);
        BaselineComparison { single: one.clone(), board_carried: carried, changed }
    };
    BaselineReport {
        model: baseline.model.clone(),
        answer: baseline.answer.clone(),
        comparisons: baseline.decisions.iter().map(compare).collect(),
        failure: baseline.failure,
    }
}

/// Looks through what the model wrote about the case. Next steps are plans: their dates and amounts claim nothing.
fn unsourced(evidence: &Evidence, report: &Report) -> Vec<UnsourcedFigure> {
    let texts = [("executive_summary", &report.executive_summary), ("recommendation", &report.recommendation)];
    let lists = [
        ("key_insights", &report.key_insights),
        ("conditions", &report.conditions),
        ("assumptions", &report.assumptions),
        ("risks", &report.risks),
    ];
    let lists = lists.into_iter().flat_map(|(section, items)| items.iter().map(move |item| (section, item)));
    texts.into_iter().chain(lists).flat_map(|(section, text)| evidence.unsourced(section, text)).collect()
}

fn side_change(vote: &Vote) -> Option<SideChange> {
    let from = vote.stance_before.filter(|_| vote.flipped)?.decision;
    Some(SideChange {
        persona_code: vote.persona_code.clone(),
        persona_name: vote.persona_name.clone(),
        sub_problem: vote.sub_problem,
        from,
        to: vote.decision,
        reason: vote.flip_reason.clone(),
        unsupported: vote.flip_unsupported,
    })
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
