use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorate_kernel::{Clock, SystemClock};
use quorate_testkit::on_both_databases;
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

use super::{SOON, enqueue, handler, job, keyed, live, settings, until_state};
use crate::{NewJob, Outcome, Worker, WorkerSettings};

const HOUR: Duration = Duration::from_secs(3600);

on_both_databases! {
    async fn no_wake_up_is_lost(database: TestDatabase) {
        let jobs = live(&database).await;
        let (done, mut finished) = mpsc::unbounded_channel();
        let run = handler(move |job| {
            done.send(job.id).unwrap();
            async { Outcome::Done }
        });
        // Only signals can wake this worker.
        let never = WorkerSettings { poll: HOUR, ..settings() };
        let worker = Worker::start(jobs.clone(), never, run);
        for n in 0_u64..200 {
            let id = enqueue(&jobs, job()).await.unwrap();
            let heard = timeout(SOON, finished.recv()).await;
            assert_eq!(heard, Ok(Some(id)), "job {n}");
            if n % 3 == 0 {
                tokio::time::sleep(Duration::from_millis(n % 7)).await;
            }
        }
        worker.drain(SOON).await;
    }

    async fn a_job_wakes_the_worker_at_its_time(database: TestDatabase) {
        let jobs = live(&database).await;
        let never = WorkerSettings { poll: HOUR, ..settings() };
        let worker = Worker::start(jobs.clone(), never, handler(|_| async { Outcome::Done }));
        let run_at = Some(SystemClock.now() + Duration::from_millis(300));
        let id = enqueue(&jobs, NewJob { run_at, ..job() }).await.unwrap();
        until_state(&jobs, id, "done").await;
        assert!(Some(SystemClock.now()) >= run_at);
        worker.drain(SOON).await;
    }

    async fn four_workers_run_each_job_once(database: TestDatabase) {
        let jobs = live(&database).await;
        let runs: Arc<Mutex<HashMap<Uuid, usize>>> = Arc::default();
        let mut workers = Vec::new();
        for _ in 0..4 {
            // On SQLite all workers belong to one node; on PostgreSQL each is another.
            let node = if database.engine() == quorate_store::Engine::Sqlite { jobs.clone() } else { live(&database).await };
            let runs = Arc::clone(&runs);
            let run = handler(move |job| {
                *runs.lock().unwrap().entry(job.id).or_default() += 1;
                async { Outcome::Done }
            });
            let patient = WorkerSettings { lease: Duration::from_secs(30), ..settings() };
            workers.push(Worker::start(node, patient, run));
        }
        let mut tx = jobs.store.system("a test enqueues many").await.unwrap();
        for _ in 0..500 {
            jobs.enqueue(&mut tx, job()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let emptied = async {
            loop {
                let depth = jobs.depth().await.unwrap();
                if depth.due + depth.running == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(SOON * 4, emptied).await.unwrap();
        for worker in workers {
            worker.drain(SOON).await;
        }
        let runs = runs.lock().unwrap();
        assert_eq!(runs.len(), 500);
        assert!(runs.values().all(|times| *times == 1), "{runs:?}");
    }

    async fn failures_are_retried_until_the_job_is_dead(database: TestDatabase) {
        let jobs = live(&database).await;
        let worker = Worker::start(jobs.clone(), settings(), handler(|job| async move {
            Outcome::Retry(format!("attempt {} failed", job.attempt))
        }));
        let id = enqueue(&jobs, NewJob { max_attempts: 4, ..job() }).await.unwrap();
        let found = until_state(&jobs, id, "dead").await;
        assert_eq!(found.attempts, 4);
        assert_eq!(found.last_error.as_deref(), Some("attempt 4 failed"));
        worker.drain(SOON).await;
    }

    async fn a_panic_is_a_failure_of_that_job_alone(database: TestDatabase) {
        let jobs = live(&database).await;
        let worker = Worker::start(jobs.clone(), settings(), handler(|job| async move {
            assert!(job.attempt > 1, "attempt {}", job.attempt);
            if job.org_id.is_some() { Outcome::Discard("not wanted".into()) } else { Outcome::Done }
        }));
        let id = enqueue(&jobs, job()).await.unwrap();
        let found = until_state(&jobs, id, "done").await;
        assert_eq!((found.attempts, found.last_error), (2, None));
        let last = enqueue(&jobs, NewJob { max_attempts: 1, ..job() }).await.unwrap();
        let found = until_state(&jobs, last, "dead").await;
        assert_eq!(found.last_error.as_deref(), Some("the handler panicked: attempt 1"));
        worker.drain(SOON).await;
    }

    async fn a_discarded_job_is_not_tried_again(database: TestDatabase) {
        let jobs = live(&database).await;
        let worker = Worker::start(jobs.clone(), settings(), handler(|_| async { Outcome::Discard("gone".into()) }));
        let id = enqueue(&jobs, job()).await.unwrap();
        let found = until_state(&jobs, id, "dead").await;
        assert_eq!((found.attempts, found.last_error.as_deref()), (1, Some("gone")));
        worker.drain(SOON).await;
    }

    async fn snoozing_does_not_count(database: TestDatabase) {
        let jobs = live(&database).await;
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        let worker = Worker::start(jobs.clone(), settings(), handler(move |job| {
            assert_eq!(job.attempt, 1);
            let turn = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                if turn < 5 { Outcome::Snooze(SystemClock.now() + Duration::from_millis(5)) } else { Outcome::Done }
            }
        }));
        let id = enqueue(&jobs, NewJob { max_attempts: 1, ..job() }).await.unwrap();
        assert_eq!(until_state(&jobs, id, "done").await.attempts, 1);
        assert_eq!(turns.load(Ordering::SeqCst), 6);
        worker.drain(SOON).await;
    }

    async fn asked_for_while_it_runs_it_runs_twice(database: TestDatabase) {
        let jobs = live(&database).await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let (go, gate) = tokio::sync::watch::channel(false);
        let worker = Worker::start(jobs.clone(), settings(), handler(move |_| {
            started.send(()).unwrap();
            let mut gate = gate.clone();
            async move {
                gate.wait_for(|open| *open).await.unwrap();
                Outcome::Done
            }
        }));
        let id = enqueue(&jobs, keyed("k")).await.unwrap();
        starts.recv().await.unwrap();
        assert_eq!(enqueue(&jobs, keyed("k")).await, None);
        go.send(true).unwrap();
        assert_eq!(timeout(SOON, starts.recv()).await, Ok(Some(())));
        until_state(&jobs, id, "done").await;
        assert!(starts.try_recv().is_err());
        worker.drain(SOON).await;
    }

    async fn an_unreadable_payload_kills_only_its_job(database: TestDatabase) {
        let jobs = live(&database).await;
        let (bad, good) = (enqueue(&jobs, job()).await.unwrap(), enqueue(&jobs, job()).await.unwrap());
        let mut tx = jobs.store.system("a test breaks a payload").await.unwrap();
        tx.sql("UPDATE work_jobs SET payload = '{' WHERE id = $1").bind(bad.to_string()).execute().await.unwrap();
        tx.commit().await.unwrap();
        let worker = Worker::start(jobs.clone(), settings(), handler(|_| async { Outcome::Done }));
        until_state(&jobs, good, "done").await;
        let found = until_state(&jobs, bad, "dead").await;
        assert!(found.last_error.unwrap().contains("payload"));
        worker.drain(SOON).await;
    }

    async fn an_outcome_waits_for_a_database_that_is_away(database: TestDatabase) {
        let jobs = live(&database).await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let (go, gate) = tokio::sync::watch::channel(false);
        let patient = WorkerSettings { lease: HOUR, ..settings() };
        let worker = Worker::start(jobs.clone(), patient, handler(move |_| {
            started.send(()).unwrap();
            let mut gate = gate.clone();
            async move {
                gate.wait_for(|open| *open).await.unwrap();
                Outcome::Done
            }
        }));
        let id = enqueue(&jobs, job()).await.unwrap();
        starts.recv().await.unwrap();
        for (n, rename) in ["ALTER TABLE work_jobs RENAME TO away", "ALTER TABLE away RENAME TO work_jobs"].into_iter().enumerate() {
            let mut tx = jobs.store.system("a test takes the table away and brings it back").await.unwrap();
            tx.sql(rename).execute().await.unwrap();
            tx.commit().await.unwrap();
            go.send(true).unwrap();
            if n == 0 {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        assert_eq!(until_state(&jobs, id, "done").await.attempts, 1);
        assert!(starts.try_recv().is_err(), "it ran once");
        worker.drain(SOON).await;
    }
}
