//! The gateway's tables. Rows never leave this module.

pub(crate) mod attempts;
pub(crate) mod keys;
pub(crate) mod providers;
mod rows;
pub(crate) mod spend;
pub(crate) mod usage;

pub(crate) use rows::Pace;

use quorate_store::StoreError;
use quorate_store::sqlx;

/// Whether the database refuses what it was given, so that giving it again is no use.
pub(crate) fn is_data_error(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(error)) = error else { return false };
    // Class 22 of PostgreSQL is "data exception"; constraints have a name of their own in both.
    error.code().is_some_and(|code| code.len() == 5 && code.starts_with("22"))
        || error.is_unique_violation()
        || error.is_check_violation()
        || matches!(error.kind(), sqlx::error::ErrorKind::NotNullViolation)
}
