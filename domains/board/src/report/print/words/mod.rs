//! The labels of a report in the languages of the product. What a model or a person wrote is never translated.

mod en;
mod es;
mod zh;

use chrono::{DateTime, Datelike, Utc};

use super::Language;

/// Every label. In some, names between braces stand for values.
pub(super) struct Words {
    pub kicker: &'static str,
    pub page: &'static str,
    pub missing: &'static str,
    pub contents: &'static str,
    pub unknown: &'static str,
    /// By outcome: complete, partial, no quorum, deadlock.
    pub headings: [&'static str; 4],
    /// What an outcome other than complete means, in the same order.
    pub warnings: [&'static str; 4],
    pub outcomes: [&'static str; 4],
    pub offline: &'static str,
    pub absences: &'static str,
    /// name, stage, reason, part
    pub absence: &'static str,
    pub absence_note: &'static str,
    pub stage_initial: &'static str,
    pub stage_discussion: &'static str,
    pub stage_voting: &'static str,
    /// infra_failure, timeout, invalid_output, cost_ceiling
    pub failures: [&'static str; 4],
    /// reason
    pub unwritten: &'static str,
    pub question: &'static str,
    pub context: &'static str,
    pub date: &'static str,
    pub result: &'static str,
    pub confidence: &'static str,
    pub board: &'static str,
    /// seats, parts
    pub board_size: &'static str,
    pub mode: &'static str,
    /// quick, standard, deep, auto
    pub modes: [&'static str; 4],
    pub summary: &'static str,
    pub recommendation: &'static str,
    pub insights: &'static str,
    pub vote: &'static str,
    /// yes, conditional, no, abstain, absent
    pub decisions: [&'static str; 5],
    pub no_vote: &'static str,
    pub no_quorum: &'static str,
    pub no_side: &'static str,
    /// percent, level
    pub carried: &'static str,
    /// percent, level
    pub not_carried: &'static str,
    /// unanimous, strong, moderate, weak, none
    pub levels: [&'static str; 5],
    /// low, medium, high
    pub confidences: [&'static str; 3],
    /// level
    pub confidence_line: &'static str,
    pub options: &'static str,
    pub one_way: &'static str,
    /// text
    pub given_up: &'static str,
    /// text
    pub risk: &'static str,
    /// pass, tension, violation; each with constraint, note
    pub limits: [&'static str; 3],
    /// option, label
    pub leads: &'static str,
    pub none_leads: &'static str,
    pub matrix: &'static str,
    pub criterion: &'static str,
    pub weight: &'static str,
    pub weighted: &'static str,
    pub scores: &'static str,
    pub weights_even: &'static str,
    pub weights_set: &'static str,
    pub not_compared: &'static str,
    pub robust: &'static str,
    pub sensitivity: &'static str,
    /// criterion, at, option
    pub flip_above: &'static str,
    /// criterion, at, option
    pub flip_below: &'static str,
    pub dissent: &'static str,
    pub no_dissent: &'static str,
    /// name, decision, percent
    pub dissenter: &'static str,
    pub flips: &'static str,
    pub no_reason: &'static str,
    pub unsupported: &'static str,
    pub terms: &'static str,
    pub conditions: &'static str,
    pub assumptions: &'static str,
    pub risks: &'static str,
    pub pre_mortem: &'static str,
    pub pre_mortem_intro: &'static str,
    pub failure: &'static str,
    pub early_sign: &'static str,
    pub prevention: &'static str,
    pub questions: &'static str,
    pub steps: &'static str,
    pub what: &'static str,
    pub who: &'static str,
    pub by_when: &'static str,
    pub claims: &'static str,
    pub claims_intro: &'static str,
    pub claim: &'static str,
    pub basis: &'static str,
    pub source: &'static str,
    /// given, sourced, inferred, assumed
    pub bases: [&'static str; 4],
    /// unsourced_figure, not_given, no_source
    pub flags: [&'static str; 3],
    pub unsourced: &'static str,
    pub figure: &'static str,
    pub place: &'static str,
    pub origin: &'static str,
    /// reference
    pub said_in: &'static str,
    pub from_nobody: &'static str,
    pub baseline: &'static str,
    /// model
    pub baseline_intro: &'static str,
    /// model
    pub baseline_none: &'static str,
    pub proposal: &'static str,
    pub alone: &'static str,
    pub beside: &'static str,
    /// changed and carried, changed and not carried, same side, not comparable
    pub compared: [&'static str; 4],
    pub sources: &'static str,
    pub parts: &'static str,
    pub course: &'static str,
    pub voted_on: &'static str,
    pub agreement: &'static str,
    pub novelty: &'static str,
    pub drift: &'static str,
    pub measures: &'static str,
    pub alone_round: &'static str,
    /// number
    pub round: &'static str,
    /// reason
    pub ended: &'static str,
    /// As in `StopReason`.
    pub stops: [&'static str; 9],
    pub method: &'static str,
    /// mode, seats, rounds, models
    pub method_text: &'static str,
    pub no_models: &'static str,
    pub method_rules: &'static str,
    pub months: [&'static str; 12],
    /// day, month, year
    pub day: &'static str,
    pub percent: &'static str,
    pub decimal: &'static str,
    pub colon: &'static str,
}

impl Words {
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::WORDS,
            Language::Spanish => &es::WORDS,
            Language::Chinese => &zh::WORDS,
        }
    }

    /// A share as a percentage.
    pub(super) fn share(&self, share: f64) -> String {
        self.percent.replace("{value}", &format!("{:.0}", share * 100.0))
    }

    /// A number with so many places.
    pub(super) fn number(&self, value: f64, places: usize) -> String {
        format!("{value:.places$}").replace('.', self.decimal)
    }

    /// A day, in UTC.
    pub(super) fn date(&self, time: DateTime<Utc>) -> String {
        let month = usize::try_from(time.month0()).ok().and_then(|place| self.months.get(place)).copied();
        let (day, year) = (time.day().to_string(), time.year().to_string());
        fill(self.day, &[("day", &day), ("month", month.unwrap_or_default()), ("year", &year)])
    }
}

/// Puts values where their names stand between braces. In one pass, so that a value cannot hold a name itself.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else { break };
        out.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_where_their_names_stand_and_cannot_name_others() {
        assert_eq!(fill("{a} and {b}.", &[("a", "{b}"), ("b", "two")]), "{b} and two.");
    }

    #[test]
    fn numbers_and_days_are_written_as_the_language_does() {
        let time = DateTime::from_timestamp(1_795_219_200, 0).unwrap();
        let of = |language| {
            let words = Words::of(language);
            (words.share(0.834), words.number(7.25, 1), words.date(time))
        };
        let said = |share: &str, number: &str, day: &str| (share.to_owned(), number.to_owned(), day.to_owned());
        assert_eq!(of(Language::English), said("83%", "7.2", "21 November 2026"));
        assert_eq!(of(Language::Spanish), said("83\u{a0}%", "7,2", "21 de noviembre de 2026"));
        assert_eq!(of(Language::Chinese), said("83%", "7.2", "2026年11月21日"));
    }
}
