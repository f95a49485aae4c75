use futures::future::join_all;
use quorate_store::sqlx::AssertSqlSafe;
use quorate_store::sqlx::SqlSafeStr;
use quorate_store::sqlx::migrate::{Migration, MigrationType, Migrator};
use quorate_store::{MigrationSet, StoreError};
use quorate_testkit::on_both_databases;

use crate::{NOTES, notes, somebody, write_note};

fn set(steps: &[(i64, &str)]) -> MigrationSet {
    Migrator::with_migrations(
        steps
            .iter()
            .map(|(version, sql)| {
                let sql = AssertSqlSafe((*sql).to_owned()).into_sql_str();
                Migration::new(*version, "step".into(), MigrationType::Simple, sql, false)
            })
            .collect(),
    )
}

on_both_databases! {
    async fn a_second_run_changes_nothing(database: TestDatabase) {
        let store = database.open().await.unwrap();
        assert_eq!(store.pending_migrations(&[&NOTES]).await.unwrap(), 1);
        store.migrate(&[&NOTES]).await.unwrap();
        assert_eq!(store.pending_migrations(&[&NOTES]).await.unwrap(), 0);
        write_note(&store, &somebody(), "kept").await;
        store.migrate(&[&NOTES]).await.unwrap();
        assert_eq!(notes(&store).await, 1);
    }

    async fn two_rooms_share_one_order(database: TestDatabase) {
        let store = database.open().await.unwrap();
        let board = set(&[(30, "CREATE TABLE later (id TEXT PRIMARY KEY REFERENCES earlier (id))")]);
        let identity = set(&[(20, "CREATE TABLE earlier (id TEXT PRIMARY KEY)")]);
        store.migrate(&[&board, &identity]).await.unwrap();
        let grown = set(&[(20, "CREATE TABLE earlier (id TEXT PRIMARY KEY)"), (21, "CREATE TABLE third (id TEXT)")]);
        assert_eq!(store.pending_migrations(&[&board, &grown]).await.unwrap(), 1);
        store.migrate(&[&board, &grown]).await.unwrap();
    }

    async fn an_edited_migration_is_refused(database: TestDatabase) {
        let store = database.open().await.unwrap();
        store.migrate(&[&set(&[(1, "CREATE TABLE a (id TEXT)")])]).await.unwrap();
        let edited = store.migrate(&[&set(&[(1, "CREATE TABLE a (id TEXT, b TEXT)")])]).await;
        assert!(matches!(edited, Err(StoreError::Migrate(_))), "{edited:?}");
        let missing = store.migrate(&[&set(&[(2, "CREATE TABLE c (id TEXT)")])]).await;
        assert!(matches!(missing, Err(StoreError::Migrate(_))), "{missing:?}");
        // The refusal leaves no lock behind, for this process or another.
        let other = database.open().await.unwrap();
        other.migrate(&[&set(&[(1, "CREATE TABLE a (id TEXT)"), (2, "CREATE TABLE c (id TEXT)")])]).await.unwrap();
    }

    async fn a_failed_migration_leaves_the_schema_as_it_was(database: TestDatabase) {
        let store = database.open().await.unwrap();
        let broken = set(&[(1, "CREATE TABLE a (id TEXT)"), (2, "CREATE TABLE b (id TEXT); SELECT nothing FROM nowhere")]);
        assert!(store.migrate(&[&broken]).await.is_err());
        let whole = set(&[(1, "CREATE TABLE a (id TEXT)"), (2, "CREATE TABLE b (id TEXT)")]);
        assert_eq!(store.pending_migrations(&[&whole]).await.unwrap(), 2);
        store.migrate(&[&whole]).await.unwrap();
    }

    async fn nodes_may_start_at_once(database: TestDatabase) {
        let sets = [&NOTES];
        for started in join_all((0..6).map(|_| database.migrated(&sets))).await {
            started.unwrap();
        }
    }
}
