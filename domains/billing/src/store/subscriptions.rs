use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::{Feature, Limit, OrgId, from_millis, millis};
use quorate_store::{StoreError, SystemTx, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{natural, stored};
use crate::subscription::{Assignment, Status, Subscription};

const FIND: &str = "SELECT plan, status, seats, contract, started_at FROM billing_subscriptions WHERE org_id = $1";

#[derive(FromRow)]
struct SubscriptionRow {
    plan: String,
    status: String,
    seats: i64,
    contract: String,
    started_at: i64,
}

/// What was agreed on one feature, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Agreed {
    Number(u64),
    Word(Word),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Unlimited,
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = StoreError;

    fn try_from(row: SubscriptionRow) -> Result<Self, StoreError> {
        let corrupt = |what| move |why: String| StoreError::corrupt(what, why);
        let status = Status::parse(&row.status).ok_or_else(|| corrupt("billing_subscriptions.status")(row.status))?;
        let seats = natural("billing_subscriptions.seats", row.seats)?;
        let agreed: BTreeMap<Feature, Agreed> = serde_json::from_str(&row.contract)
            .map_err(|error| StoreError::corrupt("billing_subscriptions.contract", error))?;
        let limit = |agreed| match agreed {
            Agreed::Number(most) => Limit::UpTo(most),
            Agreed::Word(Word::Unlimited) => Limit::Unlimited,
        };
        let contract = agreed.into_iter().map(|(feature, agreed)| (feature, limit(agreed))).collect();
        Ok(Self { plan: row.plan, status, seats, contract, started_at: Some(from_millis(row.started_at)) })
    }
}

/// The organization's subscription; the default one when it has none.
pub(crate) async fn find(tx: &mut SystemTx, org: OrgId) -> Result<Subscription, StoreError> {
    read(tx.sql(FIND).bind(org.to_string()).optional().await?)
}

/// As [`find`], for the organization of a tenant's transaction.
pub(crate) async fn own(tx: &mut TenantTx) -> Result<Subscription, StoreError> {
    read(tx.sql(FIND).optional().await?)
}

fn read(row: Option<SubscriptionRow>) -> Result<Subscription, StoreError> {
    row.map_or_else(|| Ok(Subscription::default()), TryInto::try_into)
}

/// Writes what was assigned in place of what was there. The beginning stays.
pub(crate) async fn put(
    tx: &mut SystemTx,
    org: OrgId,
    assignment: &Assignment,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let statement = "INSERT INTO billing_subscriptions \
        (org_id, plan, status, seats, contract, started_at, changed_at, assigned_by) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
        ON CONFLICT (org_id) DO UPDATE SET plan = excluded.plan, status = excluded.status, seats = excluded.seats, \
        contract = excluded.contract, changed_at = excluded.changed_at, assigned_by = excluded.assigned_by";
    write(tx, statement, org, assignment, now).await.map(drop)
}

/// Writes what was assigned unless something was there, and tells whether it was written.
pub(crate) async fn add(
    tx: &mut SystemTx,
    org: OrgId,
    assignment: &Assignment,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let statement = "INSERT INTO billing_subscriptions \
        (org_id, plan, status, seats, contract, started_at, changed_at, assigned_by) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (org_id) DO NOTHING";
    Ok(write(tx, statement, org, assignment, now).await? > 0)
}

async fn write(
    tx: &mut SystemTx,
    statement: &'static str,
    org: OrgId,
    assignment: &Assignment,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    tx.sql(statement)
        .bind(org.to_string())
        .bind(assignment.plan.clone())
        .bind(Status::Active.name())
        .bind(stored(assignment.seats))
        .bind(contract(&assignment.contract)?)
        .bind(millis(now))
        .bind(millis(now))
        .bind(assignment.by.name())
        .execute()
        .await
}

fn contract(limits: &BTreeMap<Feature, Limit>) -> Result<String, StoreError> {
    let agreed = |limit: &Limit| limit.number().map_or(Agreed::Word(Word::Unlimited), Agreed::Number);
    let agreed: BTreeMap<Feature, Agreed> = limits.iter().map(|(feature, limit)| (*feature, agreed(limit))).collect();
    serde_json::to_string(&agreed).map_err(|error| StoreError::corrupt("billing_subscriptions.contract", error))
}

/// Removes the organization's subscription and all that was counted.
pub(crate) async fn forget(tx: &mut SystemTx, org: OrgId) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM billing_counted WHERE org_id = $1",
        "DELETE FROM billing_counters WHERE org_id = $1",
        "DELETE FROM billing_subscriptions WHERE org_id = $1",
    ] {
        tx.sql(statement).bind(org.to_string()).execute().await?;
    }
    Ok(())
}
