//! The events of a session's log (BRD-20). They are what state is rebuilt from, and what live streams show.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::count::Tally;
use crate::answer::{Action, ReportDraft};
use crate::session::{Answer, Brief, Decision, FailureCode, Outcome, Phase, Question, Stance, named};

/// The version of the events' shapes; written with each one.
pub const EVENT_VERSION: i64 = 1;

/// One thing that happened in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// The session exists.
    #[serde(rename = "session.created")]
    SessionCreated(Box<Brief>),
    /// The board is at work.
    #[serde(rename = "session.started")]
    SessionStarted(Started),
    /// The session, or one sub-problem, has come to another step.
    #[serde(rename = "phase.changed")]
    PhaseChanged(PhaseChange),
    /// Questions wait for the user.
    #[serde(rename = "clarification.requested")]
    ClarificationRequested(Asked),
    /// The questions are answered, skipped, or out of time.
    #[serde(rename = "clarification.answered")]
    ClarificationAnswered(Answered),
    /// The problem is split.
    #[serde(rename = "problem.decomposed")]
    ProblemDecomposed(Decomposed),
    /// The seats of a sub-problem are filled.
    #[serde(rename = "personas.selected")]
    PersonasSelected(Selected),
    /// A round begins.
    #[serde(rename = "round.started")]
    RoundStarted(RoundStart),
    /// A seat begins to speak. A second one for the same contribution means: from the start again.
    #[serde(rename = "contribution.started")]
    ContributionStarted(ContributionStart),
    /// A piece of what a seat is saying.
    #[serde(rename = "contribution.delta")]
    ContributionDelta(Delta),
    /// What a seat said.
    #[serde(rename = "contribution.recorded")]
    ContributionRecorded(ContributionRecord),
    /// A seat did not answer. Nothing is put in its place.
    #[serde(rename = "seat.absent")]
    SeatAbsent(Absence),
    /// What the round brought, in numbers.
    #[serde(rename = "round.measured")]
    RoundMeasured(Measured),
    /// What happens next in a discussion.
    #[serde(rename = "facilitator.decided")]
    FacilitatorDecided(Facilitated),
    /// The ballots are out.
    #[serde(rename = "voting.started")]
    VotingStarted(VotingStart),
    /// One ballot.
    #[serde(rename = "vote.recorded")]
    VoteRecorded(Vote),
    /// The count.
    #[serde(rename = "votes.counted")]
    VotesCounted(Counted),
    /// A report is being written.
    #[serde(rename = "synthesis.started")]
    SynthesisStarted(SubProblemRef),
    /// A finished section of it.
    #[serde(rename = "report.section")]
    ReportSection(Section),
    /// A report is written.
    #[serde(rename = "synthesis.recorded")]
    SynthesisRecorded(Synthesized),
    /// The session must come to an end: money or time has run out.
    #[serde(rename = "limit.reached")]
    LimitReached(Limit),
    /// The user holds the session.
    #[serde(rename = "session.paused")]
    SessionPaused(Pause),
    /// The user lets it go on.
    #[serde(rename = "session.resumed")]
    SessionResumed(Nothing),
    /// The user wants it ended, with what there is.
    #[serde(rename = "session.stop_requested")]
    StopRequested(Nothing),
    /// The end: a report is there.
    #[serde(rename = "session.completed")]
    SessionCompleted(End),
    /// The end: no result.
    #[serde(rename = "session.failed")]
    SessionFailed(crate::session::Failure),
    /// The end: the user stopped it.
    #[serde(rename = "session.cancelled")]
    SessionCancelled(End),
}

impl Event {
    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::SessionCompleted(_) | Self::SessionFailed(_) | Self::SessionCancelled(_))
    }

    /// The type's name and the data, as they are stored.
    #[must_use]
    pub fn into_parts(self) -> (String, Value) {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut object)) => {
                let kind = object.remove("type").and_then(|kind| kind.as_str().map(str::to_owned));
                (kind.unwrap_or_default(), object.remove("data").unwrap_or_default())
            }
            // Every field serialises: strings, numbers, lists and maps with string keys.
            _ => (String::new(), Value::Null),
        }
    }

    /// Back from how it is stored.
    ///
    /// # Errors
    /// When the data is not of the type's shape.
    pub fn from_parts(kind: &str, data: Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(serde_json::json!({ "type": kind, "data": data }))
    }
}

/// No data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// How a session started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The model route in use.
    pub route: String,
    /// Its first model.
    pub model: String,
    /// Whether it is the offline demo model.
    pub offline_demo: bool,
    /// When deliberation must be over.
    pub deadline: DateTime<Utc>,
}

/// A step of the session (no sub-problem) or of one sub-problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// The step.
    pub phase: Phase,
    /// The sub-problem.
    pub sub_problem: Option<usize>,
}

/// Questions to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The questions, at most three.
    pub questions: Vec<Question>,
    /// Until when they wait.
    pub deadline: DateTime<Utc>,
    /// The sub-problem whose facilitator asks; none at intake.
    #[serde(default)]
    pub sub_problem: Option<usize>,
}

