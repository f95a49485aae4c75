use std::process::Command;
use std::time::{Duration, Instant};

use futures::future::join_all;
use quorate_store::Store;
use quorate_testkit::{TestDatabase, on_both_databases};

use crate::{NOTES, notes, somebody, write_note};

const CHILD: &str = "QUORATE_TEST_CHILD_DATABASE";

on_both_databases! {
    async fn a_reader_does_not_wait_for_the_writer(database: TestDatabase) {
        let store = database.migrated(&[&NOTES]).await.unwrap();
        let ours = somebody();
        let mut writing = store.tenant(&ours).await.unwrap();
        writing.sql("INSERT INTO notes (org_id, id, body) VALUES ($1, 'a', 'x')").execute().await.unwrap();
        let started = Instant::now();
        assert_eq!(notes(&store).await, 0, "what is not committed is not there");
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        writing.commit().await.unwrap();
        assert_eq!(notes(&store).await, 1);
    }

    async fn many_writers_all_get_their_turn(database: TestDatabase) {
        let store = database.migrated(&[&NOTES]).await.unwrap();
        let ours = somebody();
        join_all((0..200).map(|n| {
            let (store, ours) = (store.clone(), ours.clone());
            async move { write_note(&store, &ours, &format!("n{n}")).await }
        }))
        .await;
        assert_eq!(notes(&store).await, 200);
    }
}

/// The other process of the test below; does nothing unless that test starts it.
#[tokio::test]
#[ignore = "started by two_processes_wait_for_each_other"]
async fn writes_as_another_process() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let store = Store::open(&url).await.unwrap();
    store.migrate(&[&NOTES]).await.unwrap();
    let (process, ours) = (std::process::id(), somebody());
    for n in 0..100_i64 {
        // Reading before writing is where SQLite refuses whoever did not take the write lock at the start.
        let mut tx = store.tenant(&ours).await.unwrap();
        let before: i64 = tx.sql("SELECT COUNT(*) FROM notes WHERE org_id = $1").scalar().await.unwrap();
        assert_eq!(before, n);
        tx.sql("INSERT INTO notes (org_id, id, body) VALUES ($1, $2, 'x')")
            .bind(format!("{process}-{n}"))
            .execute()
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_wait_for_each_other() {
    let database = TestDatabase::sqlite().unwrap();
    // Both find no database and make it, bring it up to date and write: nobody may see "database is locked".
    let children: Vec<_> = (0..3)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["concurrency::writes_as_another_process", "--exact", "--ignored"])
                .env(CHILD, database.url())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        assert!(status.success());
    }
    assert_eq!(notes(&database.open().await.unwrap()).await, 300);
}

/// Opening is the moment when SQLite switches a new file to its write-ahead log, which wants the file alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_may_be_opened_by_several_at_once() {
    for _ in 0..20 {
        let database = TestDatabase::sqlite().unwrap();
        for opened in join_all((0..8).map(|_| database.open())).await {
            opened.unwrap();
        }
    }
}
