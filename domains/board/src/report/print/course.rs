//! What to do next, what the board found on each part and how the discussion moved, and how the report came about.

use quorate_typeset::{Block, Curve, Curves, Series, Span, Tone};

use super::evidence::table;
use super::words::{Words, fill};
use super::{Page, cover, prose};
use crate::engine::event::StopReason;
use crate::report::{Report, RoundReport, SubReport};

pub(super) fn next_steps(page: &mut Page, report: &Report) {
    if report.next_steps.is_empty() {
        return;
    }
    let words = page.words;
    page.heading(1, words.steps);
    let rows = report.next_steps.iter();
    let rows = rows.map(|step| vec![prose::line(&step.what), prose::line(&step.who), prose::line(&step.by_when)]);
    page.blocks.push(table(&[words.what, words.who, words.by_when], rows));
}

pub(super) fn parts(page: &mut Page, report: &Report) {
    let words = page.words;
    let several = report.sub_problems.len() > 1;
    if several {
        page.heading(1, words.parts);
    }
    for part in &report.sub_problems {
        if several {
            page.heading(2, format!("{}. {}", part.index + 1, part.title));
            words_of(page, part);
        }
        if part.rounds.is_empty() && part.stop_reason.is_none() {
            continue;
        }
        page.heading(if several { 3 } else { 1 }, words.course);
        if !part.rounds.is_empty() {
            page.note(words.measures);
            page.blocks.push(Block::Curves(curves(words, &part.rounds)));
        }
        if let Some(reason) = part.stop_reason {
            page.paragraph(vec![Span::plain(fill(words.ended, &[("reason", why(words, reason))]))]);
        }
    }
}

fn words_of(page: &mut Page, part: &SubReport) {
    let words = page.words;
    if !part.goal.trim().is_empty() {
        page.paragraph(vec![Span::emphasis(part.goal.trim())]);
    }
    page.paragraph(vec![Span::strong(format!("{}{}", words.voted_on, words.colon)), Span::plain(part.proposal.trim())]);
    if let Some(summary) = &part.summary {
        page.blocks.extend(prose::blocks(summary));
    }
    if let Some(recommendation) = part.recommendation.as_deref() {
        page.prose(3, words.recommendation, recommendation);
    }
}

/// How the discussion moved. What is not known stays so (BRD-12).
fn curves(words: &Words, rounds: &[RoundReport]) -> Curves {
    let name = |round: &RoundReport| match round.round {
        0 => words.alone_round.to_owned(),
        number => fill(words.round, &[("number", &number.to_string())]),
    };
    let value = |value: Option<f64>| value.map_or_else(|| words.unknown.to_owned(), |value| words.number(value, 2));
    let curve = |name: &str, tone: Tone, of: fn(&RoundReport) -> Option<f64>| {
        let values: Vec<Option<f64>> = rounds.iter().map(of).collect();
        let last = values.last().copied().flatten().map_or_else(|| "?".to_owned(), |last| words.number(last, 2));
        Curve { series: Series { name: name.to_owned(), tone }, values, last }
    };
    let said = rounds.iter().map(|round| {
        let values = [(words.agreement, round.agreement), (words.novelty, round.novelty), (words.drift, round.drift)];
        let values = values.map(|(name, one)| format!("{name}{}{}", words.colon, value(one))).join(", ");
        format!("{}{}{values}", name(round), words.colon)
    });
    Curves {
        steps: rounds.iter().map(name).collect(),
        curves: vec![
            curve(words.agreement, Tone::Good, |round| round.agreement),
            curve(words.novelty, Tone::Warn, |round| round.novelty),
            curve(words.drift, Tone::Bad, |round| round.drift),
        ],
        scale: [0.0, 0.5, 1.0].map(|at| words.number(at, 1)),
        unknown: words.unknown.to_owned(),
        alt: said.collect::<Vec<_>>().join("; "),
    }
}

fn why(words: &Words, reason: StopReason) -> &'static str {
    let place = match reason {
        StopReason::NoDiscussion => 0,
        StopReason::Converged => 1,
        StopReason::Exhausted => 2,
        StopReason::Deadlock => 3,
        StopReason::RoundLimit => 4,
        StopReason::CostLimit => 5,
        StopReason::TimeLimit => 6,
        StopReason::Facilitator => 7,
        StopReason::NoVoices => 8,
    };
    words.stops.get(place).copied().unwrap_or_default()
}

pub(super) fn method(page: &mut Page, report: &Report) {
    let (words, method) = (page.words, &report.method);
    page.heading(1, words.method);
    let models = if method.models.is_empty() { words.no_models.to_owned() } else { method.models.join(", ") };
    let values = [
        ("mode", cover::mode(words, method.mode)),
        ("seats", &method.personas.to_string()),
        ("rounds", &method.rounds.to_string()),
        ("models", &models),
    ];
    page.paragraph(vec![Span::plain(fill(words.method_text, &values))]);
    page.paragraph(vec![Span::plain(words.method_rules)]);
}
