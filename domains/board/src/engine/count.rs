//! Votes are counted here, by rule, never by a model (BRD-6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{OptionCard, OptionTally, Vote};
use crate::session::{Decision, Outcome, Side, named};

named! {
    /// How much support a proposal has.
    Level {
        /// Every vote cast is for it.
        Unanimous = "unanimous",
        /// At least three quarters.
        Strong = "strong",
        /// At least three fifths.
        Moderate = "moderate",
        /// At least half.
        Weak = "weak",
        /// Less than half, or no result.
        None = "none",
    }
}

named! {
    /// How far the result can be relied on.
    ConfidenceLevel {
        /// Hardly.
        Low = "low",
        /// Somewhat.
        Medium = "medium",
        /// Well.
        High = "high",
    }
}

named! {
    /// The rule by which a proposal carries, declared before anybody speaks (BRD-6, BRD-28).
    Rule {
        /// More than half of the votes cast.
        Majority = "majority_of_votes_cast",
        /// At least three quarters of the votes cast: for what cannot be undone.
        ThreeQuarters = "three_quarters_of_votes_cast",
    }
}

impl Default for Rule {
    /// The rule of sessions that name none.
    fn default() -> Self {
        Self::Majority
    }
}

impl Rule {
    /// The rule for a decision: one without a way back needs more.
    #[must_use]
    pub const fn of(one_way: bool) -> Self {
        if one_way { Self::ThreeQuarters } else { Self::Majority }
    }

    /// Whether that much support carries.
    #[must_use]
    pub fn carries(self, support: f64) -> bool {
        match self {
            Self::Majority => support > WEAK,
            Self::ThreeQuarters => support >= STRONG,
        }
    }

    /// The rule in words, for those who vote under it.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Majority => {
                "A majority of the votes cast carries, abstentions left out; a conditional yes counts as support; at \
                 least half of the seats must vote."
            }
            Self::ThreeQuarters => {
                "This cannot be undone, so it takes three quarters of the votes cast to carry, abstentions left out; a \
                 conditional yes counts as support; at least half of the seats must vote."
            }
        }
    }
}

/// A support of at least this much is `strong`, `moderate`, `weak`.
const STRONG: f64 = 0.75;
const MODERATE: f64 = 0.6;
const WEAK: f64 = 0.5;
/// Decisiveness × mean confidence × attendance of at least this much is `high`, `medium`.
const HIGH_CONFIDENCE: f64 = 0.55;
const MEDIUM_CONFIDENCE: f64 = 0.3;

/// The count of a vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    /// Votes for it.
    pub yes: usize,
    /// Votes against it.
    pub no: usize,
    /// Votes for it on conditions.
    pub conditional: usize,
    /// Abstentions.
    pub abstain: usize,
    /// Seats without a vote.
    pub absent: usize,
    /// (yes + conditional) over votes cast without abstentions, 0 to 1; absent when there are none.
    pub support: Option<f64>,
    /// The same, each vote weighing as much as its confidence.
    pub weighted_support: Option<f64>,
    /// How much support that is.
    pub level: Level,
    /// Mean confidence of the votes cast, 0 to 1.
    pub mean_confidence: Option<f64>,
    /// Votes cast over seats, 0 to 1.
    pub attendance: f64,
    /// max(support, 1 − support) × mean confidence × attendance: high from 0.55, medium from 0.3, else low.
    pub confidence_level: ConfidenceLevel,
    /// Whether at least half of the seats voted.
    pub quorum: bool,
    /// Whether the proposal carries under the rule.
    pub carried: bool,
    /// The rule, as declared before the vote.
    pub rule: String,
}

/// Counts the votes of `seats` seats on their proposal.
#[must_use]
pub fn count<'v>(votes: impl IntoIterator<Item = &'v Vote>, seats: usize, rule: Rule) -> Tally {
    tally(votes.into_iter().map(|vote| (vote.decision, vote.confidence)), seats, rule)
}

