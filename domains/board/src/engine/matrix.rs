//! The decision matrix and how much it hangs on its weights (BRD-28). Pure arithmetic: no model has a hand in it.
//!
//! Options are compared on the criteria that every one of them has a score for; where one option's score is unknown the
//! criterion is left out for all, since nothing may stand in for a score (BRD-12).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::OptionCard;
use crate::session::named;

/// A criterion with its share of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Weighted {
    /// The criterion.
    pub criterion: String,
    /// Its weight, 0 to 1; all weights together make 1.
    pub weight: f64,
    /// Whether it counts: every option has a score for it.
    pub compared: bool,
}

/// An option's line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MatrixRow {
    /// The option's id.
    pub option: String,
    /// Its label.
    pub label: String,
    /// Its scores from 0 to 10 in the order of the criteria; none where unknown.
    pub scores: Vec<Option<f64>>,
    /// The weighted mean over the compared criteria; none where there are none, or where they weigh nothing.
    pub score: Option<f64>,
    /// Whether it breaks a limit that the user set.
    pub violates: bool,
}

named! {
    /// Which way a weight has to go.
    Direction {
        /// Beyond the threshold.
        Above = "above",
        /// Below it.
        Below = "below",
    }
}

/// A weight at which another option takes the lead, the other weights keeping their proportions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Flip {
    /// The criterion whose weight is moved.
    pub criterion: String,
    /// Which way.
    pub direction: Direction,
    /// Beyond this weight, 0 to 1 over the compared criteria, the choice is another.
    pub at: f64,
    /// The option that leads then.
    pub to: String,
}

/// The matrix of a sub-problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Matrix {
    /// The sub-problem.
    pub sub_problem: usize,
    /// What options are judged by.
    pub criteria: Vec<Weighted>,
    /// The options, in the order of their ids.
    pub rows: Vec<MatrixRow>,
    /// The option with the highest score; none when several have it or there are no scores.
    pub leader: Option<String>,
    /// What would change that: for each criterion the nearest weight upwards and downwards, if there is one.
    pub sensitivity: Vec<Flip>,
    /// Whether the user set the weights; all weigh the same otherwise.
    pub weights_set: bool,
}

/// Scores closer than this are the same.
const SAME: f64 = 1e-9;

/// The matrix of the options under weights by criterion, of any scale. A criterion without a weight weighs nothing;
/// without any weight above zero, all weigh the same.
#[must_use]
pub fn matrix(
    sub_problem: usize,
    options: &[OptionCard],
    criteria: &[String],
    weights: Option<&BTreeMap<String, f64>>,
) -> Matrix {
    let scores: Vec<Vec<Option<f64>>> = options.iter().map(|option| scores(option, criteria)).collect();
    let compared: Vec<bool> =
        (0..criteria.len()).map(|place| scores.iter().all(|row| row.get(place).copied().flatten().is_some())).collect();
    let given = weights.map(|weights| criteria.iter().map(|name| weight_of(weights, name)).collect::<Vec<_>>());
    let set = given.as_ref().is_some_and(|given| given.iter().sum::<f64>() > 0.0);
    let shares = shares(given.filter(|_| set).unwrap_or_else(|| vec![1.0; criteria.len()]));
    let table = Table::of(&scores, &shares, &compared);
    let totals = table.totals(&table.weights);
    let leader = leader(&totals);
    let rows = options
        .iter()
        .zip(&scores)
        .enumerate()
        .map(|(place, (option, scores))| MatrixRow {
            option: option.id.clone(),
            label: option.label.clone(),
            scores: scores.clone(),
            score: totals.get(place).copied().map(rounded),
            violates: option.constraints.iter().any(|check| check.verdict == super::event::Verdict::Violation),
        })
        .collect();
    let id = |place: usize| options.get(place).map(|option| option.id.clone()).unwrap_or_default();
    let sensitivity = leader.map_or_else(Vec::new, |leader| {
        let flips = table.places.iter().enumerate().flat_map(|(column, place)| {
            let found = table.flips(leader, column);
            found.into_iter().map(move |(direction, at, to)| (*place, direction, at, to))
        });
        flips
            .map(|(place, direction, at, to)| Flip {
                criterion: criteria.get(place).cloned().unwrap_or_default(),
                direction,
                at: rounded(at),
                to: id(to),
            })
            .collect()
    });
    let criteria = criteria
        .iter()
        .zip(shares)
        .zip(compared)
        .map(|((name, weight), compared)| Weighted { criterion: name.clone(), weight: rounded(weight), compared })
        .collect();
    Matrix { sub_problem, criteria, rows, leader: leader.map(id), sensitivity, weights_set: set }
}

