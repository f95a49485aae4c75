//! The report: what a model wrote, with the counts, the dissent and the absences that only the program may state
//! (BRD-6, BRD-7, BRD-29).

mod build;
mod choices;
mod claims;
mod figures;
mod ledger;
mod markdown;
pub mod print;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use build::build;
pub use claims::{Basis, CheckedFigure, Claim, ClaimFlag, FigureOrigin, UnsourcedFigure};
pub use markdown::markdown;

use crate::answer::{NextAction, PreMortem};
use crate::engine::count::Tally;
use crate::engine::event::{Absence, BaselineDecision, By, OptionCard, Source, StopReason};
use crate::engine::matrix::Matrix;
use crate::session::{Decision, Mode, Outcome};

/// The heading that follows from how a session ended.
#[must_use]
pub const fn heading(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "Board report",
        Outcome::Partial => "Partial report: the board did not get to the end",
        Outcome::NoQuorum => "No result: fewer than half of the seats voted",
        Outcome::Deadlock => "Deadlock: the board is split and nothing new was said",
    }
}

/// The report of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// The heading, which follows from the outcome.
    pub heading: String,
    /// What the session came to.
    pub outcome: Outcome,
    /// The summary; empty when no model could write it, and `method.unwritten` says why.
    pub executive_summary: String,
    /// What to do.
    pub recommendation: String,
    /// What the discussion brought to light.
    pub key_insights: Vec<String>,
    /// The count of all ballots, over every sub-problem.
    pub vote_distribution: Tally,
    /// The ballots against the result, in the dissenters' own words.
    pub dissenting_views: Vec<Dissent>,
    /// On what terms.
    pub conditions: Vec<String>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// What may go wrong.
    pub risks: Vec<String>,
    /// The ways in which the recommendation will have failed, seen from a year on.
    #[serde(default)]
    pub pre_mortem: Vec<PreMortem>,
    /// What is still open.
    pub open_questions: Vec<String>,
    /// What to do next.
    pub next_steps: Vec<NextAction>,
    /// What the report claims as fact, and what each claim rests on by the program's check.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Figures in the report's text that nobody gave, sourced or could derive.
    #[serde(default)]
    pub unsourced_figures: Vec<UnsourcedFigure>,
    /// What one model alone answered, and where the board changed it; none where it was not asked.
    #[serde(default)]
    pub baseline: Option<BaselineReport>,
    /// The passages that were looked up.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// Who changed sides between the first stance and the vote.
    #[serde(default)]
    pub flips: Vec<SideChange>,
    /// Seats that did not answer.
    pub absences: Vec<Absence>,
    /// The parts of the problem.
    pub sub_problems: Vec<SubReport>,
    /// How it came about.
    pub method: Method,
    /// All of it as Markdown.
    pub full_report: String,
}

/// The answer of the strongest single model beside the board's (BRD-31).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BaselineReport {
    /// Who answered, as `provider/model`.
    pub model: String,
    /// Its answer in Markdown; none when there is none.
    pub answer: Option<String>,
    /// Its decisions beside the board's results.
    pub comparisons: Vec<BaselineComparison>,
    /// Why there is no answer.
    pub failure: Option<crate::session::FailureCode>,
}

/// A proposal as one model alone and as the board decided it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BaselineComparison {
    /// The single model's decision.
    #[serde(flatten)]
    pub single: BaselineDecision,
    /// Whether the board carried it; none without a result, and in a deadlock.
    pub board_carried: Option<bool>,
    /// Whether the two are on different sides; none where one of them takes none.
    pub changed: Option<bool>,
}

/// Somebody who changed sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SideChange {
    /// Who.
    pub persona_code: String,
    /// The name shown.
    pub persona_name: String,
    /// The sub-problem.
    pub sub_problem: usize,
    /// The stance before the discussion.
    pub from: Decision,
    /// The vote.
    pub to: Decision,
    /// The reason given.
    pub reason: Option<String>,
    /// Whether the reason cites nothing that was said or found: the flip is then flagged, since it may have come of
    /// pressure alone.
    pub unsupported: bool,
}

/// A view that does not stand with the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dissent {
    /// Whose.
    pub persona_code: String,
    /// The name shown.
    pub persona_name: String,
    /// The sub-problem.
    pub sub_problem: usize,
    /// The decision.
    pub decision: Decision,
    /// How sure.
    pub confidence: f64,
    /// The reasoning, word for word.
    pub view: String,
}

/// What the board found on one sub-problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubReport {
    /// Its place.
    pub index: usize,
    /// Its title.
    pub title: String,
    /// Its goal.
    pub goal: String,
    /// What was voted on.
    pub proposal: String,
    /// The summary, if one was written.
    pub summary: Option<String>,
    /// The recommendation, if one was written.
    pub recommendation: Option<String>,
    /// The count, if there was a vote.
    pub vote_distribution: Option<Tally>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Its rounds in numbers.
    pub rounds: Vec<RoundReport>,
    /// Why discussion ended.
    pub stop_reason: Option<StopReason>,
    /// Whether it cannot be undone, so that it took three quarters of the votes to carry.
    #[serde(default)]
    pub one_way: bool,
    /// The courses to choose among; none where it was not a choice.
    #[serde(default)]
    pub options: Vec<OptionReport>,
    /// The option that the votes put first; none where none carried alone.
    #[serde(default)]
    pub leading_option: Option<String>,
    /// The options by criteria; none without options.
    #[serde(default)]
    pub matrix: Option<Matrix>,
}

/// An option as the report shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OptionReport {
    /// The card.
    #[serde(flatten)]
    pub card: OptionCard,
    /// The count of the votes on it; none before they were counted.
    pub vote_distribution: Option<Tally>,
}

/// A round in numbers; what is unknown is absent (BRD-12).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RoundReport {
    /// The round.
    pub round: u8,
    /// How much new was said, 0 to 1.
    pub novelty: Option<f64>,
    /// How far from the question, 0 to 1.
    pub drift: Option<f64>,
    /// The share of confidence behind the larger side, 0 to 1.
    pub agreement: Option<f64>,
}

/// How a report came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Method {
    /// How far the board went.
    pub mode: Mode,
    /// The models that answered.
    pub models: Vec<String>,
    /// Whether the offline demo model spoke.
    pub offline_demo: bool,
    /// Discussion rounds, over all sub-problems.
    pub rounds: usize,
    /// Seats, over all sub-problems.
    pub personas: usize,
    /// Model calls answered.
    pub calls: usize,
    /// The version of the prompts.
    pub prompt_version: String,
    /// Who split the problem: a model, or the rule that takes it whole.
    pub decomposed_by: Option<By>,
    /// Why the written parts are missing, when they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unwritten: Option<crate::session::FailureCode>,
}
