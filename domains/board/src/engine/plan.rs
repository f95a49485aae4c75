//! What should happen next, from the state alone.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::count::overall;
use super::event::{Answered, By, ContributionKind, End, Event, Limit, LimitKind, PhaseChange, Seat};
use super::state::{Lifecycle, State, Track};
use super::track_plan::plan_track;
use super::whole::given;
use crate::persona::Part;
use crate::report::heading;
use crate::session::{Answer, Failure, FailureCode, Outcome, Phase};

/// What the plan needs to know besides the state.
#[derive(Debug, Clone)]
pub struct Rules {
    /// How long questions wait for the user.
    pub clarification_timeout: Duration,
    /// Voices that may be brought in from outside the board: contrarian, sceptic, optimist.
    pub moderators: Vec<(Part, Seat)>,
}

/// A call on the world. Its key names it for good: what has been answered is never asked again (BRD-21).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Ask a model what is unclear.
    Clarify,
    /// Ask a model to split the problem.
    Decompose,
    /// Fill the seats of a sub-problem.
    Select {
        /// The sub-problem.
        sub_problem: usize,
    },
    /// Ask a persona to speak.
    Contribute {
        /// The sub-problem.
        sub_problem: usize,
        /// The round.
        round: u8,
        /// Who speaks.
        seat: Box<Seat>,
        /// Its place in the round.
        seq: usize,
        /// What kind it is.
        kind: ContributionKind,
    },
    /// Measure a finished round.
    Measure {
        /// The sub-problem.
        sub_problem: usize,
        /// The round.
        round: u8,
    },
    /// Ask the facilitator what comes next.
    Facilitate {
        /// The sub-problem.
        sub_problem: usize,
        /// The round just finished.
        round: u8,
    },
    /// Look up what the facilitator wants to know.
    Research {
        /// The sub-problem.
        sub_problem: usize,
        /// The round just finished.
        round: u8,
        /// The question.
        question: String,
    },
    /// Ask the strongest single model for its answer.
    Baseline,
    /// Lay out the options of a choice.
    FormOptions {
        /// The sub-problem.
        sub_problem: usize,
    },
    /// Ask a persona for its ballot.
    Vote {
        /// The sub-problem.
        sub_problem: usize,
        /// Who votes.
        seat: Box<Seat>,
    },
    /// Write the report of a sub-problem, or of the whole.
    Synthesize {
        /// The sub-problem; none for the whole.
        sub_problem: Option<usize>,
    },
}

impl Call {
    /// The key, unique within the session.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Clarify => "clarify".to_owned(),
            Self::Decompose => "decompose".to_owned(),
            Self::Baseline => "baseline".to_owned(),
            Self::Select { sub_problem } => format!("select/{sub_problem}"),
            Self::Contribute { sub_problem, round, seat, .. } => {
                format!("contribute/{sub_problem}/{round}/{}", seat.code)
            }
            Self::Measure { sub_problem, round } => format!("measure/{sub_problem}/{round}"),
            Self::Facilitate { sub_problem, round } => format!("facilitate/{sub_problem}/{round}"),
            Self::Research { sub_problem, round, .. } => format!("research/{sub_problem}/{round}"),
            Self::FormOptions { sub_problem } => format!("options/{sub_problem}"),
            Self::Vote { sub_problem, seat } => format!("vote/{sub_problem}/{}", seat.code),
            Self::Synthesize { sub_problem: Some(index) } => format!("synthesize/{index}"),
            Self::Synthesize { sub_problem: None } => "synthesize".to_owned(),
        }
    }

    /// Whether the call belongs to the end of a session, which the cost ceiling keeps money for.
    #[must_use]
    pub const fn closes(&self) -> bool {
        matches!(self, Self::Vote { .. } | Self::Synthesize { .. } | Self::Measure { .. })
    }
}

/// What should happen next.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Events that follow by rule. When there are any, they are recorded and the plan is made anew.
    pub events: Vec<Event>,
    /// Every call that is wanted and unanswered. One that is under way and no longer listed is given up.
    pub calls: Vec<Call>,
    /// No new call is begun; those under way may finish.
    pub hold: bool,
    /// When to look again even if nothing happens.
    pub wake_at: Option<DateTime<Utc>>,
}

impl Plan {
    pub(super) fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    fn announce(&mut self, state: &State, phase: Phase) {
        if state.phase != Some(phase) {
            self.event(Event::PhaseChanged(PhaseChange { phase, sub_problem: None }));
        }
    }
}

/// The plan for a state at a time.
#[must_use]
pub fn plan(state: &State, rules: &Rules, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    match state.lifecycle {
        Lifecycle::Created | Lifecycle::Ended => {}
        Lifecycle::Stopping => close(state, &mut plan),
        Lifecycle::Running | Lifecycle::Held => {
            advance(state, rules, now, &mut plan);
            if state.lifecycle == Lifecycle::Held {
                plan = Plan { hold: true, calls: plan.calls, ..Plan::default() };
            }
        }
    }
    plan
}

