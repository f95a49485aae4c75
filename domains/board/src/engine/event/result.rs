//! What belongs to the events of vote, report and end.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{OptionTally, OptionVote};
use crate::answer::ReportDraft;
use crate::engine::count::Tally;
use crate::session::{Decision, FailureCode, Outcome, Stance, named};

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
    /// On each option, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionVote>,
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
    /// The count for each option, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionTally>,
    /// The option with the most support of those that carry; none when there is none, or several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leading: Option<String>,
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

/// How long a session waited: for the user, for a worker, or for the server to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// In milliseconds.
    pub milliseconds: i64,
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

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// What it came to; none when it was stopped before anything was said.
    pub outcome: Option<Outcome>,
    /// The report's heading.
    pub heading: String,
}
