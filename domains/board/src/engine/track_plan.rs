//! What should happen next on one sub-problem.

use chrono::{DateTime, Utc};

use super::count::{Rule, Tally, count, count_options, leading};
use super::event::{
    Asked, By, ContributionKind, Counted, Event, Facilitated, Form, LimitKind, PhaseChange, RoundKind, RoundStart,
    Seat, Selected, StopReason, VotingStart,
};
use super::plan::{Call, Plan, Rules, is_done, needs_report};
use super::state::{Round, State, Track};
use super::stop::{Course, RoundFacts, stop};
use crate::answer::Action;
use crate::persona::Part;
use crate::session::{Outcome, Phase, Question, derived_id};

/// What either side needs to break a deadlock at the vote.
const CLEAR: f64 = 0.75;

pub(super) fn plan_track(state: &State, track: &Track, rules: &Rules, now: DateTime<Utc>, plan: &mut Plan) {
    if is_done(state, track) {
        return;
    }
    let index = track.sub_problem.index;
    let ready = track.sub_problem.depends_on.iter().all(|other| state.track(*other).is_none_or(|t| is_done(state, t)));
    if !ready {
        return;
    }
    if track.seats.is_empty() {
        announce(track, Phase::Selection, plan);
        plan.calls.push(Call::Select { sub_problem: index });
    } else if track.voting.is_some() {
        vote(state, track, plan);
    } else if let Some(round) = track.rounds.last() {
        discuss(state, track, round, rules, now, plan);
    } else {
        announce(track, Phase::InitialRound, plan);
        plan.event(Event::RoundStarted(RoundStart {
            sub_problem: index,
            round: 0,
            kind: RoundKind::Initial,
            action: Action::Continue,
            direction: None,
            lead: None,
            target: None,
            speakers: track.seats.iter().map(|seat| seat.code.clone()).collect(),
        }));
    }
}

fn announce(track: &Track, phase: Phase, plan: &mut Plan) {
    if track.phase != Some(phase) {
        plan.event(Event::PhaseChanged(PhaseChange { phase, sub_problem: Some(track.sub_problem.index) }));
    }
}

fn discuss(state: &State, track: &Track, round: &Round, rules: &Rules, now: DateTime<Utc>, plan: &mut Plan) {
    let index = track.sub_problem.index;
    if let Some(limit) = state.limit {
        // Whoever has not spoken yet does not speak any more; the vote is on what there is.
        let reason = if limit == LimitKind::Cost { StopReason::CostLimit } else { StopReason::TimeLimit };
        open_vote(track, reason, plan);
        return;
    }
    let waiting = speakers(track, &round.start);
    if !waiting.is_empty() {
        plan.calls.extend(waiting);
        return;
    }
    if round.measured.is_none() {
        plan.calls.push(Call::Measure { sub_problem: index, round: round.start.round });
        return;
    }
    let facts = track.facts();
    if !track.reserve.is_empty() {
        let all_here = track.present().count() == track.seats.len();
        if all_here && facts.last().is_some_and(RoundFacts::agrees) {
            close_discussion(track, StopReason::Converged, plan);
        } else {
            call_in(track, round, plan);
        }
        return;
    }
    let course = Course {
        mode: state.brief.mode,
        max_rounds: track.round_limit(&state.brief),
        initial: track.initial_rounds(),
        rounds: &facts,
        voices: track.present().count(),
        limit: state.limit,
    };
    if let Some(reason) = stop(&course) {
        close_discussion(track, reason, plan);
        return;
    }
    let Some(facilitated) = &track.facilitated else {
        announce(track, Phase::Discussion, plan);
        plan.calls.push(Call::Facilitate { sub_problem: index, round: round.start.round });
        return;
    };
    match facilitated.action {
        Action::Vote => close_discussion(track, StopReason::Facilitator, plan),
        Action::AskUser if track.asked_after != Some(round.start.round) => {
            // Another sub-problem's question may be open; then this one waits its turn.
            if state.asked.is_none() {
                plan.event(Event::ClarificationRequested(ask(state, track, facilitated, rules, now)));
            }
        }
        Action::AskUser if state.asked.is_some() => {}
        Action::Research if state.researched(index, round.start.round).is_none() => {
            let question = facilitated.question.clone().unwrap_or_else(|| facilitated.reason.clone());
            plan.calls.push(Call::Research { sub_problem: index, round: round.start.round, question });
        }
        _ => plan.event(Event::RoundStarted(next_round(track, round, facilitated, rules))),
    }
}

