//! What cannot be read allows nothing (PLT-11).

use quorate_testkit::on_both_databases;

use super::*;

/// The codes of all that can be asked.
async fn answers(node: &Node, org: OrgId) -> Vec<Code> {
    let port = node.billing.entitlements();
    let code = |problem: Problem| problem.code;
    vec![
        port.limit(org, Feature::Tasks).await.map_err(code).unwrap_err(),
        port.check(org, Feature::Tasks, 0).await.map_err(code).unwrap_err(),
        port.check(org, Feature::Priority, 1).await.map_err(code).unwrap_err(),
        port.count(org, Feature::Tasks, 1).await.map_err(code).unwrap_err(),
    ]
}

on_both_databases! {
    async fn an_unknown_plan_allows_nothing(database: TestDatabase) {
        let node = Node::start(&database).await;
        let org = org();
        node.assign(org, "pro", 1).await;
        node.edit("UPDATE billing_subscriptions SET plan = 'gold'").await;
        assert_eq!(answers(&node, org).await, [Code::Internal; 4]);
        assert_eq!(node.used(org, Feature::Tasks).await, 0);
        let problem = node.billing.entitlements().check(org, Feature::Tasks, 1).await.unwrap_err();
        assert!(problem.chain().contains("'gold'") && !problem.message.contains("gold"), "{}", problem.chain());
        // One whose day has not come is as unknown.
        node.edit("UPDATE billing_subscriptions SET plan = 'pro'").await;
        node.edit("UPDATE billing_plans SET effective_from = 4000000000000 WHERE id = 'pro'").await;
        assert_eq!(answers(&node, org).await, [Code::Internal; 4]);
    }

    async fn a_plan_that_cannot_be_read_allows_nothing_and_spoils_no_other(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, spoilt, other) = (node.billing.entitlements(), org(), org());
        node.assign(spoilt, "pro", 1).await;
        // The older row would still be there to fall back on.
        node.edit(
            "INSERT INTO billing_plans (id, effective_from, name, price_cents, per_seat, position, support, limits) \
             VALUES ('pro', 1, 'Pro', 2900, 0, 3, 'priority', '{\"tasks\":{\"limit\":\"plenty\"}}')",
        )
        .await;
        assert_eq!(answers(&node, spoilt).await, [Code::Internal; 4]);
        port.count(other, Feature::Tasks, 10).await.unwrap();
        let (_, params) = told(port.check(other, Feature::Tasks, 60).await);
        assert_eq!(params["required_tier"], "enterprise", "nobody is sent to what cannot be read");
        let plans = node.beside(&database).await.billing.plans().await.unwrap();
        assert_eq!(plans.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ["free", "standard", "enterprise"]);
        node.edit("UPDATE billing_plans SET limits = '{}', price_cents = -1 WHERE id = 'pro' AND effective_from = 1").await;
        assert_eq!(answers(&node, spoilt).await, [Code::Internal; 4]);
    }

    async fn a_subscription_that_cannot_be_read_allows_nothing(database: TestDatabase) {
        let node = Node::start(&database).await;
        let org = org();
        node.assign(org, "enterprise", 3).await;
        for statement in [
            "UPDATE billing_subscriptions SET status = 'paused'",
            "UPDATE billing_subscriptions SET status = 'active', seats = -1",
            "UPDATE billing_subscriptions SET seats = 3, contract = '{'",
            "UPDATE billing_subscriptions SET contract = '{\"images\":\"plenty\"}'",
        ] {
            node.edit(statement).await;
            assert_eq!(answers(&node, org).await, [Code::Internal; 4], "{statement}");
        }
        node.edit("UPDATE billing_subscriptions SET contract = '{}'").await;
        node.billing.entitlements().count(org, Feature::Tasks, 1).await.unwrap();
    }

    async fn without_its_database_nothing_is_allowed(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        let counted = port.count(org, Feature::Tasks, 1).await.unwrap();
        node.store.close().await;
        // With the plans in mind, and when they have to be read again.
        assert_eq!(answers(&node, org).await, [Code::Unavailable; 4]);
        node.clock.advance(std::time::Duration::from_secs(60));
        assert_eq!(answers(&node, org).await, [Code::Unavailable; 4]);
        let problem = port.give_back(&counted).await.unwrap_err();
        assert_eq!((problem.code, problem.retry_after), (Code::Unavailable, Some(5)));
        assert!(node.billing.plans().await.is_err() && node.billing.subscription(org).await.is_err());
    }

    async fn a_counter_that_was_tampered_with_is_not_taken_below_nothing(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        let counted = port.count(org, Feature::Tasks, 5).await.unwrap();
        node.edit("UPDATE billing_counters SET used = 2").await;
        assert_eq!(told(port.give_back(&counted).await).0, Code::Internal);
        assert_eq!((node.used(org, Feature::Tasks).await, node.noted(org).await), (2, 1), "nothing happened");
    }
}
