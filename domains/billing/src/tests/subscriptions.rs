use quorate_kernel::{Limit, millis};
use quorate_testkit::on_both_databases;

use super::*;
use crate::{BillingError, Subscription};

on_both_databases! {
    async fn who_has_subscribed_to_nothing_is_free_and_active(database: TestDatabase) {
        let node = Node::start(&database).await;
        let found = node.billing.subscription(org()).await.unwrap();
        assert_eq!(found, Subscription::default());
        assert_eq!((found.plan.as_str(), found.status.name(), found.seats), ("free", "active", 1));
    }

    async fn a_change_of_plan_changes_the_limit_and_not_the_number(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        node.assign(org, "standard", 1).await;
        let began = node.billing.subscription(org).await.unwrap().started_at;
        port.count(org, Feature::BoardSessions, 15).await.unwrap();
        node.set("2026-01-20T00:00:00Z");
        node.assign(org, "pro", 1).await;
        // To and fro gives nothing anew.
        port.count(org, Feature::BoardSessions, 35).await.unwrap();
        assert_eq!(told(port.count(org, Feature::BoardSessions, 1).await).0, Code::QuotaExceeded);
        for plan in ["standard", "free"] {
            node.assign(org, plan, 1).await;
            let (code, params) = told(port.count(org, Feature::BoardSessions, 1).await);
            assert_eq!((code, params["used"].as_u64()), (Code::QuotaExceeded, Some(50)), "{plan}");
        }
        // The months go on as they began, at nine o'clock on the fifth.
        assert_eq!(node.billing.subscription(org).await.unwrap().started_at, began);
        node.set("2026-02-05T08:59:59.999Z");
        assert!(port.count(org, Feature::BoardSessions, 1).await.is_err());
        node.set("2026-02-05T09:00:00Z");
        port.count(org, Feature::BoardSessions, 5).await.unwrap();
    }

    async fn a_life_is_remembered_through_other_plans(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        port.count(org, Feature::SolveSessions, 10).await.unwrap();
        node.assign(org, "standard", 1).await;
        port.count(org, Feature::SolveSessions, 100).await.unwrap();
        assert_eq!(told(port.count(org, Feature::SolveSessions, 1).await).0, Code::QuotaExceeded);
        node.assign(org, "free", 1).await;
        let (_, params) = told(port.count(org, Feature::SolveSessions, 1).await);
        assert_eq!(params["used"], 10);
    }

    async fn seats_multiply_what_is_sold_by_the_seat(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        node.assign(org, "enterprise", 7).await;
        for (feature, limit) in [
            (Feature::Devices, Limit::UpTo(35)),
            (Feature::ConcurrentLogIns, Limit::UpTo(35)),
            (Feature::RequestsPerMinute, Limit::UpTo(1400)),
            (Feature::Tasks, Limit::UpTo(1000)),
            (Feature::CustomPersonas, Limit::Unlimited),
            (Feature::Images, Limit::None),
        ] {
            assert_eq!(port.limit(org, feature).await.unwrap(), limit, "{feature:?}");
        }
        for (feature, limit) in [(Feature::RequestsPerMinute, Limit::UpTo(200)), (Feature::Tasks, Limit::UpTo(1000))] {
            assert_eq!(port.limit_of_one(org, feature).await.unwrap(), limit, "{feature:?}");
        }
    }

    async fn a_contract_fills_what_the_plan_leaves_open(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        let contract = BTreeMap::from([(Feature::Images, Limit::UpTo(3)), (Feature::Videos, Limit::Unlimited)]);
        let agreed = Assignment { contract: contract.clone(), ..assignment("enterprise", 9) };
        assert_eq!(node.billing.assign(org, &agreed).await.unwrap().contract, contract);
        assert_eq!(port.limit(org, Feature::Images).await.unwrap(), Limit::UpTo(3), "for the whole organization");
        assert_eq!(port.limit(org, Feature::Videos).await.unwrap(), Limit::Unlimited);
        assert_eq!(port.limit(org, Feature::StorageBytes).await.unwrap(), Limit::None);
        let (code, params) = told(port.count(org, Feature::Images, 4).await);
        assert_eq!((code, &params["required_tier"], &params["upgrade_url"]), (Code::QuotaExceeded, &Value::Null, &Value::Null));
        let closed = Assignment { contract, ..assignment("pro", 1) };
        assert!(matches!(node.billing.assign(org, &closed).await, Err(BillingError::NotByContract { .. })));
    }

    async fn the_servers_own_organizations_lack_nothing(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        let own = Assignment::of_own_server(AssignedBy::Server);
        assert_eq!(node.billing.ensure(org, &own).await.unwrap().plan, "enterprise");
        for feature in Feature::ALL {
            assert!(!port.limit(org, feature).await.unwrap().is_none(), "{feature:?}");
        }
        // Said again at every start, it does not undo what an operator decided since.
        node.assign(org, "standard", 1).await;
        assert_eq!(node.billing.ensure(org, &own).await.unwrap().plan, "standard");
        assert_eq!(node.beside(&database).await.billing.ensure(org, &own).await.unwrap().plan, "standard");
    }

    async fn two_starts_at_once_agree(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (own, org) = (Assignment::of_own_server(AssignedBy::Server), org());
        let starts = (0..10).map(|_| node.billing.ensure(org, &own));
        let found: Vec<_> = futures::future::join_all(starts).await.into_iter().map(Result::unwrap).collect();
        assert!(found.iter().all(|subscription| *subscription == found[0]));
    }

    async fn an_assignment_must_make_sense(database: TestDatabase) {
        let node = Node::start(&database).await;
        let org = org();
        for (plan, seats) in [("gold", 1), ("", 1), ("pro", 0), ("pro", 2), ("enterprise", 0), ("enterprise", 1_000_001)] {
            let refused = node.billing.assign(org, &assignment(plan, seats)).await;
            let problem = Problem::from(refused.unwrap_err());
            assert_eq!(problem.code, Code::ValidationFailed, "{plan} {seats}");
        }
        assert_eq!(node.billing.subscription(org).await.unwrap(), Subscription::default());
    }

    async fn who_assigned_it_is_written_down(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (org, operator) = (org(), member(org()).user_id);
        node.assign(org, "pro", 1).await;
        node.set("2026-03-01T00:00:00Z");
        let by_hand = Assignment { by: AssignedBy::Operator(operator), ..assignment("standard", 1) };
        node.billing.assign(org, &by_hand).await.unwrap();
        let mut tx = node.store.system_read("a test reads the row").await.unwrap();
        let row: (String, i64) =
            tx.sql("SELECT assigned_by, changed_at FROM billing_subscriptions").one().await.unwrap();
        assert_eq!(row, (format!("operator:{operator}"), millis(at("2026-03-01T00:00:00Z"))));
    }
}
