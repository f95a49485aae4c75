//! Random histories of the queue against a model small enough to be seen to be right.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use quorate_kernel::{Clock, from_millis, millis};
use quorate_testkit::{HeldClock, TestDatabase};
use uuid::Uuid;

use super::{KINDS, enqueue, job, node};
use crate::NewJob;
use crate::leases::Lease;
use crate::queue::{Jobs, Verdict};

const LEASE_MILLIS: i64 = 30;
const KEEP_MILLIS: i64 = 60;

#[derive(Debug, Clone)]
enum Step {
    Enqueue {
        key: Option<u8>,
        delay: i64,
        priority: i16,
        max_attempts: i32,
    },
    Claim {
        most: usize,
    },
    /// Which of all leases ever handed out, from the newest.
    Settle {
        back: usize,
        verdict: End,
    },
    Renew {
        back: usize,
    },
    Advance {
        millis: i64,
    },
    Rescue,
    Purge,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Done,
    Dead,
    Retry { delay: i64 },
    Snooze { delay: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Queued,
    Running,
    Done,
    Dead,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    id: Uuid,
    state: State,
    run_at: i64,
    attempts: i64,
    token: i64,
    lease_until: Option<i64>,
    rerun: Option<i64>,
    finished_at: Option<i64>,
}

#[derive(Debug, Clone)]
struct Modelled {
    row: Row,
    key: Option<u8>,
    priority: i16,
    max_attempts: i64,
}

impl Modelled {
    fn live(&self) -> bool {
        matches!(self.row.state, State::Queued | State::Running)
    }

    /// The end of a run, unless it was asked for again.
    fn end(&mut self, state: State, now: i64) {
        self.row.lease_until = None;
        match self.row.rerun.take() {
            Some(rerun) => {
                (self.row.state, self.row.run_at, self.row.attempts) = (State::Queued, rerun, 0);
            }
            None => (self.row.state, self.row.finished_at) = (state, Some(now)),
        }
    }
}

#[derive(Debug, Default)]
struct Model {
    jobs: Vec<Modelled>,
}

impl Model {
    fn enqueue(&mut self, key: Option<u8>, run_at: i64) -> bool {
        let same = self.jobs.iter_mut().find(|job| key.is_some() && job.key == key && job.live());
        match same {
            None => true,
            Some(job) if job.row.state == State::Queued => {
                job.row.run_at = job.row.run_at.min(run_at);
                false
            }
            Some(job) => {
                job.row.rerun = Some(job.row.rerun.map_or(run_at, |rerun| rerun.min(run_at)));
                false
            }
        }
    }

    fn claim(&mut self, most: usize, now: i64) -> Vec<Lease> {
        let mut due: Vec<&mut Modelled> =
            self.jobs.iter_mut().filter(|job| job.row.state == State::Queued && job.row.run_at <= now).collect();
        due.sort_by_key(|job| (-job.priority, job.row.run_at, job.row.id));
        due.into_iter()
            .take(most)
            .map(|job| {
                job.row.state = State::Running;
                job.row.attempts += 1;
                job.row.token += 1;
                job.row.lease_until = Some(now + LEASE_MILLIS);
                Lease { id: job.row.id, token: job.row.token }
            })
            .collect()
    }

    fn held(&mut self, lease: Lease) -> Option<&mut Modelled> {
        let held = |job: &Modelled| job.row.id == lease.id && job.row.token == lease.token;
        self.jobs.iter_mut().find(|job| held(job) && job.row.state == State::Running)
    }

    fn settle(&mut self, lease: Lease, end: End, now: i64) -> bool {
        let Some(job) = self.held(lease) else { return false };
        match end {
            End::Done => job.end(State::Done, now),
            End::Dead => job.end(State::Dead, now),
            End::Retry { delay } | End::Snooze { delay } => {
                job.row.state = State::Queued;
                job.row.lease_until = None;
                job.row.run_at = job.row.rerun.take().map_or(now + delay, |rerun| rerun.min(now + delay));
                job.row.attempts -= i64::from(matches!(end, End::Snooze { .. }));
            }
        }
        true
    }

    fn rescue(&mut self, now: i64) -> u64 {
        let mut rescued = 0;
        for job in &mut self.jobs {
            if job.row.lease_until.is_some_and(|until| until <= now) {
                rescued += 1;
                if job.row.attempts >= job.max_attempts {
                    job.end(State::Dead, now);
                } else {
                    job.row.attempts = if job.row.rerun.take().is_some() { 0 } else { job.row.attempts };
                    (job.row.state, job.row.lease_until) = (State::Queued, None);
                }
                job.row.run_at = now;
            }
        }
        rescued
    }

