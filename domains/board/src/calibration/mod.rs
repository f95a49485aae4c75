//! How well personas know what they know: their stated confidence against how decisions turned out (BRD-30). Pure.
//!
//! Each ballot is a forecast: "my side is right, with this confidence". It was right when the decision took its side and
//! turned out well, or took the other side and turned out badly. A decision that turned out well in part counts half.

mod read;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

pub use weigh::{ENOUGH_OUTCOMES, VoteWeight, WeighedVotes, weigh, weight_of};

use crate::journal::{Course, OutcomeVerdict};
use crate::session::{Decision, SessionId, Side};

/// One ballot against what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Who voted.
    pub persona_code: String,
    /// The name shown.
    pub persona_name: String,
    /// The session: several ballots of one session share one outcome.
    pub session: SessionId,
    /// How sure the persona said it was, 0 to 1.
    pub confidence: f64,
    /// How right it was: 1, 0, or a half.
    pub truth: f64,
}

/// How right a ballot was; nothing where it took no side, the decision took none, or it is too early to say.
#[must_use]
pub fn truth(decision: Decision, course: Course, verdict: OutcomeVerdict) -> Option<f64> {
    let with = match (decision.side(), course.side()) {
        (Side::Neither, _) | (_, Side::Neither) => return None,
        (ballot, decided) => ballot == decided,
    };
    match verdict {
        OutcomeVerdict::TooEarly => None,
        OutcomeVerdict::Partial => Some(0.5),
        OutcomeVerdict::Successful => Some(if with { 1.0 } else { 0.0 }),
        OutcomeVerdict::Unsuccessful => Some(if with { 0.0 } else { 1.0 }),
    }
}

/// One row of a reliability table: of the ballots with a confidence in this range, how many were right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct ReliabilityBin {
    /// Confidence from here on.
    pub from: f64,
    /// To below here; the last range includes its end.
    pub to: f64,
    /// Ballots in it.
    pub votes: usize,
    /// Their mean confidence, 0 to 1; absent when there are none.
    pub mean_confidence: Option<f64>,
    /// The share that was right, 0 to 1; absent when there are none. In good calibration it equals the mean confidence.
    pub right: Option<f64>,
}

/// How well forecasts were calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CalibrationScore {
    /// Ballots that could be scored.
    pub votes: usize,
    /// Sessions with a known outcome that they were cast in.
    pub outcomes: usize,
    /// The Brier score, the mean of (confidence − truth)²: 0 is perfect, 0.25 is what saying "half" every time earns, 1 is
    /// always sure and always wrong. Absent without ballots.
    pub brier: Option<f64>,
    /// Mean stated confidence, 0 to 1.
    pub mean_confidence: Option<f64>,
    /// The share that was right, 0 to 1.
    pub right: Option<f64>,
    /// Five ranges of confidence, from 0 to 1.
    pub reliability: Vec<ReliabilityBin>,
}

/// How well one persona was calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PersonaCalibration {
    /// Its code.
    pub persona_code: String,
    /// The name shown.
    pub persona_name: String,
    /// Its record.
    #[serde(flatten)]
    pub score: CalibrationScore,
    /// What its later votes weigh by that record, 0.25 to 2; absent while there are fewer than five outcomes.
    pub weight: Option<f64>,
}

/// How many ranges of confidence a reliability table has.
const BINS: usize = 5;

/// Scores forecasts.
#[must_use]
pub fn score<'f>(forecasts: impl IntoIterator<Item = &'f Forecast>) -> CalibrationScore {
    let all: Vec<&Forecast> = forecasts.into_iter().collect();
    let sessions: BTreeSet<SessionId> = all.iter().map(|one| one.session).collect();
    let reliability = (0..BINS)
        .map(|bin| {
            let (from, to) = (share(bin, BINS), share(bin + 1, BINS));
            let last = bin + 1 == BINS;
            let within: Vec<&Forecast> =
                all.iter().filter(|one| one.confidence >= from && (one.confidence < to || last)).copied().collect();
            ReliabilityBin {
                from,
                to,
                votes: within.len(),
                mean_confidence: mean(within.iter().map(|one| one.confidence)),
                right: mean(within.iter().map(|one| one.truth)),
            }
        })
        .collect();
    CalibrationScore {
        votes: all.len(),
        outcomes: sessions.len(),
        brier: mean(all.iter().map(|one| (one.confidence - one.truth).powi(2))),
        mean_confidence: mean(all.iter().map(|one| one.confidence)),
        right: mean(all.iter().map(|one| one.truth)),
        reliability,
    }
}