named! {
    /// Who decided, answered or chose.
    By {
        /// The user.
        User = "user",
        /// Time ran out.
        Timeout = "timeout",
        /// A model.
        Model = "model",
        /// A rule in the program.
        Rule = "rule",
    }
}

/// Answers of the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// One for each question.
    pub answers: Vec<Answer>,
    /// Who closed the matter; the model when there was nothing to ask.
    pub by: By,
}

/// One part of the problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubProblem {
    /// Its place, from 0.
    pub index: usize,
    /// A short title.
    pub title: String,
    /// What a good answer achieves.
    pub goal: String,
    /// What belongs to it and what does not.
    pub scope: String,
    /// The sentence that is voted on.
    pub proposal: String,
    /// What to judge by.
    #[serde(default)]
    pub criteria: Vec<String>,
    /// Parts that must be settled first.
    pub depends_on: Vec<usize>,
    /// How complex it is, 0 to 1.
    pub complexity: f64,
    /// How many seats it gets.
    pub seats: usize,
    /// The most discussion rounds it gets.
    pub rounds: u8,
}

/// The split of the problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decomposed {
    /// The parts.
    pub sub_problems: Vec<SubProblem>,
    /// A model, or the rule that takes the problem whole.
    pub decided_by: By,
}

/// A filled seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seat {
    /// The persona.
    pub code: String,
    /// The persona's version, so that a finished session keeps what it ran with.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// Its emoji.
    pub emoji: String,
    /// Its colour, `#rrggbb`.
    pub color: String,
    /// Its archetype.
    pub archetype: String,
    /// Why it sits here.
    pub reason: String,
    /// The model route that speaks for it.
    pub route: String,
}

/// The seats of a sub-problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selected {
    /// The sub-problem.
    pub sub_problem: usize,
    /// The seats.
    pub seats: Vec<Seat>,
    /// The user, a model, or the rule of coverage.
    pub decided_by: By,
}

/// The beginning of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundStart {
    /// The sub-problem.
    pub sub_problem: usize,
    /// 0 for the initial round.
    pub round: u8,
    /// `initial` or `discussion`.
    pub kind: RoundKind,
    /// What the facilitator wanted.
    pub action: Action,
    /// The question put to the speakers.
    pub direction: Option<String>,
    /// Who speaks first, alone: a challenger, or a moderator from outside the board.
    #[serde(default)]
    pub lead: Option<Seat>,
    /// The contribution to be challenged, as `C3`.
    #[serde(default)]
    pub target: Option<String>,
    /// The seats that speak, the lead aside.
    pub speakers: Vec<String>,
}

named! {
    /// Whether seats speak alone or to each other.
    RoundKind {
        /// Alone.
        Initial = "initial",
        /// To each other.
        Discussion = "discussion",
    }
}

named! {
    /// What kind of contribution it is (BRD-2).
    ContributionKind {
        /// A seat's independent answer.
        Initial = "initial",
        /// A seat's answer to others.
        Response = "response",
        /// A voice brought in against the drift of the room.
        Moderator = "moderator",
        /// The facilitator's word.
        Facilitator = "facilitator",
    }
}

/// A seat begins to speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContributionStart {
    /// The contribution's id.
    pub contribution_id: Uuid,
    /// The sub-problem.
    pub sub_problem: usize,
    /// The round.
    pub round: u8,
    /// Who speaks.
    pub persona_code: String,
    /// What kind it is.
    #[serde(rename = "type")]
    pub kind: ContributionKind,
}

/// A piece of a contribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// The contribution.
    pub contribution_id: Uuid,
    /// Who speaks.
    pub persona_code: String,
    /// The next piece of its Markdown.
    pub text: String,
}

/// A recorded contribution, wrapped as the stream shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContributionRecord {
    /// The contribution.
    pub contribution: Contribution,
}

/// What was said in a round (BRD-2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contribution {
    /// Its id.
    pub id: Uuid,
    /// How others cite it within its sub-problem: `C3`. Given by its place in the course and not by its time, so an
    /// absence leaves a gap. The facilitator is not cited.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The sub-problem.
    pub sub_problem: Option<usize>,
    /// The round, 0 for the initial one.
    pub round: u8,
    /// Its place in the round: the lead first, then the seats in their order.
    pub seq: usize,
    /// What kind it is.
    #[serde(rename = "type")]
    pub kind: ContributionKind,
    /// Who said it.
    pub persona_code: Option<String>,
    /// The name shown.
    pub persona_name: String,
    /// What was said, in Markdown.
    pub content: String,
    /// The contributions it builds on.
    pub builds_on: Vec<Uuid>,
    /// What the speaker would vote now; a moderator has none.
    pub stance: Option<Stance>,
    /// Input tokens.
    pub tokens_in: u64,
    /// Output tokens.
    pub tokens_out: u64,
    /// Whether the provider's prompt cache served part of the input.
    pub cached: bool,
    /// Who answered, as `provider/model`.
    pub model: String,
    /// Whether that is the offline demo model.
    pub offline: bool,
    /// From request to the last byte, in milliseconds.
    pub latency_ms: u64,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A seat that did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Absence {
    /// The sub-problem.
    pub sub_problem: usize,
    /// The round it was missed in.
    pub round: u8,
    /// Who is absent.
    pub persona_code: String,
    /// The name shown.
    pub persona_name: String,
    /// The step: `initial_round`, `discussion` or `voting`.
    pub stage: Phase,
    /// Why.
    pub reason: FailureCode,
}

