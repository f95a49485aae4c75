//! The events of a session's log (BRD-20). They are what state is rebuilt from, and what live streams show.

mod baseline;
mod course;
mod options;
mod research;
mod result;
mod speech;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::session::Brief;

pub use baseline::{Baseline, BaselineDecision};
pub use course::{
    Answered, Asked, By, Decomposed, Nothing, Pause, PhaseChange, RoundKind, RoundStart, Seat, Selected, Started,
    SubProblem,
};
pub use options::{ConstraintCheck, CriterionScore, Form, OptionCard, OptionTally, OptionVote, OptionsFormed, Verdict};
pub use research::{Matched, Material, ResearchStatus, Researched, Source};
pub use result::{
    Counted, End, Limit, LimitKind, Section, StopReason, SubProblemRef, Synthesized, Vote, VotingStart, Waited,
};
pub use speech::{
    Absence, Contribution, ContributionKind, ContributionRecord, ContributionStart, Delta, Facilitated, Measured,
    PersonaStance,
};

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
    /// A fact was looked up.
    #[serde(rename = "research.done")]
    ResearchDone(Researched),
    /// The options of a choice are laid out.
    #[serde(rename = "options.formed")]
    OptionsFormed(OptionsFormed),
    /// The ballots are out.
    #[serde(rename = "voting.started")]
    VotingStarted(VotingStart),
    /// One ballot.
    #[serde(rename = "vote.recorded")]
    VoteRecorded(Vote),
    /// The count.
    #[serde(rename = "votes.counted")]
    VotesCounted(Counted),
    /// What the strongest single model answers to the same problem.
    #[serde(rename = "baseline.recorded")]
    BaselineRecorded(Baseline),
    /// A report is being written.
    #[serde(rename = "synthesis.started")]
    SynthesisStarted(SubProblemRef),
    /// A finished section of it.
    #[serde(rename = "report.section")]
    ReportSection(Section),
    /// A report is written.
    #[serde(rename = "synthesis.recorded")]
    SynthesisRecorded(Synthesized),
    /// The session waited; its time limit is later by as much.
    #[serde(rename = "deadline.moved")]
    DeadlineMoved(Waited),
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
        let mut object = serde_json::Map::new();
        object.insert("type".to_owned(), Value::String(kind.to_owned()));
        object.insert("data".to_owned(), data);
        serde_json::from_value(Value::Object(object))
    }
}