fn advance(state: &State, rules: &Rules, now: DateTime<Utc>, plan: &mut Plan) {
    if let Some(started) = &state.started
        && state.limit.is_none()
        && state.report.is_none()
    {
        if now >= started.deadline {
            plan.event(Event::LimitReached(Limit { limit: LimitKind::Time }));
            return;
        }
        plan.wake_at = Some(started.deadline);
    }
    if let Some(asked) = &state.asked {
        if now >= asked.deadline || state.limit.is_some() {
            let answers = asked.questions.iter().map(|q| Answer { question_id: q.id.clone(), answer: None }).collect();
            plan.event(Event::ClarificationAnswered(Answered { answers, by: By::Timeout }));
            return;
        }
        plan.wake_at = plan.wake_at.map_or(Some(asked.deadline), |at| Some(at.min(asked.deadline)));
    }
    if !state.intake_done && state.decomposed_by.is_none() && state.brief.clarify && state.limit.is_none() {
        plan.announce(state, Phase::Intake);
        if state.asked.is_none() {
            plan.calls.push(Call::Clarify);
        }
        return;
    }
    if state.decomposed_by.is_none() {
        if state.limit.is_some() {
            fail(plan, limit_code(state).unwrap_or(FailureCode::Timeout));
            return;
        }
        plan.announce(state, Phase::Decomposition);
        match given(state) {
            Some(events) => plan.events.extend(events),
            None => plan.calls.push(Call::Decompose),
        }
        return;
    }
    // Beside the board and without its knowledge; a session that runs out of time or money does without.
    let asks_alone = state.brief.baseline && state.baseline.is_none() && state.limit.is_none();
    if asks_alone && state.report.is_none() {
        plan.calls.push(Call::Baseline);
    }
    for track in &state.tracks {
        plan_track(state, track, rules, now, plan);
    }
    if state.tracks.iter().all(|track| is_done(state, track)) && plan.calls.is_empty() {
        conclude(state, plan);
    }
}

/// Whether nothing more happens on a sub-problem before the report on the whole.
pub(super) fn is_done(state: &State, track: &Track) -> bool {
    // Where a limit came before its first word, a sub-problem stays without a result.
    let skipped = state.limit.is_some() && track.rounds.is_empty();
    skipped || (track.counted.is_some() && (track.report.is_some() || !needs_report(state, track)))
}

/// A sub-problem has a report of its own where there are several; and only where somebody spoke.
pub(super) fn needs_report(state: &State, track: &Track) -> bool {
    state.tracks.len() > 1 && track.voices().next().is_some()
}

fn conclude(state: &State, plan: &mut Plan) {
    if !state.has_contributions() {
        let absent = common_reason(state).unwrap_or(FailureCode::InfraFailure);
        fail(plan, limit_code(state).unwrap_or(absent));
        return;
    }
    let Some(report) = &state.report else {
        write_report(state, plan);
        return;
    };
    let outcome = report.outcome.unwrap_or_else(|| outcome_of(state));
    plan.event(Event::SessionCompleted(End { outcome: Some(outcome), heading: heading(outcome).to_owned() }));
}

/// Why seats are absent, where it is the same for all.
fn common_reason(state: &State) -> Option<FailureCode> {
    let mut reasons = state.tracks.iter().flat_map(|track| &track.absences).map(|absence| absence.reason);
    let first = reasons.next()?;
    reasons.all(|reason| reason == first).then_some(first)
}

fn limit_code(state: &State) -> Option<FailureCode> {
    state.limit.map(|limit| match limit {
        LimitKind::Cost => FailureCode::CostCeiling,
        LimitKind::Time => FailureCode::Timeout,
    })
}

fn fail(plan: &mut Plan, code: FailureCode) {
    let message = match code {
        FailureCode::Timeout => "Time ran out before any seat had answered.",
        FailureCode::CostCeiling => "The cost ceiling did not allow a single answer.",
        FailureCode::InvalidOutput => "No seat gave a usable answer.",
        FailureCode::InfraFailure => "No model could be reached, or it refused to answer.",
    };
    plan.event(Event::SessionFailed(Failure { code, message: message.to_owned() }));
}

fn close(state: &State, plan: &mut Plan) {
    if !state.has_contributions() {
        let heading = "Stopped before anything was said".to_owned();
        plan.event(Event::SessionCancelled(End { outcome: None, heading }));
    } else if let Some(report) = &state.report {
        // One that was written before the stop is whole, and says so itself.
        let outcome = report.outcome.unwrap_or(Outcome::Partial);
        plan.event(Event::SessionCancelled(End { outcome: Some(outcome), heading: heading(outcome).to_owned() }));
    } else {
        write_report(state, plan);
    }
}

fn write_report(state: &State, plan: &mut Plan) {
    plan.announce(state, Phase::Synthesis);
    plan.calls.push(Call::Synthesize { sub_problem: None });
}

/// What the session comes to as things stand: partial when it was stopped, else what its sub-problems came to.
#[must_use]
pub fn outcome_of(state: &State) -> Outcome {
    if state.lifecycle == Lifecycle::Stopping {
        return Outcome::Partial;
    }
    let outcomes: Vec<_> =
        state.tracks.iter().map(|track| track.counted.as_ref().map(|counted| counted.outcome)).collect();
    overall(&outcomes)
}
