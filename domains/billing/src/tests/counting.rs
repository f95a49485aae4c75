use futures::future::join_all;
use quorate_kernel::{Counted, Limit};
use quorate_testkit::on_both_databases;
use serde_json::json;

use super::*;

on_both_databases! {
    /// PLT-11: no double spend under concurrency.
    async fn of_200_at_once_five_pass(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (other, org) = (node.beside(&database).await, org());
        let attempts = (0..200).map(|n| {
            let port = if n % 2 == 0 { &node } else { &other }.billing.entitlements();
            tokio::spawn(async move { port.count(org, Feature::BoardSessions, 1).await })
        });
        let results: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
        let (passed, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((passed.len(), refused.len()), (5, 195));
        assert!(refused.into_iter().all(|refused| refused.unwrap_err().code == Code::QuotaExceeded));
        assert_eq!((node.used(org, Feature::BoardSessions).await, node.noted(org).await), (5, 5));
    }

    async fn what_is_given_back_is_given_back_once(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        port.count(org, Feature::Tasks, 4).await.unwrap();
        let counted = port.count(org, Feature::Tasks, 6).await.unwrap();
        assert_eq!(told(port.count(org, Feature::Tasks, 1).await).0, Code::QuotaExceeded);
        // From a job's payload, and from many hands at once.
        let counted: Counted = serde_json::from_value(serde_json::to_value(counted).unwrap()).unwrap();
        let hands = (0..20).map(|_| {
            let (port, counted) = (node.billing.entitlements(), counted.clone());
            tokio::spawn(async move { port.give_back(&counted).await })
        });
        for done in join_all(hands).await {
            done.unwrap().unwrap();
        }
        assert_eq!(node.used(org, Feature::Tasks).await, 4);
        port.count(org, Feature::Tasks, 6).await.unwrap();
        // The first one's handle does not reach the second's count.
        port.give_back(&counted).await.unwrap();
        assert_eq!(node.used(org, Feature::Tasks).await, 10);
    }

    async fn counting_and_giving_back_at_once_add_up(database: TestDatabase) {
        let node = Node::start(&database).await;
        let org = org();
        let hands = (0..60).map(|n: u32| {
            let port = node.billing.entitlements();
            tokio::spawn(async move {
                let Ok(counted) = port.count(org, Feature::BoardSessions, 1).await else { return 0 };
                if n.is_multiple_of(3) {
                    return 1;
                }
                port.give_back(&counted).await.unwrap();
                0
            })
        });
        let kept: i64 = join_all(hands).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(node.used(org, Feature::BoardSessions).await, kept);
        assert_eq!(node.noted(org).await, kept);
        assert!(kept <= 5);
    }

    async fn a_forged_handle_gives_back_nothing_of_anybody_else(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, ours, theirs) = (node.billing.entitlements(), org(), org());
        let counted = port.count(theirs, Feature::Tasks, 2).await.unwrap();
        port.count(ours, Feature::Tasks, 10).await.unwrap();
        port.give_back(&Counted { org_id: ours, ..counted.clone() }).await.unwrap();
        assert_eq!((node.used(ours, Feature::Tasks).await, node.used(theirs, Feature::Tasks).await), (10, 2));
        // The row says how many of what, not the handle.
        port.give_back(&Counted { amount: 1_000, feature: Feature::Posts, ..counted }).await.unwrap();
        assert_eq!(node.used(theirs, Feature::Tasks).await, 0);
    }

    async fn a_month_begins_anew_and_a_life_does_not(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        let last = port.count(org, Feature::BoardSessions, 5).await.unwrap();
        port.count(org, Feature::SolveSessions, 10).await.unwrap();
        node.set("2026-01-31T23:59:59.999Z");
        let (code, params) = told(port.count(org, Feature::BoardSessions, 1).await);
        assert_eq!((code, &params["resets_at"]), (Code::QuotaExceeded, &json!("2026-02-01T00:00:00Z")));
        node.set("2026-02-01T00:00:00Z");
        port.count(org, Feature::BoardSessions, 5).await.unwrap();
        // What is given back goes to the month it came from.
        port.give_back(&last).await.unwrap();
        assert_eq!(told(port.count(org, Feature::BoardSessions, 1).await).0, Code::QuotaExceeded);
        let (code, params) = told(port.count(org, Feature::SolveSessions, 1).await);
        assert_eq!((code, &params["used"], params.get("resets_at")), (Code::QuotaExceeded, &json!(10), None));
        node.set("2029-02-01T00:00:00Z");
        assert!(port.count(org, Feature::SolveSessions, 1).await.is_err());
    }

    async fn handles_of_the_month_before_last_are_forgotten(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        let january = port.count(org, Feature::Tasks, 1).await.unwrap();
        let life = port.count(org, Feature::SolveSessions, 1).await.unwrap();
        node.set("2026-02-10T00:00:00Z");
        let february = port.count(org, Feature::Tasks, 1).await.unwrap();
        assert_eq!(node.noted(org).await, 3);
        node.set("2026-03-10T00:00:00Z");
        port.count(org, Feature::Tasks, 1).await.unwrap();
        assert_eq!(node.noted(org).await, 3, "January's is gone");
        for (handle, feature, left) in
            [(january, Feature::Tasks, 3), (february, Feature::Tasks, 2), (life, Feature::SolveSessions, 0)]
        {
            port.give_back(&handle).await.unwrap();
            assert_eq!(node.used(org, feature).await, left);
        }
    }

    async fn amounts_beyond_every_number_are_refused(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        for amount in [6, u64::MAX, u64::MAX - 5, i64::MAX.unsigned_abs()] {
            assert_eq!(told(port.count(org, Feature::BoardSessions, amount).await).0, Code::QuotaExceeded, "{amount}");
            assert!(port.check(org, Feature::BoardSessions, amount).await.is_err());
        }
        node.assign(org, "enterprise", 1).await;
        let most = i64::MAX.unsigned_abs();
        port.count(org, Feature::BoardSessions, most - 1).await.unwrap();
        port.count(org, Feature::BoardSessions, 1).await.unwrap();
        for amount in [1, most, u64::MAX] {
            assert!(port.count(org, Feature::BoardSessions, amount).await.is_err(), "{amount}");
        }
        assert_eq!(node.used(org, Feature::BoardSessions).await, i64::MAX);
    }

    async fn meters_tell_what_is_used_of_what(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        port.count(org, Feature::ApiRequests, 7).await.unwrap();
        port.count(org, Feature::SolveSessions, 2).await.unwrap();
        let meters = port.meters(org).await.unwrap();
        assert!(meters.iter().all(|meter| meter.feature.is_counted()));
        let of = |feature| meters.iter().find(|meter| meter.feature == feature).unwrap();
        let requests = of(Feature::ApiRequests);
        assert_eq!((requests.used, requests.limit, requests.resets_at), (7, Some(100), Some(at("2026-02-01T00:00:00Z"))));
        let sessions = of(Feature::SolveSessions);
        assert_eq!((sessions.used, sessions.limit, sessions.resets_at), (2, Some(10), None), "for life");
        node.assign(org, "enterprise", 1).await;
        let meters = port.meters(org).await.unwrap();
        let requests = meters.iter().find(|meter| meter.feature == Feature::ApiRequests).unwrap();
        // The first subscription begins months of its own.
        let expected = (0, None, Some(at("2026-02-05T09:00:00Z")));
        assert_eq!((requests.used, requests.limit, requests.resets_at), expected);
    }

    async fn checking_counts_nothing(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        for _ in 0..10 {
            port.check(org, Feature::BoardSessions, 5).await.unwrap();
        }
        port.count(org, Feature::BoardSessions, 3).await.unwrap();
        port.check(org, Feature::BoardSessions, 2).await.unwrap();
        assert_eq!(told(port.check(org, Feature::BoardSessions, 3).await).0, Code::QuotaExceeded);
        // What does not add up is asked for as a whole.
        for _ in 0..3 {
            port.check(org, Feature::Personas, 3).await.unwrap();
        }
        assert_eq!(told(port.check(org, Feature::Personas, 4).await).0, Code::TierInsufficient);
        assert_eq!(told(port.count(org, Feature::Personas, 1).await).0, Code::Internal);
        assert_eq!(port.limit(org, Feature::Personas).await.unwrap(), Limit::UpTo(3));
    }

    async fn organizations_do_not_meet(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, ours, theirs) = (node.billing.entitlements(), org(), org());
        port.count(ours, Feature::BoardSessions, 5).await.unwrap();
        port.count(theirs, Feature::BoardSessions, 5).await.unwrap();
        node.assign(theirs, "pro", 1).await;
        assert!(port.count(ours, Feature::BoardSessions, 1).await.is_err());
        if database.engine() == quorate_store::Engine::Postgres {
            // The second wall: row-level security, without the filter.
            let mut tx = node.store.tenant(&member(ours)).await.unwrap();
            for (table, rows) in [
                ("SELECT COUNT(*) FROM billing_counters", 1_i64),
                ("SELECT COUNT(*) FROM billing_counted", 1),
                ("SELECT COUNT(*) FROM billing_subscriptions", 0),
            ] {
                assert_eq!(tx.platform_sql(table).scalar::<i64>().await.unwrap(), rows, "{table}");
            }
        }
    }
}
