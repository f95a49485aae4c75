use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use quorate_kernel::{Clock, millis};
use quorate_store::Engine;
use quorate_testkit::{TestDatabase, on_both_databases};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{LEASE, claim, enqueue, held, job, keyed, live, node, stored};
use crate::leases::{Held, Lease, Leases};
use crate::queue::Verdict;
use crate::{Depth, NewJob};

fn set(leases: &[Lease]) -> HashSet<Lease> {
    leases.iter().copied().collect()
}

on_both_databases! {
    async fn whoever_lost_the_lease_cannot_end_the_job(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let id = enqueue(&jobs, job()).await.unwrap();
        let slow = claim(&jobs, 1).await.remove(0);
        clock.advance(LEASE - Duration::from_millis(1));
        assert_eq!(jobs.rescue(false).await.unwrap(), 0);
        clock.advance(Duration::from_millis(1));
        assert_eq!(jobs.rescue(false).await.unwrap(), 1);
        assert_eq!(stored(&jobs.store, id).await.last_error.as_deref(), Some("the worker was lost"));
        assert!(!jobs.settle(slow.lease, Verdict::Done).await.unwrap(), "nobody runs it");
        let quick = claim(&jobs, 1).await.remove(0);
        assert_eq!((quick.lease.id, quick.attempt), (id, 2));
        for verdict in [Verdict::Done, Verdict::Dead("late".into())] {
            assert!(!jobs.settle(slow.lease, verdict).await.unwrap(), "another runs it");
        }
        let again = Verdict::Again { at: clock.now(), error: None, counts: true };
        assert!(!jobs.settle(slow.lease, again).await.unwrap());
        let (renewed, standing) = jobs.renew(&[slow.lease], LEASE).await.unwrap();
        assert!(!renewed.contains(&slow.lease) && !standing.contains(&slow.lease));
        assert!(jobs.settle(quick.lease, Verdict::Done).await.unwrap());
        assert!(!jobs.settle(quick.lease, Verdict::Done).await.unwrap(), "it is over");
    }

    async fn renewed_leases_hold(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        for _ in 0..3 {
            enqueue(&jobs, job()).await;
        }
        let leases: Vec<Lease> = claim(&jobs, 3).await.iter().map(|turn| turn.lease).collect();
        clock.advance(LEASE * 2 / 3);
        let (renewed, _) = jobs.renew(&leases[..2], LEASE).await.unwrap();
        assert_eq!(renewed, set(&leases[..2]));
        clock.advance(LEASE * 2 / 3);
        assert_eq!(jobs.rescue(false).await.unwrap(), 1, "the one that was not renewed");
        assert!(!jobs.settle(leases[2], Verdict::Done).await.unwrap());
        assert!(jobs.settle(leases[0], Verdict::Done).await.unwrap());
    }

    async fn a_node_does_not_renew_what_another_holds(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let other = node(&database, clock.clone()).await;
        enqueue(&jobs, job()).await;
        let turn = claim(&jobs, 1).await.remove(0);
        let (renewed, standing) = other.renew(&[turn.lease], LEASE).await.unwrap();
        assert!(renewed.is_empty());
        assert_eq!(standing, set(&[turn.lease]));
    }

    async fn losing_the_worker_is_an_attempt(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let id = enqueue(&jobs, NewJob { max_attempts: 2, ..job() }).await.unwrap();
        for state in ["queued", "dead"] {
            claim(&jobs, 1).await;
            clock.advance(LEASE);
            assert_eq!(jobs.rescue(false).await.unwrap(), 1);
            assert_eq!(stored(&jobs.store, id).await.state, state);
        }
        assert_eq!(jobs.depth().await.unwrap(), Depth { dead: 1, ..Depth::default() });
        // Unless it was asked for once more: then it gets its full number of attempts.
        let id = enqueue(&jobs, NewJob { max_attempts: 1, ..keyed("k") }).await.unwrap();
        claim(&jobs, 1).await;
        enqueue(&jobs, keyed("k")).await;
        clock.advance(LEASE);
        jobs.rescue(false).await.unwrap();
        let found = stored(&jobs.store, id).await;
        assert_eq!((found.state.as_str(), found.attempts), ("queued", 0));
    }

    async fn a_starting_node_rescues_at_once_where_it_is_alone(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        enqueue(&jobs, job()).await;
        claim(&jobs, 1).await;
        assert_eq!(jobs.rescue(true).await.unwrap(), 0, "another worker of the same node leaves it alone");
        let restarted = node(&database, clock.clone()).await;
        let at_once = u64::from(database.engine() == Engine::Sqlite);
        assert_eq!(restarted.rescue(true).await.unwrap(), at_once);
        clock.advance(LEASE);
        assert_eq!(restarted.rescue(true).await.unwrap(), 1 - at_once);
    }

    async fn failures_come_back_and_snoozing_does_not_count(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let id = enqueue(&jobs, job()).await.unwrap();
        let at = clock.now() + Duration::from_secs(5);
        let turn = claim(&jobs, 1).await.remove(0);
        assert!(jobs.settle(turn.lease, Verdict::Again { at, error: None, counts: false }).await.unwrap());
        assert_eq!(stored(&jobs.store, id).await.attempts, 0);
        clock.advance(Duration::from_secs(5));
        let turn = claim(&jobs, 1).await.remove(0);
        let failed = Verdict::Again { at, error: Some("no luck".into()), counts: true };
        assert!(jobs.settle(turn.lease, failed).await.unwrap());
        let found = stored(&jobs.store, id).await;
        assert_eq!((found.attempts, found.run_at), (1, millis(at)));
        assert_eq!(found.last_error.as_deref(), Some("no luck"));
        assert_eq!(claim(&jobs, 1).await[0].attempt, 2);
    }

    async fn parallel_claims_share_the_jobs_out(database: TestDatabase) {
        let jobs = live(&database).await;
        for _ in 0..50 {
            enqueue(&jobs, job()).await;
        }
        let mut taken = HashSet::new();
        while taken.len() < 50 {
            for claimed in join_all((0..8).map(|_| claim(&jobs, 3))).await {
                assert!(claimed.len() <= 3);
                for turn in claimed {
                    assert!(taken.insert(turn.lease.id), "claimed twice");
                }
            }
        }
    }

    async fn finished_jobs_are_forgotten_after_a_while(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        for _ in 0..4 {
            enqueue(&jobs, job()).await;
        }
        let turns = claim(&jobs, 3).await;
        let keep = Duration::from_secs(60);
        jobs.settle(turns[0].lease, Verdict::Done).await.unwrap();
        jobs.settle(turns[1].lease, Verdict::Dead("kept".into())).await.unwrap();
        clock.advance(keep);
        assert_eq!(jobs.purge(keep).await.unwrap(), 0);
        jobs.settle(turns[2].lease, Verdict::Done).await.unwrap();
        clock.advance(Duration::from_secs(1));
        assert_eq!(jobs.purge(keep).await.unwrap(), 1);
        let depth = jobs.depth().await.unwrap();
        assert_eq!((depth.due, depth.dead), (1, 1));
        clock.advance(keep);
        assert_eq!(jobs.purge(keep).await.unwrap(), 1);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "no runtime here to block")]
