//! The variables of prompt templates, from the state. The offline model sees these very values.

use serde_json::{Value, json};

use super::step::World;
use crate::engine::event::{Contribution, Material, RoundKind, RoundStart, Seat, Vote};
use crate::engine::{State, Track};
use crate::persona::{Catalogue, Persona};
use crate::session::{FailureCode, Outcome, Stance};

pub(super) fn clarify(state: &State) -> Value {
    json!({ "problem": problem(state), "max_questions": 3 })
}

pub(super) fn decompose(state: &State) -> Value {
    json!({ "problem": problem(state), "max_sub_problems": 5 })
}

pub(super) fn select(state: &State, track: &Track, personas: &Catalogue) -> Value {
    let candidates: Vec<Value> = personas
        .all()
        .into_iter()
        .filter(|persona| persona.roles.is_empty())
        .map(|persona| {
            json!({
                "code": persona.code,
                "name": persona.name,
                "archetype": persona.archetype,
                "category": persona.category,
                "summary": persona.summary,
            })
        })
        .collect();
    json!({
        "problem": problem(state),
        "sub_problem": sub_problem(track),
        "seats": track.sub_problem.seats,
        "candidates": candidates,
    })
}

pub(super) fn contribute(state: &State, track: &Track, round: &RoundStart, seat: &Seat, who: &Persona) -> Value {
    let leads = round.lead.as_ref().is_some_and(|lead| lead.code == seat.code);
    let outside = track.seats.iter().all(|own| own.code != seat.code);
    let blind = round.kind == RoundKind::Initial;
    let kind = match (leads, outside) {
        _ if round.kind == RoundKind::Initial => "initial",
        (true, true) => "moderator",
        (true, false) => "challenge",
        _ => "response",
    };
    // Seats of one round speak at once: they know the rounds before, and the round's lead, who spoke alone. Whoever
    // speaks late, or again after a restart, hears no more than the others did.
    let lead = |said: &&Contribution| {
        round.lead.as_ref().is_some_and(|lead| said.persona_code.as_ref() == Some(&lead.code) && lead.code != seat.code)
    };
    let known =
        |said: &&Contribution| !blind && (said.round < round.round || (said.round == round.round && lead(said)));
    let prior = entries(track.record().into_iter().filter(known));
    let earlier: Vec<Value> = track
        .sub_problem
        .depends_on
        .iter()
        .filter_map(|index| state.track(*index))
        .map(|other| json!({ "title": other.sub_problem.title, "recommendation": draft(other, |d| &d.recommendation) }))
        .collect();
    json!({
        "problem": problem(state),
        "sub_problem": sub_problem(track),
        "persona": persona(who),
        "round": round.round,
        "kind": kind,
        "direction": round.direction,
        "target": round.target,
        "prior": prior,
        "research": if blind { Vec::new() } else { research(state, track, Some(round.round)) },
        "own_stance": track.stance(&seat.code).map(stance),
        "earlier_results": earlier,
    })
}

pub(super) fn facilitate(world: &World, state: &State, track: &Track) -> Value {
    let seats: Vec<Value> = track
        .present()
        .map(|seat| {
            let now = track.stance(&seat.code);
            json!({
                "code": seat.code,
                "name": seat.name,
                "archetype": seat.archetype,
                "decision": now.map(|stance| stance.decision),
                "confidence": now.map(|stance| stance.confidence),
            })
        })
        .collect();
    let facts = track.facts();
    let last = facts.last();
    json!({
        "problem": problem(state),
        "sub_problem": sub_problem(track),
        "round": track.rounds.last().map_or(0, |round| round.start.round),
        "max_rounds": track.round_limit(&state.brief),
        "seats": seats,
        "measures": {
            "novelty": last.and_then(|facts| facts.novelty),
            "drift": last.and_then(|facts| facts.drift),
            "agreement": last.and_then(|facts| facts.agreement),
        },
        "prior": record(track),
        "research": research(state, track, None),
        "may_ask_user": state.may_ask_user(),
        "may_research": state.may_research() && world.can_research(state),
        "drifting": last.is_some_and(crate::engine::stop::RoundFacts::is_drifting),
    })
}

pub(super) fn baseline(state: &State) -> Value {
    let proposals: Vec<Value> = state
        .tracks
        .iter()
        .map(|track| json!({ "text": track.sub_problem.proposal, "index": track.sub_problem.index }))
        .collect();
    json!({ "problem": problem(state), "proposals": proposals })
}

pub(super) fn form_options(state: &State, track: &Track) -> Value {
    let seats: Vec<Value> = track.present().map(|seat| json!({ "code": seat.code, "name": seat.name })).collect();
    json!({
        "problem": problem(state),
        "sub_problem": sub_problem(track),
        "prior": record(track),
        "research": research(state, track, None),
        "seats": seats,
        "constraints": constraints(state),
    })
}

