use std::time::Duration;

use futures::future::{join, join_all};
use quorate_kernel::{Clock, Ids, OrgId, Principal, Role, SystemIds, UserId, millis};
use quorate_testkit::on_both_databases;
use serde_json::json;

use super::{KINDS, LEASE, claim, enqueue, held, job, keyed, live, stored};
use crate::queue::Verdict;
use crate::{Depth, NewJob};

on_both_databases! {
    async fn what_is_rolled_back_was_never_enqueued(database: TestDatabase) {
        let (jobs, _) = held(&database).await;
        let mut tx = jobs.store.system("a test changes its mind").await.unwrap();
        assert!(jobs.enqueue(&mut tx, job()).await.unwrap().is_some());
        drop(tx);
        assert_eq!(jobs.depth().await.unwrap(), Depth::default());
        assert!(claim(&jobs, 10).await.is_empty());
    }

    async fn a_tenant_enqueues_too(database: TestDatabase) {
        let (jobs, _) = held(&database).await;
        let org_id = OrgId(SystemIds.uuid());
        let principal = Principal {
            user_id: UserId(SystemIds.uuid()),
            org_id,
            role: Role::Member,
            login_session_id: SystemIds.uuid(),
            operator: false,
            api_key: None,
        };
        let mut tx = jobs.store.tenant(&principal).await.unwrap();
        let id = jobs.enqueue(&mut tx, NewJob { org_id: Some(org_id), ..job() }).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let claimed = claim(&jobs, 10).await;
        assert_eq!(claimed.len(), 1);
        assert_eq!(claimed[0].lease.id, id);
        assert_eq!(claimed[0].org_id, Some(org_id));
        assert_eq!(claimed[0].payload, Ok(json!({"n": 1})));
        assert_eq!(claimed[0].attempt, 1);
    }

    async fn jobs_wait_for_their_time(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let at = clock.now() + Duration::from_secs(60);
        enqueue(&jobs, NewJob { run_at: Some(at), ..job() }).await;
        assert!(claim(&jobs, 10).await.is_empty());
        assert_eq!(jobs.next_due(KINDS).await.unwrap(), Some(millis(at)));
        assert_eq!(jobs.depth().await.unwrap(), Depth { scheduled: 1, ..Depth::default() });
        clock.advance(Duration::from_secs(65));
        let depth = Depth { due: 1, oldest_due: Some(Duration::from_secs(5)), ..Depth::default() };
        assert_eq!(jobs.depth().await.unwrap(), depth);
        assert_eq!(claim(&jobs, 10).await.len(), 1);
        assert_eq!(jobs.depth().await.unwrap(), Depth { running: 1, ..Depth::default() });
    }

    async fn the_urgent_go_first_then_the_oldest(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let mut expected = Vec::new();
        for (priority, age) in [(5_i16, 1_u64), (5, 0), (0, 9), (0, 2), (-3, 100)] {
            let run_at = Some(clock.now() - Duration::from_secs(age));
            expected.push(enqueue(&jobs, NewJob { priority, run_at, ..job() }).await.unwrap());
        }
        for id in expected {
            assert_eq!(claim(&jobs, 1).await[0].lease.id, id);
        }
        assert!(claim(&jobs, 1).await.is_empty());
    }

    async fn kinds_without_a_handler_are_left_alone(database: TestDatabase) {
        let (jobs, _) = held(&database).await;
        enqueue(&jobs, NewJob::new("tes", json!(null))).await;
        enqueue(&jobs, NewJob::new("tests", json!(null))).await;
        assert!(claim(&jobs, 10).await.is_empty());
        assert_eq!(jobs.next_due(KINDS).await.unwrap(), None);
        assert_eq!(jobs.claim("|a|tes|tests|", 10, LEASE).await.unwrap().len(), 2);
    }

    async fn a_key_has_one_queued_job_at_the_earlier_time(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let at = |seconds| Some(clock.now() + Duration::from_secs(seconds));
        let first = enqueue(&jobs, NewJob { run_at: at(60), ..keyed("k") }).await.unwrap();
        assert_eq!(enqueue(&jobs, NewJob { run_at: at(90), ..keyed("k") }).await, None);
        assert_eq!(stored(&jobs.store, first).await.run_at, millis(at(60).unwrap()));
        assert_eq!(enqueue(&jobs, keyed("k")).await, None);
        assert_eq!(stored(&jobs.store, first).await.run_at, millis(clock.now()));
        // Another kind's key is another key.
        let other = NewJob { unique_key: Some("k".into()), ..NewJob::new("other", json!(null)) };
        assert!(enqueue(&jobs, other).await.is_some());
        assert_eq!(claim(&jobs, 10).await.len(), 1);
    }

    async fn a_running_job_runs_once_more(database: TestDatabase) {
        let (jobs, clock) = held(&database).await;
        let id = enqueue(&jobs, keyed("k")).await.unwrap();
        let turn = claim(&jobs, 1).await.remove(0);
        let later = clock.now() + Duration::from_secs(60);
        assert_eq!(enqueue(&jobs, NewJob { run_at: Some(later), ..keyed("k") }).await, None);
        assert_eq!(enqueue(&jobs, keyed("k")).await, None);
        assert!(claim(&jobs, 1).await.is_empty(), "not while it runs");
        assert!(jobs.settle(turn.lease, Verdict::Done).await.unwrap());
        let again = claim(&jobs, 1).await.remove(0);
        assert_eq!((again.lease.id, again.attempt), (id, 1));
        assert!(jobs.settle(again.lease, Verdict::Done).await.unwrap());
        assert!(claim(&jobs, 1).await.is_empty());
        let next = enqueue(&jobs, keyed("k")).await;
        assert!(next.is_some_and(|next| next != id), "a finished job frees its key");
    }

    async fn asking_again_outlives_a_failure(database: TestDatabase) {
        let (jobs, _) = held(&database).await;
        let id = enqueue(&jobs, NewJob { max_attempts: 1, ..keyed("k") }).await.unwrap();
        let turn = claim(&jobs, 1).await.remove(0);
        enqueue(&jobs, keyed("k")).await;
        assert!(jobs.settle(turn.lease, Verdict::Dead("broken".into())).await.unwrap());
        let found = stored(&jobs.store, id).await;
        assert_eq!((found.state.as_str(), found.attempts), ("queued", 0));
        assert_eq!(found.last_error.as_deref(), Some("broken"));
    }

    async fn of_parallel_enqueues_one_makes_the_job(database: TestDatabase) {
        let jobs = live(&database).await;
        for round in 0..10 {
            let key = format!("k{round}");
            let made = join_all((0..12).map(|_| enqueue(&jobs, keyed(&key)))).await;
            assert_eq!(made.iter().flatten().count(), 1, "{made:?}");
        }
        assert_eq!(jobs.depth().await.unwrap().due, 10);
    }

    async fn asking_while_it_finishes_is_never_lost(database: TestDatabase) {
        let jobs = live(&database).await;
        enqueue(&jobs, keyed("k")).await;
        for _ in 0..60 {
            let turn = claim(&jobs, 1).await.remove(0);
            let (ended, _) = join(jobs.settle(turn.lease, Verdict::Done), enqueue(&jobs, keyed("k"))).await;
            assert!(ended.unwrap());
            let depth = jobs.depth().await.unwrap();
            assert_eq!((depth.due, depth.running), (1, 0));
        }
    }
}
