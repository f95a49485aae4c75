//! Options and their matrix as Markdown (BRD-28).

use std::fmt::Write;

use super::SubReport;
use super::markdown::{cell, list, support};
use crate::engine::event::Verdict;
use crate::engine::matrix::{Direction, Flip, Matrix};

/// Writes the options of a sub-problem; nothing where there are none.
pub(super) fn options(out: &mut String, part: &SubReport) -> std::fmt::Result {
    if part.options.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Options\n")?;
    if part.one_way {
        writeln!(out, "This cannot be undone, so it takes three quarters of the votes cast to carry.\n")?;
    }
    for option in &part.options {
        writeln!(out, "**{}. {}.** {}\n", option.card.id, option.card.label, option.card.description)?;
        list(out, "", &option.card.trade_offs.iter().map(|text| format!("Given up: {text}")).collect::<Vec<_>>())?;
        if !option.card.risk.is_empty() {
            writeln!(out, "Risk: {}\n", option.card.risk)?;
        }
        for check in &option.card.constraints {
            let kept = match check.verdict {
                Verdict::Pass => "Keeps within",
                Verdict::Tension => "May break",
                Verdict::Violation => "Breaks",
            };
            writeln!(out, "- {kept} “{}”: {}", check.constraint, check.note)?;
        }
        if let Some(tally) = &option.vote_distribution {
            writeln!(
                out,
                "\nVotes: {} yes, {} conditional, {} no, {} abstained, {} absent. Support {}.\n",
                tally.yes,
                tally.conditional,
                tally.no,
                tally.abstain,
                tally.absent,
                support(tally)
            )?;
        }
    }
    match &part.leading_option {
        Some(id) => writeln!(out, "By the votes, **option {id}** leads.\n")?,
        None => writeln!(out, "By the votes, no option leads alone.\n")?,
    }
    part.matrix.as_ref().map_or(Ok(()), |matrix| table(out, matrix))
}

fn table(out: &mut String, matrix: &Matrix) -> std::fmt::Result {
    writeln!(out, "### Decision matrix\n")?;
    write!(out, "| Criterion | Weight |")?;
    for row in &matrix.rows {
        write!(out, " {}. {} |", row.option, cell(&row.label))?;
    }
    writeln!(out, "\n| --- | ---: |{}", " ---: |".repeat(matrix.rows.len()))?;
    for (place, criterion) in matrix.criteria.iter().enumerate() {
        let weight = if criterion.compared { format!("{:.2}", criterion.weight) } else { "–".to_owned() };
        write!(out, "| {} | {weight} |", cell(&criterion.criterion))?;
        for row in &matrix.rows {
            write!(out, " {} |", number(row.scores.get(place).copied().flatten()))?;
        }
        writeln!(out)?;
    }
    write!(out, "| **Weighted** | |")?;
    for row in &matrix.rows {
        write!(out, " **{}** |", number(row.score))?;
    }
    writeln!(out, "\n")?;
    let how = if matrix.weights_set { "The weights are yours." } else { "All criteria weigh the same." };
    writeln!(out, "Scores from 0 to 10, by the board's secretary from the record. {how}\n")?;
    if matrix.criteria.iter().any(|criterion| !criterion.compared) {
        writeln!(out, "A criterion that some option has no score for is left out for all.\n")?;
    }
    if matrix.leader.is_some() && matrix.sensitivity.is_empty() {
        writeln!(out, "No change of a single weight would make another option lead.\n")?;
    }
    list(out, "", &matrix.sensitivity.iter().map(flip).collect::<Vec<_>>())
}

fn number(score: Option<f64>) -> String {
    score.map_or_else(|| "unknown".to_owned(), |score| format!("{score:.1}"))
}

fn flip(flip: &Flip) -> String {
    let passes = match flip.direction {
        Direction::Above => "passes",
        Direction::Below => "falls below",
    };
    format!("The choice flips to option {} if the weight of {} {passes} {:.2}.", flip.to, flip.criterion, flip.at)
}
