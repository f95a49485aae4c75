use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The weight of the newest measurement: about the last ten count.
const NEWEST: f64 = 0.2;
/// What stands for "never measured": a number of nanoseconds no call can take.
const NEVER: u64 = u64::MAX;

/// How long a target takes to its first token, as a moving average over calls.
#[derive(Debug)]
pub(crate) struct Latency(AtomicU64);

impl Latency {
    /// Nothing measured yet.
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(NEVER))
    }

    /// Takes a measurement in. Of two at the same moment one may be lost, which an average can bear.
    pub(crate) fn note(&self, first_token: Duration) {
        let new = u64::try_from(first_token.as_nanos()).unwrap_or(NEVER - 1).min(NEVER - 1);
        let old = self.0.load(Ordering::Relaxed);
        let mixed = if old == NEVER { new } else { mix(old, new) };
        self.0.store(mixed, Ordering::Relaxed);
    }

    /// The average; `None` before the first measurement.
    pub(crate) fn get(&self) -> Option<Duration> {
        let nanos = self.0.load(Ordering::Relaxed);
        (nanos != NEVER).then(|| Duration::from_nanos(nanos))
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an average between two numbers that fit, exact to far below a millisecond"
)]
fn mix(old: u64, new: u64) -> u64 {
    (old as f64).mul_add(1.0 - NEWEST, new as f64 * NEWEST) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_begins_with_the_first_and_follows_the_newest() {
        let latency = Latency::new();
        assert_eq!(latency.get(), None);
        latency.note(Duration::from_millis(100));
        assert_eq!(latency.get(), Some(Duration::from_millis(100)));
        latency.note(Duration::from_millis(200));
        assert_eq!(latency.get(), Some(Duration::from_millis(120)));
        (0..100).for_each(|_| latency.note(Duration::from_millis(50)));
        assert!(latency.get().unwrap() < Duration::from_millis(51));
        latency.note(Duration::MAX);
        assert!(latency.get().is_some());
    }
}
