//! The first page: what kind of result it is, who was absent, what was asked.

use quorate_typeset::{Block, Callout, Fact, List, Span, Title, Tone};

use super::words::{Words, fill};
use super::{Page, Printed};
use crate::engine::count::ConfidenceLevel;
use crate::engine::event::Absence;
use crate::report::Report;
use crate::session::{FailureCode, Mode, Outcome, Phase};

const fn place(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Complete => 0,
        Outcome::Partial => 1,
        Outcome::NoQuorum => 2,
        Outcome::Deadlock => 3,
    }
}

/// The heading that follows from the outcome (BRD-29).
pub(super) fn heading(report: &Report, words: &Words) -> &'static str {
    words.headings.get(place(report.outcome)).copied().unwrap_or_default()
}

const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Complete => Tone::Good,
        Outcome::Partial | Outcome::Deadlock => Tone::Warn,
        Outcome::NoQuorum => Tone::Bad,
    }
}

pub(super) fn cover(page: &mut Page, printed: &Printed<'_>) {
    let (words, report) = (page.words, printed.report);
    page.blocks.push(Block::Title(Title {
        kicker: words.kicker.to_owned(),
        text: heading(report, words).to_owned(),
        tone: tone(report.outcome),
    }));
    limits(page, report);
    let asked = printed.brief.problem_statement.trim();
    page.paragraph(vec![Span::strong(words.question)]);
    // As it was typed: the board was asked these words, not their Markdown.
    page.blocks.push(Block::Quote(asked.split("\n\n").map(|part| Block::Paragraph(vec![Span::plain(part)])).collect()));
    page.blocks.push(Block::Facts(facts(words, printed)));
    let context = &printed.brief.problem_context;
    if !context.is_empty() {
        page.paragraph(vec![Span::strong(words.context)]);
        let fact =
            |(name, value): (&String, &String)| Fact { name: name.clone(), value: vec![Span::plain(value.clone())] };
        page.blocks.push(Block::Facts(context.iter().map(fact).collect()));
    }
}

/// What limits the report, above everything else.
fn limits(page: &mut Page, report: &Report) {
    let words = page.words;
    let mut callout = |tone: Tone, blocks: Vec<Block>| page.blocks.push(Block::Callout(Callout { tone, blocks }));
    let say = |text: &str| vec![Block::Paragraph(vec![Span::plain(text)])];
    let warning = words.warnings.get(place(report.outcome)).copied().unwrap_or_default();
    if !warning.is_empty() {
        callout(tone(report.outcome), say(warning));
    }
    if report.method.offline_demo {
        callout(Tone::Warn, say(words.offline));
    }
    if let Some(code) = report.method.unwritten {
        callout(Tone::Warn, say(&fill(words.unwritten, &[("reason", failure(words, code))])));
    }
    if !report.absences.is_empty() {
        let items = report.absences.iter().map(|one| vec![Block::Paragraph(vec![Span::plain(absence(words, one))])]);
        callout(
            Tone::Quiet,
            vec![
                Block::Paragraph(vec![Span::strong(words.absences)]),
                Block::List(List { first: None, items: items.collect() }),
                Block::Paragraph(vec![Span::emphasis(words.absence_note)]),
            ],
        );
    }
}

fn absence(words: &Words, absence: &Absence) -> String {
    let stage = match absence.stage {
        Phase::InitialRound => words.stage_initial,
        Phase::Voting => words.stage_voting,
        _ => words.stage_discussion,
    };
    let part = (absence.sub_problem + 1).to_string();
    let reason = failure(words, absence.reason);
    fill(words.absence, &[("name", &absence.persona_name), ("stage", stage), ("reason", reason), ("part", &part)])
}

fn failure(words: &Words, code: FailureCode) -> &'static str {
    let place = match code {
        FailureCode::InfraFailure => 0,
        FailureCode::Timeout => 1,
        FailureCode::InvalidOutput => 2,
        FailureCode::CostCeiling => 3,
    };
    words.failures.get(place).copied().unwrap_or_default()
}

pub(super) fn mode(words: &Words, mode: Mode) -> &'static str {
    let place = match mode {
        Mode::Quick => 0,
        Mode::Standard => 1,
        Mode::Deep => 2,
        Mode::Auto => 3,
    };
    words.modes.get(place).copied().unwrap_or_default()
}

pub(super) fn confidence(words: &Words, level: ConfidenceLevel) -> &'static str {
    let place = match level {
        ConfidenceLevel::Low => 0,
        ConfidenceLevel::Medium => 1,
        ConfidenceLevel::High => 2,
    };
    words.confidences.get(place).copied().unwrap_or_default()
}

fn facts(words: &Words, printed: &Printed<'_>) -> Vec<Fact> {
    let report = printed.report;
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value: vec![Span::plain(value)] };
    let outcome = words.outcomes.get(place(report.outcome)).copied().unwrap_or_default();
    let parts = report.sub_problems.len().to_string();
    let size = fill(words.board_size, &[("seats", &report.method.personas.to_string()), ("parts", &parts)]);
    let mut facts =
        vec![Fact { name: words.result.to_owned(), value: vec![Span::strong(outcome).in_tone(tone(report.outcome))] }];
    facts.push(fact(words.confidence, confidence(words, report.vote_distribution.confidence_level).to_owned()));
    if let Some(time) = printed.completed_at {
        facts.push(fact(words.date, words.date(time)));
    }
    facts.push(fact(words.board, size));
    facts.push(fact(words.mode, mode(words, report.method.mode).to_owned()));
    facts
}
