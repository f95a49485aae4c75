//! What a vote weighs by the record of who casts it. Shown beside the plain count, which alone decides.

use serde::Serialize;
use utoipa::ToSchema;

use super::{CalibrationScore, PersonaCalibration};
use crate::engine::event::Vote;
use crate::session::Side;

/// A persona has a record from this many outcomes on.
pub const ENOUGH_OUTCOMES: usize = 5;
/// The Brier score of saying "half" every time: a record as good as this weighs 1.
const NO_SKILL: f64 = 0.25;
/// So many outcomes halve the trust in a record: with as many, it counts by half.
const SHRINKAGE: f64 = 5.0;
const LEAST: f64 = 0.25;
const MOST: f64 = 2.0;

/// What the record is worth: 1 + (1 − Brier ÷ 0.25) × outcomes ÷ (outcomes + 5), held within 0.25 and 2. Nothing with
/// fewer than five outcomes.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of outcomes are far below 2^52")]
pub fn weight_of(score: &CalibrationScore) -> Option<f64> {
    let brier = score.brier.filter(|_| score.outcomes >= ENOUGH_OUTCOMES)?;
    let trust = score.outcomes as f64 / (score.outcomes as f64 + SHRINKAGE);
    Some((1.0 + (1.0 - brier / NO_SKILL) * trust).clamp(LEAST, MOST))
}

/// What one seat's vote weighs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VoteWeight {
    /// Who voted.
    pub persona_code: String,
    /// The name shown.
    pub persona_name: String,
    /// Outcomes in its record.
    pub outcomes: usize,
    /// What its vote weighs; 1 where the record is too short.
    pub weight: f64,
    /// Whether the weight comes from a record.
    pub by_record: bool,
}

/// The votes on one sub-problem, plain and weighed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WeighedVotes {
    /// The sub-problem.
    pub sub_problem: usize,
    /// Support by the plain count, 0 to 1; absent when nobody took a side.
    pub support: Option<f64>,
    /// Support when each vote weighs what its record is worth; absent when fewer than half of the voters have one.
    pub weighed_support: Option<f64>,
    /// What each vote weighs.
    pub weights: Vec<VoteWeight>,
}

/// Weighs the votes on one sub-problem.
#[must_use]
pub fn weigh(sub_problem: usize, votes: &[&Vote], records: &[PersonaCalibration]) -> WeighedVotes {
    let weights: Vec<VoteWeight> = votes
        .iter()
        .map(|vote| {
            let record = records.iter().find(|record| record.persona_code == vote.persona_code);
            let weight = record.and_then(|record| record.weight);
            VoteWeight {
                persona_code: vote.persona_code.clone(),
                persona_name: vote.persona_name.clone(),
                outcomes: record.map_or(0, |record| record.score.outcomes),
                weight: weight.unwrap_or(1.0),
                by_record: weight.is_some(),
            }
        })
        .collect();
    let support = |weight: &dyn Fn(usize) -> f64| {
        let (mut with, mut all) = (0.0, 0.0);
        for (place, vote) in votes.iter().enumerate() {
            match vote.decision.side() {
                Side::For => {
                    with += weight(place);
                    all += weight(place);
                }
                Side::Against => all += weight(place),
                Side::Neither => {}
            }
        }
        (all > 0.0).then(|| with / all)
    };
    let known = weights.iter().filter(|weight| weight.by_record).count();
    let weighed = support(&|place| weights.get(place).map_or(1.0, |weight| weight.weight));
    WeighedVotes {
        sub_problem,
        support: support(&|_| 1.0),
        weighed_support: weighed.filter(|_| known > 0 && known * 2 >= weights.len()),
        weights,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::calibration::score;
    use crate::session::Decision;

    fn record(code: &str, outcomes: usize, brier: f64) -> PersonaCalibration {
        let score = CalibrationScore { outcomes, votes: outcomes, brier: Some(brier), ..score(&[]) };
        let weight = weight_of(&score);
        PersonaCalibration { persona_code: code.to_owned(), persona_name: code.to_owned(), score, weight }
    }

    fn vote(code: &str, decision: Decision) -> Vote {
        let vote = json!({
            "id": Uuid::nil(), "sub_problem": 0, "persona_code": code, "persona_name": code, "decision": decision,
            "confidence": 0.5, "reasoning": "", "conditions": [], "would_change_mind": "", "stance_before": null,
            "flipped": false, "flip_reason": null, "flip_unsupported": false, "model": "", "created_at": DateTime::UNIX_EPOCH,
        });
        serde_json::from_value(vote).unwrap()
    }

    /// By hand: five outcomes are trusted by half, so 0 → 1 + 1 × ½ = 1.5, 0.25 → 1, 0.5 → 1 − 1 × ½ = 0.5, and
    /// 1 → 1 − 3 × ½ = −0.5, which is held at 0.25. Forty-five are trusted by 0.9: 0.125 → 1 + ½ × 0.9 = 1.45.
    #[test]
    fn a_record_is_worth_what_one_gets_by_hand() {
        for (outcomes, brier, expected) in
            [(5, 0.0, 1.5), (5, 0.25, 1.0), (5, 0.5, 0.5), (5, 1.0, 0.25), (45, 0.125, 1.45)]
        {
            let weight = record("a", outcomes, brier).weight.unwrap();
            assert!((weight - expected).abs() < 1e-12, "{outcomes} {brier}: {weight}");
        }
        assert_eq!(record("a", 4, 0.0).weight, None);
    }

    /// By hand: yes weighs 1.5, no 0.5, another no 1, an abstention nothing: 1.5 of 3 is a half; plain it is a third.
    #[test]
    fn weighed_support_stands_beside_the_plain_one() {
        let votes = [
            vote("good", Decision::Conditional),
            vote("bad", Decision::No),
            vote("new", Decision::No),
            vote("shy", Decision::Abstain),
        ];
        let votes: Vec<&Vote> = votes.iter().collect();
        let records = [record("good", 5, 0.0), record("bad", 5, 0.5), record("new", 4, 0.0)];
        let weighed = weigh(0, &votes, &records);
        assert!((weighed.support.unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert!((weighed.weighed_support.unwrap() - 0.5).abs() < 1e-12);
        let too_few = weigh(0, &votes, &records[..1]);
        assert_eq!(too_few.weighed_support, None, "one record of four voters is not enough");
        assert_eq!(too_few.weights[1].weight, 1.0);
    }
}
