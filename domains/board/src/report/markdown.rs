//! The report as Markdown: what is exported, printed in the terminal and read aloud.

use std::fmt::Write;

use super::{Report, SubReport, choices, ledger};
use crate::engine::count::Tally;
use crate::engine::event::StopReason;
use crate::session::{Brief, FailureCode, Outcome, Phase};

/// Writes the whole report. What limits it stands above the text (BRD-29).
#[must_use]
pub fn markdown(report: &Report, brief: &Brief) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, report, brief);
    out.trim_end().to_owned() + "\n"
}

fn write_all(out: &mut String, report: &Report, brief: &Brief) -> std::fmt::Result {
    writeln!(out, "# {}\n", report.heading)?;
    for line in brief.problem_statement.lines() {
        writeln!(out, "> {line}")?;
    }
    writeln!(out)?;
    if report.method.offline_demo {
        writeln!(out, "*Written by the offline demo model.*\n")?;
    }
    if report.outcome == Outcome::NoQuorum {
        writeln!(out, "**The board has no result.** Fewer than half of the seats voted.\n")?;
    }
    for absence in &report.absences {
        writeln!(
            out,
            "- **Absent:** {} ({}, {}, sub-problem {})",
            absence.persona_name,
            stage(absence.stage),
            reason(absence.reason),
            absence.sub_problem + 1
        )?;
    }
    if !report.absences.is_empty() {
        writeln!(out)?;
    }
    if let Some(code) = report.method.unwritten {
        writeln!(out, "The summary could not be written ({}). What follows is what was recorded.\n", reason(code))?;
    }
    section(out, "Executive summary", &report.executive_summary)?;
    section(out, "Recommendation", &report.recommendation)?;
    list(out, "Key insights", &report.key_insights)?;
    writeln!(out, "## Votes\n")?;
    votes(out, report)?;
    for part in &report.sub_problems {
        choices::options(out, part)?;
    }
    if !report.dissenting_views.is_empty() {
        writeln!(out, "## Dissenting views\n")?;
        for view in &report.dissenting_views {
            let sure = percent(view.confidence);
            writeln!(out, "**{}** ({}, {sure} sure):\n", view.persona_name, view.decision.name())?;
            for line in view.view.lines() {
                writeln!(out, "> {line}")?;
            }
            writeln!(out)?;
        }
    }
    ledger::flips(out, report)?;
    list(out, "Conditions", &report.conditions)?;
    list(out, "Assumptions", &report.assumptions)?;
    list(out, "Risks", &report.risks)?;
    ledger::pre_mortem(out, report)?;
    list(out, "Open questions", &report.open_questions)?;
    if !report.next_steps.is_empty() {
        writeln!(out, "## Next steps\n\n| What | Who | By when |\n| --- | --- | --- |")?;
        for step in &report.next_steps {
            writeln!(out, "| {} | {} | {} |", cell(&step.what), cell(&step.who), cell(&step.by_when))?;
        }
        writeln!(out)?;
    }
    ledger::claims(out, report)?;
    ledger::baseline(out, report)?;
    ledger::sources(out, report)?;
    if report.sub_problems.len() > 1 {
        for part in &report.sub_problems {
            sub_problem(out, part)?;
        }
    }
    method(out, report)
}

fn section(out: &mut String, title: &str, text: &str) -> std::fmt::Result {
    if text.trim().is_empty() { Ok(()) } else { writeln!(out, "## {title}\n\n{}\n", text.trim()) }
}

/// A list under its title; without one, the list alone.
pub(super) fn list(out: &mut String, title: &str, items: &[String]) -> std::fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    if !title.is_empty() {
        writeln!(out, "## {title}\n")?;
    }
    for item in items {
        writeln!(out, "- {}", item.trim().replace('\n', " "))?;
    }
    writeln!(out)
}

fn votes(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "| Proposal | Yes | Conditional | No | Abstain | Absent | Support |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | --- |")?;
    for part in &report.sub_problems {
        let Some(tally) = &part.vote_distribution else {
            writeln!(out, "| {} | – | – | – | – | – | no vote was held |", cell(&part.proposal))?;
            continue;
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell(&part.proposal),
            tally.yes,
            tally.conditional,
            tally.no,
            tally.abstain,
            tally.absent,
            support(tally)
        )?;
    }
    let confidence = report.vote_distribution.confidence_level.name();
    writeln!(out, "\nConfidence in this result: **{confidence}**.\n")
}

/// How far a proposal is supported, in words.
pub(super) fn support(tally: &Tally) -> String {
    match (tally.quorum, tally.support) {
        (false, _) => "no quorum".to_owned(),
        (true, None) => "nobody took a side".to_owned(),
        (true, Some(support)) => {
            let verdict = if tally.carried { "carried" } else { "not carried" };
            format!("{} ({}, {verdict})", percent(support), tally.level.name())
        }
    }
}

fn sub_problem(out: &mut String, part: &SubReport) -> std::fmt::Result {
    writeln!(out, "## {}. {}\n", part.index + 1, part.title)?;
    if !part.goal.is_empty() {
        writeln!(out, "*{}*\n", part.goal)?;
    }
    if let Some(summary) = &part.summary {
        writeln!(out, "{}\n", summary.trim())?;
    }
    if let Some(recommendation) = part.recommendation.as_deref().filter(|text| !text.trim().is_empty()) {
        writeln!(out, "**Recommendation:** {}\n", recommendation.trim())?;
    }
    if let Some(reason) = part.stop_reason {
        writeln!(out, "Discussion ended because {}.\n", why(reason))?;
    }
    Ok(())
}

fn method(out: &mut String, report: &Report) -> std::fmt::Result {
    let method = &report.method;
    writeln!(out, "## How this came about\n")?;
    writeln!(
        out,
        "Mode {}; {} seats; {} discussion rounds; models: {}. Votes were cast blind and counted by rule: a majority of \
         the votes cast carries, if at least half of the seats vote. A conditional yes counts as support.",
        method.mode.name(),
        method.personas,
        method.rounds,
        if method.models.is_empty() { "none answered".to_owned() } else { method.models.join(", ") }
    )
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A text that keeps within its cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

const fn stage(phase: Phase) -> &'static str {
    match phase {
        Phase::InitialRound => "from the initial round on",
        Phase::Voting => "at the vote",
        _ => "in the discussion",
    }
}

const fn reason(code: FailureCode) -> &'static str {
    match code {
        FailureCode::InfraFailure => "the model could not be reached",
        FailureCode::Timeout => "no answer in time",
        FailureCode::InvalidOutput => "no usable answer",
        FailureCode::CostCeiling => "the cost ceiling was reached",
    }
}

const fn why(reason: StopReason) -> &'static str {
    match reason {
        StopReason::NoDiscussion => "this mode goes straight to the vote",
        StopReason::Converged => "the seats agreed",
        StopReason::Exhausted => "two rounds brought no new argument",
        StopReason::Deadlock => "the split did not move for two rounds and nothing new was said",
        StopReason::RoundLimit => "the round limit was reached",
        StopReason::CostLimit => "the cost ceiling was reached",
        StopReason::TimeLimit => "the time limit was reached",
        StopReason::Facilitator => "the facilitator called the vote",
        StopReason::NoVoices => "nobody answered",
    }
}
