use quorate_kernel::from_millis;
use quorate_store::{Store, StoreError};
use sqlx::FromRow;

use crate::catalogue::{Catalogue, Version};
use crate::plan::{Plan, read_limits};

#[derive(FromRow)]
struct PlanRow {
    id: String,
    effective_from: i64,
    name: String,
    price_cents: Option<i64>,
    per_seat: i64,
    position: i64,
    support: String,
    limits: String,
}

/// Every version of every plan. One that cannot be read is in it as such, and spoils no other.
pub(crate) async fn catalogue(store: &Store) -> Result<Catalogue, StoreError> {
    let mut tx = store.system_read("plans belong to no organization").await?;
    let rows: Vec<PlanRow> = tx
        .sql(
            "SELECT id, effective_from, name, price_cents, per_seat, position, support, limits FROM billing_plans \
             ORDER BY id, effective_from",
        )
        .all()
        .await?;
    let mut complaints = Vec::new();
    let versions = rows.into_iter().map(|row| version(row, &mut complaints)).collect();
    Ok(Catalogue::new(versions, complaints))
}

fn version(row: PlanRow, complaints: &mut Vec<String>) -> Version {
    let (id, effective_from) = (row.id.clone(), from_millis(row.effective_from));
    let read = plan(row);
    let plan = match read {
        Ok((plan, unknown)) => {
            complaints.extend(unknown.iter().map(|name| format!("plan '{id}' names '{name}', which is no feature")));
            Ok(plan.into())
        }
        Err(why) => {
            complaints.push(format!("plan '{id}' from {effective_from} cannot be read: {why}"));
            Err(why)
        }
    };
    Version { id, effective_from, plan }
}

fn plan(row: PlanRow) -> Result<(Plan, Vec<String>), String> {
    let (allowances, unknown) = read_limits(&row.limits).map_err(|error| format!("limits: {error}"))?;
    let price_cents =
        row.price_cents.map(u64::try_from).transpose().map_err(|error| format!("price_cents: {error}"))?;
    let plan = Plan {
        id: row.id,
        name: row.name,
        effective_from: from_millis(row.effective_from),
        price_cents,
        per_seat: row.per_seat != 0,
        position: row.position,
        support: row.support,
        allowances,
    };
    Ok((plan, unknown))
}
