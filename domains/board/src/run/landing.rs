//! What a step's result means: the events it becomes. A missing answer becomes an absence, never an invention.

use chrono::{DateTime, Utc};

use super::ask::{Answered, Unanswered};
use super::options::{option_votes, options_formed};
use super::step::{Landing, Measures, World, speaks};
use crate::answer::{
    Action, Ballot, Clarify, Contribute, Decompose, Door, Facilitate, PartForm, ReportDraft, Select, SoleAnswer,
    SoleDecision,
};
use crate::engine::count::Rule;
use crate::engine::event::{
    Absence, Answered as UserAnswered, Asked, Baseline, BaselineDecision, By, Contribution, ContributionKind,
    ContributionRecord, Decomposed, Event, Facilitated, Form, Measured, OptionVote, PersonaStance, ResearchStatus,
    Researched, Seat, Selected, Source, SubProblem, Synthesized, Vote,
};
use crate::engine::measure::agreement;
use crate::engine::{Call, State, Track, plan_outcome, scaled, whole};
use crate::persona::Part;
use crate::ports::{Findings, Passage};
use crate::report;
use crate::selection;
use crate::session::{FailureCode, Mode, Phase, Question, Side, Stance, derived_id};
use crate::store::{Charge, NewEvent};

/// Facilitator contributions come after everything a round brought.
const AFTER_ALL: usize = 100;

/// The events of a landed step, in the state as it is now.
pub(crate) fn events(world: &World, state: &State, call: &Call, landing: Landing, now: DateTime<Utc>) -> Vec<NewEvent> {
    match (call, landing) {
        (Call::Clarify, Landing::Clarify(result)) => clarified(world, state, result, now),
        (Call::Decompose, Landing::Decompose(result)) => decomposed(state, result),
        (Call::Select { sub_problem }, Landing::Select(result)) => {
            with_track(state, *sub_problem, |track| selected(world, state, track, result))
        }
        (Call::Contribute { sub_problem, round, seat, seq, kind }, Landing::Contribute(result)) => {
            with_track(state, *sub_problem, |track| {
                let place = Place { call, track, round: *round, seq: *seq, kind: *kind };
                contributed(world, state, &place, seat, result, now)
            })
        }
        (Call::Measure { sub_problem, round }, Landing::Measure(measures)) => {
            with_track(state, *sub_problem, |track| vec![measured(track, *round, measures).into()])
        }
        (Call::Facilitate { sub_problem, round }, Landing::Facilitate(result)) => {
            with_track(state, *sub_problem, |track| facilitated(world, state, track, *round, result, now))
        }
        (Call::Research { sub_problem, round, question }, Landing::Research(findings)) => {
            vec![researched(state, *sub_problem, *round, question, findings).into()]
        }
        (Call::Baseline, Landing::Baseline(result)) => vec![alone(world, state, result)],
        (Call::FormOptions { sub_problem }, Landing::FormOptions(result)) => {
            with_track(state, *sub_problem, |track| vec![options_formed(state, track, result)])
        }
        (Call::Vote { sub_problem, seat }, Landing::Vote(result)) => with_track(state, *sub_problem, |track| {
            voted(state, track, call, seat, result.map(|answered| (answered, Vec::new())), now)
        }),
        (Call::Vote { sub_problem, seat }, Landing::VoteOptions(result)) => with_track(state, *sub_problem, |track| {
            let result = result.map(|Answered { value, answer, charge }| {
                let (value, choices) = value.split();
                (Answered { value, answer, charge }, option_votes(track, &choices))
            });
            voted(state, track, call, seat, result, now)
        }),
        (Call::Synthesize { .. }, Landing::SynthesizeSub(result)) => {
            synthesized(state, call, result.map(|a| (ReportDraft::from(a.value), a.charge)))
        }
        (Call::Synthesize { .. }, Landing::Synthesize(result)) => {
            synthesized(state, call, result.map(|a| (ReportDraft::from(a.value), a.charge)))
        }
        (call, landing) => {
            tracing::error!(call = call.key(), ?landing, "a step landed with another's result");
            Vec::new()
        }
    }
}

