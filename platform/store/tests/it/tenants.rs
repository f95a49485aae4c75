use quorate_store::sqlx::{self, Connection, PgConnection};
use quorate_store::{Engine, StoreError};
use quorate_testkit::{TestDatabase, on_both_databases};

use crate::{NOTES, notes, somebody, write_note};

on_both_databases! {
    async fn a_tenant_sees_only_its_own(database: TestDatabase) {
        let store = database.migrated(&[&NOTES]).await.unwrap();
        let (ours, theirs) = (somebody(), somebody());
        write_note(&store, &ours, "ours").await;
        write_note(&store, &theirs, "theirs").await;
        let mut tx = store.tenant_read(&ours).await.unwrap();
        let seen: Vec<(String,)> = tx.sql("SELECT id FROM notes WHERE org_id = $1").all().await.unwrap();
        assert_eq!(seen, [("ours".to_owned(),)]);
        let sought: Option<(String,)> = tx
            .sql("SELECT id FROM notes WHERE org_id = $1 AND id = $2")
            .bind("theirs")
            .optional()
            .await
            .unwrap();
        assert_eq!(sought, None);
        drop(tx);
        assert_eq!(notes(&store).await, 2);
    }

    async fn unscoped_sql_is_refused_before_it_runs(database: TestDatabase) {
        let store = database.migrated(&[&NOTES]).await.unwrap();
        let ours = somebody();
        write_note(&store, &ours, "ours").await;
        let mut tx = store.tenant(&ours).await.unwrap();
        for text in ["DELETE FROM notes", "DELETE FROM notes WHERE id = $1", "DELETE FROM notes WHERE org_id <> ''"] {
            assert!(matches!(tx.sql(text).execute().await, Err(StoreError::Unscoped(_))), "{text}");
        }
        tx.commit().await.unwrap();
        assert_eq!(notes(&store).await, 1);
    }

    async fn what_is_dropped_never_happened(database: TestDatabase) {
        let store = database.migrated(&[&NOTES]).await.unwrap();
        let ours = somebody();
        let mut tx = store.tenant(&ours).await.unwrap();
        tx.sql("INSERT INTO notes (org_id, id, body) VALUES ($1, 'a', 'x')").execute().await.unwrap();
        drop(tx);
        assert_eq!(notes(&store).await, 0);
        write_note(&store, &ours, "a").await;
        let mut tx = store.tenant(&ours).await.unwrap();
        let again = tx.sql("INSERT INTO notes (org_id, id, body) VALUES ($1, 'a', 'x')").execute().await;
        assert!(again.unwrap_err().is_unique_violation());
    }

    async fn a_reading_transaction_cannot_write(database: TestDatabase) {
        let store = database.migrated(&[&NOTES]).await.unwrap();
        let ours = somebody();
        let mut tx = store.tenant_read(&ours).await.unwrap();
        let written = tx.sql("INSERT INTO notes (org_id, id, body) VALUES ($1, 'a', 'x')").execute().await;
        assert!(matches!(written, Err(StoreError::Database(_))), "{written:?}");
        drop(tx);
        assert_eq!(notes(&store).await, 0);
    }
}

/// The second wall (IDN-21): raw SQL as the application's role, with the filter left out on purpose.
#[tokio::test(flavor = "multi_thread")]
async fn row_security_holds_without_the_filter() {
    let database = TestDatabase::postgres().await.unwrap();
    assert_eq!(database.engine(), Engine::Postgres);
    let store = database.migrated(&[&NOTES]).await.unwrap();
    let (ours, theirs) = (somebody(), somebody());
    write_note(&store, &ours, "ours").await;
    write_note(&store, &theirs, "theirs").await;

    let mut raw = PgConnection::connect(database.url()).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM notes").fetch_one(&mut raw).await.unwrap();
    assert_eq!(seen, 0, "without a scope nothing is there");

    let mut tx = raw.begin().await.unwrap();
    sqlx::query("SELECT set_config('quorate.scope', 'tenant', true), set_config('quorate.org_id', $1, true)")
        .bind(ours.org_id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    let seen: Vec<String> = sqlx::query_scalar("SELECT id FROM notes").fetch_all(&mut *tx).await.unwrap();
    assert_eq!(seen, ["ours"]);
    let changed = sqlx::query("UPDATE notes SET body = 'mine now'").execute(&mut *tx).await.unwrap();
    assert_eq!(changed.rows_affected(), 1);
    let deleted = sqlx::query("DELETE FROM notes WHERE id = 'theirs'").execute(&mut *tx).await.unwrap();
    assert_eq!(deleted.rows_affected(), 0);
    tx.commit().await.unwrap();

    for forged in [
        "INSERT INTO notes (id, org_id, body) VALUES ('forged', $1, 'x')",
        "UPDATE notes SET org_id = $1 WHERE id = 'ours'",
    ] {
        let mut tx = raw.begin().await.unwrap();
        sqlx::query("SELECT set_config('quorate.org_id', $1, true)")
            .bind(ours.org_id.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        let refused = sqlx::query(forged).bind(theirs.org_id.to_string()).execute(&mut *tx).await.unwrap_err();
        assert!(refused.to_string().contains("row-level security"), "{refused}");
    }
    // The scope ends with its transaction, also on a connection that is used again.
    let seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM notes").fetch_one(&mut raw).await.unwrap();
    assert_eq!(seen, 0);
    // The store's own transactions meet the same wall: platform_sql has no filter of its own.
    let mut tx = store.tenant(&ours).await.unwrap();
    assert_eq!(tx.platform_sql("DELETE FROM notes").execute().await.unwrap(), 1);
}
