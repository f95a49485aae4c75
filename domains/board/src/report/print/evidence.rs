//! How it may fail, what it rests on, what one model alone said, and what was looked up (BRD-7, BRD-27, BRD-31).

use quorate_typeset::{Block, Column, Row, Span, Table, Tone};

use super::words::{Words, fill};
use super::{Page, outcome, prose};
use crate::report::{BaselineComparison, Basis, Claim, ClaimFlag, Report};

/// A table of texts under these heads.
pub(super) fn table(heads: &[&str], rows: impl Iterator<Item = Vec<Vec<Span>>>) -> Block {
    let columns = heads.iter().map(|head| Column { head: (*head).to_owned(), ..Column::default() }).collect();
    Block::Table(Table { columns, rows: rows.map(|cells| Row { cells, total: false }).collect() })
}

pub(super) fn pre_mortem(page: &mut Page, report: &Report) {
    if report.pre_mortem.is_empty() {
        return;
    }
    let words = page.words;
    page.heading(1, words.pre_mortem);
    page.paragraph(vec![Span::plain(words.pre_mortem_intro)]);
    let rows = report
        .pre_mortem
        .iter()
        .map(|one| vec![prose::line(&one.failure), prose::line(&one.early_sign), prose::line(&one.prevention)]);
    page.blocks.push(table(&[words.failure, words.early_sign, words.prevention], rows));
}

pub(super) fn claims(page: &mut Page, report: &Report) {
    let words = page.words;
    if report.claims.is_empty() && report.unsourced_figures.is_empty() {
        return;
    }
    page.heading(1, words.claims);
    if !report.claims.is_empty() {
        page.note(words.claims_intro);
        let rows = report.claims.iter().map(|claim| {
            let source = claim.source.as_ref().map_or_else(String::new, |source| format!("[{source}]"));
            vec![prose::line(&claim.claim), basis(words, claim), vec![Span::plain(source)]]
        });
        page.blocks.push(table(&[words.claim, words.basis, words.source], rows));
    }
    if !report.unsourced_figures.is_empty() {
        page.heading(2, words.unsourced);
        let rows = report.unsourced_figures.iter().map(|one| {
            let origin = one.said_in.as_ref().map(|reference| fill(words.said_in, &[("reference", reference)]));
            let origin = origin.unwrap_or_else(|| words.from_nobody.to_owned());
            [one.figure.clone(), section(words, &one.section), origin].map(|text| vec![Span::plain(text)]).into()
        });
        page.blocks.push(table(&[words.figure, words.place, words.origin], rows));
    }
}

/// What a claim rests on, and in words what is wrong with it.
fn basis(words: &Words, claim: &Claim) -> Vec<Span> {
    let place = match claim.basis {
        Basis::Given => 0,
        Basis::Sourced => 1,
        Basis::Inferred => 2,
        Basis::Assumed => 3,
    };
    let mut spans = vec![Span::plain(words.bases.get(place).copied().unwrap_or_default())];
    for flag in &claim.flags {
        let place = match flag {
            ClaimFlag::UnsourcedFigure => 0,
            ClaimFlag::NotGiven => 1,
            ClaimFlag::NoSource => 2,
        };
        let flag = words.flags.get(place).copied().unwrap_or_default();
        spans.push(Span::plain(format!("\n⚠ {flag}")).in_tone(Tone::Warn));
    }
    spans
}

/// The label of a section that the report names in its data.
fn section(words: &Words, name: &str) -> String {
    let label = match name {
        "executive_summary" => words.summary,
        "recommendation" => words.recommendation,
        "key_insights" => words.insights,
        "conditions" => words.conditions,
        "assumptions" => words.assumptions,
        "risks" => words.risks,
        other => return other.replace('_', " "),
    };
    label.to_owned()
}

pub(super) fn baseline(page: &mut Page, report: &Report) {
    let Some(baseline) = &report.baseline else { return };
    let words = page.words;
    page.heading(1, words.baseline);
    let Some(answer) = &baseline.answer else {
        page.paragraph(vec![Span::plain(fill(words.baseline_none, &[("model", &baseline.model)]))]);
        return;
    };
    page.paragraph(vec![Span::plain(fill(words.baseline_intro, &[("model", &baseline.model)]))]);
    page.blocks.push(Block::Quote(prose::blocks(answer)));
    if !baseline.comparisons.is_empty() {
        let rows = baseline.comparisons.iter().map(|one| compared(words, report, one));
        page.blocks.push(table(&[words.proposal, words.alone, words.beside], rows));
    }
}

fn compared(words: &Words, report: &Report, one: &BaselineComparison) -> Vec<Vec<Span>> {
    let part = report.sub_problems.iter().find(|part| part.index == one.single.sub_problem);
    let place = match (one.changed, one.board_carried) {
        (Some(true), Some(true)) => 0,
        (Some(true), _) => 1,
        (Some(false), _) => 2,
        (None, _) => 3,
    };
    let tone = if place < 2 { Tone::Warn } else { Tone::Plain };
    let alone = format!("{} ({})", outcome::decision(words, one.single.decision), words.share(one.single.confidence));
    vec![
        vec![Span::plain(part.map_or("", |part| part.title.as_str()))],
        vec![Span::plain(alone)],
        vec![Span::plain(words.compared.get(place).copied().unwrap_or_default()).in_tone(tone)],
    ]
}

/// The passages that were looked up, so that a ref in the text leads somewhere.
pub(super) fn sources(page: &mut Page, report: &Report) {
    if report.sources.is_empty() {
        return;
    }
    page.heading(1, page.words.sources);
    for source in &report.sources {
        let place = [source.title.as_str(), source.locator.as_str()];
        let place = place.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join(", ");
        let link = Some(source.source_id.clone()).filter(|id| id.starts_with("http"));
        let name = Span { link, ..Span::plain(place) };
        page.paragraph(vec![Span::strong(format!("[{}] ", source.reference)), name]);
        if !source.text.trim().is_empty() {
            // Word for word: somebody else's text is no Markdown of ours.
            page.blocks.push(Block::Quote(vec![Block::Note(vec![Span::plain(source.text.trim())])]));
        }
    }
}
