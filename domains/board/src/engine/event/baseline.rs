//! What belongs to the answer of one model alone (BRD-31).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::session::{Decision, FailureCode};

/// The answer of the strongest single model, asked once and knowing nothing of the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Who answered, as `provider/model`; whom it was to be where nobody did.
    pub model: String,
    /// The answer; none when there is none.
    pub answer: Option<String>,
    /// What it would do with each proposal.
    pub decisions: Vec<BaselineDecision>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCode>,
}

/// What the single model would do with a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BaselineDecision {
    /// The sub-problem.
    pub sub_problem: usize,
    /// Its decision.
    pub decision: Decision,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Why, in a sentence.
    pub reason: String,
}
