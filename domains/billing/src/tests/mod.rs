//! Billing on both databases, and its API behind the real middleware.

mod api;
mod catalogue;
mod counting;
mod failing_closed;
mod histories;
mod subscriptions;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use quorate_kernel::{Clock as _, Code, Feature, Ids as _, OrgId, Principal, Problem, Role, SystemIds, UserId};
use quorate_store::Store;
use quorate_testkit::{HeldClock, TestDatabase};
use serde_json::Value;

use crate::{AssignedBy, Assignment, Billing, Deps, MIGRATIONS};

/// One node of a server on a test's database, under a clock that stands still on 5 January 2026.
struct Node {
    billing: Billing,
    store: Store,
    clock: Arc<HeldClock>,
}

impl Node {
    async fn start(database: &TestDatabase) -> Self {
        Self::with_clock(database, Arc::default()).await
    }

    /// Another node of the same server, or the same one after a restart.
    async fn beside(&self, database: &TestDatabase) -> Self {
        Self::with_clock(database, Arc::clone(&self.clock)).await
    }

    async fn with_clock(database: &TestDatabase, clock: Arc<HeldClock>) -> Self {
        let store = database.migrated(&[&MIGRATIONS]).await.unwrap();
        let public_url = "https://board.example.com/".to_owned();
        let deps = Deps { store: store.clone(), clock: clock.clone(), ids: Arc::new(SystemIds), public_url };
        Self { billing: Billing::start(deps).await.unwrap(), store, clock }
    }

    fn set(&self, time: &str) {
        self.clock.set(at(time));
    }

    async fn assign(&self, org: OrgId, plan: &str, seats: u64) {
        self.billing.assign(org, &assignment(plan, seats)).await.unwrap();
    }

    /// What the counters of the organization hold, over all periods.
    async fn used(&self, org: OrgId, feature: Feature) -> i64 {
        let mut tx = self.store.system_read("a test reads the counters").await.unwrap();
        let sum =
            "SELECT CAST(COALESCE(SUM(used), 0) AS BIGINT) FROM billing_counters WHERE org_id = $1 AND feature = $2";
        tx.sql(sum).bind(org.to_string()).bind(feature.name()).scalar().await.unwrap()
    }

    /// How many countings can still be given back.
    async fn noted(&self, org: OrgId) -> i64 {
        let mut tx = self.store.system_read("a test counts the rows").await.unwrap();
        let count = "SELECT COUNT(*) FROM billing_counted WHERE org_id = $1";
        tx.sql(count).bind(org.to_string()).scalar().await.unwrap()
    }

    /// As an operator who edits rows.
    async fn edit(&self, statement: &'static str) {
        let mut tx = self.store.system("a test edits rows as an operator does").await.unwrap();
        assert!(tx.sql(statement).execute().await.unwrap() > 0, "{statement}");
        tx.commit().await.unwrap();
        // Until the plans are read again.
        self.clock.advance(std::time::Duration::from_secs(5));
    }
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

fn org() -> OrgId {
    OrgId(SystemIds.uuid())
}

fn member(org_id: OrgId) -> Principal {
    let user_id = UserId(SystemIds.uuid());
    Principal {
        user_id,
        org_id,
        role: Role::Member,
        login_session_id: SystemIds.uuid(),
        operator: false,
        api_key: None,
    }
}

fn assignment(plan: &str, seats: u64) -> Assignment {
    Assignment { plan: plan.to_owned(), seats, contract: BTreeMap::new(), by: AssignedBy::CommandLine }
}

/// Code and params of a refusal.
fn told<T: std::fmt::Debug>(result: Result<T, Problem>) -> (Code, Value) {
    let problem = result.unwrap_err();
    (problem.code, Value::Object(problem.params))
}
