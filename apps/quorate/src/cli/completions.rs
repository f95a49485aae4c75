use clap::CommandFactory as _;

use super::arguments::{Arguments, CompletionsOptions};
use super::{Failure, output};

/// `quorate completions SHELL`.
pub(super) fn run(options: &CompletionsOptions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "quorate", &mut script);
    Ok(output::print(&String::from_utf8_lossy(&script))?)
}
