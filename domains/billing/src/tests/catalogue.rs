use quorate_kernel::Limit;
use quorate_testkit::on_both_databases;
use serde_json::json;

use super::*;
use crate::{Per, Plan, Quantity};

/// PLT-10, line by line: free, standard, pro, enterprise. `-` is not in the plan, `∞` without limit, `c` by contract.
const TABLE: [(Feature, [&str; 4]); 17] = [
    (Feature::BoardSessions, ["5", "15", "50", "∞"]),
    (Feature::Personas, ["3", "5", "∞", "∞"]),
    (Feature::CustomPersonas, ["-", "-", "-", "∞"]),
    (Feature::SolveSessions, ["10 for life", "100", "∞", "∞"]),
    (Feature::Tasks, ["10", "30", "100", "1000"]),
    (Feature::Posts, ["5", "15", "50", "500"]),
    (Feature::Emails, ["3", "10", "25", "250"]),
    (Feature::ApiRequests, ["100", "1000", "10000", "∞"]),
    (Feature::Devices, ["1", "2", "3", "5 a seat"]),
    (Feature::ConcurrentLogIns, ["1", "2", "3", "5 a seat"]),
    (Feature::RequestsPerMinute, ["30", "60", "120", "200 a seat"]),
    (Feature::SolveHistoryDays, ["0", "30", "365", "365"]),
    (Feature::PdfExport, ["-", "-", "∞", "∞"]),
    (Feature::Priority, ["-", "-", "∞", "∞"]),
    (Feature::Images, ["10", "50", "200", "c"]),
    (Feature::Videos, ["0", "2", "20", "c"]),
    (Feature::StorageBytes, ["100000000 for life", "1000000000 for life", "10000000000 for life", "c for life"]),
];

fn shown(plan: &Plan, feature: Feature) -> String {
    let allowance = plan.allowance(feature);
    let quantity = match allowance.quantity {
        Quantity::None => "-".to_owned(),
        Quantity::UpTo(most) => most.to_string(),
        Quantity::Unlimited => "∞".to_owned(),
        Quantity::ByContract => "c".to_owned(),
    };
    let per = if feature.is_counted() && allowance.per == Per::Life { " for life" } else { "" };
    format!("{quantity}{per}{}", if allowance.per_seat { " a seat" } else { "" })
}

