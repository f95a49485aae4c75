use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, millis};
use quorate_store::{StoreError, SystemTx};
use sqlx::FromRow;

/// The authenticator app of an account.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct StoredTotp {
    pub(crate) sealed_secret: String,
    /// The last step of time whose code was accepted.
    pub(crate) last_step: i64,
}

/// Remembers a secret that waits for its confirmation, in place of one that waited; tells whether there is no confirmed
/// one.
pub(crate) async fn set_pending(
    tx: &mut SystemTx,
    user: UserId,
    sealed_secret: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let set = tx
        .sql(
            "INSERT INTO identity_totp (user_id, sealed_secret, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id) DO UPDATE SET \
             sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, last_step = 0 \
             WHERE identity_totp.confirmed_at IS NULL",
        )
        .bind(user.to_string())
        .bind(sealed_secret.to_owned())
        .bind(millis(now))
        .execute()
        .await?;
    Ok(set == 1)
}

/// What waits for its confirmation, unless it was set up before `since`.
pub(crate) async fn pending(
    tx: &mut SystemTx,
    user: UserId,
    since: DateTime<Utc>,
) -> Result<Option<StoredTotp>, StoreError> {
    tx.sql(
        "SELECT sealed_secret, last_step FROM identity_totp \
         WHERE user_id = $1 AND confirmed_at IS NULL AND created_at > $2",
    )
    .bind(user.to_string())
    .bind(millis(since))
    .optional()
    .await
}

/// Confirms this very secret with the code of that step; tells whether nobody was faster.
pub(crate) async fn confirm(
    tx: &mut SystemTx,
    user: UserId,
    stored: &StoredTotp,
    step: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let confirmed = tx
        .sql(
            "UPDATE identity_totp SET confirmed_at = $1, last_step = $2 \
             WHERE user_id = $3 AND sealed_secret = $4 AND confirmed_at IS NULL",
        )
        .bind(millis(now))
        .bind(step)
        .bind(user.to_string())
        .bind(stored.sealed_secret.clone())
        .execute()
        .await?;
    Ok(confirmed == 1)
}

/// The confirmed secret.
pub(crate) async fn find(tx: &mut SystemTx, user: UserId) -> Result<Option<StoredTotp>, StoreError> {
    tx.sql("SELECT sealed_secret, last_step FROM identity_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL")
        .bind(user.to_string())
        .optional()
        .await
}

/// Uses the code of a step up; tells whether it was still good. Of parallel uses one wins.
pub(crate) async fn use_step(tx: &mut SystemTx, user: UserId, step: i64) -> Result<bool, StoreError> {
    let used = tx
        .sql(
            "UPDATE identity_totp SET last_step = $1 \
             WHERE user_id = $2 AND last_step < $1 AND confirmed_at IS NOT NULL",
        )
        .bind(step)
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(used == 1)
}

/// Forgets the secret.
pub(crate) async fn remove(tx: &mut SystemTx, user: UserId) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_totp WHERE user_id = $1").bind(user.to_string()).execute().await?;
    Ok(())
}
