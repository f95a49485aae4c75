//! The pre-mortem, the claims ledger, the sources and the changes of side as Markdown (BRD-7, BRD-27).

use std::fmt::Write;

use super::markdown::{cell, list};
use super::{Basis, Claim, Report};

/// How the recommendation will have failed.
pub(super) fn pre_mortem(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.pre_mortem.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Pre-mortem\n\nA year on, it has failed. The likeliest reasons:\n")?;
    for one in &report.pre_mortem {
        writeln!(out, "- **{}**", one.failure.trim())?;
        writeln!(out, "  Early sign: {}", one.early_sign.trim())?;
        writeln!(out, "  Prevention: {}", one.prevention.trim())?;
    }
    writeln!(out)
}

/// What the report rests on.
pub(super) fn claims(out: &mut String, report: &Report) -> std::fmt::Result {
    if !report.claims.is_empty() {
        writeln!(out, "## What this rests on\n\n| Claim | Basis | Source |\n| --- | --- | --- |")?;
        for claim in &report.claims {
            writeln!(
                out,
                "| {} | {} | {} |",
                cell(&claim.claim),
                basis(claim),
                claim.source.as_ref().map_or_else(String::new, |source| format!("[{source}]"))
            )?;
        }
        writeln!(out)?;
    }
    let figures = report.unsourced_figures.iter().map(|one| match &one.said_in {
        Some(reference) => format!("{} ({}), brought up in {reference}", one.figure, section(&one.section)),
        None => format!("{} ({}), from nobody", one.figure, section(&one.section)),
    });
    if !report.unsourced_figures.is_empty() {
        writeln!(out, "**Figures that nobody sourced:**\n")?;
        list(out, "", &figures.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn basis(claim: &Claim) -> String {
    let word = match claim.basis {
        Basis::Given => "given by you",
        Basis::Sourced => "sourced",
        Basis::Inferred => "inferred",
        Basis::Assumed => "assumed",
    };
    if claim.flags.is_empty() { word.to_owned() } else { format!("{word} ⚠") }
}

fn section(name: &str) -> String {
    name.replace('_', " ")
}

/// What one model alone answered, and where the board came to something else.
pub(super) fn baseline(out: &mut String, report: &Report) -> std::fmt::Result {
    let Some(baseline) = &report.baseline else { return Ok(()) };
    writeln!(out, "## Beside one model alone\n")?;
    let Some(answer) = &baseline.answer else {
        return writeln!(out, "{} was to be asked for its own answer and gave none.\n", baseline.model);
    };
    writeln!(out, "{} was asked once, without the board:\n", baseline.model)?;
    for line in answer.lines() {
        writeln!(out, "> {line}")?;
    }
    writeln!(out)?;
    let line = |one: &super::BaselineComparison| {
        let proposal = report.sub_problems.iter().find(|part| part.index == one.single.sub_problem);
        let title = proposal.map_or("", |part| part.title.as_str());
        let verdict = match (one.changed, one.board_carried) {
            (Some(true), Some(true)) => "the board changed the answer: it carried",
            (Some(true), _) => "the board changed the answer: it did not carry",
            (Some(false), _) => "the board came to the same side",
            (None, _) => "not comparable, since one of the two took no side",
        };
        format!(
            "{title}: alone {} ({:.0} % sure); {verdict}.",
            one.single.decision.name(),
            one.single.confidence * 100.0
        )
    };
    list(out, "", &baseline.comparisons.iter().map(line).collect::<Vec<_>>())
}

/// The passages that were looked up, so that a ref in the text leads somewhere.
pub(super) fn sources(out: &mut String, report: &Report) -> std::fmt::Result {
    let line = |source: &crate::engine::event::Source| {
        let warning = if source.suspicious { " **Holds text that looks like instructions to a model.**" } else { "" };
        let (title, text) = (plain(&source.title), plain(source.text.trim()));
        format!("[{}] {title}, {}: “{text}”{warning}", source.reference, source.locator)
    };
    list(out, "Sources", &report.sources.iter().map(line).collect::<Vec<_>>())
}

/// Somebody else's words without pictures, links and markup: whoever opens the file must not fetch what a document's
/// author named, or run it.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let active = match character {
            '!' => next == Some('['),
            ']' => matches!(next, Some('(' | '[' | ':')),
            '<' => next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')),
            _ => false,
        };
        if active {
            out.push('\\');
        }
        out.push(character);
    }
    // An exclamation mark alone does not keep what follows from being a link.
    out.replace("\\![", "\\!\\[")
}

/// Who changed sides, and whether for a reason that can be followed.
pub(super) fn flips(out: &mut String, report: &Report) -> std::fmt::Result {
    let line = |flip: &super::SideChange| {
        let reason = flip.reason.as_deref().unwrap_or("no reason given");
        let flag = if flip.unsupported { " **No cited reason.**" } else { "" };
        format!("{}: {} → {}. {reason}{flag}", flip.persona_name, flip.from.name(), flip.to.name())
    };
    list(out, "Changes of side", &report.flips.iter().map(line).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_says_stays_words() {
        for (said, written) in [
            ("Rent [net]: 4,100!", "Rent [net\\]: 4,100!"),
            ("![x](https://evil.example/?q=1)", "\\!\\[x\\](https://evil.example/?q=1)"),
            ("[click](javascript:alert(1))", "[click\\](javascript:alert(1))"),
            ("<img src=x onerror=alert(1)> a < b", "\\<img src=x onerror=alert(1)> a < b"),
        ] {
            assert_eq!(plain(said), written);
        }
    }
}
