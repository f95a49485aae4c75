use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, from_millis, millis};
use quorate_store::{StoreError, SystemTx};
use sqlx::FromRow;

use crate::email_change::EmailChange;

#[derive(FromRow)]
struct ChangeRow {
    new_email: String,
    expires_at: i64,
    old_confirmed_at: Option<i64>,
    new_confirmed_at: Option<i64>,
}

/// Begins a change; one that was under way is forgotten.
pub(crate) async fn begin(
    tx: &mut SystemTx,
    user: UserId,
    new_email: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    end(tx, user).await?;
    tx.sql("INSERT INTO identity_email_changes (user_id, new_email, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(user.to_string())
        .bind(new_email.to_owned())
        .bind(millis(now))
        .bind(millis(expires_at))
        .execute()
        .await?;
    Ok(())
}

/// Notes that one of the addresses agreed, and reads how far the change has come.
pub(crate) async fn confirm(
    tx: &mut SystemTx,
    user: UserId,
    of_new: bool,
    now: DateTime<Utc>,
) -> Result<Option<EmailChange>, StoreError> {
    let statement = if of_new {
        "UPDATE identity_email_changes SET new_confirmed_at = $1 WHERE user_id = $2 \
         RETURNING new_email, expires_at, old_confirmed_at, new_confirmed_at"
    } else {
        "UPDATE identity_email_changes SET old_confirmed_at = $1 WHERE user_id = $2 \
         RETURNING new_email, expires_at, old_confirmed_at, new_confirmed_at"
    };
    let row: Option<ChangeRow> = tx.sql(statement).bind(millis(now)).bind(user.to_string()).optional().await?;
    Ok(row.map(|row| EmailChange {
        new_email: row.new_email,
        old_confirmed: row.old_confirmed_at.is_some(),
        new_confirmed: row.new_confirmed_at.is_some(),
        expires_at: from_millis(row.expires_at),
    }))
}

/// Forgets the change.
pub(crate) async fn end(tx: &mut SystemTx, user: UserId) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_email_changes WHERE user_id = $1").bind(user.to_string()).execute().await?;
    Ok(())
}
