use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{Clock, from_millis};

/// 2026-01-05T09:00:00Z, a Monday morning.
const START_MILLIS: i64 = 1_767_603_600_000;

/// A clock that stands still until the test moves it.
#[derive(Debug)]
pub struct HeldClock {
    now: Mutex<DateTime<Utc>>,
}

impl HeldClock {
    /// A clock that shows this time.
    #[must_use]
    pub const fn at(time: DateTime<Utc>) -> Self {
        Self { now: Mutex::new(time) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Sets the clock to this time, forward or back.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Default for HeldClock {
    fn default() -> Self {
        Self::at(from_millis(START_MILLIS))
    }
}

impl Clock for HeldClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
