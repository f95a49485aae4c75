use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, millis};
use quorate_store::{StoreError, SystemTx};

/// Puts new codes in the place of all earlier ones.
pub(crate) async fn replace(
    tx: &mut SystemTx,
    user: UserId,
    hashes: &[String],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    remove(tx, user).await?;
    for hash in hashes {
        tx.sql("INSERT INTO identity_recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)")
            .bind(user.to_string())
            .bind(hash.clone())
            .bind(millis(now))
            .execute()
            .await?;
    }
    Ok(())
}

/// Uses a code up; tells whether it was one and was unused. Of parallel uses one wins.
pub(crate) async fn consume(
    tx: &mut SystemTx,
    user: UserId,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let used = tx
        .sql(
            "UPDATE identity_recovery_codes SET used_at = $1 \
             WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL",
        )
        .bind(millis(now))
        .bind(user.to_string())
        .bind(hash.to_owned())
        .execute()
        .await?;
    Ok(used == 1)
}

/// How many are left.
pub(crate) async fn left(tx: &mut SystemTx, user: UserId) -> Result<i64, StoreError> {
    tx.sql("SELECT COUNT(*) FROM identity_recovery_codes WHERE user_id = $1 AND used_at IS NULL")
        .bind(user.to_string())
        .scalar()
        .await
}

/// Forgets all codes.
pub(crate) async fn remove(tx: &mut SystemTx, user: UserId) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_recovery_codes WHERE user_id = $1").bind(user.to_string()).execute().await?;
    Ok(())
}
