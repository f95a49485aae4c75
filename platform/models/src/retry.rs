use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::Ids;

use crate::config::{ConfigError, RetryConfig};
use crate::timeouts::seconds;
use crate::{ModelError, ModelErrorKind};

/// The most that is added at random to a wait the provider asked for, so that all its clients do not come at once.
const MAX_EXTRA: Duration = Duration::from_secs(1);

/// When a failed call is tried again (GTW-11).
pub(crate) struct Retries {
    attempts: u32,
    base: Duration,
    cap: Duration,
    max_wait: Duration,
    ids: Arc<dyn Ids>,
}

impl Retries {
    pub(crate) fn new(config: &RetryConfig, ids: Arc<dyn Ids>) -> Result<Self, ConfigError> {
        if !(1..=20).contains(&config.attempts) {
            return Err(ConfigError::new("models.retries.attempts", "must be 1 to 20"));
        }
        Ok(Self {
            attempts: config.attempts,
            base: seconds("models.retries.base", config.base)?,
            cap: seconds("models.retries.cap", config.cap)?,
            max_wait: seconds("models.retries.max_wait", config.max_wait)?,
            ids,
        })
    }

    /// How long to wait before the same target is tried again after its `attempt`th failure (from 1); `None` when it
    /// is not to be.
    pub(crate) fn wait(&self, attempt: u32, error: &ModelError) -> Option<Duration> {
        if attempt >= self.attempts || !error.is_retryable() {
            return None;
        }
        if let ModelErrorKind::RateLimited { retry_after: Some(asked) } = error.kind {
            let extra = self.random_part((asked / 10).min(MAX_EXTRA));
            return (asked <= self.max_wait).then_some(asked + extra);
        }
        // Full jitter: anything up to the exponential bound.
        let bound = self.base.saturating_mul(1 << (attempt - 1).min(16)).min(self.cap);
        Some(self.random_part(bound))
    }

    /// A random part of `whole`, evenly spread.
    fn random_part(&self, whole: Duration) -> Duration {
        let mut bytes = [0u8; 4];
        self.ids.fill(&mut bytes);
        whole.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Randomness that always says the same.
    struct Fixed(u8);

    impl Ids for Fixed {
        fn uuid(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn retries(random: u8, attempts: u32) -> Retries {
        Retries::new(&RetryConfig { attempts, ..RetryConfig::default() }, Arc::new(Fixed(random))).unwrap()
    }

    fn error(kind: ModelErrorKind) -> ModelError {
        ModelError::new(kind, "p/m", "x")
    }

    #[test]
    fn waits_grow_up_to_the_cap_and_are_spread_over_all_of_it() {
        let most = retries(0xff, 20);
        let wait = |attempt| most.wait(attempt, &error(ModelErrorKind::Unavailable)).unwrap().as_millis();
        assert_eq!([wait(1), wait(2), wait(3), wait(10), wait(19)], [500, 1_000, 2_000, 20_000, 20_000]);
        assert_eq!(retries(0, 3).wait(1, &error(ModelErrorKind::Cut)), Some(Duration::ZERO));
    }

    #[test]
    fn what_the_provider_asks_is_kept_unless_it_is_too_long() {
        let limited = |seconds| error(ModelErrorKind::RateLimited { retry_after: Some(Duration::from_secs(seconds)) });
        assert_eq!(retries(0, 3).wait(1, &limited(5)), Some(Duration::from_secs(5)));
        assert_eq!(retries(0xff, 3).wait(1, &limited(5)), Some(Duration::from_millis(5_500)));
        assert_eq!(retries(0, 3).wait(1, &limited(60)), Some(Duration::from_secs(60)));
        assert_eq!(retries(0, 3).wait(1, &limited(61)), None);
    }

    #[test]
    fn what_cannot_get_better_is_not_tried_again() {
        let retries = retries(0, 3);
        for kind in [ModelErrorKind::Unauthorized, ModelErrorKind::QuotaExhausted, ModelErrorKind::BadRequest] {
            assert_eq!(retries.wait(1, &error(kind)), None);
        }
        assert!(retries.wait(2, &error(ModelErrorKind::Timeout)).is_some());
        assert_eq!(retries.wait(3, &error(ModelErrorKind::Timeout)), None);
    }
}
