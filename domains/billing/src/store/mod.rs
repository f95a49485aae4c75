//! Billing's tables. Rows never leave this module.

pub(crate) mod counters;
pub(crate) mod plans;
pub(crate) mod subscriptions;

use quorate_store::StoreError;

/// Whether the database could not be reached, so that trying again may help.
pub(crate) const fn is_away(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Database(
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
        )
    )
}

/// A stored number that cannot be negative.
fn natural(what: &'static str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|error| StoreError::corrupt(what, error))
}

/// A number as it is stored: what no column holds is the most that one does.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
