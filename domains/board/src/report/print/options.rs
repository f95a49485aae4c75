//! The options of a choice and their matrix (BRD-28).

use quorate_typeset::{Align, Block, Column, Row, Span, Table, Tone};

use super::words::{Words, fill};
use super::{Page, outcome, prose};
use crate::engine::event::Verdict;
use crate::engine::matrix::{Direction, Flip, Matrix};
use crate::report::{OptionReport, Report, SubReport};

pub(super) fn options(page: &mut Page, report: &Report) {
    let words = page.words;
    let parts: Vec<&SubReport> = report.sub_problems.iter().filter(|part| !part.options.is_empty()).collect();
    if parts.is_empty() {
        return;
    }
    page.heading(1, words.options);
    for part in parts {
        if report.sub_problems.len() > 1 {
            page.heading(2, format!("{}. {}", part.index + 1, part.title));
        }
        if part.one_way {
            page.paragraph(vec![Span::emphasis(words.one_way)]);
        }
        for option in &part.options {
            card(page, option);
        }
        let label =
            |id: &String| part.options.iter().find(|option| option.card.id == *id).map(|option| &option.card.label);
        let leading = part.leading_option.as_ref().and_then(|id| Some((id, label(id)?)));
        let leads = leading.map(|(id, label)| fill(words.leads, &[("option", id), ("label", label)]));
        page.paragraph(vec![Span::strong(leads.unwrap_or_else(|| words.none_leads.to_owned()))]);
        if let Some(matrix) = &part.matrix {
            table(page, matrix);
        }
    }
}

fn card(page: &mut Page, option: &OptionReport) {
    let words = page.words;
    let card = &option.card;
    page.heading(3, format!("{}. {}", card.id, card.label));
    page.blocks.extend(prose::blocks(&card.description));
    let mut items: Vec<Vec<Block>> = Vec::new();
    let mut say = |text: String| items.push(prose::blocks(&text));
    card.trade_offs.iter().for_each(|text| say(fill(words.given_up, &[("text", text)])));
    if !card.risk.is_empty() {
        say(fill(words.risk, &[("text", &card.risk)]));
    }
    for check in &card.constraints {
        let place = match check.verdict {
            Verdict::Pass => 0,
            Verdict::Tension => 1,
            Verdict::Violation => 2,
        };
        let template = words.limits.get(place).copied().unwrap_or_default();
        say(fill(template, &[("constraint", &check.constraint), ("note", &check.note)]));
    }
    page.bullets(items);
    if let Some(tally) = &option.vote_distribution {
        page.blocks.push(outcome::chart(words, vec![outcome::bar(words, Vec::new(), Some(tally))]));
    }
}

fn table(page: &mut Page, matrix: &Matrix) {
    let words = page.words;
    page.heading(3, words.matrix);
    let figures = |head: String| Column { head, align: Align::End };
    let mut columns =
        vec![Column { head: words.criterion.to_owned(), align: Align::Start }, figures(words.weight.to_owned())];
    columns.extend(matrix.rows.iter().map(|row| figures(format!("{}. {}", row.option, row.label))));
    let number = |score: Option<f64>| score.map_or_else(|| words.unknown.to_owned(), |score| words.number(score, 1));
    let criteria = matrix.criteria.iter().enumerate().map(|(place, criterion)| {
        let weight = if criterion.compared { words.number(criterion.weight, 2) } else { "–".to_owned() };
        let scores = matrix.rows.iter().map(|row| number(row.scores.get(place).copied().flatten()));
        let cells = [criterion.criterion.clone(), weight].into_iter().chain(scores);
        Row { cells: cells.map(|text| vec![Span::plain(text)]).collect(), total: false }
    });
    let leads = |option: &str| matrix.leader.as_deref() == Some(option);
    let totals = matrix.rows.iter().map(|row| {
        let tone = if leads(&row.option) { Tone::Good } else { Tone::Plain };
        vec![Span::strong(number(row.score)).in_tone(tone)]
    });
    let total = [vec![Span::plain(words.weighted)], Vec::new()].into_iter().chain(totals).collect();
    let rows = criteria.chain([Row { cells: total, total: true }]).collect();
    page.blocks.push(Block::Table(Table { columns, rows }));
    let how = if matrix.weights_set { words.weights_set } else { words.weights_even };
    let left_out = matrix.criteria.iter().any(|criterion| !criterion.compared).then_some(words.not_compared);
    let robust = (matrix.leader.is_some() && matrix.sensitivity.is_empty()).then_some(words.robust);
    let notes = [Some(words.scores), Some(how), left_out, robust].into_iter().flatten();
    page.note(notes.collect::<Vec<_>>().join(" "));
    if !matrix.sensitivity.is_empty() {
        page.heading(3, words.sensitivity);
        let flips = matrix.sensitivity.iter().map(|one| vec![Block::Paragraph(vec![Span::plain(flip(words, one))])]);
        page.bullets(flips.collect());
    }
}

fn flip(words: &Words, flip: &Flip) -> String {
    let template = match flip.direction {
        Direction::Above => words.flip_above,
        Direction::Below => words.flip_below,
    };
    let at = words.number(flip.at, 2);
    fill(template, &[("criterion", &flip.criterion), ("at", &at), ("option", &flip.to)])
}
