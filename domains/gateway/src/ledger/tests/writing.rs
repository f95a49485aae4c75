use std::fs;
use std::io::Write as _;

use quorate_models::Ending;
use quorate_testkit::on_both_databases;
use walk::files;

use super::*;

/// The files of the log.
mod walk {
    use std::path::{Path, PathBuf};

    pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut found = Vec::new();
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => found.extend(files(&path)),
                false if path.extension().is_some_and(|suffix| suffix == "log") => found.push(path),
                false => {}
            }
        }
        found.sort();
        found
    }
}

fn bytes(folder: &Path) -> u64 {
    files(folder).iter().map(|path| fs::metadata(path).unwrap().len()).sum()
}

fn expected(attempts: i64) -> Vec<(String, i64, i64)> {
    ["day", "hour", "month"].map(|grain| (grain.to_owned(), attempts, attempts * 150)).to_vec()
}

on_both_databases! {
    async fn ten_thousand_attempts_are_each_there_once(database: TestDatabase) {
        let folder = folder();
        let node = Node::start(&database, folder.path()).await;
        node.record(attempts(0..10_000));
        node.record(attempts(100..200));
        node.written().await;
        assert_eq!((node.rows().await, node.rolled_up().await), (10_000, expected(10_000)));
        assert_eq!(node.spent().await, (1_500_000, 0));
        let accounts = node.number("SELECT COUNT(*) FROM gateway_spend WHERE spent = 1500000").await;
        assert_eq!(accounts, 6, "organization, key and purpose, each in the month and in total");
        assert_eq!(bytes(folder.path()), 0, "what is committed is not kept");
        let ends = node.number("SELECT CAST(SUM(latency_us + first_token_us + input_tokens + cost) AS BIGINT) FROM gateway_attempts").await;
        assert_eq!(ends, 10_000 * (1_500 + 700 + 100 + 150));
    }

    async fn what_a_killed_process_left_is_written_by_the_next(database: TestDatabase) {
        let folder = folder();
        let killed = Node::new(&database, folder.path(), LedgerConfig::default(), Plan::of(1)).await;
        killed.record(attempts(0..700));
        drop(killed);
        // In the middle of an entry.
        let log = files(folder.path()).pop().unwrap();
        fs::File::options().append(true).open(log).unwrap().write_all(&[200, 0, 0, 0, 1, 2, 3, 4, b'{']).unwrap();
        let node = Node::start(&database, folder.path()).await;
        let since = Instant::now();
        while node.rows().await < 700 {
            assert!(since.elapsed() < PATIENCE);
            sleep(Duration::from_millis(10)).await;
        }
        node.drain().await;
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
        let again = Node::start(&database, folder.path()).await;
        assert_eq!((again.rows().await, again.rolled_up().await), (700, expected(700)));
    }

    async fn killed_between_the_commit_and_the_removal_nothing_counts_twice(database: TestDatabase) {
        let (folder, copy) = (folder(), folder());
        let killed = Node::new(&database, folder.path(), LedgerConfig::default(), Plan::of(1)).await;
        killed.record(attempts(0..600));
        // The files as they are before the commit.
        let left = copy.path().join("left");
        fs::create_dir(&left).unwrap();
        for file in files(folder.path()) {
            fs::copy(&file, left.join(file.file_name().unwrap())).unwrap();
        }
        let handle = killed.ledger.start();
        killed.written().await;
        drop((killed, handle));
        let node = Node::start(&database, copy.path()).await;
        let since = Instant::now();
        while left.exists() {
            assert!(since.elapsed() < PATIENCE);
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!((node.rows().await, node.rolled_up().await), (600, expected(600)));
        assert_eq!(node.spent().await, (90_000, 0));
    }

    async fn a_living_process_keeps_its_log_to_itself(database: TestDatabase) {
        let folder = folder();
        let idle = Node::new(&database, folder.path(), LedgerConfig::default(), Plan::of(1)).await;
        idle.record(attempts(0..10));
        let other = Node::start(&database, folder.path()).await;
        other.record(attempts(10..20));
        other.written().await;
        other.drain().await;
        assert_eq!((idle.rows().await, files(folder.path()).len()), (10, 2), "one each, and the first one's untouched");
        let handle = idle.ledger.start();
        idle.written().await;
        assert_eq!(idle.rows().await, 20);
        handle.drain(PATIENCE).await;
    }

    async fn while_the_database_fails_the_log_grows_and_then_catches_up(database: TestDatabase) {
        let folder = folder();
        let config = LedgerConfig { queue: 600, ..LedgerConfig::default() };
        let mut node = Node::new(&database, folder.path(), config, Plan::of(1)).await;
        node.execute("ALTER TABLE gateway_attempts RENAME TO gateway_elsewhere").await;
        node.handle = Some(node.ledger.start());
        node.record(attempts(0..3_000));
        sleep(Duration::from_millis(400)).await;
        assert!(!node.ledger.is_written() && bytes(folder.path()) > 500_000, "{}", bytes(folder.path()));
        node.execute("ALTER TABLE gateway_elsewhere RENAME TO gateway_attempts").await;
        node.record(attempts(3_000..3_100));
        node.written().await;
        assert_eq!((node.rows().await, node.rolled_up().await), (3_100, expected(3_100)));
        assert_eq!(bytes(folder.path()), 0);
    }

    async fn a_log_that_is_full_refuses_calls_and_not_records(database: TestDatabase) {
        let folder = folder();
        let config = LedgerConfig { queue: 10, log_megabytes: 0 };
        let node = Node::new(&database, folder.path(), config, Plan::of(1)).await;
        let refused = node.ledger.reserve(&caller(), MicroUsd(1)).await.unwrap_err();
        assert!(matches!(refused, quorate_models::SpendRefused::Unavailable(_)), "{refused}");
        node.record(attempts(0..20));
        let handle = node.ledger.start();
        node.written().await;
        assert_eq!(node.rows().await, 20);
        handle.drain(PATIENCE).await;
    }

    async fn a_disk_that_fails_refuses_calls_and_memory_still_counts(database: TestDatabase) {
        let folder = folder();
        let file = folder.path().join("ledger");
        fs::write(&file, "in the way").unwrap();
        let mut node = Node::new(&database, &file, LedgerConfig::default(), Plan::of(1)).await;
        node.record(attempts(0..5));
        assert!(node.ledger.reserve(&caller(), MicroUsd(1)).await.is_err());
        node.handle = Some(node.ledger.start());
        node.written().await;
        assert_eq!(node.rows().await, 5);
        node.ledger.inner.log.try_again();
        node.ledger.reserve(&caller(), MicroUsd(1)).await.unwrap();
    }

    async fn a_row_that_the_database_refuses_holds_up_no_other(database: TestDatabase) {
        let folder = folder();
        let mut node = Node::new(&database, folder.path(), LedgerConfig::default(), Plan::of(1)).await;
        let unique = "CREATE UNIQUE INDEX refuses_two ON gateway_attempts (request_id) WHERE request_id = 'twice'";
        node.execute(unique).await;
        let mut all = attempts(0..40);
        let twice = Arc::new(Caller { request_id: "twice".to_owned(), ..caller() });
        for attempt in &mut all[10..12] {
            attempt.caller = Arc::clone(&twice);
        }
        node.record(all);
        node.handle = Some(node.ledger.start());
        node.written().await;
        assert_eq!((node.rows().await, node.rolled_up().await), (39, expected(39)));
        let refused = fs::read_to_string(folder.path().join("refused.jsonl")).unwrap();
        assert_eq!((refused.lines().count(), refused.contains("\"twice\"")), (1, true));
    }

    async fn stopping_writes_everything_down(database: TestDatabase) {
        let folder = folder();
        let node = Node::start(&database, folder.path()).await;
        node.record(attempts(0..1_234));
        let store = node.store.clone();
        node.drain().await;
        let mut tx = store.system_read("a test counts").await.unwrap();
        assert_eq!(tx.sql("SELECT COUNT(*) FROM gateway_attempts").scalar::<i64>().await.unwrap(), 1_234);
    }

    async fn what_is_missing_stays_missing(database: TestDatabase) {
        let folder = folder();
        let node = Node::start(&database, folder.path()).await;
        let alone = Arc::new(Caller { user_id: None, api_key: None, endpoint: "", ..caller() });
        let bare = AttemptRecord {
            caller: alone,
            first_token: None,
            status: None,
            usage: None,
            cost: None,
            ending: Ending::Cancelled,
            ..attempts(0..1).remove(0)
        };
        node.record([bare]);
        node.written().await;
        let nulls = "SELECT COUNT(*) FROM gateway_attempts WHERE user_id IS NULL AND api_key IS NULL AND status IS NULL \
                     AND first_token_us IS NULL AND input_tokens IS NULL AND cost IS NULL";
        assert_eq!(node.number(nulls).await, 1);
        let unpriced = "SELECT CAST(SUM(unpriced) AS BIGINT) FROM gateway_usage WHERE cost = 0 AND outcome = 'cancelled'";
        assert_eq!((node.number(unpriced).await, node.spent().await), (3, (0, 0)));
    }
}
