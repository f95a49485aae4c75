//! The arithmetic of `quorate bench`: pure, repeatable, without a clock and with its own seeded numbers (BRD-31).

/// The normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;
/// How often a sample is drawn anew.
const RESAMPLES: usize = 10_000;

/// A 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn real(count: usize) -> f64 {
    count as f64
}

/// The mean; none of nothing.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / real(values.len()))
}

/// Wilson's score interval of a share among `n` independent trials; none without a trial.
pub(super) fn wilson(share: f64, n: usize) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    let n = real(n);
    let square = Z * Z;
    let centre = (share + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt() / (1.0 + square / n);
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// The percentile bootstrap interval of a mean; the same seed gives the same interval. None of fewer than two values,
/// which tell nothing of how they scatter.
pub(super) fn bootstrap(values: &[f64], seed: u64) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let mut numbers = Numbers::new(seed);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sum: f64 = (0..values.len()).map(|_| values[numbers.below(values.len())]).sum();
            sum / real(values.len())
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let tail = RESAMPLES / 40;
    Some(Interval { low: means[tail], high: means[RESAMPLES - 1 - tail] })
}

/// The exact two-sided sign test: how likely so uneven a split of pairs is when neither side is better. With one answer
/// to each question it is McNemar's exact test.
pub(super) fn sign_test(better: usize, worse: usize) -> f64 {
    let n = better + worse;
    let mut log_choose = 0.0;
    let mut tail = 0.0;
    for k in 0..=better.min(worse) {
        if k > 0 {
            log_choose += (real(n - k + 1) / real(k)).ln();
        }
        tail += (log_choose - real(n) * std::f64::consts::LN_2).exp();
    }
    (2.0 * tail).min(1.0)
}

/// Holm's correction: probabilities that may be held against 0.05 although several comparisons were made.
pub(super) fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut adjusted = vec![1.0; probabilities.len()];
    let mut least: f64 = 0.0;
    for (rank, place) in order.into_iter().enumerate() {
        least = least.max(probabilities[place] * real(probabilities.len() - rank)).min(1.0);
        adjusted[place] = least;
    }
    adjusted
}

/// Repeatable numbers from a seed (SplitMix64): for orders and resamples, never for secrets.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `bound`, which is above 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.next()) * u128::try_from(bound).unwrap_or(1);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// The numbers below `count` in some order.
    pub(super) fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, other: f64) {
        assert!((one - other).abs() < 5e-5, "{one} is not {other}");
    }

    #[test]
    fn wilson_has_its_known_values() {
        let half = wilson(0.5, 10).unwrap();
        close(half.low, 0.2366);
        close(half.high, 0.7634);
        let all = wilson(1.0, 10).unwrap();
        close(all.low, 0.7225);
        close(all.high, 1.0);
        close(wilson(0.0, 10).unwrap().high, 0.2775);
        assert_eq!(wilson(0.5, 0), None);
    }

    #[test]
    fn the_sign_test_has_its_known_values() {
        // 2 · (1 + 9) / 2^9, 2 / 2^5, and what is even.
        close(sign_test(1, 8), 0.039_062_5);
        close(sign_test(8, 1), 0.039_062_5);
        close(sign_test(0, 5), 0.0625);
        close(sign_test(3, 3), 1.0);
        close(sign_test(0, 0), 1.0);
        // So many that 2^n is no number any more: the normal approximation says the same.
        assert!((sign_test(960, 1_040) - 0.077).abs() < 0.002, "{}", sign_test(960, 1_040));
    }

    #[test]
    fn holm_pays_for_every_comparison() {
        let adjusted = holm(&[0.01, 0.04, 0.03]);
        for (one, other) in adjusted.into_iter().zip([0.03, 0.06, 0.06]) {
            close(one, other);
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }

    #[test]
    fn the_bootstrap_is_repeatable_and_as_wide_as_theory_says() {
        let values: Vec<f64> = (0..100).map(|place| f64::from(place % 2)).collect();
        let interval = bootstrap(&values, 7).unwrap();
        // The standard error of a share of one half among 100 is 0.05.
        assert!((interval.low - 0.402).abs() < 0.015 && (interval.high - 0.598).abs() < 0.015, "{interval:?}");
        assert_eq!(bootstrap(&values, 7), Some(interval));
        let same = bootstrap(&[3.0, 3.0, 3.0], 1).unwrap();
        close(same.low, 3.0);
        close(same.high, 3.0);
        assert_eq!(bootstrap(&[3.0], 1), None);
    }

    #[test]
    fn orders_hold_everything_once_and_follow_the_seed() {
        let mut order = Numbers::new(5).order(5);
        assert_eq!(order, Numbers::new(5).order(5));
        assert!((0..20).any(|seed| Numbers::new(seed).order(5) != order));
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }
}