    fn purge(&mut self, now: i64) -> u64 {
        let before = self.jobs.len();
        let old = |job: &Modelled| job.row.finished_at.is_some_and(|at| at < now - KEEP_MILLIS);
        self.jobs.retain(|job| job.row.state != State::Done || !old(job));
        (before - self.jobs.len()) as u64
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.jobs.iter().map(|job| job.row.clone()).collect();
        rows.sort_by_key(|row| row.id);
        rows
    }
}

type Columns = (String, String, i64, i64, i64, Option<i64>, Option<i64>, Option<i64>);

async fn rows(jobs: &Jobs) -> Vec<Row> {
    let mut tx = jobs.store.system_read("a test compares the table with its model").await.unwrap();
    let columns = "SELECT id, state, run_at, attempts, lease_token, lease_until, rerun, finished_at \
                   FROM work_jobs ORDER BY id";
    let all: Vec<Columns> = tx.sql(columns).all().await.unwrap();
    let row = |(id, state, run_at, attempts, token, lease_until, rerun, finished_at): Columns| Row {
        id: id.parse().unwrap(),
        state: match state.as_str() {
            "queued" => State::Queued,
            "running" => State::Running,
            "done" => State::Done,
            _ => State::Dead,
        },
        run_at,
        attempts,
        token,
        lease_until,
        rerun,
        finished_at,
    };
    all.into_iter().map(row).collect()
}

async fn play(steps: Vec<Step>) {
    let database = TestDatabase::sqlite().unwrap();
    let clock = Arc::new(HeldClock::default());
    let jobs = node(&database, clock.clone()).await;
    let mut model = Model::default();
    let mut leases: Vec<Lease> = Vec::new();
    let lease = Duration::from_millis(LEASE_MILLIS.unsigned_abs());
    for step in steps {
        let now = millis(clock.now());
        match step {
            Step::Enqueue { key, delay, priority, max_attempts } => {
                let unique_key = key.map(|key| key.to_string());
                let run_at = Some(from_millis(now + delay));
                let made = enqueue(&jobs, NewJob { unique_key, run_at, priority, max_attempts, ..job() }).await;
                assert_eq!(made.is_some(), model.enqueue(key, now + delay));
                if let Some(id) = made {
                    let (state, run_at) = (State::Queued, now + delay);
                    let row = Row {
                        id,
                        state,
                        run_at,
                        attempts: 0,
                        token: 0,
                        lease_until: None,
                        rerun: None,
                        finished_at: None,
                    };
                    model.jobs.push(Modelled { row, key, priority, max_attempts: i64::from(max_attempts) });
                }
            }
            Step::Claim { most } => {
                let claimed = jobs.claim(KINDS, most, lease).await.unwrap();
                let mut claimed: Vec<Lease> = claimed.iter().map(|turn| turn.lease).collect();
                let mut expected = model.claim(most, now);
                leases.extend(&expected);
                claimed.sort();
                expected.sort();
                assert_eq!(claimed, expected);
            }
            Step::Settle { back, verdict } => {
                let Some(lease) = leases.iter().rev().nth(back).copied() else { continue };
                let at = |delay| from_millis(now + delay);
                let told = match verdict {
                    End::Done => Verdict::Done,
                    End::Dead => Verdict::Dead("dead".into()),
                    End::Retry { delay } => Verdict::Again { at: at(delay), error: Some("again".into()), counts: true },
                    End::Snooze { delay } => Verdict::Again { at: at(delay), error: None, counts: false },
                };
                assert_eq!(jobs.settle(lease, told).await.unwrap(), model.settle(lease, verdict, now));
            }
            Step::Renew { back } => {
                let Some(held) = leases.iter().rev().nth(back).copied() else { continue };
                let (renewed, _) = jobs.renew(&[held], lease).await.unwrap();
                // The node that claimed it renews by row; only the token tells whether that turn still holds it.
                assert_eq!(renewed.contains(&held), model.held(held).is_some());
                if let Some(job) = model.jobs.iter_mut().find(|job| job.row.id == held.id) {
                    job.row.lease_until = job.row.lease_until.map(|_| now + LEASE_MILLIS);
                }
            }
            Step::Advance { millis } => clock.advance(Duration::from_millis(millis.unsigned_abs())),
            Step::Rescue => assert_eq!(jobs.rescue(false).await.unwrap(), model.rescue(now)),
            Step::Purge => {
                let keep = Duration::from_millis(KEEP_MILLIS.unsigned_abs());
                assert_eq!(jobs.purge(keep).await.unwrap(), model.purge(now));
            }
        }
        assert_eq!(rows(&jobs).await, model.rows());
    }
    jobs.store.close().await;
}

fn step() -> impl Strategy<Value = Step> {
    let delay = 0_i64..40;
    let end = prop_oneof![
        3 => Just(End::Done),
        1 => Just(End::Dead),
        2 => delay.clone().prop_map(|delay| End::Retry { delay }),
        1 => delay.clone().prop_map(|delay| End::Snooze { delay }),
    ];
    let key = prop_oneof![1 => Just(None), 3 => (0_u8..3).prop_map(Some)];
    prop_oneof![
        6 => (key, delay, -1_i16..=1, 1_i32..=3).prop_map(|(key, delay, priority, max_attempts)| {
            Step::Enqueue { key, delay, priority, max_attempts }
        }),
        5 => (1_usize..=3).prop_map(|most| Step::Claim { most }),
        5 => (0_usize..5, end).prop_map(|(back, verdict)| Step::Settle { back, verdict }),
        1 => (0_usize..5).prop_map(|back| Step::Renew { back }),
        4 => (0_i64..40).prop_map(|millis| Step::Advance { millis }),
        2 => Just(Step::Rescue),
        1 => Just(Step::Purge),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_does_as_its_model(steps in prop::collection::vec(step(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}