fn with_track(state: &State, index: usize, make: impl FnOnce(&Track) -> Vec<NewEvent>) -> Vec<NewEvent> {
    state.track(index).map(make).unwrap_or_default()
}

pub(super) fn charged(event: Event, charge: Charge) -> NewEvent {
    NewEvent { event, charge: Some(charge), report: None }
}

fn clarified(
    world: &World,
    state: &State,
    result: Result<Answered<Clarify>, Unanswered>,
    now: DateTime<Utc>,
) -> Vec<NewEvent> {
    let (questions, by, charge) = match result {
        Ok(answered) => (answered.value.questions, By::Model, answered.charge),
        // A board that cannot ask goes on without having asked.
        Err(unanswered) => (Vec::new(), By::Rule, unanswered.charge),
    };
    let event = if questions.is_empty() {
        Event::ClarificationAnswered(UserAnswered { answers: Vec::new(), by })
    } else {
        let number = |(index, asked): (usize, crate::answer::ClarifyQuestion)| Question {
            id: derived_id(state.id, &format!("question/{index}")).to_string(),
            question: asked.question,
            why: asked.why,
        };
        let wait = i64::try_from(world.config.clarification_timeout_seconds).unwrap_or(i64::MAX / 2_000);
        Event::ClarificationRequested(Asked {
            questions: questions.into_iter().enumerate().map(number).collect(),
            deadline: now + chrono::Duration::seconds(wait),
            sub_problem: None,
        })
    };
    vec![charged(event, charge)]
}

fn decomposed(state: &State, result: Result<Answered<Decompose>, Unanswered>) -> Vec<NewEvent> {
    let (parts, charge) = match result {
        Ok(answered) => (answered.value.sub_problems, answered.charge),
        Err(unanswered) => (Vec::new(), unanswered.charge),
    };
    let decided_by = if parts.is_empty() { By::Rule } else { By::Model };
    let mut sub_problems: Vec<SubProblem> = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| {
            let (seats, rounds) = scaled(part.complexity);
            SubProblem {
                index,
                title: part.title,
                goal: part.goal,
                scope: part.scope,
                proposal: part.proposal,
                criteria: part.criteria,
                depends_on: part.depends_on,
                complexity: part.complexity,
                seats,
                rounds,
                form: if part.form == PartForm::Choice { Form::Choice } else { Form::Proposal },
                one_way: state.brief.one_way_door || part.door == Door::OneWay,
                rule: Rule::of(state.brief.one_way_door || part.door == Door::OneWay),
            }
        })
        .collect();
    if sub_problems.is_empty() {
        sub_problems.push(whole(state));
    }
    vec![charged(Event::ProblemDecomposed(Decomposed { sub_problems, decided_by }), charge)]
}

