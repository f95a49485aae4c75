use futures::future::join_all;
use quorate_models::{Purpose, SpendRefused};
use quorate_testkit::on_both_databases;
use uuid::Uuid;

use super::*;

const CALL: MicroUsd = MicroUsd(100);

/// Makes a call of 100 micro-dollars, if the budget allows it.
async fn call(node: &Node, id: u128) -> bool {
    match node.ledger.reserve(&caller(), CALL).await {
        Ok(reserved) => {
            reserved.settle(CALL);
            let attempt = AttemptRecord { cost: Some(CALL), ..attempts(id..id + 1).remove(0) };
            node.record([attempt]);
            true
        }
        Err(SpendRefused::BudgetExceeded { scope, .. }) => {
            assert_eq!(scope, "organization");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

async fn left(node: &Node, most: i64) -> i64 {
    match node.ledger.reserve(&caller(), MicroUsd(most)).await {
        Err(SpendRefused::BudgetExceeded { left, .. }) => left.0,
        other => panic!("{other:?}"),
    }
}

on_both_databases! {
    async fn without_a_budget_nothing_is_set_aside(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        let reserved = node.ledger.reserve(&caller(), MicroUsd(i64::MAX)).await.unwrap();
        assert_eq!(format!("{reserved:?}"), "Reserved(false)");
        node.store.close().await;
        node.ledger.reserve(&caller(), CALL).await.unwrap();
        let stranger = Caller { org_id: OrgId(Uuid::from_u128(70)), ..caller() };
        let refused = node.ledger.reserve(&stranger, CALL).await.unwrap_err();
        assert!(matches!(refused, SpendRefused::Unavailable(_)), "whose budgets nobody knows: {refused}");
    }

    /// GTW-13: the cap holds over all nodes.
    async fn of_200_at_once_on_two_nodes_as_many_pass_as_are_paid_for(database: TestDatabase) {
        let folder = folder();
        let (one, two) = (Node::start(&database, folder.path()).await, Node::start(&database, folder.path()).await);
        one.budget(5_050).await;
        let passed = join_all((0..200).map(|id| call(if id % 2 == 0 { &one } else { &two }, id))).await;
        let passed = passed.into_iter().filter(|passed| *passed).count();
        assert!((49..=50).contains(&passed), "{passed}");
        one.written().await;
        two.written().await;
        let (spent, leased) = one.spent().await;
        assert_eq!(spent, i64::try_from(passed).unwrap() * 100);
        assert!(spent + leased <= 5_050 && leased >= 0, "{spent} {leased}");
        let store = one.store.clone();
        one.drain().await;
        two.drain().await;
        let mut tx = store.system_read("a test reads the ledger").await.unwrap();
        let leased: i64 = tx.sql("SELECT CAST(SUM(leased) AS BIGINT) FROM gateway_spend").scalar().await.unwrap();
        let leases: i64 = tx.sql("SELECT COUNT(*) FROM gateway_leases").scalar().await.unwrap();
        assert_eq!((leased, leases), (0, 0), "what was not used is given back");
    }

    async fn calls_come_from_the_lease_without_asking(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        node.budget(1_000_000).await;
        assert!(call(&node, 0).await);
        assert_eq!(node.number("SELECT leased FROM gateway_spend WHERE period_start = 0 AND scope = 'organization' AND spent = 0").await, 10_000, "a hundredth");
        node.written().await;
        assert_eq!(node.spent().await, (100, 9_900), "what is spent moves over");
        // 99 more are in the lease, and the database is not needed for them.
        node.store.close().await;
        for id in 1..100 {
            assert!(call(&node, id).await, "{id}");
        }
        let refused = node.ledger.reserve(&caller(), CALL).await.unwrap_err();
        assert!(matches!(refused, SpendRefused::Unavailable(_)), "fails closed: {refused}");
    }

    async fn what_a_call_did_not_cost_can_be_spent_by_others(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        node.budget(1_000).await;
        let reserved = node.ledger.reserve(&caller(), MicroUsd(900)).await.unwrap();
        assert_eq!(left(&node, 200).await, 100);
        reserved.settle(MicroUsd(300));
        // Dropped: it was never made.
        drop(node.ledger.reserve(&caller(), MicroUsd(700)).await.unwrap());
        node.ledger.reserve(&caller(), MicroUsd(700)).await.unwrap().settle(MicroUsd(650));
        assert_eq!(left(&node, 51).await, 50);
    }

    async fn a_call_counts_for_organization_key_and_purpose(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        node.execute(
            "INSERT INTO gateway_budgets (org_id, scope, subject, period, cap) VALUES \
             ('00000000-0000-0000-0000-000000000007', 'organization', '', 'month', 1000), \
             ('00000000-0000-0000-0000-000000000007', 'key', '00000000-0000-0000-0000-000000000009', 'month', 300), \
             ('00000000-0000-0000-0000-000000000007', 'purpose', 'board', 'total', 200)",
        )
        .await;
        let by_key = caller();
        let board = Caller { api_key: None, purpose: Purpose::Board, ..caller() };
        let chat = Caller { purpose: Purpose::Chat, ..board.clone() };
        let refused = async |caller: &Caller, most| match node.ledger.reserve(caller, MicroUsd(most)).await {
            Err(SpendRefused::BudgetExceeded { scope, left }) => Some((scope, left.0)),
            Ok(_) => None,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(refused(&by_key, 301).await, Some(("key", 300)));
        assert_eq!(refused(&board, 201).await, Some(("purpose", 200)));
        assert_eq!(refused(&chat, 1_001).await, Some(("organization", 1_000)));
        // What was refused by one budget is not kept back in another.
        assert_eq!(refused(&chat, 1_000).await, None);
        let held = node.ledger.reserve(&board, MicroUsd(200)).await.unwrap();
        assert_eq!((refused(&chat, 801).await, refused(&chat, 800).await), (Some(("organization", 800)), None));
        assert_eq!(refused(&board, 1).await, Some(("purpose", 0)));
        drop(held);
    }

    /// PLT-1: what a key may spend by itself holds over all nodes, beside what its organization lets it spend.
    async fn the_lower_of_a_keys_own_budget_and_its_organizations_holds(database: TestDatabase) {
        let folder = folder();
        let (one, two) = (Node::start(&database, folder.path()).await, Node::start(&database, folder.path()).await);
        one.execute(
            "INSERT INTO gateway_keys (org_id, id, user_id, name, environment, hash, last_four, scopes, models, \
             allowed_ips, monthly_budget, created_at, version) VALUES ('00000000-0000-0000-0000-000000000007', \
             '00000000-0000-0000-0000-000000000009', '00000000-0000-0000-0000-000000000008', 'Sample', 'live', '', \
             'last', '[]', '[]', '[]', 3050, 0, 0)",
        )
        .await;
        let call = async |node: &Node, id: u128| match node.ledger.reserve(&caller(), CALL).await {
            Ok(reserved) => {
                reserved.settle(CALL);
                node.record([AttemptRecord { cost: Some(CALL), ..attempts(id..id + 1).remove(0) }]);
                true
            }
            Err(SpendRefused::BudgetExceeded { scope, .. }) => {
                assert_eq!(scope, "key");
                false
            }
            Err(error) => panic!("{error}"),
        };
        let passed = join_all((0..100).map(|id| call(if id % 2 == 0 { &one } else { &two }, id))).await;
        let passed = passed.into_iter().filter(|passed| *passed).count();
        assert!((29..=30).contains(&passed), "{passed}");
        let without = Caller { api_key: None, ..caller() };
        assert!(two.ledger.reserve(&without, MicroUsd(1_000_000)).await.is_ok(), "other work has other budgets");
        one.written().await;
        two.written().await;
        // SQLite's other node is another process, which hears of changes later.
        let told = if database.engine() == quorate_store::Engine::Sqlite { &one } else { &two };
        let comes_to = async |most: i64, passes: bool| {
            let since = Instant::now();
            while told.ledger.reserve(&caller(), MicroUsd(most)).await.is_ok() != passes {
                assert!(since.elapsed() < PATIENCE, "{most} never passes: {passes}");
                sleep(Duration::from_millis(20)).await;
            }
        };
        let set = async |statement: &'static str| {
            let mut tx = one.store.system("a test changes budgets").await.unwrap();
            tx.sql(statement).execute().await.unwrap();
            tx.signal(crate::budgets::CHANGED);
            tx.commit().await.unwrap();
        };
        set("UPDATE gateway_keys SET monthly_budget = 20000").await;
        comes_to(12_000, true).await;
        set(
            "INSERT INTO gateway_budgets (org_id, scope, subject, period, cap) VALUES \
             ('00000000-0000-0000-0000-000000000007', 'key', '00000000-0000-0000-0000-000000000009', 'month', 10000)",
        )
        .await;
        comes_to(12_000, false).await;
        comes_to(6_000, true).await;
        set("UPDATE gateway_keys SET monthly_budget = 5000").await;
        comes_to(6_000, false).await;
    }

    async fn what_was_spent_before_a_budget_counts_for_it(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        node.record(attempts(0..6));
        node.written().await;
        node.budget(1_000).await;
        assert_eq!(left(&node, 101).await, 100);
    }

    async fn a_changed_cap_reaches_every_node(database: TestDatabase) {
        let folder = folder();
        let (one, two) = (Node::start(&database, folder.path()).await, Node::start(&database, folder.path()).await);
        one.budget(100).await;
        assert_eq!(left(&two, 101).await, 100);
        // Both have leases of it, which a lower cap makes void.
        for node in [&one, &two] {
            drop(node.ledger.reserve(&caller(), MicroUsd(1)).await.unwrap());
        }
        one.budget(0).await;
        let since = Instant::now();
        // SQLite's other node is another process, which hears nothing; there is one.
        let told = if database.engine() == quorate_store::Engine::Sqlite { &one } else { &two };
        while told.ledger.reserve(&caller(), MicroUsd(1)).await.is_ok() {
            assert!(since.elapsed() < Duration::from_secs(5), "the node does not hear of it");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn a_lost_nodes_lease_ends_and_the_ledger_says_what_was_spent(database: TestDatabase) {
        let folder = folder();
        let lost = Node::new(&database, folder.path(), LedgerConfig::default(), Plan::of(1)).await;
        lost.budget(10_000).await;
        lost.ledger.reserve(&caller(), MicroUsd(6_000)).await.unwrap().settle(MicroUsd(150));
        lost.record(attempts(0..1));
        drop(lost);
        let node = Node::start(&database, folder.path()).await;
        let since = Instant::now();
        while node.rows().await < 1 {
            assert!(since.elapsed() < PATIENCE);
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!((node.spent().await, left(&node, 5_000).await), ((150, 6_000), 3_850), "nobody else's to spend yet");
        node.clock.advance(Duration::from_secs(121));
        assert_eq!(node.ledger.inner.budgets.reclaim().await.unwrap(), 1);
        assert_eq!(node.spent().await, (150, 0));
        node.ledger.reserve(&caller(), MicroUsd(9_850)).await.unwrap();
        assert_eq!(node.ledger.inner.budgets.reclaim().await.unwrap(), 0, "a living node's stays");
    }

    async fn a_lease_is_renewed_while_it_is_used_and_given_back_after(database: TestDatabase) {
        let node = Node::new(&database, folder().path(), LedgerConfig::default(), Plan::of(1)).await;
        node.budget(10_000).await;
        let budgets = &node.ledger.inner.budgets;
        let held = node.ledger.reserve(&caller(), CALL).await.unwrap();
        for _ in 0..4 {
            node.clock.advance(Duration::from_secs(60));
            budgets.keep_up(true).await.unwrap();
        }
        assert_eq!((budgets.reclaim().await.unwrap(), node.spent().await), (0, (0, 100)));
        held.settle(CALL);
        node.clock.advance(Duration::from_secs(11));
        budgets.keep_up(true).await.unwrap();
        assert_eq!((node.spent().await, budgets.leases().len()), ((0, 0), 0));
        // One that was not renewed in time is not used, though nobody has taken it yet.
        drop(node.ledger.reserve(&caller(), CALL).await.unwrap());
        node.clock.advance(Duration::from_secs(91));
        assert!(budgets.leases().is_empty());
        assert_eq!(left(&node, 10_000).await, 9_900);
    }

    async fn records_that_were_never_set_aside_take_from_the_lease_too(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        node.budget(1_000).await;
        drop(node.ledger.reserve(&caller(), MicroUsd(1_000)).await.unwrap());
        node.record(attempts(0..6));
        node.written().await;
        assert_eq!((node.spent().await, left(&node, 101).await), ((900, 100), 100));
    }

    async fn accounts_of_other_scopes_stay_as_they_are(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        node.budget(1_000).await;
        assert!(call(&node, 0).await);
        node.written().await;
        let account = Account { org: caller().org_id, scope: Scope::Organization, period_start: 0 };
        let leases = node.ledger.inner.budgets.leases();
        assert_eq!(leases.keys().collect::<Vec<_>>(), [&account]);
        spend::give_back(&node.store, &account, leases[&account]).await.unwrap();
        let leased = node.number("SELECT CAST(SUM(leased) AS BIGINT) FROM gateway_spend").await;
        assert_eq!((leased, node.number("SELECT COUNT(*) FROM gateway_leases").await), (0, 0));
        let budgets = spend::budgets(&node.store, caller().org_id).await.unwrap();
        assert_eq!(budgets, [Budget { scope: Scope::Organization, period: Period::Total, cap: 1_000 }]);
    }
}
