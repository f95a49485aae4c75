//! When a discussion ends and the vote begins (BRD-11). All thresholds are in this file.
//!
//! In this order: nobody answered → vote (it will find no quorum). A limit of money or time → vote. The mode has no
//! discussion → vote. Stances agree and little new is said → vote. In standard mode agreement alone is enough, since
//! it only discusses disagreements. Two discussion rounds without a new argument → vote: a deadlock when the split has
//! not moved in them, else exhausted. The round limit → vote. Otherwise the facilitator decides.

use std::collections::BTreeMap;

use super::event::{LimitKind, StopReason};
use crate::session::{Mode, Side};

/// Below which a round counts as saying nothing new, and above which it has left the question. They depend on how an
/// embedding model spreads its distances, so they are kept by its name (BRD-10).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Novelty below this is low.
    pub low_novelty: f64,
    /// Drift above this is high.
    pub high_drift: f64,
}

/// Agreement of at least this much means that stances agree.
pub const AGREEMENT: f64 = 0.8;

impl Thresholds {
    /// The thresholds of an embedding model. The local one is lexical: two texts on one topic in different words are
    /// far apart, so its distances run high. Neural models put related texts close together.
    #[must_use]
    pub fn of(embedder: &str) -> Self {
        if embedder.starts_with("local") {
            Self { low_novelty: 0.45, high_drift: 0.93 }
        } else {
            Self { low_novelty: 0.15, high_drift: 0.75 }
        }
    }
}

/// One finished round, as the rules see it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundFacts {
    /// Its novelty, unknown when there was no embedding (BRD-12).
    pub novelty: Option<f64>,
    /// Its drift.
    pub drift: Option<f64>,
    /// Agreement of the stances after it.
    pub agreement: Option<f64>,
    /// The thresholds of the model that measured it.
    pub thresholds: Option<Thresholds>,
    /// Which side each seat was on after it.
    pub split: BTreeMap<String, Side>,
}

impl RoundFacts {
    /// Little new was said. Unknown novelty is not low novelty.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!((self.novelty, self.thresholds), (Some(novelty), Some(limits)) if novelty < limits.low_novelty)
    }

    /// The round has left the question.
    #[must_use]
    pub fn is_drifting(&self) -> bool {
        matches!((self.drift, self.thresholds), (Some(drift), Some(limits)) if drift > limits.high_drift)
    }

    /// The stances agree.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.agreement.is_some_and(|agreement| agreement >= AGREEMENT)
    }
}

/// The finished rounds of a sub-problem and what holds for it. The first round is the initial one.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    /// How far this board goes.
    pub mode: Mode,
    /// The most discussion rounds.
    pub max_rounds: u8,
    /// How many of the rounds were initial ones: more than one where seats were called in.
    pub initial: usize,
    /// Every finished round.
    pub rounds: &'a [RoundFacts],
    /// How many seats are still there.
    pub voices: usize,
    /// A limit that has been reached.
    pub limit: Option<LimitKind>,
}