on_both_databases! {
    async fn the_default_catalogue_is_the_specifications(database: TestDatabase) {
        let plans = Node::start(&database).await.billing.plans().await.unwrap();
        let heads: Vec<_> =
            plans.iter().map(|plan| (&*plan.id, plan.price_cents, plan.per_seat, &*plan.support)).collect();
        assert_eq!(heads, [
            ("free", Some(0), false, "community"),
            ("standard", Some(1200), false, "email"),
            ("pro", Some(2900), false, "priority"),
            ("enterprise", None, true, "sla"),
        ]);
        assert_eq!(TABLE.map(|(feature, _)| feature), Feature::ALL);
        for (feature, line) in TABLE {
            let found: Vec<String> = plans.iter().map(|plan| shown(plan, feature)).collect();
            assert_eq!(found, line, "{feature:?}");
            let overage: Vec<_> = plans.iter().filter_map(|plan| plan.allowance(feature).overage_cents).collect();
            assert_eq!(overage, if feature == Feature::SolveSessions { vec![20] } else { vec![] });
        }
    }

    async fn the_cheapest_plan_that_would_do_is_named(database: TestDatabase) {
        let node = Node::start(&database).await;
        let port = node.billing.entitlements();
        for (plan, feature, wanted, required) in [
            ("free", Feature::BoardSessions, 6, json!("standard")),
            ("free", Feature::BoardSessions, 15, json!("standard")),
            ("free", Feature::BoardSessions, 16, json!("pro")),
            ("free", Feature::BoardSessions, 51, json!("enterprise")),
            ("free", Feature::SolveSessions, 11, json!("standard")),
            ("free", Feature::PdfExport, 1, json!("pro")),
            ("free", Feature::CustomPersonas, 1, json!("enterprise")),
            ("free", Feature::Videos, 1, json!("standard")),
            ("standard", Feature::Personas, 6, json!("pro")),
            ("pro", Feature::Images, 201, json!("enterprise")),
            ("pro", Feature::Devices, 4, json!("enterprise")),
            ("pro", Feature::Devices, 6, Value::Null),
            ("free", Feature::Tasks, 1001, Value::Null),
            ("enterprise", Feature::Tasks, 1001, Value::Null),
            // Below, there would be some; nobody is sent down.
            ("enterprise", Feature::Images, 1, Value::Null),
        ] {
            let org = org();
            node.assign(org, plan, 1).await;
            let (code, params) = told(port.check(org, feature, wanted).await);
            let place = format!("{plan} {feature:?} {wanted}");
            assert_eq!(params["required_tier"], required, "{place}");
            let url = if required.is_null() { Value::Null } else { json!("https://board.example.com/settings/billing") };
            assert_eq!(params["upgrade_url"], url, "{place}");
            assert_eq!((&params["current_tier"], &params["wanted"]), (&json!(plan), &json!(wanted)), "{place}");
            let has = !port.limit(org, feature).await.unwrap().is_none();
            let expected =
                if has && feature.is_counted() { Code::QuotaExceeded } else { Code::TierInsufficient };
            assert_eq!(code, expected, "{place}");
        }
    }

    async fn a_refusal_says_all_that_is_needed(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        port.count(org, Feature::BoardSessions, 4).await.unwrap();
        let problem = port.count(org, Feature::BoardSessions, 2).await.unwrap_err();
        assert_eq!((problem.code, problem.code.status()), (Code::QuotaExceeded, 402));
        assert_eq!(problem.message, "The plan Free has 5 board sessions a month, of which 4 are used. The plan Standard allows more.");
        assert_eq!(Value::Object(problem.params), json!({
            "feature": "board_sessions", "used": 4, "limit": 5, "wanted": 2,
            "current_tier": "free", "required_tier": "standard",
            "upgrade_url": "https://board.example.com/settings/billing", "resets_at": "2026-02-01T00:00:00Z",
        }));
        let problem = port.check(org, Feature::PdfExport, 1).await.unwrap_err();
        assert_eq!((problem.code, problem.code.status()), (Code::TierInsufficient, 403));
        assert_eq!(problem.message, "The plan Free has no PDF export. The plan Pro allows more.");
        assert_eq!(Value::Object(problem.params), json!({
            "feature": "pdf_export", "used": 0, "limit": 0, "wanted": 1, "current_tier": "free",
            "required_tier": "pro", "upgrade_url": "https://board.example.com/settings/billing",
        }));
        // Waiting does not help who wants more at once than a month has.
        let (_, params) = told(port.count(org, Feature::BoardSessions, 6).await);
        assert_eq!(params.get("resets_at"), None);
    }

    async fn the_day_decides_which_row_is_in_force(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (port, org) = (node.billing.entitlements(), org());
        // From 1 February fewer, from 1 March more; and a plan that begins then.
        node.edit(
            "INSERT INTO billing_plans (id, effective_from, name, price_cents, per_seat, position, support, limits) VALUES \
             ('free', 1769904000000, 'Free', 0, 0, 1, 'community', '{\"board_sessions\":{\"limit\":2}}'), \
             ('free', 1772323200000, 'Gratis', 0, 0, 1, 'community', '{\"board_sessions\":{\"limit\":9}}'), \
             ('team', 1772323200000, 'Team', 1900, 0, 2, 'email', '{\"board_sessions\":{\"limit\":12}}')",
        )
        .await;
        for (now, limit, name, plans) in [
            ("2026-01-31T23:59:59.999Z", 5, "Free", 4),
            ("2026-02-01T00:00:00Z", 2, "Free", 4),
            ("2026-02-28T23:59:59.999Z", 2, "Free", 4),
            // Within the time that the rows are believed: the day comes to the millisecond all the same.
            ("2026-03-01T00:00:00Z", 9, "Gratis", 5),
            ("2031-01-01T00:00:00Z", 9, "Gratis", 5),
        ] {
            node.set(now);
            assert_eq!(port.limit(org, Feature::BoardSessions).await.unwrap(), Limit::UpTo(limit), "{now}");
            let found = node.billing.plans().await.unwrap();
            assert_eq!((found.len(), found[0].name.as_str()), (plans, name), "{now}");
        }
    }

    async fn an_operators_edits_survive_a_restart(database: TestDatabase) {
        let node = Node::start(&database).await;
        node.edit("UPDATE billing_plans SET price_cents = 900, limits = '{\"tasks\":{\"limit\":77}}' WHERE id = 'free'").await;
        node.edit("DELETE FROM billing_plans WHERE id = 'pro'").await;
        node.store.close().await;
        let again = node.beside(&database).await;
        let plans = again.billing.plans().await.unwrap();
        let ids: Vec<_> = plans.iter().map(|plan| (plan.id.as_str(), plan.price_cents)).collect();
        assert_eq!(ids, [("free", Some(900)), ("standard", Some(1200)), ("enterprise", None)]);
        let port = again.billing.entitlements();
        assert_eq!(port.limit(org(), Feature::Tasks).await.unwrap(), Limit::UpTo(77));
        assert_eq!(port.limit(org(), Feature::BoardSessions).await.unwrap(), Limit::None, "what is not named is not in it");
        // Also with nothing left at all.
        again.edit("DELETE FROM billing_plans").await;
        assert_eq!(again.beside(&database).await.billing.plans().await.unwrap(), []);
    }

    async fn an_edit_holds_everywhere_within_five_seconds(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (other, org) = (node.beside(&database).await, org());
        let port = other.billing.entitlements();
        assert_eq!(port.limit(org, Feature::Tasks).await.unwrap(), Limit::UpTo(10));
        node.edit("UPDATE billing_plans SET limits = '{\"tasks\":{\"limit\":1}}' WHERE id = 'free'").await;
        assert_eq!(port.limit(org, Feature::Tasks).await.unwrap(), Limit::UpTo(1));
    }
}
