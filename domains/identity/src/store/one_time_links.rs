use chrono::{DateTime, Utc};
use quorate_kernel::millis;
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::users;
use crate::secret::TokenHash;

const FIRST_OPERATOR: &str = "first_operator";

/// Stores the link to the first operator's account, unless there is an operator. Links of earlier starts stay valid
/// until they expire, since another node may just have printed its own.
pub(crate) async fn add_first_operator(
    store: &Store,
    hash: &TokenHash,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut tx = store.system("the server's first operator belongs to no organization yet").await?;
    if users::has_operator(&mut tx).await? {
        return Ok(false);
    }
    tx.sql("DELETE FROM identity_one_time_links WHERE expires_at <= $1").bind(millis(now)).execute().await?;
    tx.sql("INSERT INTO identity_one_time_links (token_hash, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(hash.as_text())
        .bind(FIRST_OPERATOR)
        .bind(millis(now))
        .bind(millis(expires_at))
        .execute()
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// Whether the link could be used now.
pub(crate) async fn is_valid(store: &Store, hash: &TokenHash, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut tx = store.system_read("a one-time link belongs to no organization").await?;
    let count: i64 = tx
        .sql(
            "SELECT COUNT(*) FROM identity_one_time_links \
             WHERE token_hash = $1 AND purpose = $2 AND consumed_at IS NULL AND expires_at > $3",
        )
        .bind(hash.as_text())
        .bind(FIRST_OPERATOR)
        .bind(millis(now))
        .scalar()
        .await?;
    Ok(count > 0)
}

#[derive(FromRow)]
struct ConsumedRow {
    token_hash: String,
    expires_at: i64,
}

/// Uses the link up, and every other one with it: one statement decides, so that of two people with two valid links
/// only one becomes the first operator. Tells whether this link was among them and in time.
pub(crate) async fn consume(tx: &mut SystemTx, hash: &TokenHash, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let consumed: Vec<ConsumedRow> = tx
        .sql(
            "UPDATE identity_one_time_links SET consumed_at = $1 WHERE purpose = $2 AND consumed_at IS NULL \
             RETURNING token_hash, expires_at",
        )
        .bind(millis(now))
        .bind(FIRST_OPERATOR)
        .all()
        .await?;
    let ours = consumed.iter().any(|row| row.token_hash == hash.as_text() && row.expires_at > millis(now));
    Ok(ours && !users::has_operator(tx).await?)
}