/// A weight that counts: finite and not below zero.
fn weight_of(weights: &BTreeMap<String, f64>, criterion: &str) -> f64 {
    weights.get(criterion).copied().filter(|weight| weight.is_finite()).map_or(0.0, |weight| weight.max(0.0))
}

fn scores(option: &OptionCard, criteria: &[String]) -> Vec<Option<f64>> {
    let of = |name: &String| option.scores.iter().find(|one| one.criterion == *name).and_then(|one| one.score);
    criteria.iter().map(|name| of(name).filter(|score| score.is_finite())).collect()
}

fn shares(weights: Vec<f64>) -> Vec<f64> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return weights;
    }
    // By the largest first, so that no sum runs over.
    let sum: f64 = weights.iter().map(|weight| weight / largest).sum();
    weights.into_iter().map(|weight| weight / largest / sum).collect()
}

/// The scores that are compared, and the weights of their criteria among themselves.
struct Table {
    /// Which criteria are compared, by their place in the whole list.
    places: Vec<usize>,
    /// One row for each option.
    rows: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl Table {
    fn of(scores: &[Vec<Option<f64>>], shares: &[f64], compared: &[bool]) -> Self {
        let places: Vec<usize> = (0..shares.len()).filter(|place| compared.get(*place) == Some(&true)).collect();
        let pick =
            |row: &Vec<Option<f64>>| places.iter().filter_map(|place| row.get(*place).copied().flatten()).collect();
        let weights = places.iter().filter_map(|place| shares.get(*place).copied()).collect();
        Self { rows: scores.iter().map(pick).collect(), weights: self::shares(weights), places }
    }

    /// Every option's weighted mean; empty where nothing is compared.
    fn totals(&self, weights: &[f64]) -> Vec<f64> {
        if weights.iter().sum::<f64>() <= 0.0 {
            return Vec::new();
        }
        let total = |row: &Vec<f64>| row.iter().zip(weights).map(|(score, weight)| score * weight).sum();
        self.rows.iter().map(total).collect()
    }

    /// The weights when one column has the share `at` and the others keep their proportions.
    fn moved(&self, column: usize, at: f64) -> Vec<f64> {
        let rest: f64 = self.weights.iter().enumerate().filter(|(place, _)| *place != column).map(|(_, w)| w).sum();
        let others = self.weights.len().saturating_sub(1).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a matrix has a handful of criteria")]
        let even = (1.0 - at) / others as f64;
        let share = |(place, weight): (usize, &f64)| match place {
            _ if place == column => at,
            // What weighs nothing has no proportion: then the rest is shared out evenly.
            _ if rest <= 0.0 => even,
            _ => weight / rest * (1.0 - at),
        };
        self.weights.iter().enumerate().map(share).collect()
    }

    /// Where moving one column's weight gives the lead to another: the nearest such weight on either side. Between the
    /// ends totals are straight lines, so the ends say everything.
    fn flips(&self, leader: usize, column: usize) -> Vec<(Direction, f64, usize)> {
        if self.weights.len() < 2 {
            return Vec::new();
        }
        let (none, all) = (self.totals(&self.moved(column, 0.0)), self.totals(&self.moved(column, 1.0)));
        let mut below: Option<(f64, usize)> = None;
        let mut above: Option<(f64, usize)> = None;
        for rival in (0..self.rows.len()).filter(|rival| *rival != leader) {
            let (at_none, at_all) = (none[leader] - none[rival], all[leader] - all[rival]);
            let crossing = at_none / (at_none - at_all);
            if at_none < -SAME && below.is_none_or(|(at, _)| crossing > at + SAME) {
                below = Some((crossing, rival));
            }
            if at_all < -SAME && above.is_none_or(|(at, _)| crossing < at - SAME) {
                above = Some((crossing, rival));
            }
        }
        let below = below.map(|(at, rival)| (Direction::Below, at, rival));
        below.into_iter().chain(above.map(|(at, rival)| (Direction::Above, at, rival))).collect()
    }
}

fn leader(totals: &[f64]) -> Option<usize> {
    let (best, score) = totals.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let alone = totals.iter().enumerate().all(|(place, other)| place == best || score - other > SAME);
    alone.then_some(best)
}

/// To four places.
fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}
