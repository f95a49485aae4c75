use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{Clock, Ids, OrgId, millis};
use quorate_store::{Engine, Store, StoreError, Tx};
use serde_json::Value;
use uuid::Uuid;

use crate::leases::Lease;
use crate::{NewJob, TOPIC};

/// The job queue. Clones are one node: they share its name on the leases.
#[derive(Clone)]
pub struct Jobs {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    node: Arc<str>,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Jobs whose time has come and that nobody runs yet.
    pub due: u64,
    /// Jobs that wait for their time.
    pub scheduled: u64,
    /// Jobs that are being run.
    pub running: u64,
    /// Jobs that were given up.
    pub dead: u64,
    /// How long the oldest due job has been due.
    pub oldest_due: Option<Duration>,
}

/// A job this node may run now.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) lease: Lease,
    pub(crate) kind: String,
    pub(crate) payload: Result<Value, String>,
    pub(crate) org_id: Option<OrgId>,
    pub(crate) attempt: u32,
    pub(crate) last_attempt: bool,
}

/// What is recorded at the end of a turn.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    Done,
    Dead(String),
    /// Back into the queue. `counts` tells whether the turn was an attempt.
    Again {
        at: DateTime<Utc>,
        error: Option<String>,
        counts: bool,
    },
}

/// Picks rows by one statement and changes them by another, passing over rows that another node is busy with.
macro_rules! picked {
    ($engine:expr, $pick:literal, $change:literal) => {
        match $engine {
            Engine::Sqlite => concat!("WITH picked AS MATERIALIZED (", $pick, ") ", $change),
            Engine::Postgres => concat!("WITH picked AS MATERIALIZED (", $pick, " FOR UPDATE SKIP LOCKED) ", $change),
        }
    };
}

type ClaimedRow = (String, String, String, Option<String>, i64, i64, i64);
type DepthRow = (i64, i64, i64, i64, Option<i64>);

/// How many finished jobs are forgotten in one statement.
const PURGE: i64 = 1000;

