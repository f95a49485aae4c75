use anstyle::{AnsiColor, Style};

use crate::cli::board::{BOLD, DIM, Line, ansi, plain, styled, wrap};

/// How a thing that was looked at stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Fine,
    Warning,
    Broken,
}

impl State {
    pub(super) const fn style(self) -> Style {
        ansi(match self {
            Self::Fine => AnsiColor::Green,
            Self::Warning => AnsiColor::Yellow,
            Self::Broken => AnsiColor::Red,
        })
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Fine => "✓ ",
            Self::Warning => "! ",
            Self::Broken => "✗ ",
        }
    }
}

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) state: State,
    what: String,
    detail: String,
    advice: Option<String>,
}

/// The columns of the first column.
const NAME: usize = 16;

impl Finding {
    fn new(state: State, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { state, what: what.into(), detail: detail.into(), advice: None }
    }

    pub(super) fn fine(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(State::Fine, what, detail)
    }

    pub(super) fn warning(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(State::Warning, what, detail)
    }

    pub(super) fn broken(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(State::Broken, what, detail)
    }

    /// Adds what to do about it.
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn lines(&self, columns: usize) -> Vec<Line> {
        let room = columns.saturating_sub(NAME + 2).max(24);
        let blank = || plain(" ".repeat(NAME + 2));
        let mut lines = Vec::new();
        for (index, line) in wrap(&[plain(&self.detail)], room).into_iter().enumerate() {
            let front = if index == 0 {
                let name = format!("{:<width$}", self.what, width = NAME - 1);
                vec![styled(self.state.mark(), self.state.style()), styled(format!("{name} "), BOLD)]
            } else {
                vec![blank()]
            };
            lines.push([front, line].concat());
        }
        for line in self.advice.iter().flat_map(|advice| wrap(&[styled(advice, DIM)], room)) {
            lines.push([vec![blank()], line].concat());
        }
        lines
    }
}
