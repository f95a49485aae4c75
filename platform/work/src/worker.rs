use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use quorate_kernel::millis;
use quorate_store::StoreError;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::leases::{Held, Lease, Leases};
use crate::queue::{Claimed, Verdict};
use crate::upkeep::{keep_up, report};
use crate::{Backoff, Handler, JobContext, Jobs, Outcome, TOPIC};

/// How long an aborted handler gets to reach its next await.
const ABORT: Duration = Duration::from_secs(1);
/// How long to wait before a result is recorded again after the database failed.
const RECORD_AGAIN: Duration = Duration::from_millis(200);

/// How a worker works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How many jobs it runs at a time.
    pub concurrency: usize,
    /// How long a job stays with a worker that shows no sign of life. Renewed each third of it.
    pub lease: Duration,
    /// How long it sleeps at most before it looks for jobs without having been woken.
    pub poll: Duration,
    /// How long failed jobs wait.
    pub backoff: Backoff,
    /// How long finished jobs are remembered.
    pub keep_done: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            concurrency: 16,
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            backoff: Backoff::default(),
            keep_done: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// Runs jobs.
#[derive(Clone)]
pub struct Worker {
    jobs: Jobs,
    settings: WorkerSettings,
    handlers: Arc<HashMap<&'static str, Arc<dyn Handler>>>,
    /// The handlers' kinds as the queue takes them: `|a|b|`.
    kinds: Arc<str>,
    leases: Arc<Leases>,
    draining: CancellationToken,
}

/// A worker at work. Dropping it stops the work at once, as if the process had been killed.
#[derive(Debug)]
#[must_use = "a worker stops when its handle is dropped"]
pub struct WorkerHandle {
    drain: oneshot::Sender<Duration>,
    task: JoinHandle<Drained>,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Jobs that were cut off and handed back, to be run again from their start.
    pub released: usize,
}

impl WorkerHandle {
    /// Stops the worker in an orderly way: it takes no more jobs and tells the running ones; after `grace` those that
    /// still run are cut off and put back into the queue, for another node to go on at once.
    pub async fn drain(self, grace: Duration) -> Drained {
        if self.drain.send(grace).is_err() {
            tracing::warn!("the worker had already ended");
        }
        self.task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the worker had failed");
            Drained::default()
        })
    }
}

impl Worker {
    /// Starts to run the jobs of these handlers' kinds; jobs of other kinds are left alone. Each kind has one handler:
    /// of two for the same kind the later counts.
    pub fn start(jobs: Jobs, settings: WorkerSettings, handlers: Vec<Arc<dyn Handler>>) -> WorkerHandle {
        let handlers: HashMap<_, _> = handlers.into_iter().map(|handler| (handler.kind(), handler)).collect();
        let kinds: String = handlers.keys().map(|kind| format!("|{kind}")).collect();
        let worker = Self {
            jobs,
            settings: WorkerSettings { concurrency: settings.concurrency.max(1), ..settings },
            handlers: Arc::new(handlers),
            kinds: format!("{kinds}|").into(),
            leases: Arc::default(),
            draining: CancellationToken::new(),
        };
        let (drain, asked) = oneshot::channel();
        WorkerHandle { drain, task: tokio::spawn(worker.work(asked)) }
    }

