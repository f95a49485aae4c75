use std::collections::BTreeMap;

use proptest::prelude::*;

use super::event::{CriterionScore, OptionCard};
use super::matrix::{Direction, Matrix, matrix};

fn option(id: usize, scores: &[Option<f64>]) -> OptionCard {
    OptionCard {
        id: char::from(b'A' + u8::try_from(id).unwrap()).to_string(),
        label: format!("Option {id}"),
        description: String::new(),
        supporters: Vec::new(),
        trade_offs: Vec::new(),
        risk: String::new(),
        scores: scores
            .iter()
            .enumerate()
            .map(|(place, score)| CriterionScore { criterion: name(place), score: *score })
            .collect(),
        constraints: Vec::new(),
    }
}

fn name(place: usize) -> String {
    format!("criterion {place}")
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(name).collect()
}

fn weights(given: &[f64]) -> BTreeMap<String, f64> {
    given.iter().enumerate().map(|(place, weight)| (name(place), *weight)).collect()
}

fn known(rows: &[Vec<f64>]) -> Vec<OptionCard> {
    let some = |row: &Vec<f64>| row.iter().copied().map(Some).collect::<Vec<_>>();
    rows.iter().enumerate().map(|(id, row)| option(id, &some(row))).collect()
}

#[test]
fn the_choice_flips_where_the_weight_of_cost_passes_a_share() {
    // A is better by quality, B by cost: even at a weight of cost of 0.4, when 9(1−w) + 3w = 5(1−w) + 9w.
    let options = known(&[vec![3.0, 9.0], vec![9.0, 5.0]]);
    let table = matrix(0, &options, &names(2), Some(&weights(&[1.0, 3.0])));
    assert_eq!(table.leader.as_deref(), Some("A"));
    assert_eq!(table.rows[0].score, Some(7.5));
    assert!(table.weights_set && (table.criteria[0].weight - 0.25).abs() < 1e-9);
    let flip = table.sensitivity.iter().find(|flip| flip.criterion == name(0)).unwrap();
    assert_eq!((flip.direction, flip.at, flip.to.as_str()), (Direction::Above, 0.4, "B"));
}

#[test]
fn an_unknown_score_leaves_its_criterion_out_for_all() {
    let options = [option(0, &[Some(2.0), Some(10.0)]), option(1, &[Some(6.0), None])];
    let table = matrix(0, &options, &names(2), None);
    assert!(table.criteria[0].compared && !table.criteria[1].compared);
    assert_eq!((table.leader.as_deref(), table.rows[0].score), (Some("B"), Some(2.0)));
    assert_eq!(table.rows[1].scores, [Some(6.0), None]);
    // One criterion alone has no weight to move.
    assert!(table.sensitivity.is_empty());
    let nothing = matrix(0, &[option(0, &[None]), option(1, &[None])], &names(1), None);
    assert!(nothing.leader.is_none() && nothing.rows.iter().all(|row| row.score.is_none()));
}

#[test]
fn a_tie_has_no_leader_and_odd_weights_do_no_harm() {
    let options = known(&[vec![4.0, 6.0], vec![6.0, 4.0]]);
    assert!(matrix(0, &options, &names(2), None).leader.is_none());
    for odd in [[f64::NAN, 1.0], [-3.0, 1.0], [f64::INFINITY, 1.0]] {
        assert_eq!(matrix(0, &options, &names(2), Some(&weights(&odd))).leader.as_deref(), Some("A"));
    }
    // No weight above zero: as if none were set.
    let even = matrix(0, &options, &names(2), Some(&weights(&[0.0, 0.0])));
    assert!(!even.weights_set && even.criteria.iter().all(|one| (one.weight - 0.5).abs() < 1e-9));
    assert!(matrix(0, &options, &names(2), Some(&weights(&[f64::MAX, f64::MAX]))).rows[0].score == Some(5.0));
}

/// The matrix when one criterion has the share `at` and the others keep their proportions.
fn at(options: &[OptionCard], given: &[f64], place: usize, at: f64) -> Matrix {
    let rest: f64 = given.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, weight)| weight).sum();
    let moved: Vec<f64> = given
        .iter()
        .enumerate()
        .map(|(other, weight)| if other == place { at } else { weight / rest * (1.0 - at) })
        .collect();
    matrix(0, options, &names(given.len()), Some(&weights(&moved)))
}

fn course() -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<f64>)> {
    (2usize..=5, 2usize..=5).prop_flat_map(|(options, criteria)| {
        (
            prop::collection::vec(
                prop::collection::vec((0u8..=20).prop_map(|n| f64::from(n) / 2.0), criteria),
                options,
            ),
            prop::collection::vec((1u8..=20).prop_map(f64::from), criteria),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_flip_is_where_it_is_said_to_be_and_none_is_missing((rows, given) in course()) {
        let options = known(&rows);
        let table = matrix(0, &options, &names(given.len()), Some(&weights(&given)));
        let sum: f64 = table.criteria.iter().map(|one| one.weight).sum();
        prop_assert!((sum - 1.0).abs() < 1e-3);
        for (row, scores) in table.rows.iter().zip(&rows) {
            let (low, high) = (scores.iter().copied().fold(10.0, f64::min), scores.iter().copied().fold(0.0, f64::max));
            prop_assert!(row.score.is_some_and(|score| (low - 1e-3..=high + 1e-3).contains(&score)));
        }
        let Some(leader) = table.leader.clone() else { return Ok(()) };
        let share: f64 = given.iter().sum();
        for place in 0..given.len() {
            let now = given[place] / share;
            let flip = |direction| table.sensitivity.iter().find(|flip| flip.criterion == name(place) && flip.direction == direction);
            let (below, above) = (flip(Direction::Below), flip(Direction::Above));
            // Between the two thresholds the leader leads; this is looked at on a grid.
            let (low, high) = (below.map_or(0.0, |flip| flip.at), above.map_or(1.0, |flip| flip.at));
            prop_assert!(low <= now + 1e-3 && now <= high + 1e-3);
            for step in 0..=20u8 {
                let share = low + (high - low) * f64::from(step) / 20.0;
                if share > low + 1e-3 && share < high - 1e-3 {
                    let there = at(&options, &given, place, share);
                    prop_assert_eq!(there.leader, Some(leader.clone()), "at {} of {}", share, place);
                }
            }
            // Just beyond a threshold another one leads, or several do.
            for (flip, step) in [(below, -2e-3), (above, 2e-3)] {
                let Some(flip) = flip else { continue };
                let beyond = flip.at + step;
                if (0.0..=1.0).contains(&beyond) {
                    let there = at(&options, &given, place, beyond);
                    prop_assert_ne!(there.leader, Some(leader.clone()), "beyond {:?}", flip);
                }
            }
        }
    }

    #[test]
    fn the_scale_of_the_weights_does_not_matter((rows, given) in course(), scale in 0.001f64..1000.0) {
        let options = known(&rows);
        let scaled: Vec<f64> = given.iter().map(|weight| weight * scale).collect();
        let one = matrix(0, &options, &names(given.len()), Some(&weights(&given)));
        let other = matrix(0, &options, &names(given.len()), Some(&weights(&scaled)));
        prop_assert_eq!(one.leader, other.leader);
    }
}