/// A persona's stance in a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PersonaStance {
    /// Who.
    pub persona_code: String,
    /// What it would vote.
    #[serde(flatten)]
    pub stance: Stance,
}

/// What a round brought. A value that could not be had is absent, never a default (BRD-12).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The sub-problem.
    pub sub_problem: usize,
    /// The round.
    pub round: u8,
    /// Mean distance from all that was said before, 0 to 1.
    pub novelty: Option<f64>,
    /// Mean distance from the sub-problem, 0 to 1.
    pub drift: Option<f64>,
    /// Share of confidence behind the larger side, 0 to 1.
    pub agreement: Option<f64>,
    /// Who measured it; thresholds go with this name.
    pub embedder: Option<String>,
    /// Every seat's stance after the round.
    pub stances: Vec<PersonaStance>,
}

/// The facilitator's choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facilitated {
    /// The sub-problem.
    pub sub_problem: usize,
    /// The round just finished.
    pub round: u8,
    /// What happens next.
    pub action: Action,
    /// Why.
    pub reason: String,
    /// Who speaks.
    pub speakers: Vec<String>,
    /// The question to the speakers, or to the user.
    pub question: Option<String>,
    /// The contribution to challenge.
    #[serde(default)]
    pub target: Option<String>,
    /// A model, or a rule.
    pub decided_by: By,
}

/// Why discussion ended (BRD-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The mode has no discussion.
    NoDiscussion,
    /// Stances agree and little new is said.
    Converged,
    /// Two rounds without a new argument.
    Exhausted,
    /// The same split over two rounds with nothing new.
    Deadlock,
    /// The round limit.
    RoundLimit,
    /// The cost ceiling.
    CostLimit,
    /// The time limit.
    TimeLimit,
    /// The facilitator called the vote.
    Facilitator,
    /// Nobody answered.
    NoVoices,
}

/// The rule by which a proposal carries, declared before the vote.
pub const RULE: &str = "majority_of_votes_cast";

/// The rule in words, for those who vote under it.
pub const RULE_IN_WORDS: &str = "A majority of the votes cast carries, abstentions left out; a conditional yes counts \
                                 as support; at least half of the seats must vote.";

/// The beginning of a vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VotingStart {
    /// The sub-problem.
    pub sub_problem: usize,
    /// What is voted on.
    pub proposal: String,
    /// The rule.
    pub rule: String,
    /// Who votes.
    pub seats: Vec<String>,
    /// Why discussion ended.
    pub stop_reason: StopReason,
}

/// One ballot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Vote {
    /// Its id.
    pub id: Uuid,
    /// The sub-problem.
    pub sub_problem: usize,
    /// Who voted.
    pub persona_code: String,
    /// The name shown.
    pub persona_name: String,
    /// The decision.
    pub decision: Decision,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Why.
    pub reasoning: String,
    /// On what terms.
    pub conditions: Vec<String>,
    /// What would change this mind.
    pub would_change_mind: String,
    /// The stance before the discussion.
    pub stance_before: Option<Stance>,
    /// Whether the side changed since then.
    pub flipped: bool,
    /// The reason given for that.
    pub flip_reason: Option<String>,
    /// Whether that reason cites nothing that was said.
    pub flip_unsupported: bool,
    /// Who answered, as `provider/model`.
    pub model: String,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// The count of a sub-problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// The sub-problem.
    pub sub_problem: usize,
    /// The numbers.
    #[serde(flatten)]
    pub tally: Tally,
    /// What came of it.
    pub outcome: Outcome,
}

/// A sub-problem, or the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubProblemRef {
    /// The sub-problem; none for the whole.
    pub sub_problem: Option<usize>,
}

/// A finished section of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The sub-problem; none for the whole.
    pub sub_problem: Option<usize>,
    /// Its name: `executive_summary`, `risks` …
    pub section: String,
    /// Text or a list.
    pub content: Value,
}

/// A report as the model wrote it; the counts and the dissent are added by the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Synthesized {
    /// The sub-problem; none for the whole.
    pub sub_problem: Option<usize>,
    /// The written parts; none when no model could write them.
    pub draft: Option<ReportDraft>,
    /// Why there is no draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCode>,
    /// What the session came to; for the whole only.
    pub outcome: Option<Outcome>,
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The limit.
    pub limit: LimitKind,
}

named! {
    /// What can run out.
    LimitKind {
        /// Money.
        Cost = "cost",
        /// Time.
        Time = "time",
    }
}

/// Why a session is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Always the user, so far.
    pub reason: By,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// What it came to; none when it was stopped before anything was said.
    pub outcome: Option<Outcome>,
    /// The report's heading.
    pub heading: String,
}
