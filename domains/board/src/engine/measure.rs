//! What a round brought, in numbers: novelty, drift and agreement (BRD-10). Pure arithmetic over vectors and stances.

use crate::session::{Side, Stance};

/// Mean over a round's contributions of the distance to the nearest earlier one, 0 (all said before) to 1. In the
/// initial round each is compared with the others of the round. None where there is nothing to compare.
#[must_use]
pub fn novelty(round: &[Vec<f32>], earlier: &[Vec<f32>]) -> Option<f64> {
    let distances: Vec<f64> = round
        .iter()
        .enumerate()
        .filter_map(|(index, vector)| {
            let others = round.iter().enumerate().filter(|(other, _)| earlier.is_empty() && *other != index);
            earlier
                .iter()
                .chain(others.map(|(_, other)| other))
                .map(|other| distance(vector, other))
                .min_by(f64::total_cmp)
        })
        .collect();
    mean(&distances)
}

/// Mean distance of a round's contributions from the sub-problem, 0 to 1. None for an empty round.
#[must_use]
pub fn drift(round: &[Vec<f32>], sub_problem: &[f32]) -> Option<f64> {
    let distances: Vec<f64> = round.iter().map(|vector| distance(vector, sub_problem)).collect();
    mean(&distances)
}

/// The share of all stated confidence that stands behind the larger side, for or against, 0 to 1: a board that
/// abstains agrees on nothing. None without stances, or when nobody
/// is sure of anything.
#[must_use]
pub fn agreement<'s>(stances: impl IntoIterator<Item = &'s Stance>) -> Option<f64> {
    let mut sides = [0.0f64; 3];
    for stance in stances {
        sides[match stance.decision.side() {
            Side::For => 0,
            Side::Against => 1,
            Side::Neither => 2,
        }] += stance.confidence;
    }
    let all: f64 = sides.iter().sum();
    (all > 0.0).then(|| rounded(sides[0].max(sides[1]) / all))
}

/// To four places: more would be noise, also in prompts.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// 1 − cosine of two unit vectors, held within 0 and 1.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let cosine: f64 = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
    (1.0 - cosine).clamp(0.0, 1.0)
}

#[expect(clippy::cast_precision_loss, reason = "a round has a handful of contributions")]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| rounded(values.iter().sum::<f64>() / values.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Decision;

    fn stance(decision: Decision, confidence: f64) -> Stance {
        Stance { decision, confidence }
    }

    #[test]
    fn repetition_has_no_novelty_and_the_first_voice_none_to_compare() {
        let (a, b) = (vec![1.0, 0.0], vec![0.0, 1.0]);
        assert_eq!(novelty(std::slice::from_ref(&a), std::slice::from_ref(&a)), Some(0.0));
        assert_eq!(novelty(std::slice::from_ref(&b), std::slice::from_ref(&a)), Some(1.0));
        assert_eq!(novelty(&[a.clone(), b.clone()], &[]), Some(1.0));
        assert_eq!(novelty(std::slice::from_ref(&a), &[]), None);
        assert_eq!(drift(&[], &a), None);
        assert_eq!(drift(std::slice::from_ref(&b), &a), Some(1.0));
    }

    #[test]
    fn opposed_views_on_one_topic_do_not_agree() {
        let split = [stance(Decision::Yes, 0.8), stance(Decision::No, 0.8)];
        assert_eq!(agreement(&split), Some(0.5));
        let together = [stance(Decision::Yes, 0.8), stance(Decision::Conditional, 0.4)];
        assert_eq!(agreement(&together), Some(1.0));
        assert_eq!(agreement(&[]), None);
        assert_eq!(agreement(&[stance(Decision::Yes, 0.0)]), None);
    }
}
