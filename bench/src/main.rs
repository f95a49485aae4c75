//! `cargo run --release -p quorate-bench -- board`: measures the real server as a child process, on SQLite and on
//! PostgreSQL, over loopback. What is measured and how to read it: `bench/README.md`.

mod api_load;
mod client;
mod database;
mod engine;
mod load;
mod machine;
mod memory;
mod offline_run;
mod report;
mod scripted_run;
mod server;
mod start;
mod streams;
mod watcher;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::database::Engine;
use crate::report::Report;
use crate::server::Binary;

/// What can be measured as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// The server with a board: start-up, memory, engine, API, streams.
    Board,
}

/// A part of the board suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Start-up time.
    Start,
    /// Idle memory.
    Memory,
    /// What a session takes beyond the model's own time.
    Engine,
    /// Reads and writes a second.
    Api,
    /// A thousand open streams.
    Streams,
}

/// Measures the real server as a child process on SQLite and PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// What to measure.
    #[arg(value_enum, default_value_t = Suite::Board)]
    suite: Suite,
    /// The server; target/release/quorate of this workspace unless told.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Put the figures into bench/README.md.
    #[arg(long)]
    write: bool,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Only on these databases.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    databases: Vec<Engine>,
    /// Starts per case.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=100))]
    starts: u32,
    /// Sessions per case.
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=100))]
    sessions: u32,
    /// Seconds of load per case of the API; a sixth of it, at least one second, is warm-up before.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=30))]
    seconds: u64,
    /// Open streams.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(2..=8_000))]
    streams: u32,
}

impl Arguments {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Whatever is dropped here ends what it started: child processes, folders, schemas.
    let outcome = tokio::select! {
        outcome = Box::pin(run(&arguments)) => outcome,
        interrupted = interrupted() => interrupted,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard?,
        _ = terminate.recv() => {}
    }
    bail!("interrupted; everything that was started is ended")
}

async fn run(arguments: &Arguments) -> Result<()> {
    let Suite::Board = arguments.suite;
    let binary = Binary::find(arguments.binary.as_deref())?;
    let mut report = Report::new(machine::describe(&binary)?);
    for part in [Part::Start, Part::Memory, Part::Engine, Part::Api, Part::Streams] {
        if !arguments.wants(part) {
            continue;
        }
        match part {
            Part::Start => report.add(start::measure(&binary, &arguments.databases, arguments.starts).await?),
            Part::Memory => report.add(memory::measure(&binary, &arguments.databases).await?),
            Part::Engine => {
                for section in engine::measure(&binary, &arguments.databases, arguments.sessions).await? {
                    report.add(section);
                }
            }
            Part::Api => report.add(api_load::measure(&binary, &arguments.databases, arguments.seconds).await?),
            Part::Streams => report.add(streams::measure(&binary, &arguments.databases, arguments.streams).await?),
        }
    }
    report.finish();
    say(&report.markdown())?;
    if arguments.write {
        let path = report::write(&report.markdown()).context("bench/README.md cannot be written")?;
        say(&format!("written to {}\n", path.display()))?;
    }
    Ok(())
}

/// Puts text on standard output.
fn say(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// Tells on standard error what is going on, so that the figures alone are on standard output.
fn progress(text: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {text}");
}
