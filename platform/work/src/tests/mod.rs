//! The queue on both databases.

mod enqueue;
mod leases;
mod model;
mod running;
mod stopping;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use quorate_kernel::{Clock, SystemClock, SystemIds};
use quorate_store::Store;
use quorate_testkit::{HeldClock, TestDatabase};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use crate::queue::Claimed;
use crate::{Backoff, Handler, JobContext, Jobs, MIGRATIONS, NewJob, Outcome, WorkerSettings};

const KIND: &str = "test";
const KINDS: &str = "|test|";
const LEASE: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_secs(10);

/// A queue whose clock the test moves.
async fn held(database: &TestDatabase) -> (Jobs, Arc<HeldClock>) {
    let clock = Arc::new(HeldClock::default());
    (node(database, clock.clone()).await, clock)
}

/// A node of its own on this database.
async fn node(database: &TestDatabase, clock: Arc<dyn Clock>) -> Jobs {
    let store = database.migrated(&[&MIGRATIONS]).await.unwrap();
    Jobs::new(store, clock, Arc::new(SystemIds))
}

/// A node that lives in real time.
async fn live(database: &TestDatabase) -> Jobs {
    node(database, Arc::new(SystemClock)).await
}

fn job() -> NewJob {
    NewJob::new(KIND, json!({"n": 1}))
}

fn keyed(key: &str) -> NewJob {
    NewJob { unique_key: Some(key.to_owned()), ..job() }
}

async fn enqueue(jobs: &Jobs, new: NewJob) -> Option<Uuid> {
    let mut tx = jobs.store.system("a test enqueues").await.unwrap();
    let id = jobs.enqueue(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn claim(jobs: &Jobs, most: usize) -> Vec<Claimed> {
    jobs.claim(KINDS, most, LEASE).await.unwrap()
}

/// What is stored about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    state: String,
    run_at: i64,
    attempts: i64,
    last_error: Option<String>,
}

async fn stored(store: &Store, id: Uuid) -> Stored {
    let mut tx = store.system_read("a test looks at a job").await.unwrap();
    let (state, run_at, attempts, last_error) = tx
        .sql("SELECT state, run_at, attempts, last_error FROM work_jobs WHERE id = $1")
        .bind(id.to_string())
        .one()
        .await
        .unwrap();
    Stored { state, run_at, attempts, last_error }
}

async fn until_state(jobs: &Jobs, id: Uuid, state: &str) -> Stored {
    let waiting = async {
        loop {
            let found = stored(&jobs.store, id).await;
            if found.state == state {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match timeout(SOON, waiting).await {
        Ok(found) => found,
        Err(_) => panic!("the job never became {state}: {:?}", stored(&jobs.store, id).await),
    }
}

/// Quick enough for a test, slow enough for a busy machine.
fn settings() -> WorkerSettings {
    WorkerSettings {
        concurrency: 4,
        lease: Duration::from_millis(900),
        poll: Duration::from_millis(100),
        backoff: Backoff { first: Duration::from_millis(10), most: Duration::from_millis(40) },
        ..WorkerSettings::default()
    }
}

struct Scripted<F>(F);

#[async_trait]
impl<F> Handler for Scripted<F>
where
    F: Fn(JobContext) -> BoxFuture<'static, Outcome> + Send + Sync + 'static,
{
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &JobContext) -> Outcome {
        (self.0)(job.clone()).await
    }
}

fn handler<F, R>(run: F) -> Vec<Arc<dyn Handler>>
where
    F: Fn(JobContext) -> R + Send + Sync + 'static,
    R: Future<Output = Outcome> + Send + 'static,
{
    vec![Arc::new(Scripted(move |job| -> BoxFuture<'static, Outcome> { Box::pin(run(job)) }))]
}
