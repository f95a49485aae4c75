use std::time::Duration;

use quorate_store::{Signal, Store};
use quorate_testkit::{TestDatabase, on_both_databases};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(3);
const A_WHILE: Duration = Duration::from_millis(150);

async fn signal(store: &Store, topic: &str) {
    let mut tx = store.system("a test signals").await.unwrap();
    tx.signal(topic);
    tx.commit().await.unwrap();
}

async fn hears(ear: &mut Signal, patience: Duration) -> bool {
    timeout(patience, ear.heard()).await.is_ok()
}

on_both_databases! {
    async fn a_commit_wakes_who_listens_to_the_topic(database: TestDatabase) {
        let store = database.open().await.unwrap();
        let mut right = store.signals().listen("jobs");
        let mut wrong = store.signals().listen("mail");
        signal(&store, "jobs").await;
        assert!(hears(&mut right, SOON).await);
        assert!(!hears(&mut wrong, A_WHILE).await);
    }

    async fn a_rollback_wakes_nobody(database: TestDatabase) {
        let store = database.open().await.unwrap();
        let mut ear = store.signals().listen("jobs");
        let mut tx = store.system("a test signals and changes its mind").await.unwrap();
        tx.signal("jobs");
        drop(tx);
        assert!(!hears(&mut ear, A_WHILE).await);
    }

    async fn whoever_falls_behind_is_told_to_look(database: TestDatabase) {
        let store = database.open().await.unwrap();
        let mut ear = store.signals().listen("jobs");
        let mut tx = store.system("a test signals far too much").await.unwrap();
        for n in 0..5000 {
            tx.signal(format!("other-{n}"));
        }
        tx.commit().await.unwrap();
        assert!(hears(&mut ear, SOON).await, "what was lost might have been ours");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_hears_it_on_postgres() {
    let database = TestDatabase::postgres().await.unwrap();
    let (one, other) = (database.open().await.unwrap(), database.open().await.unwrap());
    let mut ear = other.signals().listen("jobs");
    signal(&one, "jobs").await;
    assert!(hears(&mut ear, SOON).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_of_one_postgres_do_not_hear_each_other() {
    let (ours, theirs) = (TestDatabase::postgres().await.unwrap(), TestDatabase::postgres().await.unwrap());
    let (our_store, their_store) = (ours.open().await.unwrap(), theirs.open().await.unwrap());
    let mut ear = their_store.signals().listen("jobs");
    signal(&our_store, "jobs").await;
    assert!(!hears(&mut ear, A_WHILE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_counts_as_a_signal() {
    let database = TestDatabase::postgres().await.unwrap();
    let store = database.open().await.unwrap();
    let mut ear = store.signals().listen("jobs");
    let mut tx = store.system("a test cuts the listener's connection").await.unwrap();
    let cut: Vec<(bool,)> = tx
        .sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = current_schema() AND query LIKE 'LISTEN%'",
        )
        .all()
        .await
        .unwrap();
    assert_eq!(cut, [(true,)]);
    drop(tx);
    assert!(hears(&mut ear, SOON).await);
    // And the line is up again.
    let other = database.open().await.unwrap();
    signal(&other, "jobs").await;
    assert!(hears(&mut ear, SOON).await);
}
