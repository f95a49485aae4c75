//! `quorate doctor`: looks for what would keep Quorate from working, and says what to do about it.

mod checks;
mod finding;

use super::arguments::{DoctorOptions, Global};
use super::board::{Line, styled};
use super::{Failure, output};
use finding::{Finding, State};

/// Exit code 1 when something is broken; a warning breaks nothing.
pub(super) async fn run(global: &Global, options: &DoctorOptions) -> Result<(), Failure> {
    let findings = match global.load(Vec::new()) {
        Ok(loaded) => checks::all(&loaded, !options.offline).await,
        Err(Failure::Usage(message)) => {
            let advice = "Correct quorate.toml or the environment; `quorate config check` looks again.";
            vec![Finding::broken("configuration", message).advise(advice)]
        }
        Err(failure) => return Err(failure),
    };
    let columns = output::columns();
    let mut lines: Vec<Line> = findings.iter().flat_map(|finding| finding.lines(columns)).collect();
    let count = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let (broken, warnings) = (count(State::Broken), count(State::Warning));
    lines.push(Line::new());
    lines.push(match (broken, warnings) {
        (0, 0) => vec![styled("All is well.", State::Fine.style())],
        (0, _) => vec![styled("Quorate works; see the warnings above.", State::Warning.style())],
        _ => vec![styled("Something is broken; see above.", State::Broken.style())],
    });
    output::print_lines(&lines)?;
    if broken == 0 { Ok(()) } else { Err(Failure::Told) }
}
