//! The vote, who was against it, and who changed sides.

use quorate_typeset::{Bar, Bars, Block, Series, Span, Tone};

use super::words::{Words, fill};
use super::{Page, cover, prose};
use crate::engine::count::{Level, Tally};
use crate::report::{Report, SideChange};
use crate::session::Decision;

/// The decisions in the order of their labels, with their colours.
const TONES: [Tone; 5] = [Tone::Good, Tone::Fair, Tone::Bad, Tone::Quiet, Tone::Absent];

pub(super) fn votes(page: &mut Page, report: &Report) {
    let words = page.words;
    page.heading(1, words.vote);
    let parts = report.sub_problems.iter();
    let bars = parts.map(|part| {
        let label = if report.sub_problems.len() > 1 {
            format!("{}. {}", part.index + 1, part.proposal)
        } else {
            part.proposal.clone()
        };
        bar(words, vec![Span::plain(label)], part.vote_distribution.as_ref())
    });
    page.blocks.push(chart(words, bars.collect()));
    let level = cover::confidence(words, report.vote_distribution.confidence_level);
    page.paragraph(vec![Span::strong(fill(words.confidence_line, &[("level", level)]))]);
}

/// Bars with the legend of decisions.
pub(super) fn chart(words: &Words, bars: Vec<Bar>) -> Block {
    let series = words.decisions.iter().zip(TONES).map(|(name, tone)| Series { name: (*name).to_owned(), tone });
    Block::Bars(Bars { series: series.collect(), bars })
}

/// A count as a bar.
pub(super) fn bar(words: &Words, label: Vec<Span>, tally: Option<&Tally>) -> Bar {
    let Some(tally) = tally else {
        return Bar { label, counts: Vec::new(), note: words.no_vote.to_owned(), alt: words.no_vote.to_owned() };
    };
    let counts = [tally.yes, tally.conditional, tally.no, tally.abstain, tally.absent];
    let said = words.decisions.iter().zip(counts).map(|(name, count)| format!("{name}{}{count}", words.colon));
    let note = support(words, tally);
    Bar {
        label,
        alt: format!("{}. {note}", said.collect::<Vec<_>>().join(", ")),
        counts: counts.into_iter().map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect(),
        note,
    }
}

/// How far a proposal is supported, in words.
fn support(words: &Words, tally: &Tally) -> String {
    match (tally.quorum, tally.support) {
        (false, _) => words.no_quorum.to_owned(),
        (true, None) => words.no_side.to_owned(),
        (true, Some(support)) => {
            let template = if tally.carried { words.carried } else { words.not_carried };
            let place = match tally.level {
                Level::Unanimous => 0,
                Level::Strong => 1,
                Level::Moderate => 2,
                Level::Weak => 3,
                Level::None => 4,
            };
            let level = words.levels.get(place).copied().unwrap_or_default();
            fill(template, &[("percent", &words.share(support)), ("level", level)])
        }
    }
}

pub(super) fn decision(words: &Words, decision: Decision) -> &'static str {
    let place = match decision {
        Decision::Yes => 0,
        Decision::Conditional => 1,
        Decision::No => 2,
        Decision::Abstain => 3,
    };
    words.decisions.get(place).copied().unwrap_or_default()
}

/// The views against the result, as quotations: they are the dissenters' own words.
pub(super) fn dissent(page: &mut Page, report: &Report) {
    let words = page.words;
    page.heading(1, words.dissent);
    if report.dissenting_views.is_empty() {
        page.paragraph(vec![Span::plain(words.no_dissent)]);
    }
    for view in &report.dissenting_views {
        let decided = decision(words, view.decision);
        let share = words.share(view.confidence);
        let title = fill(words.dissenter, &[("name", &view.persona_name), ("decision", decided), ("percent", &share)]);
        page.heading(3, title);
        if report.sub_problems.len() > 1
            && let Some(part) = report.sub_problems.iter().find(|part| part.index == view.sub_problem)
        {
            page.note(format!("{}. {}", part.index + 1, part.title));
        }
        page.blocks.push(Block::Quote(prose::blocks(&view.view)));
    }
}

pub(super) fn flips(page: &mut Page, report: &Report) {
    if report.flips.is_empty() {
        return;
    }
    let words = page.words;
    page.heading(1, words.flips);
    let item = |flip: &SideChange| {
        let course = format!("{} → {}", decision(words, flip.from), decision(words, flip.to));
        let mut spans = vec![Span::strong(format!("{}{}{course}", flip.persona_name, words.colon)), Span::plain(" · ")];
        match &flip.reason {
            Some(reason) => spans.extend(prose::line(reason)),
            None => spans.push(Span::plain(words.no_reason)),
        }
        if flip.unsupported {
            spans.push(Span::strong(format!(" {}", words.unsupported)).in_tone(Tone::Warn));
        }
        vec![Block::Paragraph(spans)]
    };
    page.bullets(report.flips.iter().map(item).collect());
}
