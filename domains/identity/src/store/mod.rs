//! Queries; rows never leave this folder. Identity crosses tenants by nature: a log-in finds the person first and their
//! organizations after, so most of it works in system transactions.

pub(crate) mod administration;
pub(crate) mod anomalies;
pub(crate) mod attempts;
pub(crate) mod avatars;
pub(crate) mod challenges;
pub(crate) mod connections;
pub(crate) mod devices;
pub(crate) mod email_changes;
pub(crate) mod invitations;
pub(crate) mod login_sessions;
pub(crate) mod mail_tokens;
pub(crate) mod members;
pub(crate) mod one_time_links;
pub(crate) mod operators;
pub(crate) mod orgs;
pub(crate) mod passkeys;
pub(crate) mod profiles;
pub(crate) mod recovery_codes;
pub(crate) mod refresh_tokens;
pub(crate) mod signing_keys;
pub(crate) mod totp;
pub(crate) mod users;

use quorate_store::StoreError;
use uuid::Uuid;

fn id(what: &'static str, text: &str) -> Result<Uuid, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(what, error))
}