    async fn work(self, mut drain: oneshot::Receiver<Duration>) -> Drained {
        // Listening comes before the first look, so that nothing falls between the two.
        let mut woken = self.jobs.store.signals().listen(TOPIC);
        report("rescuing jobs of lost nodes", self.jobs.rescue(true).await);
        let upkeep = keep_up(self.jobs.clone(), Arc::clone(&self.leases), self.settings);
        let upkeep = AbortOnDropHandle::new(tokio::spawn(upkeep));
        let mut running = JoinSet::new();
        loop {
            let rest = self.fill(&mut running).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the job queue cannot be read");
                self.settings.poll
            });
            let free = running.len() < self.settings.concurrency;
            tokio::select! {
                biased;
                asked = &mut drain => {
                    // Without a grace period the handle was dropped: everything stops where it is.
                    let Ok(grace) = asked else { return Drained::default() };
                    let drained = self.drain(running, grace).await;
                    drop(upkeep);
                    return drained;
                }
                Some(_) = running.join_next() => {}
                () = woken.heard(), if free => {
                    // One look serves every call so far.
                    while woken.heard().now_or_never().is_some() {}
                }
                () = sleep(rest), if free => {}
            }
        }
    }

    /// Takes jobs until there are none or every place is taken. Tells how long to rest.
    async fn fill(&self, running: &mut JoinSet<()>) -> Result<Duration, StoreError> {
        loop {
            let free = self.settings.concurrency - running.len();
            if free == 0 {
                return Ok(self.settings.poll);
            }
            let now = millis(self.jobs.clock.now());
            match self.jobs.next_due(&self.kinds).await? {
                Some(at) if at <= now => {}
                Some(at) => return Ok(self.settings.poll.min(Duration::from_millis((at - now).unsigned_abs()))),
                None => return Ok(self.settings.poll),
            }
            let since = Instant::now();
            let claimed = self.jobs.claim(&self.kinds, free, self.settings.lease).await?;
            if claimed.is_empty() {
                // Another node was quicker.
                return Ok(self.settings.poll);
            }
            for job in claimed {
                let held = Held { cancelled: self.draining.child_token(), lost: CancellationToken::new(), since };
                // Known from here on, so that a drain hands back even what has not been polled yet.
                self.leases.add(job.lease, held.clone());
                let span = tracing::info_span!("job", kind = %job.kind, id = %job.lease.id, attempt = job.attempt);
                running.spawn(self.clone().turn(job, held).instrument(span));
            }
        }
    }

    /// One attempt at one job, from the handler's start until its outcome is recorded.
    async fn turn(self, job: Claimed, held: Held) {
        let Claimed { lease, kind, payload, org_id, attempt, last_attempt } = job;
        let outcome = match (self.handlers.get(kind.as_str()), payload) {
            (Some(handler), Ok(payload)) => {
                let draining = self.draining.clone();
                let context =
                    JobContext { id: lease.id, payload, attempt, org_id, cancelled: held.cancelled.clone(), draining };
                AssertUnwindSafe(handler.run(&context))
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|panic| Outcome::Retry(format!("the handler panicked: {}", words(&*panic))))
            }
            (_, Err(error)) => Outcome::Discard(format!("the payload cannot be read: {error}")),
            (None, _) => Outcome::Retry("no handler runs this kind of job".to_owned()),
        };
        let verdict = match outcome {
            Outcome::Done => Verdict::Done,
            Outcome::Snooze(at) => Verdict::Again { at, error: None, counts: false },
            Outcome::Discard(reason) => Verdict::Dead(reason),
            Outcome::Retry(error) if last_attempt => Verdict::Dead(error),
            Outcome::Retry(error) => {
                let at = self.jobs.clock.now() + self.settings.backoff.after(attempt, &*self.jobs.ids);
                Verdict::Again { at, error: Some(error), counts: true }
            }
        };
        self.record(lease, verdict, &held.lost).await;
        self.leases.remove(lease);
    }

    async fn record(&self, lease: Lease, verdict: Verdict, lost: &CancellationToken) {
        match &verdict {
            Verdict::Dead(error) => tracing::error!(error, "the job was given up"),
            Verdict::Again { error: Some(error), at, .. } => tracing::warn!(error, %at, "the job will be tried again"),
            Verdict::Done | Verdict::Again { .. } => {}
        }
        loop {
            match self.jobs.settle(lease, verdict.clone()).await {
                Ok(true) => return,
                Ok(false) => return tracing::warn!("the lease was lost, so the job's outcome was not recorded"),
                Err(error) => tracing::warn!(%error, "the job's outcome could not be recorded; trying again"),
            }
            // The lease is renewed meanwhile; once it is lost there is no point any more.
            tokio::select! {
                () = lost.cancelled() => return,
                () = sleep(RECORD_AGAIN) => {}
            }
        }
    }

    async fn drain(&self, mut running: JoinSet<()>, grace: Duration) -> Drained {
        self.draining.cancel();
        if timeout(grace, finish(&mut running)).await.is_err() {
            running.abort_all();
            if timeout(ABORT, finish(&mut running)).await.is_err() {
                tracing::warn!("a handler does not yield; its job is handed back while it still runs");
            }
        }
        let mut drained = Drained::default();
        for lease in self.leases.all() {
            let back = Verdict::Again { at: self.jobs.clock.now(), error: None, counts: false };
            match self.jobs.settle(lease, back).await {
                Ok(true) => drained.released += 1,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, id = %lease.id, "the job waits until its lease runs out"),
            }
        }
        drained
    }
}

async fn finish(running: &mut JoinSet<()>) {
    while running.join_next().await.is_some() {}
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