/// Counts the votes on each option. A ballot that says nothing of an option is an absence there, never a no.
#[must_use]
pub fn count_options(options: &[OptionCard], votes: &[Vote], seats: usize, rule: Rule) -> Vec<OptionTally> {
    let on = |option: &OptionCard| {
        let ballots = votes.iter().filter_map(|vote| vote.options.iter().find(|one| one.option == option.id));
        tally(ballots.map(|one| (one.decision, one.confidence)), seats, rule)
    };
    options.iter().map(|option| OptionTally { option: option.id.clone(), tally: on(option) }).collect()
}

/// The option with the most support of those that carry, and of several such the one that is supported more surely;
/// none when there is none, or no difference.
#[must_use]
pub fn leading(tallies: &[OptionTally]) -> Option<String> {
    let weight = |one: &OptionTally| (one.tally.support.unwrap_or(0.0), one.tally.weighted_support.unwrap_or(0.0));
    let carried = || tallies.iter().filter(|one| one.tally.carried);
    let order = |a: &(f64, f64), b: &(f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
    let best = carried().max_by(|a, b| order(&weight(a), &weight(b)))?;
    let equals = carried().filter(|one| order(&weight(one), &weight(best)).is_eq()).count();
    (equals == 1).then(|| best.option.clone())
}

#[expect(clippy::cast_precision_loss, reason = "a board has a handful of seats")]
fn tally(ballots: impl Iterator<Item = (Decision, f64)>, seats: usize, rule: Rule) -> Tally {
    let (mut yes, mut no, mut conditional, mut abstain) = (0, 0, 0, 0);
    let (mut confidence, mut confidence_for, mut confidence_cast) = (0.0, 0.0, 0.0);
    for (decision, sure) in ballots {
        match decision {
            Decision::Yes => yes += 1,
            Decision::No => no += 1,
            Decision::Conditional => conditional += 1,
            Decision::Abstain => abstain += 1,
        }
        confidence += sure;
        match decision.side() {
            Side::For => {
                confidence_for += sure;
                confidence_cast += sure;
            }
            Side::Against => confidence_cast += sure,
            Side::Neither => {}
        }
    }
    let cast = yes + no + conditional + abstain;
    let counted = yes + no + conditional;
    let quorum = cast > 0 && cast * 2 >= seats;
    let support = (counted > 0).then(|| (yes + conditional) as f64 / counted as f64);
    let weighted_support = (confidence_cast > 0.0).then(|| confidence_for / confidence_cast);
    let mean_confidence = (cast > 0).then(|| confidence / cast as f64);
    let attendance = if seats == 0 { 0.0 } else { cast as f64 / seats as f64 };
    let level = match support {
        Some(support) if quorum => level_of(support),
        _ => Level::None,
    };
    Tally {
        yes,
        no,
        conditional,
        abstain,
        absent: seats.saturating_sub(cast),
        support,
        weighted_support,
        level,
        mean_confidence,
        attendance,
        confidence_level: confidence_level(support, mean_confidence, attendance, quorum),
        quorum,
        carried: quorum && support.is_some_and(|support| rule.carries(support)),
        rule: rule.name().to_owned(),
    }
}

fn level_of(support: f64) -> Level {
    match support {
        s if s >= 1.0 => Level::Unanimous,
        s if s >= STRONG => Level::Strong,
        s if s >= MODERATE => Level::Moderate,
        s if s >= WEAK => Level::Weak,
        _ => Level::None,
    }
}

/// A clear no is as certain a result as a clear yes, so decisiveness counts and not the direction.
fn confidence_level(support: Option<f64>, mean: Option<f64>, attendance: f64, quorum: bool) -> ConfidenceLevel {
    let (Some(support), Some(mean), true) = (support, mean, quorum) else { return ConfidenceLevel::Low };
    match support.max(1.0 - support) * mean * attendance {
        score if score >= HIGH_CONFIDENCE => ConfidenceLevel::High,
        score if score >= MEDIUM_CONFIDENCE => ConfidenceLevel::Medium,
        _ => ConfidenceLevel::Low,
    }
}

/// The counts of several proposals side by side. Ballots add up; whether something carried, and how well it can be
/// relied on, is only as good as the weakest part says.
#[must_use]
pub fn pooled<'v>(parts: &[&Tally], votes: impl IntoIterator<Item = &'v Vote>, seats: usize) -> Tally {
    let strictest = parts.iter().filter_map(|part| Rule::parse(&part.rule)).max().unwrap_or_default();
    let mut tally = count(votes, seats, strictest);
    if let Some(first) = parts.first() {
        tally.quorum = parts.iter().all(|part| part.quorum);
        tally.carried = parts.iter().all(|part| part.carried);
        tally.level = parts.iter().map(|part| part.level).max().unwrap_or(first.level);
        tally.confidence_level = parts.iter().map(|part| part.confidence_level).min().unwrap_or(first.confidence_level);
    } else {
        (tally.quorum, tally.carried, tally.level) = (false, false, Level::None);
        tally.confidence_level = ConfidenceLevel::Low;
    }
    tally
}

