use quorate_store::Store;
use quorate_testkit::on_both_databases;

use super::{broken, log, person, promotion, store};
use crate::Actor;

async fn refused(store: &Store, statement: &'static str) {
    let mut tx = store.system("a test tampers with the log").await.unwrap();
    let error = tx.sql(statement).execute().await.unwrap_err().to_string();
    assert!(error.contains("append-only"), "{statement}: {error}");
}

on_both_databases! {
    async fn the_database_refuses_to_change_what_was_written(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        // Twice, and by two nodes at a time, is as good as once.
        log.guard(&store).await.unwrap();
        let (one, two) = tokio::join!(log.guard(&store), log.guard(&store));
        one.and(two).unwrap();
        let ada = person();
        for _ in 0..3 {
            log.record(&store, promotion(ada, person())).await.unwrap();
        }
        for statement in [
            "UPDATE audit_entries SET action = 'x' WHERE sequence = 1",
            "UPDATE audit_entries SET happened_at = 0",
            "UPDATE audit_entries SET org_id = NULL",
            "UPDATE audit_entries SET state_after = NULL",
            "UPDATE audit_entries SET sequence = 9 WHERE sequence = 3",
            "UPDATE audit_entries SET actor_user_id = 'somebody'",
            "UPDATE audit_entries SET target_id = 'somebody'",
            "UPDATE audit_entries SET ip = '192.0.2.1'",
            "UPDATE audit_entries SET mac = ''",
            "DELETE FROM audit_entries WHERE sequence = 2",
            "DELETE FROM audit_entries",
        ] {
            refused(&store, statement).await;
        }
        if store.engine() == quorate_store::Engine::Postgres {
            refused(&store, "TRUNCATE audit_entries").await;
        }
        // What the log itself does is let through.
        let mut tx = store.system("a test erases a person").await.unwrap();
        assert_eq!(log.detach(&mut tx, ada, Actor::System).await.unwrap(), 3);
        tx.commit().await.unwrap();
        refused(&store, "UPDATE audit_entries SET actor_detached = 'x' WHERE sequence = 1").await;
        assert_eq!(broken(&log, &store).await, None);
        let late = quorate_kernel::from_millis(i64::MAX / 1_000_000);
        assert_eq!(log.expire(&store, late).await.unwrap(), 4);
        assert_eq!(broken(&log, &store).await, None);
    }
}