/// The first two disagree, or one is missing: the rest of the board takes its seats and answers as blind as they did.
fn call_in(track: &Track, last: &Round, plan: &mut Plan) {
    let sub_problem = track.sub_problem.index;
    let seats = track.seats.iter().chain(&track.reserve).cloned().collect();
    plan.event(Event::PersonasSelected(Selected { sub_problem, seats, reserve: Vec::new(), decided_by: By::Rule }));
    plan.event(Event::RoundStarted(RoundStart {
        sub_problem,
        round: last.start.round + 1,
        kind: RoundKind::Initial,
        action: Action::Continue,
        direction: None,
        lead: None,
        target: None,
        speakers: track.reserve.iter().map(|seat| seat.code.clone()).collect(),
    }));
}

/// The speakers of a round who have yet to speak. A lead speaks first, alone.
fn speakers(track: &Track, start: &RoundStart) -> Vec<Call> {
    let call = |seat: &Seat, seq: usize, kind: ContributionKind| Call::Contribute {
        sub_problem: start.sub_problem,
        round: start.round,
        seat: Box::new(seat.clone()),
        seq,
        kind,
    };
    if let Some(lead) = &start.lead
        && !track.is_settled(start.round, &lead.code)
    {
        let outside = track.seats.iter().all(|seat| seat.code != lead.code);
        let kind = if outside { ContributionKind::Moderator } else { ContributionKind::Response };
        return vec![call(lead, 0, kind)];
    }
    let kind = match start.kind {
        RoundKind::Initial => ContributionKind::Initial,
        RoundKind::Discussion => ContributionKind::Response,
    };
    track
        .seats
        .iter()
        .enumerate()
        .filter(|(_, seat)| start.speakers.contains(&seat.code) && !track.is_settled(start.round, &seat.code))
        .map(|(place, seat)| call(seat, place + 1, kind))
        .collect()
}

fn ask(state: &State, track: &Track, facilitated: &Facilitated, rules: &Rules, now: DateTime<Utc>) -> Asked {
    let index = track.sub_problem.index;
    let question = facilitated.question.clone().unwrap_or_else(|| facilitated.reason.clone());
    let id = derived_id(state.id, &format!("question/{index}/{}", facilitated.round)).to_string();
    let wait = chrono::Duration::from_std(rules.clarification_timeout).unwrap_or(chrono::Duration::MAX);
    Asked {
        questions: vec![Question { id, question, why: facilitated.reason.clone() }],
        deadline: now.checked_add_signed(wait).unwrap_or(now),
        sub_problem: Some(index),
    }
}

fn next_round(track: &Track, last: &Round, facilitated: &Facilitated, rules: &Rules) -> RoundStart {
    let present: Vec<&Seat> = track.present().collect();
    let everyone = || present.iter().map(|seat| seat.code.clone()).collect::<Vec<_>>();
    let named = |code: &String| present.iter().any(|seat| seat.code == *code);
    let chosen: Vec<String> = facilitated.speakers.iter().filter(|code| named(code)).cloned().collect();
    let (lead, speakers) = match facilitated.action {
        Action::Challenge => {
            let lead = chosen.first().and_then(|code| present.iter().find(|seat| seat.code == *code));
            let rest = everyone().into_iter().filter(|code| lead.is_none_or(|lead| lead.code != *code)).collect();
            (lead.map(|seat| (*seat).clone()), rest)
        }
        Action::Moderate => (moderator(track, last, facilitated.voice, rules), everyone()),
        Action::Continue | Action::Research | Action::AskUser | Action::Vote => {
            (None, if chosen.is_empty() { everyone() } else { chosen })
        }
    };
    let asked = facilitated.action == Action::AskUser;
    RoundStart {
        sub_problem: track.sub_problem.index,
        round: last.start.round + 1,
        kind: RoundKind::Discussion,
        // A question to the user was for the user; its answer stands with the problem.
        action: if asked || facilitated.action == Action::Research { Action::Continue } else { facilitated.action },
        direction: facilitated.question.clone().filter(|_| !asked),
        lead,
        target: facilitated.target.clone(),
        speakers,
    }
}

