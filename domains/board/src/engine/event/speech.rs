//! What belongs to the events of a round.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::By;
use crate::answer::Action;
use crate::persona::Part;
use crate::session::{FailureCode, Phase, Stance, named};

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
    /// The passages it cites, by ref: `S1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Whether the speaker changed sides since it last spoke and cites nothing that was said or found.
    #[serde(default)]
    pub unsupported_flip: bool,
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
    /// Which voice is brought in from outside, where one is.
    #[serde(default)]
    pub voice: Option<Part>,
    /// A model, or a rule.
    pub decided_by: By,
}
