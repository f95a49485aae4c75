//! Budgets, what was spent of them, and the leases that nodes hold. Whoever changes a lease has the row of its account
//! locked: by a statement that changes it, or by [`lock`]. So two never wait for each other in a circle.

use quorate_kernel::{OrgId, millis};
use quorate_store::{Sql, Store, StoreError, SystemTx, TenantTx};
use uuid::Uuid;

use super::keys;
use crate::budgets::{Account, Budget, Period, Scope, lowest};

const REASON: &str = "budgets are kept also for work without a principal: jobs, and what the API asks";

impl Account {
    /// Binds the key of the account's row, `$1` to `$4` where it comes first.
    pub(super) fn bind<'t>(&self, sql: Sql<'t>) -> Sql<'t> {
        sql.bind(self.org.to_string()).bind(self.scope.name()).bind(self.scope.subject()).bind(self.period_start)
    }
}

/// A lease as it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) account: Account,
    /// The node's lease on the account; what is granted is added to it.
    pub(crate) lease: Uuid,
    /// The budget, in micro-dollars.
    pub(crate) cap: i64,
    /// As much as would be good.
    pub(crate) most: i64,
    /// What is of use at least.
    pub(crate) least: i64,
    /// Milliseconds since the epoch.
    pub(crate) expires_at: i64,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granted {
    /// So much more may be spent.
    Lease(i64),
    /// There is not enough; so much is left.
    Refused { left: i64 },
}

/// Takes a part of a budget for this node. One statement decides: PostgreSQL looks at the condition again after it has
/// waited for another's row, and SQLite has one writer.
pub(crate) async fn lease(store: &Store, wanted: &Wanted) -> Result<Granted, StoreError> {
    let mut tx = store.system(REASON).await?;
    let account = &wanted.account;
    let row = tx.sql(
        "INSERT INTO gateway_spend (org_id, scope, subject, period_start, spent, leased) \
         VALUES ($1, $2, $3, $4, 0, 0) ON CONFLICT (org_id, scope, subject, period_start) DO NOTHING",
    );
    account.bind(row).execute().await?;
    for amount in [wanted.most, wanted.least] {
        // No sum is made that a column could not hold.
        let Some(room) = wanted.cap.checked_sub(amount) else { continue };
        let statement = tx.sql(
            "UPDATE gateway_spend SET leased = leased + $5 \
             WHERE org_id = $1 AND scope = $2 AND subject = $3 AND period_start = $4 AND spent + leased <= $6",
        );
        if account.bind(statement).bind(amount).bind(room).execute().await? == 1 {
            hold(&mut tx, wanted, amount).await?;
            tx.commit().await?;
            return Ok(Granted::Lease(amount));
        }
    }
    let statement = tx.sql(
        "SELECT spent + leased FROM gateway_spend \
         WHERE org_id = $1 AND scope = $2 AND subject = $3 AND period_start = $4",
    );
    let gone: i64 = account.bind(statement).scalar().await?;
    Ok(Granted::Refused { left: wanted.cap.saturating_sub(gone).max(0) })
}

async fn hold(tx: &mut SystemTx, wanted: &Wanted, amount: i64) -> Result<(), StoreError> {
    let account = &wanted.account;
    tx.sql(
        "INSERT INTO gateway_leases (org_id, id, scope, subject, period_start, amount, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org_id, id) \
         DO UPDATE SET amount = gateway_leases.amount + excluded.amount, expires_at = excluded.expires_at",
    )
    .bind(account.org.to_string())
    .bind(wanted.lease.to_string())
    .bind(account.scope.name())
    .bind(account.scope.subject())
    .bind(account.period_start)
    .bind(amount)
    .bind(wanted.expires_at)
    .execute()
    .await
    .map(drop)
}

/// Holds a lease for longer. Tells whether it was still there.
pub(crate) async fn renew(tx: &mut SystemTx, org: OrgId, lease: Uuid, expires_at: i64) -> Result<bool, StoreError> {
    let renewed = tx
        .sql("UPDATE gateway_leases SET expires_at = $1 WHERE org_id = $2 AND id = $3")
        .bind(expires_at)
        .bind(org.to_string())
        .bind(lease.to_string())
        .execute()
        .await?;
    Ok(renewed == 1)
}

/// Gives back what is left of a lease.
pub(crate) async fn give_back(store: &Store, account: &Account, lease: Uuid) -> Result<(), StoreError> {
    end(store, account, lease, i64::MAX).await
}

/// Ends the leases that ran out before this time: their nodes are gone, and what they spent is what the ledger says.
/// Tells how many.
pub(crate) async fn reclaim(store: &Store, before: i64) -> Result<usize, StoreError> {
    type Row = (String, String, String, String, i64);
    let mut tx = store.system_read(REASON).await?;
    let rows: Vec<Row> = tx
        .sql(
            "SELECT org_id, id, scope, subject, period_start FROM gateway_leases WHERE expires_at < $1 \
             ORDER BY expires_at LIMIT 100",
        )
        .bind(before)
        .all()
        .await?;
    drop(tx);
    let many = rows.len();
    for (org, id, scope, subject, period_start) in rows {
        let corrupt = |what| move |error: uuid::Error| StoreError::corrupt(what, error);
        let scope = Scope::parse(&scope, &subject)
            .ok_or_else(|| StoreError::corrupt("gateway_leases.scope", format!("{scope} {subject}")))?;
        let account = Account { org: org.parse().map_err(corrupt("gateway_leases.org_id"))?, scope, period_start };
        end(store, &account, id.parse().map_err(corrupt("gateway_leases.id"))?, before).await?;
    }
    Ok(many)
}