fn selected(
    world: &World,
    state: &State,
    track: &Track,
    result: Option<Result<Answered<Select>, Unanswered>>,
) -> Vec<NewEvent> {
    let wanted = track.sub_problem.seats;
    let mut chosen: Vec<(String, String)> = Vec::new();
    let mut charge = Charge::default();
    let mut decided_by = By::Rule;
    match (result, &state.brief.personas) {
        (_, Some(codes)) => {
            decided_by = By::User;
            chosen = codes.iter().map(|code| (code.clone(), "chosen by you".to_owned())).collect();
        }
        (Some(Ok(answered)), None) => {
            charge = answered.charge;
            let known = |code: &str| world.personas.get(code).is_some_and(|persona| persona.roles.is_empty());
            let seats = answered.value.seats.into_iter().filter(|seat| known(&seat.code)).take(wanted);
            chosen = seats.map(|seat| (seat.code, seat.reason)).collect();
            if !chosen.is_empty() {
                decided_by = By::Model;
            }
        }
        (Some(Err(unanswered)), None) => charge = unanswered.charge,
        (None, None) => {}
    }
    // Personas may have been taken away since they were chosen.
    chosen.retain(|(code, _)| world.personas.get(code).is_some());
    if chosen.is_empty() {
        decided_by = By::Rule;
    }
    if chosen.len() < wanted && decided_by != By::User {
        let taken: Vec<String> = chosen.iter().map(|(code, _)| code.clone()).collect();
        let missing = wanted - chosen.len();
        for code in selection::by_rule(&world.personas, &track.sub_problem, &taken, missing) {
            let reason = world.personas.get(&code).map(|persona| persona.summary.clone()).unwrap_or_default();
            chosen.push((code, reason));
        }
    }
    // Two come first: the most needed, and the one after it that looks at things from another field.
    if state.brief.mode == Mode::Auto && chosen.len() > 2 {
        let field = |code: &str| world.personas.get(code).map(|persona| persona.category.clone());
        let first = field(&chosen[0].0);
        let other = chosen.iter().skip(1).position(|(code, _)| field(code) != first).map_or(1, |place| place + 1);
        chosen[1..=other].rotate_right(1);
    }
    let mut seats: Vec<Seat> = chosen
        .into_iter()
        .enumerate()
        .filter_map(|(place, (code, reason))| {
            let route = state.brief.route.as_deref().unwrap_or_else(|| world.route(place));
            world.personas.get(&code).map(|persona| persona.seat(reason, route))
        })
        .collect();
    let sub_problem = track.sub_problem.index;
    let reserve = if state.brief.mode == Mode::Auto { seats.split_off(seats.len().min(2)) } else { Vec::new() };
    vec![charged(Event::PersonasSelected(Selected { sub_problem, seats, reserve, decided_by }), charge)]
}

struct Place<'a> {
    call: &'a Call,
    track: &'a Track,
    round: u8,
    seq: usize,
    kind: ContributionKind,
}

impl Place<'_> {
    /// The contribution that a speaker cites: one of an earlier round, or of the round's lead. What was said at the
    /// same time could not be heard.
    fn heard(&self, speaker: &str, name: &str) -> Option<uuid::Uuid> {
        if self.track.is_initial(self.round) {
            return None;
        }
        let lead = self.track.rounds.iter().find(|round| round.start.round == self.round)?.start.lead.as_ref();
        let lead = lead.map(|lead| lead.code.as_str()).filter(|code| *code != speaker);
        let said = cited(self.track, name)?;
        let leads = said.round == self.round && lead.is_some() && said.persona_code.as_deref() == lead;
        (said.round < self.round || leads).then_some(said.id)
    }
}

fn contributed(
    world: &World,
    state: &State,
    place: &Place<'_>,
    seat: &Seat,
    result: Result<Answered<Contribute>, Unanswered>,
    now: DateTime<Utc>,
) -> Vec<NewEvent> {
    let sub_problem = place.track.sub_problem.index;
    match result {
        Ok(Answered { value, answer, charge }) => {
            let builds_on: Vec<uuid::Uuid> =
                value.builds_on.iter().filter_map(|name| place.heard(&seat.code, name)).collect();
            let blind = place.track.is_initial(place.round);
            let sources = if blind { Vec::new() } else { sources(state, &value.builds_on) };
            let before = place.track.stance(&seat.code);
            let flipped = before.is_some_and(|before| side(before) != side(value.stance.stance()));
            let unsupported_flip = speaks(place.kind) && flipped && builds_on.is_empty() && sources.is_empty();
            let contribution = Contribution {
                id: derived_id(state.id, &place.call.key()),
                reference: place.track.reference(place.round, &seat.code),
                sub_problem: Some(sub_problem),
                round: place.round,
                seq: place.seq,
                kind: place.kind,
                persona_code: Some(seat.code.clone()),
                persona_name: seat.name.clone(),
                content: value.content.trim().to_owned(),
                builds_on,
                sources,
                unsupported_flip,
                stance: speaks(place.kind).then(|| value.stance.stance()),
                tokens_in: answer.usage.input,
                tokens_out: answer.usage.output,
                cached: answer.usage.cached_input > 0,
                offline: world.models.is_offline(&answer.model),
                latency_ms: u64::try_from(answer.latency.as_millis()).unwrap_or(u64::MAX),
                model: answer.model,
                created_at: now,
            };
            vec![charged(Event::ContributionRecorded(ContributionRecord { contribution }), charge)]
        }
        Err(unanswered) => {
            let blind = place.track.is_initial(place.round);
            let stage = if blind { Phase::InitialRound } else { Phase::Discussion };
            vec![absent(sub_problem, place.round, seat, stage, unanswered)]
        }
    }
}

