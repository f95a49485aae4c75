use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;
use quorate_kernel::SystemIds;
use quorate_testkit::HeldClock;

use super::{log, person, promotion, started};
use crate::Fault;
use crate::chain::{Chain, Part};
use crate::rows::{HeadRow, Row};
use crate::{Actor, AuditLog};

fn other_log() -> AuditLog {
    AuditLog::new([8; 32], Arc::<HeldClock>::default(), Arc::new(SystemIds))
}

/// A chain of so many entries, every second with most fields empty.
fn rows(log: &AuditLog, most: usize) -> Vec<Row> {
    let mut head = HeadRow::default();
    (0..most)
        .map(|n| {
            let entry = if n % 2 == 0 { promotion(person(), person()) } else { started() };
            let row = log.row(entry, 1_000, &head);
            (head.sequence, head.mac) = (row.sequence, row.mac.clone());
            row
        })
        .collect()
}

/// Where following these rows ends, and where it breaks.
fn follow(log: &AuditLog, rows: &[Row]) -> (i64, Option<(i64, Fault)>) {
    let mut chain = Chain::after(&log.key, 0, String::new());
    let broken = rows.iter().find_map(|row| chain.follow(row).err());
    (chain.last().0, broken)
}

fn broken_at(log: &AuditLog, rows: &[Row]) -> Option<i64> {
    follow(log, rows).1.map(|(sequence, _)| sequence)
}

fn text(field: &mut String) {
    field.push('0');
}

fn optional(field: &mut Option<String>) {
    *field = match field.take() {
        Some(text) if text.len() % 2 == 0 => None,
        Some(text) => Some(text + "0"),
        None => Some(String::new()),
    };
}

/// Every field of a row, each changed into something else.
const EDITS: [fn(&mut Row); 21] = [
    |row| row.sequence += 100,
    |row| row.happened_at -= 1,
    |row| text(&mut row.actor_kind),
    |row| optional(&mut row.org_id),
    |row| text(&mut row.action),
    |row| optional(&mut row.target_kind),
    |row| optional(&mut row.target_id),
    |row| optional(&mut row.state_before),
    |row| optional(&mut row.state_after),
    |row| optional(&mut row.request_id),
    |row| optional(&mut row.actor_user_id),
    |row| optional(&mut row.ip),
    |row| optional(&mut row.user_agent),
    |row| optional(&mut row.actor_salt),
    |row| optional(&mut row.actor_detached),
    |row| text(&mut row.actor_commitment),
    |row| optional(&mut row.target_salt),
    |row| optional(&mut row.target_detached),
    |row| optional(&mut row.target_commitment),
    |row| text(&mut row.previous_mac),
    |row| text(&mut row.mac),
];

/// Takes both personal parts out, as the log does.
fn detach(log: &AuditLog, row: &mut Row) {
    row.actor_detached = Some(row.detachment(&log.key, Part::Actor));
    (row.actor_user_id, row.ip, row.user_agent, row.actor_salt) = (None, None, None, None);
    if row.target_is_person() {
        row.target_detached = Some(row.detachment(&log.key, Part::Target));
        (row.target_id, row.target_salt) = (None, None);
    }
}

