//! What the samples come to: a line for each method, and the differences between methods in pairs (BRD-31).

use std::collections::BTreeMap;

use quorate_kernel::MicroUsd;

use super::measure::{Answer, NoAnswer, Sample};
use super::statistics::{Interval, bootstrap, holm, mean, sign_test, wilson};
use crate::cli::arguments::Method;

/// What a difference must fall below to be called one.
const SIGNIFICANT: f64 = 0.05;

/// A mean over questions with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figure {
    pub(super) mean: f64,
    pub(super) interval: Option<Interval>,
}

/// What a method came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MethodLine {
    pub(super) method: Method,
    pub(super) questions: usize,
    pub(super) asked: usize,
    pub(super) right: usize,
    /// Why there was no answer, and how often.
    pub(super) no_answer: BTreeMap<NoAnswer, usize>,
    /// The share that was right, and Wilson's interval with the number of questions as that of trials: several runs of
    /// one question are not independent.
    pub(super) accuracy: Figure,
    /// In micro-dollars for a question, as far as it is known.
    pub(super) cost: Figure,
    pub(super) tokens: Figure,
    pub(super) seconds: Figure,
    pub(super) spent: MicroUsd,
    /// Attempts whose cost is unknown.
    pub(super) unpriced: u64,
}

/// A method beside another, on the questions that both were asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    pub(super) method: Method,
    pub(super) against: Method,
    pub(super) questions: usize,
    /// Questions on which the method was right more often, and less often.
    pub(super) better: usize,
    pub(super) worse: usize,
    /// The difference in accuracy with its paired bootstrap interval.
    pub(super) difference: Figure,
    /// The exact sign test's, corrected for all comparisons (Holm).
    pub(super) p: f64,
}

impl Comparison {
    /// What may be said of it.
    pub(super) fn verdict(&self) -> &'static str {
        match (self.p < SIGNIFICANT, self.better > self.worse) {
            (false, _) => "no difference shown",
            (true, true) => "better",
            (true, false) => "worse",
        }
    }
}

/// A value for each question of a method: the mean over its runs.
fn by_question(samples: &[&Sample], value: impl Fn(&Sample) -> f64) -> BTreeMap<usize, f64> {
    let mut values: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for sample in samples {
        values.entry(sample.unit.question).or_default().push(value(sample));
    }
    values.into_iter().filter_map(|(question, values)| Some((question, mean(&values)?))).collect()
}

fn of(samples: &[Sample], method: Method) -> Vec<&Sample> {
    samples.iter().filter(|sample| sample.unit.method == method).collect()
}

fn is_right(sample: &Sample) -> f64 {
    if sample.is_right() { 1.0 } else { 0.0 }
}

/// A line for each method that has an answer to show, in the order given.
pub(super) fn lines(samples: &[Sample], methods: &[Method], seed: u64) -> Vec<MethodLine> {
    methods.iter().filter_map(|method| line(*method, &of(samples, *method), seed)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "tokens and micro-dollars are far below 2^53")]
fn line(method: Method, samples: &[&Sample], seed: u64) -> Option<MethodLine> {
    let figure = |value: &dyn Fn(&Sample) -> f64| {
        let values: Vec<f64> = by_question(samples, value).into_values().collect();
        Some(Figure { mean: mean(&values)?, interval: bootstrap(&values, seed) })
    };
    let mut no_answer = BTreeMap::new();
    for sample in samples {
        if let Answer::None(reason) = sample.answer {
            *no_answer.entry(reason).or_default() += 1;
        }
    }
    let rights: Vec<f64> = by_question(samples, is_right).into_values().collect();
    let share = mean(&rights)?;
    Some(MethodLine {
        method,
        questions: rights.len(),
        asked: samples.len(),
        right: samples.iter().filter(|sample| sample.is_right()).count(),
        no_answer,
        accuracy: Figure { mean: share, interval: wilson(share, rights.len()) },
        cost: figure(&|sample: &Sample| sample.spent.cost.0 as f64)?,
        tokens: figure(&|sample: &Sample| (sample.spent.tokens_in + sample.spent.tokens_out) as f64)?,
        seconds: figure(&|sample: &Sample| sample.seconds)?,
        spent: samples.iter().map(|sample| sample.spent.cost).sum(),
        unpriced: samples.iter().map(|sample| sample.spent.unpriced).sum(),
    })
}

