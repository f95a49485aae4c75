use std::time::Duration;

use quorate_kernel::Ids;

/// How long a failed job waits before it is tried again: twice as long each time, up to a limit. Up to half of the
/// wait is taken off at random, so that what failed together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first attempt.
    pub first: Duration,
    /// The longest wait.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_secs(300) }
    }
}

impl Backoff {
    /// The wait after this attempt, counted from 1.
    pub(crate) fn after(self, attempt: u32, ids: &dyn Ids) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let full = self.first.saturating_mul(1 << doublings).min(self.most);
        let mut random = [0; 2];
        ids.fill(&mut random);
        full - full.mul_f64(0.5 * f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX))
    }
}
