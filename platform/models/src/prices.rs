use quorate_kernel::MicroUsd;
use serde::{Deserialize, Serialize};

use crate::Usage;

/// What a model costs, each in micro-dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Input tokens that no cache had.
    pub input: MicroUsd,
    /// Output tokens, reasoning included.
    pub output: MicroUsd,
    /// Input tokens read from the provider's cache.
    pub cached_read: MicroUsd,
    /// Input tokens written to the provider's cache.
    pub cache_write: MicroUsd,
    /// The rates of the whole call when its input is long, where the provider has such a tariff.
    pub long_input: Option<LongInput>,
}

/// The rates of a call whose input is longer than `above` tokens, each in micro-dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongInput {
    /// The longest input, cached tokens included, that is still billed at the common rates.
    pub above: u64,
    /// See [`Price::input`].
    pub input: MicroUsd,
    /// See [`Price::output`].
    pub output: MicroUsd,
    /// See [`Price::cached_read`].
    pub cached_read: MicroUsd,
    /// See [`Price::cache_write`].
    pub cache_write: MicroUsd,
}

impl Price {
    /// The price of what costs nothing, such as the offline model.
    pub const FREE: Self = Self {
        input: MicroUsd::ZERO,
        output: MicroUsd::ZERO,
        cached_read: MicroUsd::ZERO,
        cache_write: MicroUsd::ZERO,
        long_input: None,
    };

    /// What a call costs, exact to the micro-dollar: the sum is rounded up once, so that many small calls are
    /// never free and never counted dearer than they were.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> MicroUsd {
        let (input, output, read, write) = match self.long_input {
            Some(long) if usage.input > long.above => (long.input, long.output, long.cached_read, long.cache_write),
            _ => (self.input, self.output, self.cached_read, self.cache_write),
        };
        let fresh = usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write);
        let parts = [(fresh, input), (usage.cached_input, read), (usage.cache_write, write), (usage.output, output)];
        let sum: i128 = parts.iter().map(|(tokens, rate)| i128::from(*tokens) * i128::from(rate.0)).sum();
        MicroUsd(i64::try_from((sum + 999_999) / 1_000_000).unwrap_or(i64::MAX))
    }
}

/// Rates as they are written: US dollars for a million tokens.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Rates {
    pub(crate) input: f64,
    pub(crate) output: f64,
    pub(crate) cached_read: Option<f64>,
    pub(crate) cache_write: Option<f64>,
}

impl Rates {
    /// Whether they are amounts at all: below nine million dollars, which fits with room to multiply.
    pub(crate) fn are_sound(&self) -> bool {
        let rates = [Some(self.input), Some(self.output), self.cached_read, self.cache_write];
        rates.iter().flatten().all(|rate| rate.is_finite() && (0.0..9e6).contains(rate))
    }
}

impl From<Rates> for Price {
    fn from(rates: Rates) -> Self {
        let dollars = MicroUsd::from_dollars;
        Self {
            input: dollars(rates.input),
            output: dollars(rates.output),
            cached_read: dollars(rates.cached_read.unwrap_or(rates.input)),
            cache_write: dollars(rates.cache_write.unwrap_or(rates.input)),
            long_input: None,
        }
    }
}
