use futures::future::join_all;
use quorate_kernel::{Ids as _, OrgId, Principal, Role, SystemIds};
use quorate_testkit::on_both_databases;

use super::{broken, log, person, promotion, started, store};
use crate::rows;
use crate::{Actor, Entry, Filter, Head};

on_both_databases! {
    async fn fifty_writers_on_two_nodes_make_one_chain(database: TestDatabase) {
        let (one, two) = (store(&database).await, database.open().await.unwrap());
        let (log, other) = (log(), log());
        let mut sequences: Vec<i64> = join_all((0..50).map(|n| {
            let (store, log) = if n % 2 == 0 { (one.clone(), log.clone()) } else { (two.clone(), other.clone()) };
            tokio::spawn(async move { log.record(&store, promotion(person(), person())).await.unwrap() })
        }))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
        sequences.sort_unstable();
        assert_eq!(sequences, (1..=50).collect::<Vec<_>>());
        let report = log.verify(&one).await.unwrap();
        assert_eq!((report.entries, report.head.sequence, report.first_bad), (50, 50, None));
    }

    async fn what_is_rolled_back_leaves_no_gap(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        let mut tx = store.system("a test changes its mind").await.unwrap();
        assert_eq!(log.append(&mut tx, started()).await.unwrap(), 1);
        drop(tx);
        let principal = Principal {
            user_id: person(),
            org_id: OrgId(SystemIds.uuid()),
            role: Role::Owner,
            login_session_id: SystemIds.uuid(),
            operator: false,
            api_key: None,
        };
        let mut tx = store.tenant(&principal).await.unwrap();
        for sequence in 1..=3 {
            let entry = Entry::new("board.session_created", Actor::of(&principal)).in_org(principal.org_id);
            assert_eq!(log.append(&mut tx, entry).await.unwrap(), sequence);
        }
        tx.commit().await.unwrap();
        assert_eq!(broken(&log, &store).await, None);
        let found = log.list(&store, &Filter::default(), &Default::default()).await.unwrap();
        assert_eq!(found.data.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(found.data[0].actor_user_id, Some(principal.user_id.to_string()));
    }

    async fn an_empty_log_is_good(database: TestDatabase) {
        let store = store(&database).await;
        let report = log().verify(&store).await.unwrap();
        assert_eq!((report.entries, report.first_bad), (0, None));
        assert_eq!(report.head, Head { sequence: 0, mac: String::new() });
    }

    async fn a_long_log_is_verified_page_by_page_while_it_grows(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        let mut tx = store.system("a test fills the log").await.unwrap();
        for _ in 0..1_001 {
            log.append(&mut tx, started()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let growing = async {
            for _ in 0..20 {
                log.record(&store, started()).await.unwrap();
            }
        };
        let verifying = async {
            for _ in 0..5 {
                let report = log.verify(&store).await.unwrap();
                assert_eq!(report.first_bad, None);
                assert_eq!(report.entries, u64::try_from(report.head.sequence).unwrap());
            }
        };
        tokio::join!(growing, verifying);
        assert_eq!(log.verify(&store).await.unwrap().entries, 1_021);
        let mut tx = store.system_read("a test reads a page").await.unwrap();
        assert_eq!(rows::page(&mut tx, 0, 500).await.unwrap().len(), 500);
    }
}