fn absent(sub_problem: usize, round: u8, seat: &Seat, stage: Phase, unanswered: Unanswered) -> NewEvent {
    let absence = Absence {
        sub_problem,
        round,
        persona_code: seat.code.clone(),
        persona_name: seat.name.clone(),
        stage,
        reason: unanswered.code,
    };
    charged(Event::SeatAbsent(absence), unanswered.charge)
}

/// The contribution that a ref such as `C3` or `[C3]` names; none when there is no such.
fn referred(track: &Track, name: &str) -> Option<uuid::Uuid> {
    cited(track, name).map(|said| said.id)
}

fn cited<'t>(track: &'t Track, name: &str) -> Option<&'t Contribution> {
    let name = name.trim().trim_matches(['[', ']']);
    track.voices().find(|said| said.reference.as_deref() == Some(name))
}

fn measured(track: &Track, round: u8, measures: Option<Measures>) -> Event {
    let stances: Vec<PersonaStance> = track
        .present()
        .filter_map(|seat| {
            track.stance(&seat.code).map(|stance| PersonaStance { persona_code: seat.code.clone(), stance })
        })
        .collect();
    Event::RoundMeasured(Measured {
        sub_problem: track.sub_problem.index,
        round,
        novelty: measures.as_ref().and_then(|measures| measures.novelty),
        drift: measures.as_ref().and_then(|measures| measures.drift),
        agreement: agreement(stances.iter().map(|one| &one.stance)),
        embedder: measures.map(|measures| measures.embedder),
        stances,
    })
}

fn facilitated(
    world: &World,
    state: &State,
    track: &Track,
    round: u8,
    result: Result<Answered<Facilitate>, Unanswered>,
    now: DateTime<Utc>,
) -> Vec<NewEvent> {
    let sub_problem = track.sub_problem.index;
    let by_rule = |reason: &str| Facilitated {
        sub_problem,
        round,
        action: Action::Continue,
        reason: reason.to_owned(),
        speakers: track.present().map(|seat| seat.code.clone()).collect(),
        question: None,
        target: None,
        voice: None,
        decided_by: By::Rule,
    };
    let Answered { value, answer, charge } = match result {
        Ok(answered) => answered,
        Err(unanswered) => {
            let decided = by_rule("The facilitator did not answer; every seat speaks.");
            return vec![charged(Event::FacilitatorDecided(decided), unanswered.charge)];
        }
    };
    let action = Action::from(value.action);
    if action == Action::AskUser && !state.may_ask_user() {
        let decided = by_rule("A question to the user is not open now; every seat speaks.");
        return vec![charged(Event::FacilitatorDecided(decided), charge)];
    }
    if action == Action::Research && !(state.may_research() && world.can_research(state)) {
        let decided = by_rule("Nothing can be looked up now; every seat speaks.");
        return vec![charged(Event::FacilitatorDecided(decided), charge)];
    }
    let named = |code: &String| track.present().any(|seat| seat.code == *code);
    let decided = Facilitated {
        sub_problem,
        round,
        action,
        reason: value.reason.trim().to_owned(),
        speakers: value.speakers.into_iter().filter(named).collect(),
        question: value.question.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        target: value.target.filter(|name| referred(track, name).is_some()),
        voice: value.voice.map(Part::from).filter(|_| action == Action::Moderate),
        decided_by: By::Model,
    };
    let content = match &decided.question {
        Some(question) => format!("{}\n\n{question}", decided.reason),
        None => decided.reason.clone(),
    };
    let contribution = Contribution {
        id: derived_id(state.id, &format!("facilitator/{sub_problem}/{round}")),
        reference: None,
        sub_problem: Some(sub_problem),
        round,
        seq: AFTER_ALL,
        kind: ContributionKind::Facilitator,
        persona_code: None,
        persona_name: "Facilitator".to_owned(),
        content,
        builds_on: decided.target.iter().filter_map(|name| referred(track, name)).collect(),
        sources: Vec::new(),
        unsupported_flip: false,
        stance: None,
        tokens_in: answer.usage.input,
        tokens_out: answer.usage.output,
        cached: answer.usage.cached_input > 0,
        offline: world.models.is_offline(&answer.model),
        latency_ms: u64::try_from(answer.latency.as_millis()).unwrap_or(u64::MAX),
        model: answer.model,
        created_at: now,
    };
    vec![
        charged(Event::ContributionRecorded(ContributionRecord { contribution }), charge),
        Event::FacilitatorDecided(decided).into(),
    ]
}

