use anstyle::AnsiColor;
use serde_json::Value;

use super::{OFFLINE_LABEL, Screen, sub, text};
use crate::cli::board::markdown::markdown;
use crate::cli::board::paint::{DIM, Line, ansi, plain, styled};

/// The report and the end.
impl Screen {
    pub(super) fn writing(&mut self, data: &Value, what: &str) -> Vec<Line> {
        self.doing.insert(sub(data), format!("writing {what}"));
        Vec::new()
    }

    pub(super) fn written(&mut self, data: &Value) -> Vec<Line> {
        self.doing.remove(&sub(data));
        Vec::new()
    }

    pub(super) fn limit(&mut self, data: &Value) -> Vec<Line> {
        match text(data, "limit") {
            "cost" => self.note("The cost ceiling is reached. The board votes with what it has."),
            _ => self.note("Time is up. The board votes with what it has."),
        }
    }

    pub(super) fn ended(&mut self, data: &Value) -> Vec<Line> {
        self.speaking.clear();
        self.doing.clear();
        if data["outcome"].is_null() { self.note(text(data, "heading")) } else { Vec::new() }
    }

    pub(super) fn failed(&mut self, data: &Value) -> Vec<Line> {
        self.speaking.clear();
        self.doing.clear();
        let mut lines = vec![Line::new()];
        lines.extend(self.marked(
            "✗ ",
            ansi(AnsiColor::Red),
            &[
                styled("The session failed. ", ansi(AnsiColor::Red) | anstyle::Effects::BOLD),
                plain(text(data, "message")),
                styled(format!(" ({})", text(data, "code")), DIM),
            ],
        ));
        lines
    }

    /// The report, from its Markdown.
    pub(crate) fn report(&self, full_report: &str) -> String {
        let mut lines = vec![Line::new(), vec![styled("━".repeat(self.columns), ansi(AnsiColor::Cyan))], Line::new()];
        if self.offline {
            lines.push(vec![
                styled("▌ ", ansi(AnsiColor::Magenta)),
                styled(OFFLINE_LABEL, ansi(AnsiColor::Magenta) | anstyle::Effects::BOLD),
            ]);
            lines.push(Line::new());
        }
        lines.extend(markdown(full_report, self.columns));
        self.print(&lines)
    }
}
