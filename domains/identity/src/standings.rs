use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::login_session::Standing;

/// How long what was read about a login session is believed. A session that was ended on another node, or a role that
/// was changed there, holds for at most this long here; the promise is five seconds.
const BELIEVED: TimeDelta = TimeDelta::seconds(4);
/// How long this node remembers that it ended a session itself: longer than any access token lives.
const REMEMBERED: TimeDelta = TimeDelta::minutes(20);
/// How many login sessions are kept in mind.
const CAPACITY: usize = 20_000;
/// How many pairs of one session may be in use at once; old ones expire.
const PAIRS: usize = 4;

/// What this node knows about login sessions, so that not every request reads the database.
#[derive(Default)]
pub(crate) struct Standings {
    entries: Mutex<HashMap<Uuid, Entry>>,
}

struct Entry {
    standing: Standing,
    read_at: DateTime<Utc>,
    /// When this node changed what the session stands for. What is not read since then is not believed.
    changed_at: Option<DateTime<Utc>>,
    /// Ended by this node: no reading that began earlier may bring it back.
    ended_here: bool,
    /// The pairs whose access token was seen.
    pairs: Vec<Uuid>,
}

impl Entry {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        let age = now - self.read_at;
        // A clock that was set back makes the age negative: read again.
        age >= TimeDelta::zero() && age < if self.ended_here { REMEMBERED } else { BELIEVED }
    }
}

impl Standings {
    /// What is known and still believed.
    pub(crate) fn get(&self, session: Uuid, now: DateTime<Utc>) -> Option<Standing> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(&session).filter(|entry| entry.changed_at.is_none() && entry.holds(now)).map(|entry| entry.standing)
    }

    /// Remembers what was read at `read_at`.
    pub(crate) fn put(&self, session: Uuid, standing: Standing, read_at: DateTime<Utc>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut entries, read_at);
        let entry = entries.entry(session).or_insert_with(|| Entry::new(standing, read_at));
        // A reading that began before the change may not have seen it.
        if !entry.ended_here && entry.changed_at.is_none_or(|changed| read_at > changed) {
            entry.standing = standing;
            entry.read_at = read_at;
            entry.changed_at = None;
        }
    }

    /// Forgets what was read about the session, because this node changed the role or the organization it acts in.
    pub(crate) fn change(&self, session: Uuid, now: DateTime<Utc>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut entries, now);
        let entry = entries.entry(session).or_insert_with(|| Entry::new(Standing::Ended, now));
        if !entry.ended_here {
            entry.read_at = now;
            entry.changed_at = Some(now);
        }
    }

    /// Remembers that this node ended the session: it is refused here from now on.
    pub(crate) fn end(&self, session: Uuid, now: DateTime<Utc>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut entries, now);
        entries.insert(session, Entry { ended_here: true, ..Entry::new(Standing::Ended, now) });
    }

    /// Whether the pair's access token was seen here before.
    pub(crate) fn knows(&self, session: Uuid, pair: Uuid) -> bool {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(&session).is_some_and(|entry| entry.pairs.contains(&pair))
    }

    /// Remembers that the pair's access token was seen.
    pub(crate) fn learn(&self, session: Uuid, pair: Uuid) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(&session) {
            if entry.pairs.len() == PAIRS {
                entry.pairs.remove(0);
            }
            entry.pairs.push(pair);
        }
    }
}

impl Entry {
    const fn new(standing: Standing, read_at: DateTime<Utc>) -> Self {
        Self { standing, read_at, changed_at: None, ended_here: false, pairs: Vec::new() }
    }
}

fn make_room(entries: &mut HashMap<Uuid, Entry>, now: DateTime<Utc>) {
    if entries.len() < CAPACITY {
        return;
    }
    entries.retain(|_, entry| entry.holds(now));
    if entries.len() >= CAPACITY {
        // Everything is in the database; forgetting costs a reading each.
        entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use quorate_kernel::{OrgId, Role, UserId, from_millis};

    use super::*;

    fn live() -> Standing {
        let id = Uuid::from_u128(1);
        let expires_at = from_millis(i64::from(u32::MAX));
        Standing::Live {
            user_id: UserId(id),
            org_id: OrgId(id),
            role: Role::Owner,
            operator: false,
            second_factor: false,
            expires_at,
        }
    }

    #[test]
    fn what_was_read_is_believed_for_less_than_five_seconds() {
        let (standings, session) = (Standings::default(), Uuid::from_u128(9));
        standings.put(session, live(), from_millis(0));
        assert_eq!(standings.get(session, from_millis(3999)), Some(live()));
        assert_eq!(standings.get(session, from_millis(4000)), None);
        assert_eq!(standings.get(session, from_millis(-1)), None);
    }

    #[test]
    fn a_session_ended_here_stays_ended_whatever_a_slow_reading_says() {
        let (standings, session) = (Standings::default(), Uuid::from_u128(9));
        standings.put(session, live(), from_millis(0));
        standings.end(session, from_millis(10));
        standings.put(session, live(), from_millis(5));
        assert_eq!(standings.get(session, from_millis(20 * 60 * 1000)), Some(Standing::Ended));
    }

    #[test]
    fn a_change_made_here_outlives_readings_that_began_before_it() {
        let (standings, session) = (Standings::default(), Uuid::from_u128(9));
        standings.put(session, live(), from_millis(0));
        standings.change(session, from_millis(10));
        assert_eq!(standings.get(session, from_millis(10)), None);
        standings.put(session, live(), from_millis(10));
        assert_eq!(standings.get(session, from_millis(11)), None, "it may have begun just before");
        standings.put(session, live(), from_millis(11));
        assert_eq!(standings.get(session, from_millis(11)), Some(live()));
        standings.end(session, from_millis(12));
        standings.change(session, from_millis(13));
        assert_eq!(standings.get(session, from_millis(14)), Some(Standing::Ended), "nothing brings it back");
    }

    #[test]
    fn pairs_outlive_a_second_reading_but_not_without_bound() {
        let (standings, session) = (Standings::default(), Uuid::from_u128(9));
        standings.learn(session, Uuid::from_u128(0));
        assert!(!standings.knows(session, Uuid::from_u128(0)), "nothing is known of this session");
        standings.put(session, live(), from_millis(0));
        for pair in 0..5 {
            standings.learn(session, Uuid::from_u128(pair));
        }
        standings.put(session, live(), from_millis(6000));
        assert!(standings.knows(session, Uuid::from_u128(4)) && !standings.knows(session, Uuid::from_u128(0)));
    }

    #[test]
    fn memory_is_bounded() {
        let standings = Standings::default();
        for session in 0..u128::try_from(CAPACITY).unwrap() + 10 {
            standings.put(Uuid::from_u128(session), live(), from_millis(0));
        }
        assert!(standings.entries.lock().unwrap().len() <= CAPACITY);
    }
}
