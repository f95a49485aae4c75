//! A session as a terminal shows it: events in, lines out. Pure, so that whole sessions are tested as snapshots.
//!
//! Sub-problems run side by side, so whole contributions are shown when they are recorded; who is speaking stands in
//! the progress line.

mod ballot;
mod course;
mod ending;
mod talk;

use std::collections::{BTreeMap, HashMap};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::paint::{BOLD, Colour, DIM, Line, Span, ansi, line_width, plain, styled, width, wrap};

/// The label of text that the offline demo model made (GTW-2).
pub(crate) const OFFLINE_LABEL: &str = "offline demo model";
/// The same where there is little room: at the head of each text.
const OFFLINE_MARK: &str = "offline demo";
/// Text gets no wider than this: longer lines are hard to read.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;

/// What has been seen of a session so far, and how it is shown.
pub(crate) struct Screen {
    columns: usize,
    colour: Colour,
    offline: bool,
    /// Titles of the sub-problems.
    titles: Vec<String>,
    seats: HashMap<String, Seat>,
    /// Contributions by id, as the board cites them: `C3`, counted within a sub-problem.
    refs: HashMap<String, String>,
    votes: BTreeMap<u64, Vec<Value>>,
    /// Who speaks: contribution and name.
    speaking: Vec<(String, String)>,
    doing: BTreeMap<Option<u64>, String>,
    waiting: bool,
}

/// How a persona is shown.
#[derive(Debug, Clone, Default)]
struct Seat {
    name: String,
    emoji: String,
    archetype: String,
    style: Style,
}

impl Screen {
    /// A screen of so many columns.
    pub(crate) fn new(columns: usize, colour: Colour) -> Self {
        Self {
            columns: columns.clamp(NARROWEST, WIDEST),
            colour,
            offline: false,
            titles: Vec::new(),
            seats: HashMap::new(),
            refs: HashMap::new(),
            votes: BTreeMap::new(),
            speaking: Vec::new(),
            doing: BTreeMap::new(),
            waiting: false,
        }
    }

    /// Takes the next event and returns what is printed for it: whole lines, or nothing.
    pub(crate) fn event(&mut self, kind: &str, data: &Value) -> String {
        let lines = match kind {
            "session.created" => self.created(data),
            "session.started" => self.started(data),
            "phase.changed" => self.phase(data),
            "clarification.requested" => self.questions(data),
            "clarification.answered" => self.answered(data),
            "problem.decomposed" => self.decomposed(data),
            "personas.selected" => self.selected(data),
            "round.started" => self.round(data),
            "contribution.started" => self.speaks(data),
            "contribution.recorded" => self.contribution(&data["contribution"]),
            "seat.absent" => self.absent(data),
            "round.measured" => self.measured(data),
            "facilitator.decided" => self.facilitated(data),
            "voting.started" => self.voting(data),
            "vote.recorded" => self.vote(data),
            "votes.counted" => self.votes_counted(data),
            "synthesis.started" => self.writing(data, "the report"),
            "report.section" => self.writing(data, &words(text(data, "section"))),
            "synthesis.recorded" => self.written(data),
            "limit.reached" => self.limit(data),
            "session.paused" => self.note("The session is held."),
            "session.resumed" => self.note("The session goes on."),
            "session.stop_requested" => self.note("Stopping. What there is goes into a partial report."),
            "session.completed" | "session.cancelled" => self.ended(data),
            "session.failed" => self.failed(data),
            _ => Vec::new(),
        };
        self.print(&lines)
    }

