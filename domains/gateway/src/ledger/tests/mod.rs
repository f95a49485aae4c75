//! The ledger on both databases: nothing lost, nothing twice, and no budget overspent.

mod budgets;
mod cost_report;
mod http;
mod keeping;
mod requests;
mod writing;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quorate_audit::AuditLog;
use quorate_kernel::{
    Code, Counted, Entitlements, Feature, Ids as _, Limit, Meter, MicroUsd, OrgId, Problem, SubscriptionSummary,
    SystemIds,
};
use quorate_models::{AttemptRecord, Caller, Ledger as _};
use quorate_store::Store;
use quorate_testkit::{HeldClock, TestDatabase};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::sample::{caller, of};
use super::{CostLedger, LedgerConfig, LedgerDeps, LedgerHandle};
use crate::MIGRATIONS;
use crate::budgets::{Account, Budget, Period, Scope};
use crate::store::spend;

const PATIENCE: Duration = Duration::from_secs(60);

/// A plan of so many requests.
#[derive(Debug, Default)]
struct Plan {
    limit: u64,
    state: std::sync::Mutex<PlanState>,
}

#[derive(Debug, Default)]
struct PlanState {
    used: u64,
    /// How often it was asked to count.
    asked: u64,
    away: bool,
}

impl Plan {
    fn of(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, ..Self::default() })
    }

    fn used(&self) -> u64 {
        self.state.lock().unwrap().used
    }

    fn asked(&self) -> u64 {
        self.state.lock().unwrap().asked
    }

    fn set_away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }
}

#[async_trait]
impl Entitlements for Plan {
    async fn subscription(&self, _: OrgId) -> Result<SubscriptionSummary, Problem> {
        Err(Problem::internal("nobody asks for it here"))
    }

    async fn limit(&self, _: OrgId, _: Feature) -> Result<Limit, Problem> {
        Ok(Limit::UpTo(self.limit))
    }

    async fn meters(&self, _: OrgId) -> Result<Vec<Meter>, Problem> {
        let used = self.used();
        Ok(vec![Meter { feature: Feature::ApiRequests, used, limit: Some(self.limit), resets_at: None }])
    }

    async fn check(&self, _: OrgId, _: Feature, _: u64) -> Result<(), Problem> {
        Ok(())
    }

    async fn count(&self, org_id: OrgId, feature: Feature, amount: u64) -> Result<Counted, Problem> {
        tokio::task::yield_now().await;
        let mut state = self.state.lock().unwrap();
        state.asked += 1;
        if state.away {
            return Err(Problem::new(Code::Unavailable, "away"));
        }
        if state.used + amount > self.limit {
            return Err(Problem::new(Code::QuotaExceeded, "used up").with("used", state.used));
        }
        state.used += amount;
        Ok(Counted { id: SystemIds.uuid(), org_id, feature, amount })
    }

    async fn give_back(&self, counted: &Counted) -> Result<(), Problem> {
        self.state.lock().unwrap().used -= counted.amount;
        Ok(())
    }
}

/// One node of a server: its ledger on a test's database, under a clock that stands still.
struct Node {
    ledger: CostLedger,
    handle: Option<LedgerHandle>,
    store: Store,
    clock: Arc<HeldClock>,
}

impl Node {
    async fn new(database: &TestDatabase, folder: &Path, config: LedgerConfig, plan: Arc<Plan>) -> Self {
        let store = database.migrated(&[&quorate_audit::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let clock = Arc::new(HeldClock::default());
        let deps = LedgerDeps {
            store: store.clone(),
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
            entitlements: plan,
            audit: AuditLog::new([7; 32], clock.clone(), Arc::new(SystemIds)),
            folder: folder.to_path_buf(),
            config,
        };
        Self { ledger: CostLedger::new(deps), handle: None, store, clock }
    }

    /// A node with its ledger at work.
    async fn start(database: &TestDatabase, folder: &Path) -> Self {
        let mut node = Self::new(database, folder, LedgerConfig::default(), Plan::of(100)).await;
        node.handle = Some(node.ledger.start());
        node
    }

    fn record(&self, attempts: impl IntoIterator<Item = AttemptRecord>) {
        for attempt in attempts {
            self.ledger.record(attempt);
        }
    }

    async fn written(&self) {
        let since = Instant::now();
        while !self.ledger.is_written() {
            assert!(since.elapsed() < PATIENCE, "the ledger is never written");
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn drain(mut self) {
        self.handle.take().unwrap().drain(PATIENCE).await;
    }

    async fn number(&self, query: &'static str) -> i64 {
        let mut tx = self.store.system_read("a test reads the ledger").await.unwrap();
        tx.sql(query).scalar().await.unwrap()
    }

    async fn rows(&self) -> i64 {
        self.number("SELECT COUNT(*) FROM gateway_attempts").await
    }

    /// What months, days and hours say were the attempts, and what they cost.
    async fn rolled_up(&self) -> Vec<(String, i64, i64)> {
        let mut tx = self.store.system_read("a test reads the ledger").await.unwrap();
        let query = "SELECT grain, CAST(SUM(attempts) AS BIGINT), CAST(SUM(cost) AS BIGINT) FROM gateway_usage \
                     GROUP BY grain ORDER BY grain";
        tx.sql(query).all().await.unwrap()
    }

    /// What was spent in total by the organization of the samples, and what nodes hold.
    async fn spent(&self) -> (i64, i64) {
        let mut tx = self.store.system_read("a test reads the ledger").await.unwrap();
        let query = "SELECT spent, leased FROM gateway_spend WHERE scope = 'organization' AND period_start = 0";
        tx.sql(query).optional().await.unwrap().unwrap_or_default()
    }

    async fn execute(&self, statement: &'static str) {
        let mut tx = self.store.system("a test changes the ledger").await.unwrap();
        tx.sql(statement).execute().await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Gives the organization of the samples this budget in total.
    async fn budget(&self, cap: i64) {
        let mut tx = self.store.system("a test sets a budget").await.unwrap();
        tx.sql(
            "INSERT INTO gateway_budgets (org_id, scope, subject, period, cap) VALUES ($1, 'organization', '', 'total', $2) \
             ON CONFLICT (org_id, scope, subject, period) DO UPDATE SET cap = excluded.cap",
        )
        .bind(caller().org_id.to_string())
        .bind(cap)
        .execute()
        .await
        .unwrap();
        tx.signal(crate::budgets::CHANGED);
        tx.commit().await.unwrap();
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// So many attempts of the samples' caller, each of 150 micro-dollars.
fn attempts(ids: std::ops::Range<u128>) -> Vec<AttemptRecord> {
    let caller: Arc<Caller> = Arc::new(caller());
    ids.map(|id| of(&caller, id + 1)).collect()
}
