//! Arguments of `quorate bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use quorate_board::session::Mode;

#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    #[command(subcommand)]
    pub(crate) what: BenchWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchWhat {
    /// Measure the board beside a single model and beside its own majority, on questions with known answers
    Board(Box<BenchBoardOptions>),
}

#[derive(Debug, Args)]
pub(crate) struct BenchBoardOptions {
    /// The questions, as TOML; the form is told in docs/deliberation.md [default: the bundled set]
    #[arg(long, value_name = "FILE")]
    pub(crate) questions: Option<PathBuf>,
    /// What is measured, between commas
    #[arg(
        long,
        value_enum,
        value_name = "METHODS",
        value_delimiter = ',',
        default_values = ["single", "self-consistency", "quick", "standard"]
    )]
    pub(crate) methods: Vec<Method>,
    /// How often the single model is asked for self-consistency
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=25))]
    pub(crate) samples: u32,
    /// Who answers instead of the configured routes: a route, or provider/model
    #[arg(long, value_name = "ROUTE", visible_alias = "model")]
    pub(crate) route: Option<String>,
    /// Who sits on the boards: two to eight persona codes between commas [default: each board chooses]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) personas: Option<Vec<String>>,
    /// Only the first questions
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// How often every question is put to every method, with its options in another order each time
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,
    /// The seed of the order of options and of the resamples
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many questions are under way at once
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) concurrency: u32,
    /// Begin nothing new once this much is spent, in US dollars
    #[arg(long, value_name = "USD", value_parser = super::gateway::dollars)]
    pub(crate) max_cost: Option<quorate_kernel::MicroUsd>,
    /// Keep the boards' sessions instead of deleting each when it has been read
    #[arg(long)]
    pub(crate) keep_sessions: bool,
    /// How the result is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = BenchOutput::Table)]
    pub(crate) output: BenchOutput,
    /// Write the result to a file: Markdown, or JSON when it is called .json
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchOutput {
    /// Tables for people
    Table,
    /// JSON for scripts, every single answer included
    Json,
}

/// A way to come to an answer (BRD-31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub(crate) enum Method {
    /// One model, asked once
    Single,
    /// The same model, asked several times; the most frequent answer
    SelfConsistency,
    /// A board without discussion
    Quick,
    /// A board that discusses where its seats disagree
    Standard,
    /// A board that discusses up to its limit
    Deep,
    /// A board of two seats that calls the others where those disagree
    Auto,
}

impl Method {
    /// The name as typed and shown.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::SelfConsistency => "self-consistency",
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Deep => "deep",
            Self::Auto => "auto",
        }
    }

    /// The board's mode; none where no board is asked.
    pub(crate) const fn mode(self) -> Option<Mode> {
        match self {
            Self::Single | Self::SelfConsistency => None,
            Self::Quick => Some(Mode::Quick),
            Self::Standard => Some(Mode::Standard),
            Self::Deep => Some(Mode::Deep),
            Self::Auto => Some(Mode::Auto),
        }
    }
}
