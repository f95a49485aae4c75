//! What belongs to the events from start to the beginning of a round.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Form, Material};
use crate::answer::Action;
use crate::engine::count::Rule;
use crate::session::{Answer, Phase, Question, named};

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
    /// The rule by which a proposal carries, declared before anybody speaks (BRD-6).
    #[serde(default)]
    pub rule: String,
    /// What the user attached, as every seat reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub materials: Vec<Material>,
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
    /// A yes or no, or a choice.
    #[serde(default)]
    pub form: Form,
    /// Whether there is no way back, so that more support is needed to carry it.
    #[serde(default)]
    pub one_way: bool,
    /// The rule by which its proposal carries, declared before anybody speaks on it (BRD-6).
    #[serde(default)]
    pub rule: Rule,
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
    /// Who is called in if these disagree; in the mode `auto` only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserve: Vec<Seat>,
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

/// Why a session is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Always the user, so far.
    pub reason: By,
}
