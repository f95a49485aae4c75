use quorate_kernel::{from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use crate::jwt::SigningKeyRecord;

#[derive(FromRow)]
struct KeyRow {
    kid: String,
    active_slot: Option<i64>,
    public_key: String,
    sealed_private: String,
    created_at: i64,
    retired_at: Option<i64>,
}

/// Stores the key as the active one, unless there is an active one.
pub(crate) async fn add_first(store: &Store, key: &SigningKeyRecord) -> Result<(), StoreError> {
    let mut tx = store.system("the server's signing keys belong to no organization").await?;
    add(&mut tx, key).await?;
    tx.commit().await
}

/// Retires the active key and makes this one active. Of two nodes that do it at the same moment, one wins.
pub(crate) async fn replace(store: &Store, key: &SigningKeyRecord) -> Result<(), StoreError> {
    let mut tx = store.system("the server's signing keys belong to no organization").await?;
    tx.sql("UPDATE identity_signing_keys SET active_slot = NULL, retired_at = $1 WHERE active_slot = 1")
        .bind(millis(key.created_at))
        .execute()
        .await?;
    add(&mut tx, key).await?;
    tx.commit().await
}

async fn add(tx: &mut SystemTx, key: &SigningKeyRecord) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_signing_keys (kid, active_slot, public_key, sealed_private, created_at) \
         VALUES ($1, 1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(key.kid.clone())
    .bind(key.public_key.clone())
    .bind(key.sealed_private.clone())
    .bind(millis(key.created_at))
    .execute()
    .await?;
    Ok(())
}

/// All keys, the newest first.
pub(crate) async fn list(store: &Store) -> Result<Vec<SigningKeyRecord>, StoreError> {
    let mut tx = store.system_read("the server's signing keys belong to no organization").await?;
    let rows: Vec<KeyRow> = tx
        .sql(
            "SELECT kid, active_slot, public_key, sealed_private, created_at, retired_at \
             FROM identity_signing_keys ORDER BY created_at DESC, kid",
        )
        .all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| SigningKeyRecord {
            kid: row.kid,
            active: row.active_slot.is_some(),
            public_key: row.public_key,
            sealed_private: row.sealed_private,
            created_at: from_millis(row.created_at),
            retired_at: row.retired_at.map(from_millis),
        })
        .collect())
}
