//! The tables as rows.

use quorate_store::{StoreError, Tx};
use sqlx::FromRow;

use crate::encoding::Key;

/// The columns of [`Row`].
macro_rules! columns {
    () => {
        "sequence, happened_at, actor_kind, org_id, action, target_kind, target_id, state_before, state_after, \
         request_id, actor_user_id, ip, user_agent, actor_salt, actor_detached, actor_commitment, target_salt, \
         target_detached, target_commitment, previous_mac, mac"
    };
}
pub(crate) use columns;

/// One entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Row {
    pub(crate) sequence: i64,
    pub(crate) happened_at: i64,
    pub(crate) actor_kind: String,
    pub(crate) org_id: Option<String>,
    pub(crate) action: String,
    pub(crate) target_kind: Option<String>,
    pub(crate) target_id: Option<String>,
    pub(crate) state_before: Option<String>,
    pub(crate) state_after: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) actor_user_id: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) actor_salt: Option<String>,
    pub(crate) actor_detached: Option<String>,
    pub(crate) actor_commitment: String,
    pub(crate) target_salt: Option<String>,
    pub(crate) target_detached: Option<String>,
    pub(crate) target_commitment: Option<String>,
    pub(crate) previous_mac: String,
    pub(crate) mac: String,
}

/// The head as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub(crate) struct HeadRow {
    pub(crate) sequence: i64,
    pub(crate) mac: String,
    pub(crate) base_sequence: i64,
    pub(crate) base_mac: String,
    pub(crate) seal: String,
}

/// Takes the head's lock until the transaction ends, and reads it. Writers on PostgreSQL wait here for each other; on
/// SQLite a writing transaction is alone anyway.
pub(crate) async fn lock_head<S: Send>(tx: &mut Tx<S>) -> Result<HeadRow, StoreError> {
    tx.platform_sql(
        "UPDATE audit_head SET sequence = sequence WHERE id = 1 \
         RETURNING sequence, mac, base_sequence, base_mac, seal",
    )
    .one()
    .await
}

/// Writes the head, with a seal only when the one it had was good: sealing a head that somebody else wrote would hide
/// for ever what they did.
pub(crate) async fn write_head<S: Send>(
    tx: &mut Tx<S>,
    key: &Key,
    was: &HeadRow,
    mut head: HeadRow,
) -> Result<(), StoreError> {
    if was.is_sealed(key) {
        head.seal = head.expected_seal(key);
    } else {
        tracing::error!(sequence = was.sequence, "the audit log's head was not written by this server: verify the log");
    }
    tx.platform_sql(
        "UPDATE audit_head SET sequence = $1, mac = $2, base_sequence = $3, base_mac = $4, seal = $5 WHERE id = 1",
    )
    .bind(head.sequence)
    .bind(head.mac)
    .bind(head.base_sequence)
    .bind(head.base_mac)
    .bind(head.seal)
    .execute()
    .await?;
    Ok(())
}

pub(crate) async fn insert<S: Send>(tx: &mut Tx<S>, row: Row) -> Result<(), StoreError> {
    tx.platform_sql(concat!(
        "INSERT INTO audit_entries (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
    ))
    .bind(row.sequence)
    .bind(row.happened_at)
    .bind(row.actor_kind)
    .bind(row.org_id)
    .bind(row.action)
    .bind(row.target_kind)
    .bind(row.target_id)
    .bind(row.state_before)
    .bind(row.state_after)
    .bind(row.request_id)
    .bind(row.actor_user_id)
    .bind(row.ip)
    .bind(row.user_agent)
    .bind(row.actor_salt)
    .bind(row.actor_detached)
    .bind(row.actor_commitment)
    .bind(row.target_salt)
    .bind(row.target_detached)
    .bind(row.target_commitment)
    .bind(row.previous_mac)
    .bind(row.mac)
    .execute()
    .await?;
    Ok(())
}

/// Entries after `after`, in order.
pub(crate) async fn page<S: Send>(tx: &mut Tx<S>, after: i64, most: i64) -> Result<Vec<Row>, StoreError> {
    tx.platform_sql(concat!(
        "SELECT ",
        columns!(),
        " FROM audit_entries WHERE sequence > $1 ORDER BY sequence LIMIT $2"
    ))
    .bind(after)
    .bind(most)
    .all()
    .await
}
