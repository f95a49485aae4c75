//! What belongs to the options of a choice (BRD-28).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::By;
use crate::engine::count::Tally;
use crate::session::{Decision, named};

named! {
    /// What a sub-problem asks for.
    Form {
        /// A yes or no to its proposal.
        Proposal = "proposal",
        /// A choice among several courses, of which its proposal is one.
        Choice = "choice",
    }
}

impl Default for Form {
    /// What sub-problems of older sessions asked for.
    fn default() -> Self {
        Self::Proposal
    }
}

named! {
    /// How an option stands to a limit that the user set.
    Verdict {
        /// It keeps within it.
        Pass = "pass",
        /// It may break it.
        Tension = "tension",
        /// It breaks it.
        Violation = "violation",
    }
}

/// How an option stands to one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConstraintCheck {
    /// The limit, as the user put it.
    pub constraint: String,
    /// How the option stands to it.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub note: String,
}

/// How well an option does by one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CriterionScore {
    /// The criterion.
    pub criterion: String,
    /// 0 (fails) to 10 (could not be better); none where the discussion does not tell.
    pub score: Option<f64>,
}

/// One course that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OptionCard {
    /// `A`, `B` … within its sub-problem.
    pub id: String,
    /// A few words.
    pub label: String,
    /// What would be done.
    pub description: String,
    /// The seats that spoke for it, by code.
    pub supporters: Vec<String>,
    /// What is given up for it.
    pub trade_offs: Vec<String>,
    /// What may go wrong with it.
    pub risk: String,
    /// How well it does, for every criterion in its order.
    pub scores: Vec<CriterionScore>,
    /// How it stands to the limits that the user set.
    pub constraints: Vec<ConstraintCheck>,
}

/// The options of a sub-problem. None where there was nothing to choose among, or where no model could form them; then
/// the vote is on the proposal alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptionsFormed {
    /// The sub-problem.
    pub sub_problem: usize,
    /// None, or 2 to 5.
    pub options: Vec<OptionCard>,
    /// What they are judged by; all weigh the same until the user says otherwise.
    pub criteria: Vec<String>,
    /// A model, or the rule where it did not answer.
    pub decided_by: By,
}

/// What a ballot says of one option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OptionVote {
    /// The option's id.
    pub option: String,
    /// The decision on it.
    pub decision: Decision,
    /// How sure, 0 to 1.
    pub confidence: f64,
}

/// The count of the ballots on one option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OptionTally {
    /// The option's id.
    pub option: String,
    /// The count; a seat whose ballot says nothing of it is absent.
    pub tally: Tally,
}
