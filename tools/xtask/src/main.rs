//! `cargo xtask`: the repository's own checks and generated files.
//!
//! `arch` refuses what the architecture refuses (design/architecture.md, rules 1, 4, 10); `openapi` and
//! `config-docs` write the files that are generated from the server's types, or with `--check` fail and say what
//! differs from the committed ones.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool: its output is what it is for")]

mod arch;
#[cfg(feature = "documents")]
mod documents;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Checks of the architecture and generated files of Quorate.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check tiers, domain borders, file sizes, names, lint suppressions and where SQL stands.
    Arch,
    /// Write openapi.json from the server's routes.
    #[cfg(feature = "documents")]
    Openapi {
        /// Change nothing; fail when the committed file differs, and say where.
        #[arg(long)]
        check: bool,
    },
    /// Write docs/configuration.md from the server's configuration reference.
    #[cfg(feature = "documents")]
    ConfigDocs {
        /// Change nothing; fail when the committed file differs, and say where.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one task; `false` means that the check it made did not hold (and was explained on standard error).
fn run(task: &Task) -> Result<bool> {
    let workspace = Workspace::find()?;
    match task {
        Task::Arch => {
            let findings = arch::check(&workspace)?;
            for finding in &findings {
                eprintln!("{finding}");
            }
            if findings.is_empty() {
                println!("arch: the rules hold for {} files", workspace.files().len());
            } else {
                eprintln!("arch: {} findings; the rules and their reasons stand in ARCHITECTURE.md", findings.len());
            }
            Ok(findings.is_empty())
        }
        #[cfg(feature = "documents")]
        Task::Openapi { check } => documents::openapi::run(&workspace, *check),
        #[cfg(feature = "documents")]
        Task::ConfigDocs { check } => documents::configuration::run(&workspace, *check),
    }
}
