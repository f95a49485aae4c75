use async_trait::async_trait;
use chrono::{DateTime, Utc};
use quorate_kernel::OrgId;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const MAX_ATTEMPTS: i32 = 10;

/// A job to be enqueued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Which [`Handler`] runs it.
    pub kind: &'static str,
    /// What the handler is given.
    pub payload: Value,
    /// At most one job of this kind and key is queued or running. Asking again brings a queued one forward, and makes
    /// a running one run once more; the payload stays the first one's.
    pub unique_key: Option<String>,
    /// Not before this time; `None` is at once.
    pub run_at: Option<DateTime<Utc>>,
    /// The higher goes first.
    pub priority: i16,
    /// After this many failures the job is dead. Below 1 counts as 1.
    pub max_attempts: i32,
    /// The organization it is done for, where there is one.
    pub org_id: Option<OrgId>,
}

impl NewJob {
    /// A job to be run at once, in the usual order, up to ten times.
    #[must_use]
    pub const fn new(kind: &'static str, payload: Value) -> Self {
        Self { kind, payload, unique_key: None, run_at: None, priority: 0, max_attempts: MAX_ATTEMPTS, org_id: None }
    }
}

/// What a handler is told about its job.
#[derive(Debug, Clone)]
pub struct JobContext {
    /// The job, the same over all its attempts.
    pub id: Uuid,
    /// As it was enqueued.
    pub payload: Value,
    /// Which attempt this is, from 1. Snoozing does not count.
    pub attempt: u32,
    /// The organization it is done for, where there is one.
    pub org_id: Option<OrgId>,
    /// Stop as soon as you can: the lease is lost, so nothing this handler reports counts, or the worker is draining.
    pub cancelled: CancellationToken,
    /// The worker is draining and the lease still holds: leave the work in a state from which another node goes on and
    /// return [`Outcome::Snooze`] with the present time.
    pub draining: CancellationToken,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Finished.
    Done,
    /// Failed for this reason; to be tried again after a back-off, or dead if that was the last attempt.
    Retry(String),
    /// Not yet: run it again at this time. Does not count as an attempt.
    Snooze(DateTime<Utc>),
    /// Pointless to try again, for this reason: dead.
    Discard(String),
}

/// Runs the jobs of one kind.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The kind of job it runs. Stored, so it never changes its meaning.
    fn kind(&self) -> &'static str;

    /// Runs one attempt. A panic counts as a failure. It may run again after it has run to its end, when the result
    /// could not be recorded.
    async fn run(&self, job: &JobContext) -> Outcome;
}
