use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use quorate_board::StoredEvent;

use super::screen::Screen;
use crate::cli::output;

/// Where a session is shown: lines on standard output, and on a terminal one more that tells what goes on.
pub(super) struct Terminal {
    screen: Screen,
    json: bool,
    /// Whether somebody looks who can be shown a line that changes.
    alive: bool,
    since: Instant,
    progress: Option<ProgressBar>,
}

const TICK: Duration = Duration::from_millis(100);

impl Terminal {
    /// The terminal of this process; with `json` events are printed as they are, and nothing else.
    pub(super) fn new(json: bool) -> Self {
        let screen = Screen::new(output::columns(), output::colour());
        let alive = !json && output::is_terminal() && stderr().is_terminal();
        let mut terminal = Self { screen, json, alive, since: Instant::now(), progress: None };
        terminal.hold(false);
        terminal
    }

    /// Shows an event.
    pub(super) fn event(&mut self, event: &StoredEvent) -> std::io::Result<()> {
        if self.json {
            return self.print(&format!("{}\n", event.json()));
        }
        let text = self.screen.event(&event.kind, &event.data);
        self.print(&text)?;
        if let Some(bar) = &self.progress {
            bar.set_message(self.screen.progress());
        }
        Ok(())
    }

    /// Shows the report.
    pub(super) fn report(&self, full_report: &str) -> std::io::Result<()> {
        if self.json { Ok(()) } else { self.print(&self.screen.report(full_report)) }
    }

    /// Says something that is not part of the session. On standard error, so that what is piped stays clean.
    pub(super) fn say(&self, text: &str) {
        let write = || {
            use std::io::Write as _;
            // When standard error is gone nobody listens.
            let _ = writeln!(anstream::stderr(), "{text}");
        };
        match &self.progress {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the progress line away while somebody types, and brings it back.
    pub(super) fn hold(&mut self, held: bool) {
        if held {
            self.finish();
            self.progress = None;
        } else if self.alive && self.progress.is_none() {
            let bar = ProgressBar::new_spinner().with_elapsed(self.since.elapsed());
            if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
                bar.set_style(style);
            }
            bar.set_message(self.screen.progress());
            bar.enable_steady_tick(TICK);
            self.progress = Some(bar);
        }
    }

    /// Takes the progress line away for good.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.progress {
            bar.finish_and_clear();
        }
    }

    fn print(&self, text: &str) -> std::io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        match &self.progress {
            Some(bar) => bar.suspend(|| output::print(text)),
            None => output::print(text),
        }
    }
}