/// Every board beside the single model and its majority, and that majority beside the single model.
pub(super) fn comparisons(samples: &[Sample], methods: &[Method], seed: u64) -> Vec<Comparison> {
    let mut all = Vec::new();
    for against in [Method::Single, Method::SelfConsistency] {
        let later = methods.iter().filter(|method| method.mode().is_some() || **method > against);
        let here = methods.contains(&against);
        all.extend(later.filter(|_| here).filter_map(|method| compare(samples, *method, against, seed)));
    }
    let raw: Vec<f64> = all.iter().map(|one| one.p).collect();
    for (one, p) in all.iter_mut().zip(holm(&raw)) {
        one.p = p;
    }
    all
}

fn compare(samples: &[Sample], method: Method, against: Method, seed: u64) -> Option<Comparison> {
    // Only what both were asked, run by run: a measurement may have ended in between.
    let key = |sample: &Sample| (sample.unit.run, sample.unit.question);
    let both = |own: Method, other: Method| {
        let keys: Vec<_> = of(samples, other).into_iter().map(key).collect();
        of(samples, own).into_iter().filter(|sample| keys.contains(&key(sample))).collect::<Vec<_>>()
    };
    let (own, others) = (by_question(&both(method, against), is_right), by_question(&both(against, method), is_right));
    let differences: Vec<f64> =
        own.iter().filter_map(|(question, share)| Some(share - others.get(question)?)).collect();
    let difference = Figure { mean: mean(&differences)?, interval: bootstrap(&differences, seed) };
    let count = |wanted: fn(f64) -> bool| differences.iter().filter(|difference| wanted(**difference)).count();
    let (better, worse) = (count(|difference| difference > 0.0), count(|difference| difference < 0.0));
    Some(Comparison {
        method,
        against,
        questions: differences.len(),
        better,
        worse,
        difference,
        p: sign_test(better, worse),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::measure::Unit;
    use super::super::question_set::Put;
    use super::*;
    use crate::spending::Spent;

    pub(in super::super) fn sample(method: Method, question: usize, answer: Answer, cost: i64) -> Sample {
        let put = Put { question: "q".to_owned(), options: vec!["x".to_owned(), "y".to_owned()], right: 0 };
        let spent = Spent { attempts: 1, tokens_in: 100, tokens_out: 20, cost: MicroUsd(cost), unpriced: 0 };
        Sample { unit: Unit { run: 0, question, method, put }, answer, spent, seconds: 1.5 }
    }

    /// Ten questions: the single model is right on two, the board on all but one, which it leaves without an answer.
    pub(in super::super) fn samples() -> Vec<Sample> {
        let single =
            (0..10).map(|question| sample(Method::Single, question, Answer::Chosen(usize::from(question >= 2)), 140));
        let board = (0..10).map(|question| {
            let answer = if question == 9 { Answer::None(NoAnswer::Deadlock) } else { Answer::Chosen(0) };
            sample(Method::Quick, question, answer, 700)
        });
        single.chain(board).collect()
    }

    #[test]
    fn lines_count_what_was_right_and_what_it_took() {
        let lines = lines(&samples(), &[Method::Single, Method::Deep, Method::Quick], 1);
        assert_eq!(
            lines.iter().map(|line| (line.method, line.right)).collect::<Vec<_>>(),
            [(Method::Single, 2), (Method::Quick, 9)]
        );
        assert_eq!((lines[1].no_answer.values().sum::<usize>(), lines[1].no_answer[&NoAnswer::Deadlock]), (1, 1));
        assert!((lines[0].cost.mean - 140.0).abs() < 1e-9 && (lines[0].tokens.mean - 120.0).abs() < 1e-9);
        assert_eq!(lines[1].spent, MicroUsd(7_000));
    }

    #[test]
    fn better_is_said_only_with_reason() {
        let methods = [Method::Single, Method::Quick];
        let all = comparisons(&samples(), &methods, 1);
        assert_eq!(all.len(), 1);
        // Seven questions better, none worse: 2 / 2^7.
        assert_eq!((all[0].better, all[0].worse, all[0].verdict()), (7, 0, "better"));
        assert!((all[0].p - 0.015_625).abs() < 1e-9 && (all[0].difference.mean - 0.7).abs() < 1e-9);
        // With the first six questions four are better: 2 / 2^4 is not enough.
        let few: Vec<Sample> = samples().into_iter().filter(|sample| sample.unit.question < 6).collect();
        assert_eq!(comparisons(&few, &methods, 1)[0].verdict(), "no difference shown");
        // A question that only one of them was asked says nothing of the difference.
        let cut: Vec<Sample> = samples().into_iter().take(15).collect();
        assert_eq!(comparisons(&cut, &methods, 1)[0].questions, 5);
    }
}