fn voted(
    state: &State,
    track: &Track,
    call: &Call,
    seat: &Seat,
    result: Result<(Answered<Ballot>, Vec<OptionVote>), Unanswered>,
    now: DateTime<Utc>,
) -> Vec<NewEvent> {
    let sub_problem = track.sub_problem.index;
    let (Answered { value, answer, charge }, options) = match result {
        Ok(answered) => answered,
        Err(unanswered) => {
            let round = track.rounds.last().map_or(0, |round| round.start.round);
            return vec![absent(sub_problem, round, seat, Phase::Voting, unanswered)];
        }
    };
    let stance_before = track.first_stance(&seat.code);
    let now_stance = Stance { decision: value.decision.into(), confidence: value.confidence };
    let flipped = stance_before.is_some_and(|before| side(before) != side(now_stance));
    let flip_reason = value.flip_reason.map(|text| text.trim().to_owned()).filter(|text| flipped && !text.is_empty());
    let supported = flip_reason.as_deref().is_some_and(|text| cites(state, track, text));
    let vote = Vote {
        id: derived_id(state.id, &call.key()),
        sub_problem,
        persona_code: seat.code.clone(),
        persona_name: seat.name.clone(),
        decision: now_stance.decision,
        confidence: value.confidence,
        reasoning: value.reasoning.trim().to_owned(),
        conditions: value.conditions.into_iter().filter(|text| !text.trim().is_empty()).collect(),
        would_change_mind: value.would_change_mind.trim().to_owned(),
        options,
        stance_before,
        flipped,
        flip_reason,
        flip_unsupported: flipped && !supported,
        model: answer.model,
        created_at: now,
    };
    vec![charged(Event::VoteRecorded(vote), charge)]
}

const fn side(stance: Stance) -> Side {
    stance.decision.side()
}

/// What one model alone answered. Without an answer that is said, and the report does without a comparison.
fn alone(world: &World, state: &State, result: Result<Answered<SoleAnswer>, Unanswered>) -> NewEvent {
    match result {
        Ok(Answered { value, answer, charge }) => {
            let known = |one: &SoleDecision| state.track(one.sub_problem).is_some();
            let decision = |one: SoleDecision| BaselineDecision {
                sub_problem: one.sub_problem,
                decision: one.decision.into(),
                confidence: one.confidence,
                reason: one.reason.trim().to_owned(),
            };
            let baseline = Baseline {
                model: answer.model,
                answer: Some(value.answer.trim().to_owned()),
                decisions: value.decisions.into_iter().filter(known).map(decision).collect(),
                failure: None,
            };
            charged(Event::BaselineRecorded(baseline), charge)
        }
        Err(Unanswered { code, charge }) => charged(
            Event::BaselineRecorded(without_baseline(world.strongest(state.brief.route.as_deref()), code)),
            charge,
        ),
    }
}