/// Scores each persona by itself, those with the most outcomes first.
#[must_use]
pub fn by_persona(forecasts: &[Forecast]) -> Vec<PersonaCalibration> {
    let mut of: BTreeMap<&str, Vec<&Forecast>> = BTreeMap::new();
    for forecast in forecasts {
        of.entry(&forecast.persona_code).or_default().push(forecast);
    }
    let mut personas: Vec<PersonaCalibration> = of
        .into_iter()
        .map(|(code, forecasts)| {
            let name = forecasts.last().map_or(code, |newest| newest.persona_name.as_str()).to_owned();
            let score = score(forecasts);
            let weight = weight_of(&score);
            PersonaCalibration { persona_code: code.to_owned(), persona_name: name, score, weight }
        })
        .collect();
    personas.sort_by_key(|persona| std::cmp::Reverse(persona.score.outcomes));
    personas
}

#[expect(clippy::cast_precision_loss, reason = "counts of ballots are far below 2^52")]
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

#[expect(clippy::cast_precision_loss, reason = "five ranges")]
fn share(part: usize, of: usize) -> f64 {
    part as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn forecast(code: &str, session: u128, confidence: f64, truth: f64) -> Forecast {
        let session = SessionId(Uuid::from_u128(session));
        Forecast { persona_code: code.to_owned(), persona_name: code.to_uppercase(), session, confidence, truth }
    }

    #[test]
    fn a_ballot_is_right_with_what_went_well_or_against_what_went_badly() {
        let right = |decision, course, verdict| truth(decision, course, verdict);
        for (decision, course, verdict, expected) in [
            (Decision::Yes, Course::Go, OutcomeVerdict::Successful, Some(1.0)),
            (Decision::Conditional, Course::GoWithChanges, OutcomeVerdict::Successful, Some(1.0)),
            (Decision::No, Course::Go, OutcomeVerdict::Successful, Some(0.0)),
            (Decision::No, Course::Go, OutcomeVerdict::Unsuccessful, Some(1.0)),
            (Decision::Yes, Course::Go, OutcomeVerdict::Unsuccessful, Some(0.0)),
            (Decision::No, Course::NoGo, OutcomeVerdict::Successful, Some(1.0)),
            (Decision::Yes, Course::NoGo, OutcomeVerdict::Unsuccessful, Some(1.0)),
            (Decision::Yes, Course::Go, OutcomeVerdict::Partial, Some(0.5)),
            (Decision::Abstain, Course::Go, OutcomeVerdict::Successful, None),
            (Decision::Yes, Course::Other, OutcomeVerdict::Successful, None),
            (Decision::Yes, Course::Go, OutcomeVerdict::TooEarly, None),
        ] {
            assert_eq!(right(decision, course, verdict), expected, "{decision:?} {course:?} {verdict:?}");
        }
    }

    /// By hand: (0.9−1)² = 0.01, (0.7−0)² = 0.49, (0.6−0.5)² = 0.01, (0.5−1)² = 0.25; the mean of 0.76 is 0.19.
    #[test]
    fn the_brier_score_is_what_one_gets_by_hand() {
        let forecasts = [
            forecast("a", 1, 0.9, 1.0),
            forecast("a", 2, 0.7, 0.0),
            forecast("a", 2, 0.6, 0.5),
            forecast("b", 2, 0.5, 1.0),
        ];
        let all = score(&forecasts);
        assert!((all.brier.unwrap() - 0.19).abs() < 1e-12);
        assert_eq!((all.votes, all.outcomes), (4, 2));
        assert!((all.mean_confidence.unwrap() - 0.675).abs() < 1e-12);
        assert!((all.right.unwrap() - 0.625).abs() < 1e-12);
        let personas = by_persona(&forecasts);
        assert_eq!((personas[0].persona_code.as_str(), personas[0].score.outcomes), ("a", 2));
        // (0.01 + 0.49 + 0.01) / 3
        assert!((personas[0].score.brier.unwrap() - 0.17).abs() < 1e-12);
        assert!((personas[1].score.brier.unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(personas[0].weight, None, "two outcomes are no record");
    }

    #[test]
    fn the_reliability_table_sorts_by_confidence() {
        let forecasts = [
            forecast("a", 1, 0.0, 0.0),
            forecast("a", 1, 0.2, 1.0),
            forecast("a", 1, 0.8, 1.0),
            forecast("a", 1, 1.0, 0.0),
            forecast("a", 1, 0.9, 0.5),
        ];
        let table = score(&forecasts).reliability;
        let counts: Vec<_> = table.iter().map(|bin| bin.votes).collect();
        assert_eq!(counts, [1, 1, 0, 0, 3]);
        assert!((table[4].mean_confidence.unwrap() - 0.9).abs() < 1e-12);
        assert!((table[4].right.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(
            (table[2].right, table[2].mean_confidence),
            (None, None),
            "nothing is made up where there is nothing"
        );
        assert_eq!(score(&[]).brier, None);
    }
}
