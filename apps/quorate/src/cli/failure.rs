use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use quorate_kernel::Problem;

use crate::config::ConfigErrors;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It tried and failed: exit code 1.
    Failed(anyhow::Error),
    /// It said already what is wrong: exit code 1.
    Told,
    /// It was asked wrongly, or the configuration is wrong: exit code 2.
    Usage(String),
    /// A board ended without a result, which has been shown: exit code 3.
    NoResult,
}

impl Failure {
    /// Something failed.
    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self::Failed(error.into())
    }

    /// Prints it once, plainly, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (code, message) = match self {
            // Whoever read our output has seen enough: `quorate … | head`.
            Self::Failed(error) if is_broken_pipe(&error) => return ExitCode::SUCCESS,
            Self::Failed(error) => (1, one_line(&error)),
            Self::Told => return ExitCode::from(1),
            Self::Usage(message) => (2, message),
            Self::NoResult => return ExitCode::from(3),
        };
        let style = anstyle::AnsiColor::Red.on_default().bold();
        // Nothing can be done when standard error is gone.
        let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {message}");
        ExitCode::from(code)
    }
}

/// The error and its causes, each said once: many an outer error quotes the inner one already.
fn one_line(error: &anyhow::Error) -> String {
    let mut message = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    message
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe))
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::Usage(errors.to_string())
    }
}

impl From<Problem> for Failure {
    /// Something the caller can mend is a matter of usage; the rest failed.
    fn from(problem: Problem) -> Self {
        match problem.code.status() {
            400..=499 if !problem.details.is_empty() => Self::Usage(
                problem
                    .details
                    .iter()
                    .map(|d| format!("{}: {}", d.field, d.message))
                    .collect::<Vec<_>>()
                    .join("\n       "),
            ),
            400..=499 => Self::Usage(problem.message),
            _ => Self::failed(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn causes_are_said_once() {
        let inner: Result<(), _> = Err(std::io::Error::other("disk on fire"));
        let error = inner.context("the report cannot be written").unwrap_err();
        assert_eq!(one_line(&error), "the report cannot be written: disk on fire");
        assert_eq!(
            one_line(&anyhow::anyhow!("database: gone").context("database: gone, sadly")),
            "database: gone, sadly"
        );
    }

    #[test]
    fn the_reader_going_away_is_no_failure() {
        let error = anyhow::Error::from(std::io::Error::from(ErrorKind::BrokenPipe)).context("print");
        assert!(is_broken_pipe(&error));
    }
}