/// The limits that the user set: every field of the context.
pub(super) fn constraints(state: &State) -> Vec<String> {
    state.brief.problem_context.iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

/// The options with what was counted on each, once it was.
fn options(track: &Track) -> Vec<Value> {
    let tallies = track.counted.as_ref().map_or(&[][..], |counted| &counted.options);
    let of = |id: &str| tallies.iter().find(|one| one.option == id).map(|one| &one.tally);
    track
        .options()
        .iter()
        .map(|card| {
            json!({
                "id": card.id,
                "label": card.label,
                "description": card.description,
                "trade_offs": card.trade_offs,
                "risk": card.risk,
                "constraints": card.constraints,
                "result": of(&card.id),
            })
        })
        .collect()
}

pub(super) fn vote(state: &State, track: &Track, seat: &Seat, who: &Persona) -> Value {
    json!({
        "problem": problem(state),
        "sub_problem": sub_problem(track),
        "persona": persona(who),
        "proposal": track.sub_problem.proposal,
        "rule": track.sub_problem.rule.in_words(),
        "options": options(track),
        "prior": record(track),
        "research": research(state, track, None),
        "stance_before": track.first_stance(&seat.code).map(stance),
    })
}

pub(super) fn synthesize_sub(state: &State, track: &Track) -> Value {
    let outcome = track.counted.as_ref().map(|counted| counted.outcome);
    json!({
        "problem": problem(state),
        "sub_problem": sub_problem(track),
        "prior": record(track),
        "research": research(state, track, None),
        "votes": track.votes.iter().map(ballot).collect::<Vec<_>>(),
        "result": track.counted.as_ref().map(|counted| &counted.tally),
        "options": options(track),
        "leading": track.counted.as_ref().and_then(|counted| counted.leading.as_ref()),
        "absences": absences(track),
        "stop_reason": track.stop_reason(),
        "partial": outcome != Some(Outcome::Complete) && outcome != Some(Outcome::Deadlock),
    })
}

pub(super) fn synthesize(state: &State, outcome: Outcome) -> Value {
    let parts: Vec<Value> = state
        .tracks
        .iter()
        .map(|track| {
            let dissent: Vec<Value> = track
                .dissent()
                .map(|vote| json!({ "persona_name": vote.persona_name, "view": vote.reasoning }))
                .collect();
            let mut part = json!({
                "title": track.sub_problem.title,
                "goal": track.sub_problem.goal,
                "proposal": track.sub_problem.proposal,
                "summary": draft(track, |d| &d.summary),
                "recommendation": draft(track, |d| &d.recommendation),
                "result": track.counted.as_ref().map(|counted| &counted.tally),
                "dissent": dissent,
                "options": options(track),
                "leading": track.counted.as_ref().and_then(|counted| counted.leading.as_ref()),
            });
            // With a report of its own a sub-problem needs no record here; without one the record is all there is.
            if track.report.as_ref().is_none_or(|report| report.draft.is_none()) {
                part["prior"] = json!(record(track));
                part["research"] = json!(research(state, track, None));
            }
            part
        })
        .collect();
    json!({
        "problem": problem(state),
        "sub_problems": parts,
        "votes": state.tracks.iter().flat_map(|track| &track.votes).map(ballot).collect::<Vec<_>>(),
        "absences": state.tracks.iter().flat_map(absences).collect::<Vec<_>>(),
        "sources": state.sources().collect::<Vec<_>>(),
        "outcome": outcome,
        "partial": outcome == Outcome::Partial,
    })
}

fn problem(state: &State) -> Value {
    let answers: Vec<Value> = state
        .answers
        .iter()
        .filter_map(|answer| {
            let asked = state.questions.iter().find(|question| question.id == answer.question_id)?;
            Some(json!({ "question": asked.question, "answer": answer.answer }))
        })
        .collect();
    json!({
        "statement": state.brief.problem_statement,
        "context": state.brief.problem_context,
        "attachments": state.materials().iter().map(material).collect::<Vec<_>>(),
        "answers": answers,
    })
}

fn material(it: &Material) -> Value {
    let whole = it.text.chars().count() >= it.characters;
    json!({ "title": it.title, "text": it.text, "whole": whole, "suspicious": it.suspicious })
}

/// What was looked up on a sub-problem before a round; all of it where there is no round.
fn research(state: &State, track: &Track, before: Option<u8>) -> Vec<Value> {
    state
        .research
        .iter()
        .filter(|done| done.sub_problem == track.sub_problem.index)
        .filter(|done| before.is_none_or(|round| done.round < round))
        .map(|done| json!({ "question": done.question, "status": done.status, "sources": done.sources }))
        .collect()
}

fn sub_problem(track: &Track) -> Value {
    let part = &track.sub_problem;
    json!({
        "index": part.index,
        "title": part.title,
        "goal": part.goal,
        "scope": part.scope,
        "proposal": part.proposal,
        "criteria": part.criteria,
    })
}

fn persona(who: &Persona) -> Value {
    json!({
        "code": who.code,
        "name": who.name,
        "archetype": who.archetype,
        "category": who.category,
        "traits": who.traits,
        "lens": who.lens,
        "questions": who.questions,
        "identity": who.identity.trim(),
    })
}

fn record(track: &Track) -> Vec<Value> {
    entries(track.record().into_iter())
}

fn entries<'c>(record: impl Iterator<Item = &'c Contribution>) -> Vec<Value> {
    record
        .map(|said| {
            json!({
                "ref": said.reference,
                "persona_code": said.persona_code,
                "persona_name": said.persona_name,
                "type": said.kind,
                "round": said.round,
                "content": said.content,
                "decision": said.stance.map(|stance| stance.decision),
                "confidence": said.stance.map(|stance| stance.confidence),
            })
        })
        .collect()
}

fn stance(stance: Stance) -> Value {
    json!({ "decision": stance.decision, "confidence": stance.confidence })
}

fn ballot(vote: &Vote) -> Value {
    json!({
        "sub_problem": vote.sub_problem,
        "persona_name": vote.persona_name,
        "persona_code": vote.persona_code,
        "decision": vote.decision,
        "confidence": vote.confidence,
        "reasoning": vote.reasoning,
        "conditions": vote.conditions,
    })
}

fn absences(track: &Track) -> Vec<Value> {
    track
        .absences
        .iter()
        .map(|absence| json!({ "persona_name": absence.persona_name, "reason": FailureCode::name(absence.reason) }))
        .collect()
}

fn draft(track: &Track, field: impl Fn(&crate::answer::ReportDraft) -> &String) -> Option<String> {
    track.report.as_ref()?.draft.as_ref().map(|draft| field(draft).clone())
}