/// The next voice from outside: the one that was asked for, else each one that has neither a seat nor spoken, in turn.
fn moderator(track: &Track, last: &Round, wanted: Option<Part>, rules: &Rules) -> Option<Seat> {
    let free: Vec<&(Part, Seat)> = rules
        .moderators
        .iter()
        .filter(|(_, voice)| track.seats.iter().all(|seat| seat.code != voice.code))
        .filter(|(_, voice)| !track.voices().any(|said| said.persona_code.as_deref() == Some(voice.code.as_str())))
        .collect();
    let turn = usize::from(last.start.round) % free.len().max(1);
    let named = free.iter().find(|(part, _)| Some(*part) == wanted);
    named.or_else(|| free.get(turn)).map(|(_, seat)| seat.clone())
}

/// Before the vote on a choice its options are laid out, while there is money and time for it and somebody spoke.
fn close_discussion(track: &Track, stop_reason: StopReason, plan: &mut Plan) {
    let unformed = track.sub_problem.form == Form::Choice && track.options.is_none();
    if unformed && stop_reason != StopReason::NoVoices {
        plan.calls.push(Call::FormOptions { sub_problem: track.sub_problem.index });
    } else {
        open_vote(track, stop_reason, plan);
    }
}

fn open_vote(track: &Track, stop_reason: StopReason, plan: &mut Plan) {
    announce(track, Phase::Voting, plan);
    plan.event(Event::VotingStarted(VotingStart {
        sub_problem: track.sub_problem.index,
        proposal: track.sub_problem.proposal.clone(),
        rule: track.sub_problem.rule.name().to_owned(),
        seats: track.present().map(|seat| seat.code.clone()).collect(),
        stop_reason,
    }));
}

fn vote(state: &State, track: &Track, plan: &mut Plan) {
    let index = track.sub_problem.index;
    let waiting = track.present().filter(|seat| !track.has_voted(&seat.code));
    let calls: Vec<Call> =
        waiting.map(|seat| Call::Vote { sub_problem: index, seat: Box::new(seat.clone()) }).collect();
    if !calls.is_empty() {
        plan.calls.extend(calls);
    } else if track.counted.is_none() {
        plan.event(Event::VotesCounted(result(track)));
    } else if needs_report(state, track) && track.report.is_none() {
        announce(track, Phase::Synthesis, plan);
        plan.calls.push(Call::Synthesize { sub_problem: Some(index) });
    }
}

fn result(track: &Track) -> Counted {
    // As it was declared when the vote began.
    let declared = track.voting.as_ref().and_then(|voting| Rule::parse(&voting.rule)).unwrap_or_default();
    let tally = count(&track.votes, track.seats.len(), declared);
    let options = count_options(track.options(), &track.votes, track.seats.len(), declared);
    let outcome = if !tally.quorum {
        Outcome::NoQuorum
    } else {
        match track.stop_reason() {
            Some(StopReason::CostLimit | StopReason::TimeLimit) => Outcome::Partial,
            // A deadlock is a result; only a vote that is clear one way or the other breaks it (BRD-11).
            Some(StopReason::Deadlock) if !is_clear(&tally) => Outcome::Deadlock,
            _ => Outcome::Complete,
        }
    };
    Counted { sub_problem: track.sub_problem.index, tally, outcome, leading: leading(&options), options }
}

/// One side has three quarters.
fn is_clear(tally: &Tally) -> bool {
    tally.support.is_some_and(|support| support.max(1.0 - support) >= CLEAR)
}