/// What a session came to, from what its sub-problems came to. No quorum anywhere outweighs all; a single one missing
/// makes the whole partial.
#[must_use]
pub fn overall(outcomes: &[Option<Outcome>]) -> Outcome {
    let is = |outcome| outcomes.iter().filter(|one| **one == Some(outcome)).count();
    let results = is(Outcome::Complete) + is(Outcome::Deadlock) + is(Outcome::Partial);
    if results == 0 {
        Outcome::NoQuorum
    } else if outcomes.iter().any(Option::is_none) || is(Outcome::NoQuorum) > 0 || is(Outcome::Partial) > 0 {
        Outcome::Partial
    } else if is(Outcome::Deadlock) > 0 {
        Outcome::Deadlock
    } else {
        Outcome::Complete
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn vote(decision: Decision, confidence: f64) -> Vote {
        Vote {
            id: uuid::Uuid::nil(),
            sub_problem: 0,
            persona_code: String::new(),
            persona_name: String::new(),
            decision,
            confidence,
            reasoning: String::new(),
            conditions: Vec::new(),
            would_change_mind: String::new(),
            options: Vec::new(),
            stance_before: None,
            flipped: false,
            flip_reason: None,
            flip_unsupported: false,
            model: String::new(),
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_condition_is_support_and_an_abstention_is_neither() {
        let votes = [
            vote(Decision::Yes, 0.8),
            vote(Decision::Conditional, 0.6),
            vote(Decision::No, 0.4),
            vote(Decision::Abstain, 0.2),
        ];
        let tally = count(&votes, 5, Rule::Majority);
        assert_eq!((tally.yes, tally.no, tally.conditional, tally.abstain, tally.absent), (1, 1, 1, 1, 1));
        assert_eq!(tally.support, Some(2.0 / 3.0));
        assert_eq!(tally.level, Level::Moderate);
        assert!((tally.weighted_support.unwrap() - 1.4 / 1.8).abs() < 1e-9);
        assert!((tally.attendance - 0.8).abs() < 1e-9);
        assert!(tally.carried && tally.quorum);
    }

    #[test]
    fn fewer_than_half_of_the_seats_are_no_result() {
        let votes = [vote(Decision::Yes, 1.0), vote(Decision::Yes, 1.0)];
        let tally = count(&votes, 5, Rule::Majority);
        assert!(!tally.quorum && !tally.carried);
        assert_eq!(tally.level, Level::None);
        assert_eq!(tally.confidence_level, ConfidenceLevel::Low);
        assert!(count(&votes, 4, Rule::Majority).quorum);
        assert!(!count(&[], 0, Rule::Majority).quorum);
    }

    #[test]
    fn half_is_weak_and_does_not_carry() {
        let tally = count(&[vote(Decision::Yes, 0.9), vote(Decision::No, 0.9)], 2, Rule::Majority);
        assert_eq!(tally.level, Level::Weak);
        assert!(!tally.carried);
    }

    #[test]
    fn what_cannot_be_undone_takes_three_quarters() {
        let votes = |yes: usize, no: usize| {
            let yes = std::iter::repeat_n(vote(Decision::Yes, 0.8), yes);
            yes.chain(std::iter::repeat_n(vote(Decision::No, 0.8), no)).collect::<Vec<_>>()
        };
        for (yes, no, majority, three_quarters) in [(3, 2, true, false), (3, 1, true, true), (1, 1, false, false)] {
            let votes = votes(yes, no);
            assert_eq!(count(&votes, yes + no, Rule::Majority).carried, majority, "{yes} to {no}");
            assert_eq!(count(&votes, yes + no, Rule::of(true)).carried, three_quarters, "{yes} to {no}");
        }
    }

    #[test]
    fn options_are_counted_each_by_itself_and_silence_is_no_vote() {
        let card = |id: &str| OptionCard {
            id: id.to_owned(),
            label: String::new(),
            description: String::new(),
            supporters: Vec::new(),
            trade_offs: Vec::new(),
            risk: String::new(),
            scores: Vec::new(),
            constraints: Vec::new(),
        };
        let ballot = |on: &[(&str, Decision, f64)]| {
            let options = on.iter().map(|(option, decision, confidence)| crate::engine::event::OptionVote {
                option: (*option).to_owned(),
                decision: *decision,
                confidence: *confidence,
            });
            Vote { options: options.collect(), ..vote(Decision::Yes, 0.9) }
        };
        let votes = [
            ballot(&[("A", Decision::Yes, 0.6), ("B", Decision::Yes, 0.9)]),
            ballot(&[("A", Decision::Conditional, 0.6), ("B", Decision::No, 0.5), ("X", Decision::Yes, 1.0)]),
            ballot(&[("A", Decision::No, 0.9)]),
        ];
        let tallies = count_options(&[card("A"), card("B")], &votes, 3, Rule::Majority);
        let of = |index: usize| &tallies[index].tally;
        assert_eq!((of(0).yes, of(0).conditional, of(0).no, of(0).absent, of(0).carried), (1, 1, 1, 0, true));
        assert_eq!((of(1).yes, of(1).no, of(1).absent, of(1).carried), (1, 1, 1, false));
        assert_eq!(leading(&tallies).as_deref(), Some("A"));
        // Two that cannot be told apart: neither leads.
        let same = [ballot(&[("A", Decision::Yes, 0.8), ("B", Decision::Yes, 0.8)])];
        assert_eq!(leading(&count_options(&[card("A"), card("B")], &same, 1, Rule::Majority)), None);
    }

    #[test]
    fn a_clear_no_is_a_certain_result() {
        let votes: Vec<_> = (0..4).map(|_| vote(Decision::No, 0.8)).collect();
        let tally = count(&votes, 4, Rule::Majority);
        assert_eq!(tally.support, Some(0.0));
        assert_eq!(tally.confidence_level, ConfidenceLevel::High);
    }

    #[test]
    fn the_whole_is_what_its_parts_are() {
        use Outcome::{Complete, Deadlock, NoQuorum, Partial};
        assert_eq!(overall(&[Some(Complete), Some(Complete)]), Complete);
        assert_eq!(overall(&[Some(Complete), Some(Deadlock)]), Deadlock);
        assert_eq!(overall(&[Some(Complete), Some(NoQuorum)]), Partial);
        assert_eq!(overall(&[Some(NoQuorum), Some(NoQuorum)]), NoQuorum);
        assert_eq!(overall(&[Some(Complete), None]), Partial);
        assert_eq!(overall(&[Some(Partial)]), Partial);
        assert_eq!(overall(&[]), NoQuorum);
    }

    proptest! {
        #[test]
        fn every_number_stays_in_its_range(ballots in prop::collection::vec((0u8..4, 0.0f64..=1.0), 0..12), missing in 0usize..6) {
            let decisions = [Decision::Yes, Decision::No, Decision::Conditional, Decision::Abstain];
            let votes: Vec<_> = ballots.iter().map(|(d, c)| vote(decisions[usize::from(*d)], *c)).collect();
            let seats = votes.len() + missing;
            let tally = count(&votes, seats, Rule::Majority);
            prop_assert_eq!(tally.yes + tally.no + tally.conditional + tally.abstain + tally.absent, seats);
            for share in [tally.support, tally.weighted_support, tally.mean_confidence, Some(tally.attendance)].into_iter().flatten() {
                prop_assert!((0.0..=1.0 + 1e-9).contains(&share));
            }
            prop_assert!(!tally.carried || tally.quorum);
        }
    }
}