async fn end(store: &Store, account: &Account, lease: Uuid, expired_before: i64) -> Result<(), StoreError> {
    let mut tx = store.system(REASON).await?;
    lock(&mut tx, account).await?;
    let amount: Option<(i64,)> = tx
        .sql("DELETE FROM gateway_leases WHERE org_id = $1 AND id = $2 AND expires_at < $3 RETURNING amount")
        .bind(account.org.to_string())
        .bind(lease.to_string())
        .bind(expired_before)
        .optional()
        .await?;
    // Another node was quicker, or it was renewed meanwhile.
    let Some((amount,)) = amount else { return Ok(()) };
    let statement = tx.sql(
        "UPDATE gateway_spend SET leased = leased - $5 \
         WHERE org_id = $1 AND scope = $2 AND subject = $3 AND period_start = $4",
    );
    account.bind(statement).bind(amount).execute().await?;
    tx.commit().await
}

/// Locks the account's row.
async fn lock(tx: &mut SystemTx, account: &Account) -> Result<(), StoreError> {
    let statement = tx.sql(
        "UPDATE gateway_spend SET leased = leased \
         WHERE org_id = $1 AND scope = $2 AND subject = $3 AND period_start = $4",
    );
    account.bind(statement).execute().await.map(drop)
}

type BudgetRow = (String, String, String, i64);

const BUDGETS: &str = "SELECT scope, subject, period, cap FROM gateway_budgets WHERE org_id = $1 \
                       ORDER BY scope, subject, period";

/// The budgets that hold for an organization: those it has set, and those that its keys have of their own (PLT-1). One
/// of each scope and period, the lowest.
pub(crate) async fn budgets(store: &Store, org: OrgId) -> Result<Vec<Budget>, StoreError> {
    let mut tx = store.system_read(REASON).await?;
    let rows: Vec<BudgetRow> = tx.sql(BUDGETS).bind(org.to_string()).all().await?;
    let set = rows.into_iter().map(budget).collect::<Result<Vec<_>, _>>()?;
    Ok(lowest(set.into_iter().chain(keys::budgets(&mut tx, org).await?)))
}

fn budget((scope, subject, period, cap): BudgetRow) -> Result<Budget, StoreError> {
    let corrupt = |what: String| StoreError::corrupt("gateway_budgets", what);
    let Some(scope_of) = Scope::parse(&scope, &subject) else { return Err(corrupt(format!("{scope} {subject}"))) };
    let Some(period_of) = Period::parse(&period) else { return Err(corrupt(period)) };
    Ok(Budget { scope: scope_of, period: period_of, cap })
}

/// When a lease that is taken or renewed now runs out.
pub(crate) fn expiry(now: chrono::DateTime<chrono::Utc>, lasting: std::time::Duration) -> i64 {
    millis(now).saturating_add(i64::try_from(lasting.as_millis()).unwrap_or(i64::MAX))
}

/// As [`budgets`], for the organization of a tenant's transaction.
pub(crate) async fn own(tx: &mut TenantTx) -> Result<Vec<Budget>, StoreError> {
    let rows: Vec<BudgetRow> = tx.sql(BUDGETS).all().await?;
    rows.into_iter().map(budget).collect()
}

/// Puts these budgets in the place of all that the organization has. Every node hears of it with the commit.
pub(crate) async fn replace(tx: &mut TenantTx, budgets: &[Budget]) -> Result<(), StoreError> {
    tx.sql("DELETE FROM gateway_budgets WHERE org_id = $1").execute().await?;
    for budget in budgets {
        tx.sql("INSERT INTO gateway_budgets (org_id, scope, subject, period, cap) VALUES ($1, $2, $3, $4, $5)")
            .bind(budget.scope.name())
            .bind(budget.scope.subject())
            .bind(budget.period.name())
            .bind(budget.cap)
            .execute()
            .await?;
    }
    tx.signal(crate::budgets::CHANGED);
    Ok(())
}

/// What was spent on an account of the organization of a tenant's transaction, and what nodes hold of it.
pub(crate) async fn spent(tx: &mut TenantTx, account: &Account) -> Result<(i64, i64), StoreError> {
    let row: Option<(i64, i64)> = tx
        .sql(
            "SELECT spent, leased FROM gateway_spend \
             WHERE org_id = $1 AND scope = $2 AND subject = $3 AND period_start = $4",
        )
        .bind(account.scope.name())
        .bind(account.scope.subject())
        .bind(account.period_start)
        .optional()
        .await?;
    Ok(row.unwrap_or_default())
}