    /// What goes on at this moment, in one line.
    pub(crate) fn progress(&self) -> String {
        if self.waiting {
            return "waiting for your answers".to_owned();
        }
        let mut parts: Vec<String> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in &self.speaking {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        if !names.is_empty() {
            parts.push(format!("{} {}", list(&names), if names.len() == 1 { "is speaking" } else { "are speaking" }));
        }
        for (sub, doing) in &self.doing {
            // Who speaks says more than that a discussion is going on.
            if names.is_empty() || (sub.is_some() && doing.starts_with("writing")) {
                parts.push(format!("{}{doing}", self.part_of(*sub)));
            }
        }
        parts.dedup();
        let mut line = String::new();
        for part in parts {
            let part = if line.is_empty() { part } else { format!(" · {part}") };
            if width(&line) + width(&part) > self.columns.saturating_sub(12) && !line.is_empty() {
                line.push_str(" …");
                break;
            }
            line.push_str(&part);
        }
        line
    }

    fn print(&self, lines: &[Line]) -> String {
        let mut text = String::new();
        for line in lines {
            self.colour.write(line, &mut text);
        }
        text
    }

    /// `2 · ` in front of what belongs to a sub-problem, when there are several.
    fn part_of(&self, sub: Option<u64>) -> String {
        match sub {
            Some(index) if self.titles.len() > 1 => format!("{} · ", index + 1),
            _ => String::new(),
        }
    }

    /// A line across with a title in it, after an empty one.
    fn rule(&self, title: &str, sub: Option<u64>) -> Vec<Line> {
        let mut head: Line = vec![styled("── ", DIM)];
        if let Some(index) = sub.filter(|_| self.titles.len() > 1) {
            head.push(styled(format!("{} ", index + 1), ansi(AnsiColor::Cyan)));
        }
        head.push(styled(title, BOLD));
        let room = self.columns.saturating_sub(8);
        let mut line = wrap(&head, room).into_iter().next().unwrap_or_default();
        let used = line_width(&line);
        line.push(styled(format!(" {}", "─".repeat(self.columns.saturating_sub(used + 1))), DIM));
        vec![Line::new(), line]
    }

    /// Text with the same beginning in front of each line.
    fn behind(&self, front: &[Span], spans: &[Span]) -> Vec<Line> {
        let room = self.columns.saturating_sub(line_width(front));
        wrap(spans, room).into_iter().map(|line| [front.to_vec(), line].concat()).collect()
    }

    /// Text behind a mark that stands in front of its first line only.
    fn marked(&self, mark: &str, style: Style, spans: &[Span]) -> Vec<Line> {
        let mut lines = self.behind(&[plain(" ".repeat(width(mark)))], spans);
        if let Some(front) = lines.first_mut().and_then(|line| line.first_mut()) {
            *front = styled(mark, style);
        }
        lines
    }

    fn indented(&self, columns: usize, spans: &[Span]) -> Vec<Line> {
        self.behind(&[plain(" ".repeat(columns))], spans)
    }

    fn note(&self, text: &str) -> Vec<Line> {
        let mut lines = vec![Line::new()];
        lines.extend(self.marked("» ", ansi(AnsiColor::Yellow), &[plain(text)]));
        lines
    }

    fn seat(&self, code: &str, name: &str) -> Seat {
        self.seats.get(code).cloned().unwrap_or_else(|| Seat { name: name.to_owned(), ..Seat::default() })
    }

    /// The name of a seat in its colour.
    fn who(&self, code: &str, name: &str) -> Line {
        let seat = self.seat(code, name);
        let shown = if seat.name.is_empty() { code.to_owned() } else { seat.name };
        let mut line = Line::new();
        if !seat.emoji.is_empty() {
            line.push(plain(format!("{} ", seat.emoji)));
        }
        line.push(styled(shown, seat.style | anstyle::Effects::BOLD));
        line
    }

    /// A decision with its confidence, as a chip: `[yes 72 %]`, or the same in colour.
    fn chip(&self, decision: &str, confidence: Option<f64>) -> Span {
        let label = match confidence {
            Some(confidence) => format!("{decision} {}", percent(confidence)),
            None => decision.to_owned(),
        };
        // A chip is not broken over two lines.
        let label = label.replace(' ', "\u{a0}");
        if self.colour == Colour::None { plain(format!("[{label}]")) } else { styled(label, decision_style(decision)) }
    }
}

/// The colour of a decision; always beside its word, never instead of it.
fn decision_style(decision: &str) -> Style {
    let color = match decision {
        "yes" => AnsiColor::Green,
        "no" => AnsiColor::Red,
        "conditional" => AnsiColor::Yellow,
        _ => return DIM,
    };
    ansi(color) | anstyle::Effects::BOLD
}

/// A text of the data, empty when it is missing or null.
fn text<'v>(data: &'v Value, field: &str) -> &'v str {
    data[field].as_str().unwrap_or_default()
}

/// The sub-problem that an event belongs to.
fn sub(data: &Value) -> Option<u64> {
    data["sub_problem"].as_u64()
}

fn items<'v>(data: &'v Value, field: &str) -> &'v [Value] {
    data[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}

/// A measure that may not have been had (BRD-12).
fn known_percent(value: &Value) -> String {
    value.as_f64().map_or_else(|| "unknown".to_owned(), percent)
}

/// `executive_summary` as words.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// `a, b and c`.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
