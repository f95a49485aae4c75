use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use quorate_kernel::Principal;

/// How long what was read about a person is believed: a suspension or another role holds within five seconds.
const BELIEVED: TimeDelta = TimeDelta::seconds(4);
/// How many people are kept in mind.
const CAPACITY: usize = 10_000;

/// The accounts behind other issuers' identities, so that not every request reads the database.
#[derive(Default)]
pub(crate) struct Known(Mutex<People>);

/// Who somebody is and when that was read, by issuer and subject.
type People = HashMap<(String, String), (Principal, DateTime<Utc>)>;

impl Known {
    /// Who this is, if it was read a moment ago.
    pub(crate) fn get(&self, issuer: &str, subject: &str, now: DateTime<Utc>) -> Option<Principal> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (principal, read_at) = entries.get(&(issuer.to_owned(), subject.to_owned()))?;
        believed(*read_at, now).then(|| principal.clone())
    }

    /// Remembers what was read at `read_at`.
    pub(crate) fn put(&self, issuer: &str, subject: &str, principal: Principal, read_at: DateTime<Utc>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, (_, at)| believed(*at, read_at));
        }
        if entries.len() >= CAPACITY {
            entries.clear();
        }
        entries.insert((issuer.to_owned(), subject.to_owned()), (principal, read_at));
    }

    /// Forgets an issuer's people, since somebody's connection has changed.
    pub(crate) fn forget(&self, issuer: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(of, _), _| of != issuer);
    }
}

fn believed(read_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let age = now - read_at;
    age >= TimeDelta::zero() && age < BELIEVED
}

#[cfg(test)]
mod tests {
    use quorate_kernel::{OrgId, Role, UserId, from_millis};
    use uuid::Uuid;

    use super::*;

    fn somebody() -> Principal {
        let id = Uuid::from_u128(1);
        let (user_id, org_id) = (UserId(id), OrgId(id));
        Principal { user_id, org_id, role: Role::Owner, login_session_id: Uuid::nil(), operator: false, api_key: None }
    }

    #[test]
    fn people_are_believed_for_less_than_five_seconds_and_not_without_bound() {
        let known = Known::default();
        known.put("i", "s", somebody(), from_millis(0));
        assert_eq!(known.get("i", "s", from_millis(3999)), Some(somebody()));
        assert_eq!(known.get("i", "s", from_millis(4000)), None);
        assert_eq!(known.get("i", "s", from_millis(-1)), None);
        assert_eq!(known.get("i", "t", from_millis(0)), None);
        known.forget("i");
        assert_eq!(known.get("i", "s", from_millis(0)), None);
        for number in 0..CAPACITY + 10 {
            known.put("i", &number.to_string(), somebody(), from_millis(0));
        }
        assert!(known.0.lock().unwrap().len() <= CAPACITY);
    }
}
