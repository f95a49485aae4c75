//! `cargo run --release -p quorate-bench -- board`: measures the real server as a child process, on SQLite and on
//! PostgreSQL, over loopback; `… -- gateway` measures its gateway beside others. What is measured and how to read it:
//! `bench/README.md`.

mod api_load;
mod client;
mod database;
mod engine;
mod gateway;
mod load;
mod machine;
mod memory;
mod offline_run;
mod report;
mod scripted_run;
mod server;
mod start;
mod storm;
mod streams;
mod watcher;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::database::Engine;
use crate::report::Report;
use crate::server::Binary;

/// What can be measured as a whole.
#[derive(Debug, Subcommand)]
enum Suite {
    /// The server with a board: start-up, memory, engine, API, streams.
    Board(BoardArguments),
    /// The gateway beside other gateways.
    Gateway(gateway::GatewayArguments),
    /// The upstream of the part `gateway`, which starts it.
    #[command(hide = true)]
    Mock(gateway::MockArguments),
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
    /// A hundred log-ins at once.
    Storm,
    /// A thousand open streams.
    Streams,
}

/// Measures the real server as a child process.
#[derive(Debug, Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
struct Arguments {
    /// What to measure; the board unless told.
    #[command(subcommand)]
    suite: Option<Suite>,
    #[command(flatten)]
    board: BoardArguments,
}

/// What the part `board` can be told.
#[derive(Debug, Args)]
struct BoardArguments {
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

impl BoardArguments {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

fn main() -> ExitCode {
    let Arguments { suite, board } = Arguments::parse();
    let suite = suite.unwrap_or(Suite::Board(board));
    match perform(&suite) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The board's load takes what cores there are; the gateway's generator and its mock have one thread each.
fn perform(suite: &Suite) -> Result<()> {
    let mut runtime = match suite {
        Suite::Board(_) => tokio::runtime::Builder::new_multi_thread(),
        Suite::Gateway(_) | Suite::Mock(_) => tokio::runtime::Builder::new_current_thread(),
    };
    runtime.enable_all().build()?.block_on(async {
        // Whatever is dropped here ends what it started: child processes, folders, schemas.
        tokio::select! {
            outcome = Box::pin(run(suite)) => outcome,
            interrupted = interrupted() => interrupted,
        }
    })
}

async fn run(suite: &Suite) -> Result<()> {
    match suite {
        Suite::Board(arguments) => board(arguments).await,
        Suite::Gateway(arguments) => gateway::run(arguments).await,
        Suite::Mock(arguments) => gateway::mock::serve(arguments.listen).await,
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

async fn board(arguments: &BoardArguments) -> Result<()> {
    let binary = Binary::find(arguments.binary.as_deref())?;
    let mut report = Report::new(machine::describe(Some(&binary))?);
    for part in [Part::Start, Part::Memory, Part::Engine, Part::Api, Part::Storm, Part::Streams] {
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
            Part::Storm => report.add(storm::measure(&binary, &arguments.databases).await?),
            Part::Streams => report.add(streams::measure(&binary, &arguments.databases, arguments.streams).await?),
        }
    }
    report.finish();
    say(&report.markdown())?;
    if arguments.write {
        let path =
            report::write(report::Part::Board, &report.markdown()).context("bench/README.md cannot be written")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_board_is_measured_unless_another_part_is_named() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        let suite = |line: &str| parse(line).unwrap().suite;
        assert!(suite("bench").is_none());
        assert!(parse("bench --only start").unwrap().board.only == [Part::Start]);
        assert!(matches!(suite("bench board --only api"), Some(Suite::Board(board)) if board.only == [Part::Api]));
        assert!(matches!(suite("bench gateway --only nginx,direct --soak 0"), Some(Suite::Gateway(_))));
        assert!(matches!(suite("bench mock --listen 127.0.0.1:9"), Some(Suite::Mock(_))));
        assert!(parse("bench gateway --only start").is_err());
    }
}