fn only_what_is_lost_is_cancelled() {
    let lease = |token| Lease { id: uuid::Uuid::nil(), token };
    let started = Instant::now();
    let running: Vec<Held> = (0..4)
        .map(|_| Held { cancelled: CancellationToken::new(), lost: CancellationToken::new(), since: started })
        .collect();
    let leases = Leases::default();
    for (token, held) in running.iter().enumerate() {
        leases.add(lease(token as i64), held.clone());
    }
    let cancelled = || running.iter().map(|held| held.cancelled.is_cancelled()).collect::<Vec<_>>();
    // One is renewed, one is busy, one is lost; the last began after the question was put.
    let later = started + Duration::from_secs(20);
    leases.renewed(&[lease(0), lease(1), lease(2)], &set(&[lease(0)]), &set(&[lease(0), lease(1)]), later);
    assert_eq!(cancelled(), [false, false, true, false]);
    assert!(running[2].lost.is_cancelled());
    // Those that were not renewed for too long are given up.
    leases.give_up(Duration::from_secs(3600));
    assert_eq!(cancelled(), [false, false, true, false]);
    std::thread::sleep(Duration::from_millis(5));
    leases.give_up(Duration::from_millis(1));
    assert_eq!(cancelled(), [false, true, true, true]);
}

/// A transaction that enqueues a running job's key once more holds its row. Neither the heartbeat nor another node's
/// rescue may wait for it, and the lease does not count as lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_row_stands() {
    let database = TestDatabase::postgres().await.unwrap();
    let (jobs, clock) = held(&database).await;
    enqueue(&jobs, keyed("k")).await;
    enqueue(&jobs, job()).await;
    let turns = claim(&jobs, 2).await;
    let leases: Vec<Lease> = turns.iter().map(|turn| turn.lease).collect();
    let mut tx = jobs.store.system("a test holds a row").await.unwrap();
    jobs.enqueue(&mut tx, keyed("k")).await.unwrap();
    let (renewed, standing) = jobs.renew(&leases, LEASE).await.unwrap();
    assert_eq!((renewed.len(), standing.len()), (1, 2));
    clock.advance(LEASE);
    assert_eq!(jobs.rescue(false).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(jobs.rescue(false).await.unwrap(), 1);
}