/// Why the vote must begin now, or none when discussion may go on.
#[must_use]
pub fn stop(course: &Course<'_>) -> Option<StopReason> {
    let last = course.rounds.last()?;
    let discussed = course.rounds.len().saturating_sub(course.initial);
    if course.voices == 0 {
        return Some(StopReason::NoVoices);
    }
    match course.limit {
        Some(LimitKind::Cost) => return Some(StopReason::CostLimit),
        Some(LimitKind::Time) => return Some(StopReason::TimeLimit),
        None => {}
    }
    if course.mode == Mode::Quick {
        return Some(StopReason::NoDiscussion);
    }
    if last.agrees() && (last.is_stale() || matches!(course.mode, Mode::Standard | Mode::Auto)) {
        return Some(StopReason::Converged);
    }
    if discussed >= 2 {
        let [before, last] = &course.rounds[course.rounds.len() - 2..] else { return None };
        if before.is_stale() && last.is_stale() {
            let split = before.split == last.split && !last.agrees() && !last.split.is_empty();
            return Some(if split { StopReason::Deadlock } else { StopReason::Exhausted });
        }
    }
    (discussed >= usize::from(course.max_rounds)).then_some(StopReason::RoundLimit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(novelty: Option<f64>, agreement: f64, split: &[(&str, Side)]) -> RoundFacts {
        RoundFacts {
            novelty,
            drift: Some(0.5),
            agreement: Some(agreement),
            thresholds: Some(Thresholds { low_novelty: 0.2, high_drift: 0.8 }),
            split: split.iter().map(|(code, side)| ((*code).to_owned(), *side)).collect(),
        }
    }

    fn ask(mode: Mode, rounds: &[RoundFacts]) -> Option<StopReason> {
        stop(&Course { mode, max_rounds: 4, initial: 1, rounds, voices: 3, limit: None })
    }

    const SPLIT: [(&str, Side); 2] = [("a", Side::For), ("b", Side::Against)];

    #[test]
    fn quick_never_discusses_and_deep_goes_on_while_something_new_is_said() {
        let open = [round(Some(0.9), 0.5, &SPLIT)];
        assert_eq!(ask(Mode::Quick, &open), Some(StopReason::NoDiscussion));
        assert_eq!(ask(Mode::Standard, &open), None);
        assert_eq!(ask(Mode::Deep, &open), None);
        assert_eq!(ask(Mode::Deep, &[]), None);
    }

    #[test]
    fn agreement_ends_it_in_standard_at_once_and_in_deep_only_when_nothing_new_comes() {
        let agreed = [round(Some(0.9), 0.9, &[])];
        assert_eq!(ask(Mode::Standard, &agreed), Some(StopReason::Converged));
        assert_eq!(ask(Mode::Deep, &agreed), None);
        assert_eq!(ask(Mode::Deep, &[round(Some(0.1), 0.9, &[])]), Some(StopReason::Converged));
    }

    #[test]
    fn two_stale_rounds_are_a_deadlock_only_when_the_split_stands_still() {
        let first = round(Some(0.9), 0.5, &SPLIT);
        let stale = round(Some(0.1), 0.5, &SPLIT);
        let moved = round(Some(0.1), 0.6, &[("a", Side::For), ("b", Side::Neither)]);
        assert_eq!(ask(Mode::Deep, &[first.clone(), stale.clone()]), None);
        assert_eq!(ask(Mode::Deep, &[first.clone(), stale.clone(), stale.clone()]), Some(StopReason::Deadlock));
        assert_eq!(ask(Mode::Deep, &[first, stale, moved]), Some(StopReason::Exhausted));
    }

    #[test]
    fn unknown_novelty_never_counts_as_low() {
        let unknown = round(None, 0.9, &[]);
        assert_eq!(ask(Mode::Deep, &[unknown.clone(), unknown.clone(), unknown]), None);
    }

    #[test]
    fn limits_end_it() {
        let open = vec![round(Some(0.9), 0.5, &SPLIT); 5];
        assert_eq!(ask(Mode::Deep, &open), Some(StopReason::RoundLimit));
        let limited =
            |limit, voices| stop(&Course { mode: Mode::Deep, max_rounds: 9, initial: 1, rounds: &open, voices, limit });
        assert_eq!(limited(Some(LimitKind::Cost), 3), Some(StopReason::CostLimit));
        assert_eq!(limited(Some(LimitKind::Time), 3), Some(StopReason::TimeLimit));
        assert_eq!(limited(None, 0), Some(StopReason::NoVoices));
    }

    #[test]
    fn drift_is_named_only_when_it_is_known() {
        let mut far = round(Some(0.9), 0.5, &[]);
        far.drift = Some(0.9);
        assert!(far.is_drifting());
        far.drift = None;
        assert!(!far.is_drifting());
    }
}