proptest! {
    #[test]
    fn any_edit_of_any_field_is_found_where_it_is(
        most in 1_usize..8, at in any::<Index>(), edit in any::<Index>(), detached in any::<bool>(),
    ) {
        let log = log();
        let mut rows = rows(&log, most);
        if detached {
            rows.iter_mut().for_each(|row| detach(&log, row));
        }
        prop_assert_eq!(follow(&log, &rows), (most as i64, None));
        let at = at.index(most);
        edit.get(&EDITS)(&mut rows[at]);
        rows.sort_by_key(|row| row.sequence);
        prop_assert_eq!(broken_at(&log, &rows), Some(at as i64 + 1));
    }

    #[test]
    fn any_entry_that_goes_is_missed(most in 2_usize..8, at in any::<Index>()) {
        let log = log();
        let mut rows = rows(&log, most);
        let at = at.index(most - 1);
        rows.remove(at);
        prop_assert_eq!(follow(&log, &rows).1, Some((at as i64 + 1, Fault::Missing)));
    }

    #[test]
    fn a_tail_that_goes_leaves_the_chain_short(most in 2_usize..8, keep in any::<Index>()) {
        let log = log();
        let keep = keep.index(most);
        prop_assert_eq!(follow(&log, &rows(&log, most)[..keep]), (keep as i64, None));
    }

    #[test]
    fn two_entries_cannot_change_places(most in 2_usize..8, one in any::<Index>(), two in any::<Index>(), whole in any::<bool>()) {
        let log = log();
        let mut rows = rows(&log, most);
        let (one, two) = (one.index(most), two.index(most));
        prop_assume!(one != two);
        rows.swap(one, two);
        if whole {
            // Only their order differs, which the database cannot even show: they come sorted.
            prop_assert_eq!(broken_at(&log, &rows), Some(one.min(two) as i64 + 1));
        } else {
            (rows[one].sequence, rows[two].sequence) = (one as i64 + 1, two as i64 + 1);
            prop_assert_eq!(broken_at(&log, &rows), Some(one.min(two) as i64 + 1));
        }
    }

    #[test]
    fn a_copy_is_found_where_it_was_put(most in 1_usize..8, from in any::<Index>(), to in any::<Index>()) {
        let log = log();
        let mut rows = rows(&log, most);
        let (from, to) = (from.index(most), to.index(most + 1));
        let mut copy = rows[from].clone();
        copy.sequence = to as i64 + 1;
        rows[to..].iter_mut().for_each(|row| row.sequence += 1);
        rows.insert(to, copy);
        // The copy of an entry into its own place is the entry, and what follows it was moved.
        let found = if from == to { to + 1 } else { to };
        prop_assert_eq!(broken_at(&log, &rows), Some(found as i64 + 1));
    }

    #[test]
    fn an_entry_made_with_another_key_is_found(most in 1_usize..8, at in any::<Index>()) {
        let (log, other) = (log(), other_log());
        let mut rows = rows(&log, most);
        let at = at.index(most);
        let previous = rows[at].previous_mac.clone();
        let head = HeadRow { sequence: at as i64, mac: previous, ..HeadRow::default() };
        rows[at] = other.row(promotion(person(), person()), 1_000, &head);
        prop_assert_eq!(follow(&log, &rows).1, Some((at as i64 + 1, Fault::Edited)));
    }
}

#[test]
fn only_the_key_takes_a_person_out() {
    let log = log();
    let mut rows = rows(&log, 1);
    let row = &mut rows[0];
    let seal = row.detachment(&log.key, Part::Actor);
    (row.actor_user_id, row.ip, row.user_agent, row.actor_salt) = (None, None, None, None);
    assert_eq!(follow(&log, &rows).1, Some((1, Fault::DetachedWithoutKey)));
    // The seal of another entry, or of the other part, is of no use.
    rows[0].actor_detached = Some(rows[0].detachment(&log.key, Part::Target));
    assert_eq!(follow(&log, &rows).1, Some((1, Fault::DetachedWithoutKey)));
    rows[0].actor_detached = Some(seal);
    assert_eq!(follow(&log, &rows).1, None);
    // Nor can somebody else be put into the empty place.
    rows[0].actor_user_id = Some(person().to_string());
    assert_eq!(follow(&log, &rows).1, Some((1, Fault::PersonalPartEdited)));
    let salt = "00".repeat(32);
    rows[0].actor_salt = Some(salt);
    assert_eq!(follow(&log, &rows).1, Some((1, Fault::PersonalPartEdited)));
}

#[test]
fn what_is_too_much_or_cannot_be_stored_is_shortened() {
    let log = log();
    let long = crate::Entry::new("a.b", Actor::Anonymous)
        .changing(Some(serde_json::json!("x".repeat(20_000))), None)
        .from(crate::Origin { ip: None, user_agent: Some(format!("a\0{}", "é".repeat(400))), request_id: None });
    let row = log.row(long, 0, &HeadRow::default());
    assert_eq!(row.state_before.as_deref(), Some(r#"{"omitted_bytes":20002}"#));
    assert_eq!(row.user_agent.as_deref(), Some(format!("a{}", "é".repeat(299)).as_str()));
    assert_eq!(follow(&log, &[row]), (1, None));
}

#[test]
fn two_salts_are_never_the_same() {
    let log = log();
    let row = log.row(promotion(person(), person()), 0, &HeadRow::default());
    assert_ne!(row.actor_salt, row.target_salt);
    assert_eq!(row.actor_salt.map(|salt| salt.len()), Some(64));
}
