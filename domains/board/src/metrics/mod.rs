//! How a session ran, in figures, for whoever runs the server (BRD-24): tokens, cost, latency and time of each phase,
//! and what each round brought. Pure: the figures follow from the log alone. What is unknown is null (BRD-12).

mod metered;
mod phases;
mod read;
mod rounds;
mod times;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::event::RoundKind;
use crate::session::named;

pub(crate) use metered::{Logged, Metered};

named! {
    /// What answers and time were spent on: a phase of the course, or the one model that is asked beside the board.
    Stage {
        /// Questions to the user.
        Intake = "intake",
        /// The split of the problem.
        Decomposition = "decomposition",
        /// The choice of the seats.
        Selection = "selection",
        /// Every seat alone.
        InitialRound = "initial_round",
        /// Seats answer each other, and the facilitator leads.
        Discussion = "discussion",
        /// The options of a choice, and the ballots.
        Voting = "voting",
        /// The reports.
        Synthesis = "synthesis",
        /// What the strongest single model answers alone.
        Baseline = "baseline",
    }
}

/// What answers cost, in micro-dollars. Only operators are shown it (BRD-22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Money {
    /// All of it; null when the price of any answer is unknown, or when there was none.
    pub microusd: Option<i64>,
    /// Answers whose price is unknown.
    pub unpriced: usize,
}

/// The cost of a session beside what it may cost. Only operators are shown it (BRD-22).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Ceiling {
    /// What it may cost, in micro-dollars.
    pub microusd: i64,
    /// What has been counted against that: every answer whose price is known.
    pub counted_microusd: i64,
    /// The share of the ceiling that this is; null when the price of any answer is unknown.
    pub share: Option<f64>,
}

/// How long answers took, from request to the last byte, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Latency {
    /// Half took longer.
    pub median_ms: f64,
    /// The longest.
    pub longest_ms: u64,
}

/// What answers add up to. A sum is null when any answer's part of it is unknown, and when there was no answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Consumption {
    /// Answers of models, usable or not. A call that brought none is not among them.
    pub answers: usize,
    /// Input tokens, cached ones included.
    pub tokens_in: Option<u64>,
    /// Output tokens, reasoning included.
    pub tokens_out: Option<u64>,
    /// Input tokens read from a provider's cache.
    pub tokens_cached: Option<u64>,
    /// Output tokens spent on reasoning.
    pub tokens_reasoning: Option<u64>,
    /// The share of the input tokens that came from a cache, 0 to 1.
    pub cache_share: Option<f64>,
    /// How many of the answers are repairs of one that did not fit.
    pub repairs: Option<usize>,
    /// How long they took.
    pub latency: Option<Latency>,
    /// What they cost; absent for those who may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
}

/// One phase of a session.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PhaseMetrics {
    /// Which.
    pub phase: Stage,
    /// The time that went by in it, waits included, in milliseconds; time that several sub-problems spent
    /// in it side by side counts once. Until the newest event while it lasts. Null where the log does not tell.
    pub elapsed_ms: Option<u64>,
    /// What was wanted and did not come: a seat's word or ballot, a report, the single model's answer.
    pub absences: usize,
    /// What its answers add up to.
    #[serde(flatten)]
    pub consumption: Consumption,
}

/// Changes of side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Flips {
    /// With a reason that cites what was said or found.
    pub cited: usize,
    /// Without one.
    pub uncited: usize,
}

/// One round of a sub-problem.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RoundMetrics {
    /// The sub-problem.
    pub sub_problem: usize,
    /// The round.
    pub round: u8,
    /// `initial` or `discussion`.
    pub kind: RoundKind,
    /// How many seats spoke, guests included.
    pub contributions: usize,
    /// How many did not answer.
    pub absences: usize,
    /// How much new was said, 0 to 1.
    pub novelty: Option<f64>,
    /// How far from the question, 0 to 1.
    pub drift: Option<f64>,
    /// The share of confidence behind the larger side, 0 to 1.
    pub agreement: Option<f64>,
    /// Who changed sides since they last spoke; null where nobody who spoke had a stance before.
    pub flips: Option<Flips>,
}

/// The session as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TotalMetrics {
    /// From start to end, or to the newest event, in milliseconds; null before the start.
    pub elapsed_ms: Option<u64>,
    /// How much of that nobody worked on it: it waited for the user, for a worker or for a server to come back.
    pub waited_ms: u64,
    /// What was wanted and did not come.
    pub absences: usize,
    /// Ballots on another side than the voter's first stance; null where no ballot can be compared with one.
    pub flips_at_vote: Option<Flips>,
    /// What all answers add up to.
    #[serde(flatten)]
    pub consumption: Consumption,
    /// The cost beside what it may be; absent for those who may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Ceiling>,
}

/// How a session ran, in figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Metrics {
    /// The whole.
    pub totals: TotalMetrics,
    /// The phases that were entered, in the order of the course.
    pub phases: Vec<PhaseMetrics>,
    /// The rounds, by sub-problem.
    pub rounds: Vec<RoundMetrics>,
}

impl Metrics {
    /// The same for somebody who may see no money (BRD-22).
    #[must_use]
    pub fn without_money(mut self) -> Self {
        self.totals.ceiling = None;
        self.totals.consumption.money = None;
        for phase in &mut self.phases {
            phase.consumption.money = None;
        }
        self
    }
}

/// What a log says of how its session ran.
pub(crate) fn metrics(log: &[Logged]) -> Metrics {
    Metrics { totals: phases::totals(log), phases: phases::phases(log), rounds: rounds::rounds(log) }
}
