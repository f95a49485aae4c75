use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use quorate_kernel::{Clock, SystemClock};
use quorate_store::Engine;
use quorate_testkit::on_both_databases;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{SOON, enqueue, handler, job, live, settings, stored, until_state};
use crate::{Drained, Outcome, Worker, WorkerSettings};

/// Longer than any of these tests.
const LONG: Duration = Duration::from_secs(300);

on_both_databases! {
    async fn a_killed_workers_job_runs_again(database: TestDatabase) {
        // A restarted SQLite node needs not wait for the lease; on PostgreSQL the lease has to run out.
        let lease = if database.engine() == Engine::Sqlite { LONG } else { settings().lease };
        let jobs = live(&database).await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let killed = Worker::start(jobs.clone(), WorkerSettings { lease, ..settings() }, handler(move |_| {
            started.send(()).unwrap();
            async {
                tokio::time::sleep(LONG).await;
                Outcome::Done
            }
        }));
        let id = enqueue(&jobs, job()).await.unwrap();
        starts.recv().await.unwrap();
        drop(killed);
        let next = live(&database).await;
        let worker = Worker::start(next.clone(), WorkerSettings { lease, ..settings() }, handler(|_| async { Outcome::Done }));
        assert_eq!(until_state(&next, id, "done").await.attempts, 2);
        worker.drain(SOON).await;
    }

    async fn a_long_job_keeps_its_lease(database: TestDatabase) {
        let jobs = live(&database).await;
        let runs = Arc::new(AtomicUsize::new(0));
        let workers = [(); 2].map(|()| {
            let runs = Arc::clone(&runs);
            Worker::start(jobs.clone(), settings(), handler(move |job| {
                runs.fetch_add(1, Ordering::SeqCst);
                async move {
                    tokio::select! {
                        () = job.cancelled.cancelled() => Outcome::Discard("cancelled".into()),
                        () = tokio::time::sleep(settings().lease * 3) => Outcome::Done,
                    }
                }
            }))
        });
        let id = enqueue(&jobs, job()).await.unwrap();
        until_state(&jobs, id, "done").await;
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        for worker in workers {
            worker.drain(SOON).await;
        }
    }

    async fn who_loses_the_lease_is_told_and_not_believed(database: TestDatabase) {
        let jobs = live(&database).await;
        let (told, mut tells) = mpsc::unbounded_channel();
        let worker = Worker::start(jobs.clone(), settings(), handler(move |job| {
            let told = told.clone();
            async move {
                told.send("started").unwrap();
                job.cancelled.cancelled().await;
                assert!(!job.draining.is_cancelled());
                told.send("cancelled").unwrap();
                Outcome::Done
            }
        }));
        let id = enqueue(&jobs, job()).await.unwrap();
        assert_eq!(tells.recv().await, Some("started"));
        // As another node's rescue and claim would leave it.
        let mut tx = jobs.store.system("a test steals a lease").await.unwrap();
        tx.sql("UPDATE work_jobs SET lease_token = lease_token + 1, lease_owner = 'thief', lease_until = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(i64::MAX)
            .execute()
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(timeout(SOON, tells.recv()).await, Ok(Some("cancelled")));
        assert_eq!(worker.drain(SOON).await, Drained { released: 0 });
        assert_eq!(stored(&jobs.store, id).await.state, "running");
    }

    async fn a_drained_worker_hands_its_jobs_over(database: TestDatabase) {
        let jobs = live(&database).await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let draining = Worker::start(jobs.clone(), WorkerSettings { lease: LONG, ..settings() }, handler(move |job| {
            let started = started.clone();
            async move {
                started.send(()).unwrap();
                job.draining.cancelled().await;
                assert!(job.cancelled.is_cancelled());
                Outcome::Snooze(SystemClock.now())
            }
        }));
        let id = enqueue(&jobs, job()).await.unwrap();
        starts.recv().await.unwrap();
        let next = live(&database).await;
        // Woken by the signal of the hand-over, not by looking.
        let settings = WorkerSettings { lease: LONG, poll: LONG, ..settings() };
        let worker = Worker::start(if database.engine() == Engine::Sqlite { jobs.clone() } else { next }, settings, handler(|_| async { Outcome::Done }));
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(draining.drain(SOON).await, Drained { released: 0 });
        assert_eq!(until_state(&jobs, id, "done").await.attempts, 1, "handing over is no attempt");
        worker.drain(SOON).await;
    }

    async fn a_stubborn_job_is_cut_off_and_handed_back(database: TestDatabase) {
        let jobs = live(&database).await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let worker = Worker::start(jobs.clone(), WorkerSettings { lease: LONG, ..settings() }, handler(move |_| {
            started.send(()).unwrap();
            async {
                tokio::time::sleep(LONG).await;
                Outcome::Done
            }
        }));
        let id = enqueue(&jobs, job()).await.unwrap();
        starts.recv().await.unwrap();
        let asked = Instant::now();
        assert_eq!(worker.drain(Duration::from_millis(200)).await, Drained { released: 1 });
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        let found = stored(&jobs.store, id).await;
        assert_eq!((found.state.as_str(), found.attempts), ("queued", 0));
        // A drained worker takes nothing any more.
        enqueue(&jobs, job()).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(jobs.depth().await.unwrap().due, 2);
    }
}
