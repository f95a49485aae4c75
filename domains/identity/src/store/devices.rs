use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;
use uuid::Uuid;

use super::id;
use crate::devices::{DeviceView, Taken};
use crate::login_session::EndReason;
use crate::secret::TokenHash;

/// Whose a device is.
pub(crate) struct FoundDevice {
    pub(crate) id: Uuid,
    pub(crate) owner: UserId,
    pub(crate) last_seen_at: DateTime<Utc>,
}

/// Takes the person's row for this transaction, and tells when they last removed a device.
pub(crate) async fn lock_owner(tx: &mut SystemTx, user: UserId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row: Option<(Option<i64>,)> = tx
        .sql(
            "UPDATE identity_users SET device_removed_at = device_removed_at WHERE id = $1 RETURNING device_removed_at",
        )
        .bind(user.to_string())
        .optional()
        .await?;
    Ok(row.and_then(|(removed_at,)| removed_at).map(from_millis))
}

/// The device of a fingerprint.
pub(crate) async fn find(tx: &mut SystemTx, hash: &TokenHash) -> Result<Option<FoundDevice>, StoreError> {
    let row: Option<(String, String, i64)> = tx
        .sql("SELECT id, user_id, last_seen_at FROM identity_devices WHERE fingerprint_hash = $1")
        .bind(hash.as_text())
        .optional()
        .await?;
    let read = |(device, owner, seen): (String, String, i64)| {
        Ok(FoundDevice {
            id: id("identity_devices.id", &device)?,
            owner: UserId(id("identity_devices.user_id", &owner)?),
            last_seen_at: from_millis(seen),
        })
    };
    row.map(read).transpose()
}

/// How many devices the person has.
pub(crate) async fn count(tx: &mut SystemTx, user: UserId) -> Result<u64, StoreError> {
    let count: i64 =
        tx.sql("SELECT COUNT(*) FROM identity_devices WHERE user_id = $1").bind(user.to_string()).scalar().await?;
    Ok(count.unsigned_abs())
}

/// Binds a device. One that another account has is a unique violation.
pub(crate) async fn add(
    tx: &mut SystemTx,
    device: Uuid,
    user: UserId,
    hash: &TokenHash,
    name: Option<String>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_devices (id, user_id, fingerprint_hash, name, created_at, last_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(device.to_string())
    .bind(user.to_string())
    .bind(hash.as_text())
    .bind(name)
    .bind(millis(now))
    .execute()
    .await?;
    Ok(())
}

/// Notes that the device was seen.
pub(crate) async fn seen(tx: &mut SystemTx, device: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_devices SET last_seen_at = $1 WHERE id = $2")
        .bind(millis(now))
        .bind(device.to_string())
        .execute()
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct DeviceRow {
    id: String,
    name: Option<String>,
    created_at: i64,
    last_seen_at: i64,
    fingerprint_hash: String,
}

/// The person's devices, the newest first, and when they last removed one.
pub(crate) async fn list(store: &Store, user: UserId) -> Result<(Vec<DeviceView>, Option<DateTime<Utc>>), StoreError> {
    let mut tx = store.system_read("a device belongs to a person, not to an organization").await?;
    let rows: Vec<DeviceRow> = tx
        .sql(
            "SELECT id, name, created_at, last_seen_at, fingerprint_hash FROM identity_devices WHERE user_id = $1 \
             ORDER BY created_at DESC, id DESC",
        )
        .bind(user.to_string())
        .all()
        .await?;
    let removed_at: Option<i64> =
        tx.sql("SELECT device_removed_at FROM identity_users WHERE id = $1").bind(user.to_string()).scalar().await?;
    let view = |row: DeviceRow| {
        Ok(DeviceView {
            id: id("identity_devices.id", &row.id)?,
            name: row.name,
            created_at: from_millis(row.created_at),
            last_seen_at: from_millis(row.last_seen_at),
            fingerprint: TokenHash::stored(row.fingerprint_hash),
        })
    };
    Ok((rows.into_iter().map(view).collect::<Result<_, StoreError>>()?, removed_at.map(from_millis)))
}

/// Names a device of the person.
pub(crate) async fn rename(tx: &mut SystemTx, user: UserId, device: Uuid, name: &str) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_devices SET name = $1 WHERE id = $2 AND user_id = $3")
        .bind(name.to_owned())
        .bind(device.to_string())
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Whether the device is the person's.
pub(crate) async fn is_of(tx: &mut SystemTx, user: UserId, device: Uuid) -> Result<bool, StoreError> {
    let count: i64 = tx
        .sql("SELECT COUNT(*) FROM identity_devices WHERE id = $1 AND user_id = $2")
        .bind(device.to_string())
        .bind(user.to_string())
        .scalar()
        .await?;
    Ok(count > 0)
}

/// Removes a device of the person, and notes when.
pub(crate) async fn remove(
    tx: &mut SystemTx,
    user: UserId,
    device: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_devices WHERE id = $1 AND user_id = $2")
        .bind(device.to_string())
        .bind(user.to_string())
        .execute()
        .await?;
    tx.sql("UPDATE identity_users SET device_removed_at = $1 WHERE id = $2")
        .bind(millis(now))
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Ends the log-ins that were opened from a device, and tells which.
pub(crate) async fn end_log_ins(
    tx: &mut SystemTx,
    device: Uuid,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    let ended: Vec<(String,)> = tx
        .sql(
            "UPDATE identity_login_sessions SET ended_at = $1, end_reason = $2 \
             WHERE device_id = $3 AND ended_at IS NULL RETURNING id",
        )
        .bind(millis(now))
        .bind(reason.name())
        .bind(device.to_string())
        .all()
        .await?;
    ended.iter().map(|(session,)| id("identity_login_sessions.id", session)).collect()
}

/// The person's log-ins that go on, the oldest first, with the slots they take.
pub(crate) async fn live_log_ins(
    tx: &mut SystemTx,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Taken>, StoreError> {
    let rows: Vec<(String, String)> = tx
        .sql(
            "SELECT id, slot FROM identity_login_sessions \
             WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY created_at, id",
        )
        .bind(user.to_string())
        .bind(millis(now))
        .all()
        .await?;
    let taken =
        |(session, slot): (String, String)| Ok(Taken { session: id("identity_login_sessions.id", &session)?, slot });
    rows.into_iter().map(taken).collect()
}

/// Whether the person has logged in before, and whether from this slot.
pub(crate) async fn known_slot(tx: &mut SystemTx, user: UserId, slot: &str) -> Result<(bool, bool), StoreError> {
    let (all, here): (i64, i64) = tx
        .sql("SELECT COUNT(*), COUNT(CASE WHEN slot = $2 THEN 1 END) FROM identity_login_sessions WHERE user_id = $1")
        .bind(user.to_string())
        .bind(slot.to_owned())
        .one()
        .await?;
    Ok((all > 0, here > 0))
}
