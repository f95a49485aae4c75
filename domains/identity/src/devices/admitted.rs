use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use quorate_kernel::UserId;

use crate::secret::TokenHash;

/// How long a device that was admitted is believed to be. One that is removed on another node is refused here after it.
const BELIEVED: TimeDelta = TimeDelta::seconds(4);
/// How many are kept in mind.
const CAPACITY: usize = 20_000;

/// The devices that this node admitted just now, so that not every request asks the database.
#[derive(Default)]
pub(crate) struct Admitted(Mutex<HashMap<(UserId, TokenHash), DateTime<Utc>>>);

impl Admitted {
    /// Whether the person was admitted from this device just now.
    pub(crate) fn holds(&self, user: UserId, fingerprint: &TokenHash, now: DateTime<Utc>) -> bool {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(&(user, fingerprint.clone())).is_some_and(|at| {
            let age = now - *at;
            age >= TimeDelta::zero() && age < BELIEVED
        })
    }

    /// Remembers it.
    pub(crate) fn put(&self, user: UserId, fingerprint: TokenHash, now: DateTime<Utc>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, at| now - *at < BELIEVED);
            if entries.len() >= CAPACITY {
                entries.clear();
            }
        }
        entries.insert((user, fingerprint), now);
    }

    /// Forgets all of a person's devices.
    pub(crate) fn forget(&self, user: UserId) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(owner, _), _| *owner != user);
    }
}
