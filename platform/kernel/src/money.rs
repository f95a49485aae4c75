use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// An amount of US dollars in millionths: 1_500_000 is $1.50.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// What `tokens` cost at `per_million` micro-dollars for a million of them, rounded up so that many small
    /// calls are never free.
    #[must_use]
    pub fn for_tokens(tokens: u64, per_million: Self) -> Self {
        let product = i128::from(tokens) * i128::from(per_million.0);
        let rounded = (product + 999_999) / 1_000_000;
        Self(i64::try_from(rounded).unwrap_or(i64::MAX))
    }

    /// From whole and fractional dollars, as people write them in configuration.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "configuration amounts are far below 2^53 micro-dollars")]
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * 1_000_000.0).round() as i64)
    }
}

/// As people write it: at least cents, and as many places more as it has.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (dollars, micros) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let places = format!("{micros:06}");
        let (cents, finer) = places.split_at(2);
        write!(f, "{sign}${dollars}.{cents}{}", finer.trim_end_matches('0'))
    }
}

impl Add for MicroUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for MicroUsd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_do() {
        for (amount, text) in
            [(0, "$0.00"), (1_500_000, "$1.50"), (123, "$0.000123"), (-20_000, "-$0.02"), (12_345_670_000, "$12345.67")]
        {
            assert_eq!(MicroUsd(amount).to_string(), text);
        }
    }

    #[test]
    fn tokens_round_up_to_a_micro_dollar() {
        let price = MicroUsd::from_dollars(3.0);
        assert_eq!(MicroUsd::for_tokens(1_000_000, price), MicroUsd(3_000_000));
        assert_eq!(MicroUsd::for_tokens(1, price), MicroUsd(3));
        assert_eq!(MicroUsd::for_tokens(1, MicroUsd(1)), MicroUsd(1));
        assert_eq!(MicroUsd::for_tokens(0, price), MicroUsd::ZERO);
    }
}
