use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::Clock as _;
use quorate_testkit::{HeldClock, on_both_databases};

use super::{broken, log_with, person, promotion, started, store, tamper};
use crate::{Fault, Filter};

const DAY: Duration = Duration::from_secs(86_400);

on_both_databases! {
    async fn the_oldest_entries_go_and_the_rest_verifies(database: TestDatabase) {
        let store = store(&database).await;
        let clock = Arc::new(HeldClock::default());
        let log = log_with(Arc::clone(&clock));
        for _ in 0..6 {
            log.record(&store, promotion(person(), person())).await.unwrap();
            clock.advance(DAY);
        }
        let old = log.list(&store, &Filter::default(), &Default::default()).await.unwrap().data;
        let noted = crate::Head { sequence: old[4].sequence, mac: old[4].mac.clone() };
        assert_eq!(log.expire(&store, clock.now() - 7 * DAY).await.unwrap(), 0);
        assert_eq!(log.expire(&store, clock.now() - 4 * DAY).await.unwrap(), 2);
        let report = log.verify(&store).await.unwrap();
        assert_eq!((report.entries, report.head.sequence, report.first_bad), (5, 7, None));
        // A head noted before is good as long as what it speaks of is the same.
        assert_eq!(log.verify_with(&store, &noted).await.unwrap().first_bad, None);
        log.record(&store, started()).await.unwrap();
        assert_eq!(broken(&log, &store).await, None);
        // Nobody else can let entries expire.
        tamper(&store, "DELETE FROM audit_entries WHERE sequence = 3").await;
        assert_eq!(broken(&log, &store).await, Some((3, Fault::Missing)));
    }

    async fn an_old_entry_behind_a_young_one_stays_with_it(database: TestDatabase) {
        let store = store(&database).await;
        let clock = Arc::new(HeldClock::default());
        let log = log_with(Arc::clone(&clock));
        let begin = clock.now();
        log.record(&store, started()).await.unwrap();
        clock.set(begin + 9 * DAY);
        log.record(&store, started()).await.unwrap();
        clock.set(begin);
        log.record(&store, started()).await.unwrap();
        assert_eq!(log.expire(&store, begin + DAY).await.unwrap(), 1);
        assert_eq!(log.verify(&store).await.unwrap().entries, 3);
        assert_eq!(broken(&log, &store).await, None);
    }
}