impl Jobs {
    /// The queue in this store. Each call is a new node, as far as leases can tell.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let node = ids.uuid().to_string().into();
        Self { store, clock, ids, node }
    }

    /// Enqueues a job as part of the caller's transaction: it exists if and only if that commits. Tells the id of the
    /// new job, or `None` when a live one with the same key takes its place.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn enqueue<S: Send>(&self, tx: &mut Tx<S>, job: NewJob) -> Result<Option<Uuid>, StoreError> {
        let id = self.ids.uuid();
        let now = self.clock.now();
        let stands: String = tx
            .platform_sql(
                "INSERT INTO work_jobs (id, kind, payload, org_id, unique_key, priority, state, run_at, attempts, \
                 max_attempts, lease_token, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, 0, $8, 0, $9) \
                 ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL AND state IN ('queued', 'running') \
                 DO UPDATE SET \
                 run_at = CASE WHEN work_jobs.state = 'queued' AND excluded.run_at < work_jobs.run_at \
                 THEN excluded.run_at ELSE work_jobs.run_at END, \
                 rerun = CASE WHEN work_jobs.state = 'running' \
                 AND (work_jobs.rerun IS NULL OR excluded.run_at < work_jobs.rerun) \
                 THEN excluded.run_at ELSE work_jobs.rerun END \
                 RETURNING id",
            )
            .bind(id.to_string())
            .bind(job.kind)
            .bind(job.payload.to_string())
            .bind(job.org_id.map(|org| org.to_string()))
            .bind(job.unique_key)
            .bind(i64::from(job.priority))
            .bind(millis(job.run_at.unwrap_or(now)))
            .bind(i64::from(job.max_attempts.max(1)))
            .bind(millis(now))
            .scalar()
            .await?;
        tx.signal(TOPIC);
        Ok((stands == id.to_string()).then_some(id))
    }

    /// How much there is to do, for health and metrics.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn depth(&self) -> Result<Depth, StoreError> {
        let now = millis(self.clock.now());
        let mut tx = self.store.system_read("the depth of the queue is counted over all tenants").await?;
        let (due, scheduled, running, dead, oldest): DepthRow = tx
            .sql(
                "SELECT COUNT(CASE WHEN state = 'queued' AND run_at <= $1 THEN 1 END), \
                 COUNT(CASE WHEN state = 'queued' AND run_at > $1 THEN 1 END), \
                 COUNT(CASE WHEN state = 'running' THEN 1 END), COUNT(CASE WHEN state = 'dead' THEN 1 END), \
                 MIN(CASE WHEN state = 'queued' AND run_at <= $1 THEN run_at END) \
                 FROM work_jobs WHERE state IN ('queued', 'running', 'dead')",
            )
            .bind(now)
            .one()
            .await?;
        Ok(Depth {
            due: due.unsigned_abs(),
            scheduled: scheduled.unsigned_abs(),
            running: running.unsigned_abs(),
            dead: dead.unsigned_abs(),
            oldest_due: oldest.map(|at| Duration::from_millis((now - at).unsigned_abs())),
        })
    }

    /// When the next job of these kinds is due.
    pub(crate) async fn next_due(&self, kinds: &str) -> Result<Option<i64>, StoreError> {
        let mut tx = self.store.system_read("the worker looks for jobs of all tenants").await?;
        tx.sql(
            "SELECT MIN(run_at) FROM work_jobs \
             WHERE state = 'queued' AND replace($1, '|' || kind || '|', '') <> $1",
        )
        .bind(kinds.to_owned())
        .scalar()
        .await
    }

    /// Takes up to `most` due jobs of these kinds (`|a|b|`), the most urgent first.
    pub(crate) async fn claim(&self, kinds: &str, most: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.system("the worker takes jobs of all tenants").await?;
        let rows: Vec<ClaimedRow> = tx
            .sql(picked!(
                self.store.engine(),
                "SELECT id FROM work_jobs WHERE state = 'queued' AND run_at <= $1 \
                 AND replace($2, '|' || kind || '|', '') <> $2 ORDER BY priority DESC, run_at, id LIMIT $3",
                "UPDATE work_jobs SET state = 'running', attempts = attempts + 1, lease_token = lease_token + 1, \
                 lease_owner = $4, lease_until = $5 WHERE id IN (SELECT id FROM picked) \
                 RETURNING id, kind, payload, org_id, attempts, max_attempts, lease_token"
            ))
            .bind(millis(now))
            .bind(kinds.to_owned())
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .bind(self.node.to_string())
            .bind(millis(now + lease))
            .all()
            .await?;
        tx.commit().await?;
        rows.into_iter().map(claimed).collect()
    }

    /// Prolongs leases. Tells which were prolonged, and which stand unchanged because a writer was just then busy with
    /// the row; whatever is in neither is lost.
    pub(crate) async fn renew(
        &self,
        leases: &[Lease],
        lease: Duration,
    ) -> Result<(HashSet<Lease>, HashSet<Lease>), StoreError> {
        let ids: String = leases.iter().map(|lease| format!("|{}", lease.id)).collect();
        let mut tx = self.store.system("the worker renews its leases over all tenants").await?;
        let renewed = tx
            .sql(picked!(
                self.store.engine(),
                "SELECT id FROM work_jobs WHERE state = 'running' AND lease_owner = $1 AND replace($2, id, '') <> $2",
                "UPDATE work_jobs SET lease_until = $3 WHERE id IN (SELECT id FROM picked) RETURNING id, lease_token"
            ))
            .bind(self.node.to_string())
            .bind(ids.clone())
            .bind(millis(self.clock.now() + lease))
            .all()
            .await?;
        let standing = tx
            .sql("SELECT id, lease_token FROM work_jobs WHERE state = 'running' AND replace($1, id, '') <> $1")
            .bind(ids)
            .all()
            .await?;
        tx.commit().await?;
        Ok((lease_set(renewed)?, lease_set(standing)?))
    }

    /// Ends a turn. `false` when the lease was lost, and then nothing was recorded. Whatever the verdict, a job that
    /// was asked for again while it ran goes back into the queue with its attempts before it.
    pub(crate) async fn settle(&self, lease: Lease, verdict: Verdict) -> Result<bool, StoreError> {
        let mut tx = self.store.system("the worker ends the turn of a job of any tenant").await?;
        let sql = match &verdict {
            Verdict::Done | Verdict::Dead(_) => tx.sql(
                "UPDATE work_jobs SET state = CASE WHEN rerun IS NULL THEN $3 ELSE 'queued' END, \
                 run_at = COALESCE(rerun, run_at), attempts = CASE WHEN rerun IS NULL THEN attempts ELSE 0 END, \
                 finished_at = CASE WHEN rerun IS NULL THEN $4 END, last_error = $5, \
                 rerun = NULL, lease_owner = NULL, lease_until = NULL \
                 WHERE id = $1 AND lease_token = $2 AND state = 'running' RETURNING state",
            ),
            Verdict::Again { .. } => tx.sql(
                "UPDATE work_jobs SET state = 'queued', run_at = CASE WHEN rerun < $3 THEN rerun ELSE $3 END, \
                 attempts = attempts - $4, last_error = COALESCE($5, last_error), \
                 rerun = NULL, lease_owner = NULL, lease_until = NULL \
                 WHERE id = $1 AND lease_token = $2 AND state = 'running' RETURNING state",
            ),
        };
        let sql = sql.bind(lease.id.to_string()).bind(lease.token);
        let now = millis(self.clock.now());
        let state: Option<(String,)> = match verdict {
            Verdict::Done => sql.bind("done").bind(now).bind(None::<String>),
            Verdict::Dead(error) => sql.bind("dead").bind(now).bind(Some(error)),
            Verdict::Again { at, error, counts } => sql.bind(millis(at)).bind(i64::from(!counts)).bind(error),
        }
        .optional()
        .await?;
        if state.as_ref().is_some_and(|(state,)| state == "queued") {
            tx.signal(TOPIC);
        }
        tx.commit().await?;
        Ok(state.is_some())
    }

    /// Puts jobs back whose worker is gone: those whose lease ran out and, `at_start` on SQLite, those of every other
    /// node, since a data directory belongs to one node at a time and the others cannot be alive.
    pub(crate) async fn rescue(&self, at_start: bool) -> Result<u64, StoreError> {
        let spared = if at_start && self.store.engine() == Engine::Sqlite { &self.node } else { "" };
        let mut tx = self.store.system("the worker rescues lost jobs of all tenants").await?;
        let rescued = tx
            .sql(picked!(
                self.store.engine(),
                "SELECT id FROM work_jobs WHERE state = 'running' \
                 AND (lease_until <= $1 OR ($2 <> '' AND lease_owner <> $2))",
                "UPDATE work_jobs SET \
                 state = CASE WHEN attempts >= max_attempts AND rerun IS NULL THEN 'dead' ELSE 'queued' END, \
                 finished_at = CASE WHEN attempts >= max_attempts AND rerun IS NULL THEN $1 END, \
                 attempts = CASE WHEN rerun IS NULL THEN attempts ELSE 0 END, run_at = $1, \
                 last_error = 'the worker was lost', rerun = NULL, lease_owner = NULL, lease_until = NULL \
                 WHERE id IN (SELECT id FROM picked)"
            ))
            .bind(millis(self.clock.now()))
            .bind(spared.to_owned())
            .execute()
            .await?;
        if rescued > 0 {
            tx.signal(TOPIC);
        }
        tx.commit().await?;
        Ok(rescued)
    }

    /// Forgets jobs that were done before `keep` ago. Dead ones stay.
    pub(crate) async fn purge(&self, keep: Duration) -> Result<u64, StoreError> {
        let before = millis(self.clock.now() - keep);
        let mut forgotten = 0;
        loop {
            let mut tx = self.store.system("finished jobs of all tenants are forgotten").await?;
            let now = tx
                .sql(picked!(
                    self.store.engine(),
                    "SELECT id FROM work_jobs WHERE state = 'done' AND finished_at < $1 LIMIT $2",
                    "DELETE FROM work_jobs WHERE id IN (SELECT id FROM picked)"
                ))
                .bind(before)
                .bind(PURGE)
                .execute()
                .await?;
            tx.commit().await?;
            forgotten += now;
            if now < PURGE.unsigned_abs() {
                return Ok(forgotten);
            }
        }
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("node", &self.node).finish_non_exhaustive()
    }
}

fn claimed((id, kind, payload, org_id, attempts, max_attempts, token): ClaimedRow) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        lease: Lease { id: parsed("a job's id", &id)?, token },
        kind,
        // An unreadable payload is the job's own trouble, not that of those claimed along with it.
        payload: serde_json::from_str(&payload).map_err(|error| error.to_string()),
        org_id: org_id.map(|org| parsed("a job's org_id", &org)).transpose()?.map(OrgId),
        attempt: u32::try_from(attempts).unwrap_or(u32::MAX),
        last_attempt: attempts >= max_attempts,
    })
}

fn lease_set(rows: Vec<(String, i64)>) -> Result<HashSet<Lease>, StoreError> {
    rows.into_iter().map(|(id, token)| Ok(Lease { id: parsed("a job's id", &id)?, token })).collect()
}

fn parsed(what: &'static str, text: &str) -> Result<Uuid, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(what, error))
}
