use chrono::{DateTime, Utc};

use crate::backoff::Subject;
use crate::store::attempts;
use crate::{Identity, IdentityError};

/// An attempt that counts as failed until it is told otherwise.
pub(crate) struct Attempt {
    subjects: Vec<Subject>,
    /// Whether this attempt, if it fails, is the first one too many, so that the account's owner should hear of it.
    pub(crate) crosses: bool,
}

impl Identity {
    /// Begins an attempt. It is counted before it is judged, so that a hundred parallel guesses count as a hundred.
    ///
    /// # Errors
    /// [`IdentityError::TooManyAttempts`] while one of the subjects has to wait; that attempt itself is not counted.
    pub(crate) async fn attempts(&self, subjects: Vec<Subject>) -> Result<Attempt, IdentityError> {
        let now = self.clock.now();
        let counted = attempts::count(&self.store, &subjects, now).await?;
        if let Some(until) = counted.blocked_until {
            return Err(IdentityError::TooManyAttempts(seconds_until(until, now)));
        }
        Ok(Attempt { subjects, crosses: counted.crosses })
    }

    /// Takes the count of a successful attempt back.
    pub(crate) async fn succeeded(&self, attempt: Attempt) -> Result<(), IdentityError> {
        Ok(attempts::take_back(&self.store, &attempt.subjects).await?)
    }
}

fn seconds_until(until: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    // Rounded up: whoever comes back a moment too early would be counted again.
    u64::try_from((until - now).num_milliseconds()).unwrap_or_default().div_ceil(1000).max(1)
}
