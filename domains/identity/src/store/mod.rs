//! Queries; rows never leave this folder. Identity crosses tenants by nature: a log-in finds the person first and their
//! organizations after, so most of it works in system transactions.

pub(crate) mod login_sessions;
pub(crate) mod one_time_links;
pub(crate) mod refresh_tokens;
pub(crate) mod signing_keys;
pub(crate) mod users;

use quorate_store::StoreError;
use uuid::Uuid;

fn id(what: &'static str, text: &str) -> Result<Uuid, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(what, error))
}
