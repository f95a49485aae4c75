use std::sync::Arc;

use quorate_kernel::SystemIds;
use quorate_store::Store;
use quorate_testkit::{HeldClock, on_both_databases};

use super::{broken, log, person, promotion, started, store, tamper};
use crate::{AuditLog, Fault};

/// What somebody with the database and without the key might do to a log of six, and where it is found.
const ATTACKS: [(&[&str], i64, Fault); 20] = [
    (&["UPDATE audit_entries SET action = 'identity.nothing' WHERE sequence = 3"], 3, Fault::Edited),
    (&["UPDATE audit_entries SET happened_at = happened_at + 1 WHERE sequence = 6"], 6, Fault::Edited),
    (&["UPDATE audit_entries SET state_after = '{\"role\":\"owner\"}' WHERE sequence = 1"], 1, Fault::Edited),
    (&["UPDATE audit_entries SET actor_user_id = 'somebody' WHERE sequence = 3"], 3, Fault::PersonalPartEdited),
    (&["UPDATE audit_entries SET ip = NULL WHERE sequence = 3"], 3, Fault::PersonalPartEdited),
    (&["UPDATE audit_entries SET target_id = 'somebody' WHERE sequence = 3"], 3, Fault::PersonalPartEdited),
    (&["UPDATE audit_entries SET target_id = 'b' WHERE sequence = 4"], 4, Fault::Edited),
    (
        &["UPDATE audit_entries SET target_id = NULL, target_salt = NULL, target_detached = mac WHERE sequence = 5"],
        5,
        Fault::DetachedWithoutKey,
    ),
    (&["DELETE FROM audit_entries WHERE sequence = 4"], 4, Fault::Missing),
    (&["DELETE FROM audit_entries WHERE sequence = 1"], 1, Fault::Missing),
    // A gap that was closed.
    (
        &[
            "DELETE FROM audit_entries WHERE sequence = 6",
            "DELETE FROM audit_entries WHERE sequence = 4",
            "UPDATE audit_entries SET sequence = 4 WHERE sequence = 5",
            "UPDATE audit_head SET sequence = 4, mac = (SELECT mac FROM audit_entries WHERE sequence = 4)",
        ],
        4,
        Fault::Edited,
    ),
    // Two that changed places.
    (
        &[
            "UPDATE audit_entries SET sequence = 99 WHERE sequence = 2",
            "UPDATE audit_entries SET sequence = 2 WHERE sequence = 3",
            "UPDATE audit_entries SET sequence = 3 WHERE sequence = 99",
        ],
        2,
        Fault::Edited,
    ),
    (&["DELETE FROM audit_entries WHERE sequence >= 5"], 5, Fault::TailCut),
    (&["DELETE FROM audit_entries"], 1, Fault::TailCut),
    // A tail cut together with the head, as far as it can be written without the key.
    (
        &[
            "DELETE FROM audit_entries WHERE sequence >= 5",
            "UPDATE audit_head SET sequence = 4, mac = (SELECT mac FROM audit_entries WHERE sequence = 4)",
        ],
        4,
        Fault::HeadEdited,
    ),
    (&["DELETE FROM audit_entries", "UPDATE audit_head SET sequence = 0, mac = ''"], 0, Fault::HeadEdited),
    (&["UPDATE audit_head SET seal = ''"], 6, Fault::HeadEdited),
    // Entries outside the log.
    (&["UPDATE audit_entries SET sequence = -1 WHERE sequence = 6"], -1, Fault::PutIn),
    (
        &[
            "CREATE TABLE copied AS SELECT * FROM audit_entries WHERE sequence = 6",
            "UPDATE copied SET sequence = 7",
            "INSERT INTO audit_entries SELECT * FROM copied",
            "DROP TABLE copied",
        ],
        7,
        Fault::PutIn,
    ),
    // A beginning that pretends to have expired.
    (
        &[
            "UPDATE audit_head SET base_sequence = 2, base_mac = (SELECT mac FROM audit_entries WHERE sequence = 2)",
            "DELETE FROM audit_entries WHERE sequence <= 2",
        ],
        6,
        Fault::HeadEdited,
    ),
];

async fn six(log: &AuditLog, store: &Store) {
    for n in 0..6 {
        let entry = if n == 3 { started() } else { promotion(person(), person()) };
        log.record(store, entry).await.unwrap();
    }
}

async fn put_back(store: &Store) {
    for statement in [
        "DELETE FROM audit_entries",
        "INSERT INTO audit_entries SELECT * FROM saved_entries",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head SELECT * FROM saved_head",
    ] {
        tamper(store, statement).await;
    }
}

on_both_databases! {
    async fn every_attack_is_found_where_it_happened(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        six(&log, &store).await;
        tamper(&store, "CREATE TABLE saved_entries AS SELECT * FROM audit_entries").await;
        tamper(&store, "CREATE TABLE saved_head AS SELECT * FROM audit_head").await;
        for (statements, sequence, fault) in ATTACKS {
            for statement in statements {
                tamper(&store, statement).await;
            }
            assert_eq!(broken(&log, &store).await, Some((sequence, fault)), "{statements:?}");
            put_back(&store).await;
            assert_eq!(broken(&log, &store).await, None);
        }
    }

    async fn writing_on_does_not_hide_a_cut_tail(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        six(&log, &store).await;
        tamper(&store, "DELETE FROM audit_entries WHERE sequence >= 5").await;
        tamper(&store, "UPDATE audit_head SET sequence = 4, mac = (SELECT mac FROM audit_entries WHERE sequence = 4)").await;
        for _ in 0..3 {
            log.record(&store, started()).await.unwrap();
        }
        assert_eq!(broken(&log, &store).await, Some((7, Fault::HeadEdited)));
    }

    async fn a_noted_head_finds_a_log_that_was_set_back(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        six(&log, &store).await;
        tamper(&store, "CREATE TABLE saved_entries AS SELECT * FROM audit_entries").await;
        tamper(&store, "CREATE TABLE saved_head AS SELECT * FROM audit_head").await;
        log.record(&store, promotion(person(), person())).await.unwrap();
        let noted = log.verify(&store).await.unwrap().head;
        assert_eq!(log.verify_with(&store, &noted).await.unwrap().first_bad, None);
        put_back(&store).await;
        // The database by itself is as it once was, seals and all.
        assert_eq!(broken(&log, &store).await, None);
        let bad = log.verify_with(&store, &noted).await.unwrap().first_bad.unwrap();
        assert_eq!((bad.sequence, bad.what), (7, Fault::NotTheNotedLog));
        // Another entry in the place of the one that was noted.
        log.record(&store, started()).await.unwrap();
        log.record(&store, started()).await.unwrap();
        let bad = log.verify_with(&store, &noted).await.unwrap().first_bad.unwrap();
        assert_eq!((bad.sequence, bad.what), (7, Fault::NotTheNotedLog));
    }

    async fn another_key_fits_nothing(database: TestDatabase) {
        let store = store(&database).await;
        six(&log(), &store).await;
        let other = AuditLog::new([8; 32], Arc::new(HeldClock::default()), Arc::new(SystemIds));
        assert_eq!(broken(&other, &store).await, Some((1, Fault::WrongKey)));
        // Nor can it mend what it writes on.
        other.record(&store, started()).await.unwrap();
        assert_eq!(broken(&log(), &store).await, Some((7, Fault::Edited)));
    }
}
