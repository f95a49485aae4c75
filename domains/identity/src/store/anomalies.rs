use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::id;
use crate::devices::anomaly::{Anomaly, Sighting};

/// A flag as operators see it.
pub(crate) struct Flag {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) details: Value,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) reviewed_at: Option<DateTime<Utc>>,
}

/// The person's log-ins since then, the oldest first.
pub(crate) async fn recent_log_ins(
    store: &Store,
    user: UserId,
    since: DateTime<Utc>,
) -> Result<Vec<Sighting>, StoreError> {
    let mut tx = store.system_read("anomalies are looked for in a person's log-ins, wherever they act").await?;
    let rows: Vec<(i64, Option<String>, String)> = tx
        .sql(
            "SELECT created_at, ip, slot FROM identity_login_sessions WHERE user_id = $1 AND created_at > $2 \
             ORDER BY created_at DESC, id DESC LIMIT 200",
        )
        .bind(user.to_string())
        .bind(millis(since))
        .all()
        .await?;
    let sighting = |(at, ip, slot)| Sighting { at: from_millis(at), ip, slot, place: None };
    Ok(rows.into_iter().rev().map(sighting).collect())
}

/// Flags the account, unless an operator has yet to look at a flag of this kind.
pub(crate) async fn flag(
    tx: &mut SystemTx,
    flag: Uuid,
    user: UserId,
    anomaly: &Anomaly,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_anomalies (id, user_id, kind, details, created_at) \
         SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 FROM identity_anomalies \
         WHERE user_id = $2 AND kind = $3 AND reviewed_at IS NULL)",
    )
    .bind(flag.to_string())
    .bind(user.to_string())
    .bind(anomaly.kind)
    .bind(anomaly.details.to_string())
    .bind(millis(now))
    .execute()
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct FlagRow {
    id: String,
    user_id: String,
    email: String,
    name: String,
    kind: String,
    details: String,
    created_at: i64,
    reviewed_at: Option<i64>,
}

/// Flags older than a cursor's, the newest first; those that were looked at, those that were not, or both.
pub(crate) async fn list(
    store: &Store,
    reviewed: Option<bool>,
    before: Option<(DateTime<Utc>, Uuid)>,
    most: usize,
) -> Result<Vec<Flag>, StoreError> {
    let mut tx = store.system_read("anomalies are for operators, of all organizations").await?;
    let (at, flag) = before.map_or((i64::MAX, String::new()), |(at, flag)| (millis(at), flag.to_string()));
    let rows: Vec<FlagRow> = tx
        .sql(
            "SELECT a.id, a.user_id, u.email, u.name, a.kind, a.details, a.created_at, a.reviewed_at \
             FROM identity_anomalies a JOIN identity_users u ON u.id = a.user_id \
             WHERE (a.created_at < $1 OR (a.created_at = $1 AND a.id < $2)) \
             AND ($3 = -1 OR ($3 = 1 AND a.reviewed_at IS NOT NULL) OR ($3 = 0 AND a.reviewed_at IS NULL)) \
             ORDER BY a.created_at DESC, a.id DESC LIMIT $4",
        )
        .bind(at)
        .bind(flag)
        .bind(reviewed.map_or(-1, i64::from))
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .all()
        .await?;
    rows.into_iter().map(FlagRow::read).collect()
}

/// One flag.
pub(crate) async fn get(tx: &mut SystemTx, flag: Uuid) -> Result<Option<Flag>, StoreError> {
    let row: Option<FlagRow> = tx
        .sql(
            "SELECT a.id, a.user_id, u.email, u.name, a.kind, a.details, a.created_at, a.reviewed_at \
             FROM identity_anomalies a JOIN identity_users u ON u.id = a.user_id WHERE a.id = $1",
        )
        .bind(flag.to_string())
        .optional()
        .await?;
    row.map(FlagRow::read).transpose()
}

/// Notes that an operator has looked at a flag; the first time counts.
pub(crate) async fn review(
    tx: &mut SystemTx,
    flag: Uuid,
    operator: UserId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_anomalies SET reviewed_at = $1, reviewed_by = $2 WHERE id = $3 AND reviewed_at IS NULL")
        .bind(millis(now))
        .bind(operator.to_string())
        .bind(flag.to_string())
        .execute()
        .await?;
    Ok(())
}

impl FlagRow {
    fn read(self) -> Result<Flag, StoreError> {
        Ok(Flag {
            id: id("identity_anomalies.id", &self.id)?,
            user_id: id("identity_anomalies.user_id", &self.user_id)?,
            email: self.email,
            name: self.name,
            kind: self.kind,
            details: serde_json::from_str(&self.details)
                .map_err(|error| StoreError::corrupt("identity_anomalies.details", error))?,
            created_at: from_millis(self.created_at),
            reviewed_at: self.reviewed_at.map(from_millis),
        })
    }
}
