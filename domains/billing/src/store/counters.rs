use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::{Counted, Feature, Limit, OrgId, millis};
use quorate_store::{StoreError, SystemTx, TenantTx};
use sqlx::FromRow;

use super::{natural, stored};

/// The period of what counts for life.
const LIFE: i64 = 0;

/// In which period a feature is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// Always the same one.
    Life,
    /// The month that began then.
    Month(DateTime<Utc>),
}

impl Span {
    const fn key(self) -> i64 {
        match self {
            Self::Life => LIFE,
            Self::Month(start) => millis(start),
        }
    }
}

/// What was used of a feature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) life: u64,
    pub(crate) month: u64,
}

impl Used {
    pub(crate) const fn of(self, span: Span) -> u64 {
        match span {
            Span::Life => self.life,
            Span::Month(_) => self.month,
        }
    }
}

/// Counts if there is room, and tells how many are used then. One statement decides: PostgreSQL looks at the condition
/// again after it has waited for another's row, and SQLite has one writer.
pub(crate) async fn add(
    tx: &mut SystemTx,
    org: OrgId,
    feature: Feature,
    span: Span,
    amount: u64,
    limit: Limit,
) -> Result<Option<u64>, StoreError> {
    let limit = match limit {
        Limit::None => return Ok(None),
        Limit::UpTo(most) => stored(most),
        Limit::Unlimited => i64::MAX,
    };
    // How much may be used before, so that no sum is made that a column could not hold. It is also what lets in the
    // first row, to which the condition does not apply.
    let Some(before) =
        i64::try_from(amount).ok().and_then(|amount| limit.checked_sub(amount)).filter(|room| *room >= 0)
    else {
        return Ok(None);
    };
    let used: Option<(i64,)> = tx
        .sql(
            "INSERT INTO billing_counters (org_id, feature, period_start, used) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org_id, feature, period_start) DO UPDATE SET used = billing_counters.used + excluded.used \
             WHERE billing_counters.used <= $5 RETURNING used",
        )
        .bind(org.to_string())
        .bind(feature.name())
        .bind(span.key())
        .bind(stored(amount))
        .bind(before)
        .optional()
        .await?;
    used.map(|(used,)| natural("billing_counters.used", used)).transpose()
}

/// Notes what was counted, so that it can be given back.
pub(crate) async fn note(tx: &mut SystemTx, counted: &Counted, span: Span) -> Result<(), StoreError> {
    tx.sql("INSERT INTO billing_counted (org_id, id, feature, period_start, amount) VALUES ($1, $2, $3, $4, $5)")
        .bind(counted.org_id.to_string())
        .bind(counted.id.to_string())
        .bind(counted.feature.name())
        .bind(span.key())
        .bind(stored(counted.amount))
        .execute()
        .await
        .map(drop)
}

/// Forgets what was counted in months before this one: work of so long ago has cost something or never will. What
/// counts for life can be given back for life.
pub(crate) async fn forget(
    tx: &mut SystemTx,
    org: OrgId,
    feature: Feature,
    before: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql(
        "DELETE FROM billing_counted WHERE org_id = $1 AND feature = $2 AND period_start <> $3 AND period_start < $4",
    )
    .bind(org.to_string())
    .bind(feature.name())
    .bind(LIFE)
    .bind(millis(before))
    .execute()
    .await
    .map(drop)
}

/// Takes one counting back, and tells whether it was there.
pub(crate) async fn take_back(tx: &mut SystemTx, counted: &Counted) -> Result<bool, StoreError> {
    #[derive(FromRow)]
    struct Row {
        feature: String,
        period_start: i64,
        amount: i64,
    }
    let row: Option<Row> = tx
        .sql("DELETE FROM billing_counted WHERE org_id = $1 AND id = $2 RETURNING feature, period_start, amount")
        .bind(counted.org_id.to_string())
        .bind(counted.id.to_string())
        .optional()
        .await?;
    let Some(row) = row else { return Ok(false) };
    // What the row says was counted, whatever the caller remembers.
    let changed = tx
        .sql(
            "UPDATE billing_counters SET used = used - $1 \
             WHERE org_id = $2 AND feature = $3 AND period_start = $4 AND used >= $5",
        )
        .bind(row.amount)
        .bind(counted.org_id.to_string())
        .bind(row.feature)
        .bind(row.period_start)
        .bind(row.amount)
        .execute()
        .await?;
    if changed == 1 { Ok(true) } else { Err(StoreError::corrupt("billing_counters.used", "less than was counted")) }
}

const USED: &str =
    "SELECT feature, period_start, used FROM billing_counters WHERE org_id = $1 AND period_start IN ($2, $3)";

#[derive(FromRow)]
struct CounterRow {
    feature: String,
    period_start: i64,
    used: i64,
}

/// What the organization has used, for life and in the month that began then.
pub(crate) async fn used(
    tx: &mut SystemTx,
    org: OrgId,
    month: DateTime<Utc>,
) -> Result<BTreeMap<Feature, Used>, StoreError> {
    sum(tx.sql(USED).bind(org.to_string()).bind(LIFE).bind(millis(month)).all().await?)
}

/// As [`used`], for the organization of a tenant's transaction.
pub(crate) async fn own(tx: &mut TenantTx, month: DateTime<Utc>) -> Result<BTreeMap<Feature, Used>, StoreError> {
    sum(tx.sql(USED).bind(LIFE).bind(millis(month)).all().await?)
}

fn sum(rows: Vec<CounterRow>) -> Result<BTreeMap<Feature, Used>, StoreError> {
    let mut all: BTreeMap<Feature, Used> = BTreeMap::new();
    for row in rows {
        // A feature of another version counts for that version.
        let Some(feature) = Feature::parse(&row.feature) else { continue };
        let (entry, used) = (all.entry(feature).or_default(), natural("billing_counters.used", row.used)?);
        *(if row.period_start == LIFE { &mut entry.life } else { &mut entry.month }) = used;
    }
    Ok(all)
}