/// The single model could not be asked, or did not answer.
pub(super) const fn without_baseline(model: String, code: FailureCode) -> Baseline {
    Baseline { model, answer: None, decisions: Vec::new(), failure: Some(code) }
}

/// Whether a text cites a contribution or a passage that exists.
fn cites(state: &State, track: &Track, text: &str) -> bool {
    let known = |word: &str| referred(track, word).is_some() || state.sources().any(|source| source.reference == word);
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(known)
}

/// The passages among refs such as `S1`, each once.
fn sources(state: &State, names: &[String]) -> Vec<String> {
    let mut cited: Vec<String> = names.iter().map(|name| name.trim().trim_matches(['[', ']']).to_owned()).collect();
    cited.retain(|name| state.sources().any(|source| source.reference == *name));
    cited.sort();
    cited.dedup();
    cited
}

/// Passages get the next refs of the session, so that a ref means one passage for good.
fn researched(state: &State, sub_problem: usize, round: u8, question: &str, findings: Findings) -> Event {
    let taken = state.sources().count();
    let (status, passages) = match findings {
        Findings::Passages(passages) if !passages.is_empty() => (ResearchStatus::Found, passages),
        Findings::Passages(_) | Findings::Nothing => (ResearchStatus::Nothing, Vec::new()),
        Findings::Unavailable(reason) => {
            tracing::warn!(session_id = %state.id, reason, "something could not be looked up");
            (ResearchStatus::Unavailable, Vec::new())
        }
    };
    let cited = |(index, passage): (usize, Passage)| Source {
        reference: format!("S{}", taken + index + 1),
        source_id: passage.source_id,
        title: passage.title,
        locator: passage.locator,
        text: passage.text,
        suspicious: passage.suspicious,
        matched: passage.matched,
    };
    Event::ResearchDone(Researched {
        sub_problem,
        round,
        question: question.to_owned(),
        status,
        sources: passages.into_iter().enumerate().map(cited).collect(),
    })
}

fn synthesized(state: &State, call: &Call, result: Result<(ReportDraft, Charge), Unanswered>) -> Vec<NewEvent> {
    let Call::Synthesize { sub_problem } = call else { return Vec::new() };
    let (draft, failure, charge) = match result {
        Ok((draft, charge)) => (Some(draft), None, charge),
        Err(unanswered) => (None, Some(unanswered.code), unanswered.charge),
    };
    unwritten_or_written(state, *sub_problem, draft, failure, charge)
}

/// A report that no model may write, for the reason given.
pub(crate) fn unwritten(state: &State, sub_problem: Option<usize>, code: FailureCode) -> Vec<NewEvent> {
    unwritten_or_written(state, sub_problem, None, Some(code), Charge::default())
}

fn unwritten_or_written(
    state: &State,
    sub_problem: Option<usize>,
    draft: Option<ReportDraft>,
    failure: Option<FailureCode>,
    charge: Charge,
) -> Vec<NewEvent> {
    let outcome = sub_problem.is_none().then(|| plan_outcome(state));
    let written = Synthesized { sub_problem, draft, failure, outcome };
    // The calls of this very step belong to the method note too.
    let mut counted = state.clone();
    counted.account(i64::from(charge.calls), charge.cost);
    let report = outcome.map(|outcome| Box::new(report::build(&counted, &written, outcome)));
    vec![NewEvent { event: Event::SynthesisRecorded(written), charge: Some(charge), report }]
}

/// A seat whose ballot the cost ceiling does not allow.
pub(crate) fn unaffordable(track: &Track, seat: &Seat) -> NewEvent {
    let round = track.rounds.last().map_or(0, |round| round.start.round);
    let unanswered = Unanswered { code: FailureCode::CostCeiling, charge: Charge::default() };
    absent(track.sub_problem.index, round, seat, Phase::Voting, unanswered)
}
