use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::id;
use crate::mail_token::MailPurpose;
use crate::secret::TokenHash;

pub(crate) struct NewMailToken {
    pub(crate) hash: TokenHash,
    pub(crate) purpose: MailPurpose,
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Whom a token belongs to, and the address it proves.
pub(crate) struct FoundToken {
    pub(crate) user: UserId,
    pub(crate) email: String,
}

#[derive(FromRow)]
struct TokenRow {
    user_id: String,
    email: String,
}

/// Writes a token. The earlier ones of the same purpose die: the newest mail is the one that counts.
pub(crate) async fn add(tx: &mut SystemTx, new: &NewMailToken) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_mail_tokens WHERE user_id = $1 AND purpose = $2")
        .bind(new.user.to_string())
        .bind(new.purpose.name())
        .execute()
        .await?;
    tx.sql(
        "INSERT INTO identity_mail_tokens (token_hash, purpose, user_id, email, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.hash.as_text())
    .bind(new.purpose.name())
    .bind(new.user.to_string())
    .bind(new.email.clone())
    .bind(millis(new.created_at))
    .bind(millis(new.expires_at))
    .execute()
    .await?;
    Ok(())
}

/// Uses a token up: one statement decides, so that of two clicks one counts.
pub(crate) async fn consume(
    tx: &mut SystemTx,
    hash: &TokenHash,
    purpose: MailPurpose,
    now: DateTime<Utc>,
) -> Result<Option<FoundToken>, StoreError> {
    let row: Option<TokenRow> = tx
        .sql(
            "UPDATE identity_mail_tokens SET consumed_at = $1 \
             WHERE token_hash = $2 AND purpose = $3 AND consumed_at IS NULL AND expires_at > $1 \
             RETURNING user_id, email",
        )
        .bind(millis(now))
        .bind(hash.as_text())
        .bind(purpose.name())
        .optional()
        .await?;
    row.map(|row| Ok(FoundToken { user: UserId(id("identity_mail_tokens.user_id", &row.user_id)?), email: row.email }))
        .transpose()
}

/// Whether a token could be used now.
pub(crate) async fn is_valid(
    store: &Store,
    hash: &TokenHash,
    purpose: MailPurpose,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut tx = store.system_read("a link in a mail says who somebody is before they enter").await?;
    let count: i64 = tx
        .sql(
            "SELECT COUNT(*) FROM identity_mail_tokens \
             WHERE token_hash = $1 AND purpose = $2 AND consumed_at IS NULL AND expires_at > $3",
        )
        .bind(hash.as_text())
        .bind(purpose.name())
        .bind(millis(now))
        .scalar()
        .await?;
    Ok(count > 0)
}

/// How many tokens of a purpose the person was sent since then. A newer one replaces the last, so it is none or one.
pub(crate) async fn sent_since(
    tx: &mut SystemTx,
    user: UserId,
    purpose: MailPurpose,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let count: i64 = tx
        .sql("SELECT COUNT(*) FROM identity_mail_tokens WHERE user_id = $1 AND purpose = $2 AND created_at > $3")
        .bind(user.to_string())
        .bind(purpose.name())
        .bind(millis(since))
        .scalar()
        .await?;
    Ok(count > 0)
}

/// Withdraws what mails of these purposes could still do, such as a reset that was asked for before the password changed.
pub(crate) async fn withdraw(tx: &mut SystemTx, user: UserId, purpose: MailPurpose) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_mail_tokens WHERE user_id = $1 AND purpose = $2")
        .bind(user.to_string())
        .bind(purpose.name())
        .execute()
        .await?;
    Ok(())
}
