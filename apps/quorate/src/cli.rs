//! The command line (CLI-5): one file a command. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration,
//! 3 a board ended without a result.

mod arguments;
mod audit;
mod banner;
mod bench;
mod board;
mod completions;
mod config_command;
mod doctor;
mod failure;
mod interrupts;
mod keys;
mod log;
mod migrate;
mod models;
mod orgs;
mod output;
mod routes;
mod serve;
mod usage;
mod users;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::config::{self, Flag, Loaded, Sources};
use arguments::{Arguments, Command};
pub use banner::{Banner, banner};
pub(crate) use failure::Failure;

/// Runs the command that `arguments` name, the program's own name first, and tells how it went.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come as errors too, with exit code 0. Nothing can be done when they cannot be printed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    crate::compose::prepare_tls();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::failed(error).report(),
    };
    let outcome = runtime.block_on(run(arguments));
    // A question on the terminal may still wait for a line that never comes.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Serve(options) => serve::run(&arguments.global, options).await,
        Command::Board(options) => Box::pin(board::run(&arguments.global, options)).await,
        Command::Bench(options) => Box::pin(bench::run(&arguments.global, options)).await,
        Command::Models(options) => models::run(&arguments.global, options),
        Command::Config(options) => config_command::run(&arguments.global, options),
        Command::Doctor(options) => doctor::run(&arguments.global, options).await,
        Command::Migrate(options) => migrate::run(&arguments.global, options).await,
        Command::Users(options) => Box::pin(users::run(&arguments.global, options)).await,
        Command::Orgs(options) => Box::pin(orgs::run(&arguments.global, options)).await,
        Command::Keys(options) => Box::pin(keys::run(&arguments.global, options)).await,
        Command::Usage(options) => Box::pin(usage::run(&arguments.global, options)).await,
        Command::Routes(options) => routes::run(&arguments.global, options),
        Command::Audit(options) => Box::pin(audit::run(&arguments.global, options)).await,
        Command::Completions(options) => completions::run(options),
    }
}

impl arguments::Global {
    /// Reads and checks the configuration, with these flags of the command over it.
    pub(crate) fn load(&self, mut flags: Vec<Flag>) -> Result<Loaded, Failure> {
        if let Some(format) = self.log_format {
            flags.push(Flag { flag: "--log-format", key: "log.format", value: format.name().to_owned() });
        }
        if let Some(level) = log::level(self.verbose) {
            flags.push(Flag { flag: "-v", key: "log.level", value: level.to_owned() });
        }
        let sources = Sources { file: self.config.clone(), flags, ..Sources::of_process(self.data_dir.clone()) };
        Ok(config::load(&sources)?)
    }
}
