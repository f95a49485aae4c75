use chrono::TimeDelta;
use quorate_kernel::{from_millis, millis};
use quorate_testkit::on_both_databases;

use super::super::sample::START;
use super::*;
use crate::store::usage;

on_both_databases! {
    async fn attempts_are_kept_90_days_and_what_they_add_up_to_seven_years(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        let now = from_millis(START);
        let aged = |id: u128, days: i64, org: u128| {
            let caller = Arc::new(Caller { org_id: OrgId(uuid::Uuid::from_u128(org)), ..caller() });
            AttemptRecord { started: now - TimeDelta::days(days), ..of(&caller, id) }
        };
        for org in [7, 70, 700] {
            node.record([aged(org, 0, org), aged(org + 1, 89, org), aged(org + 2, 91, org), aged(org + 3, 2_600, org)]);
        }
        // More than go in one transaction.
        let old = Arc::new(caller());
        node.record((10_000..12_100).map(|id| AttemptRecord { started: now - TimeDelta::days(200), ..of(&old, id) }));
        node.written().await;
        let rows = usage::forget(&node.store, millis(now - TimeDelta::days(90)), millis(now - TimeDelta::days(2_557))).await.unwrap();
        assert_eq!((node.rows().await, rows), (6, 2_100 + 6 + 9), "attempts, and the oldest hours, days and months");
        assert_eq!(node.number("SELECT COUNT(*) FROM gateway_usage WHERE grain = 'day'").await, 3 * 3 + 1);
        assert_eq!(usage::forget(&node.store, millis(now - TimeDelta::days(90)), 0).await.unwrap(), 0);
    }
}
