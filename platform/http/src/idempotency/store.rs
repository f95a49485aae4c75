use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, millis};
use quorate_store::{StoreError, SystemTx, TenantTx};
use sqlx::FromRow;

/// Whose key it is, and for which request.
pub(super) struct Row {
    pub(super) user: String,
    pub(super) name: String,
    pub(super) fingerprint: String,
    pub(super) holder: String,
}

/// What stands under a key.
pub(super) enum Found {
    /// Nothing stood there: it is the caller's now.
    Taken,
    /// Another call works on the same request.
    AtWork,
    /// The same request was answered so; sealed.
    Answered(String),
    /// It was used for another request.
    OtherRequest,
}

#[derive(FromRow)]
struct Kept {
    fingerprint: String,
    answer: Option<String>,
}

/// Takes the key where it is free, expired, or held by a call that said nothing for too long.
pub(super) async fn take(
    tx: &mut TenantTx,
    row: &Row,
    now: DateTime<Utc>,
    held_until: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Found, StoreError> {
    let clean = "DELETE FROM http_idempotency WHERE org_id = $1 AND expires_at <= $2";
    tx.sql(clean).bind(millis(now)).execute().await?;
    let taken = tx
        .sql(
            "INSERT INTO http_idempotency (org_id, user_id, name, fingerprint, holder, held_until, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org_id, user_id, name) DO UPDATE \
             SET fingerprint = excluded.fingerprint, holder = excluded.holder, held_until = excluded.held_until, \
             expires_at = excluded.expires_at \
             WHERE http_idempotency.answer IS NULL AND http_idempotency.held_until <= $8",
        )
        .bind(row.user.clone())
        .bind(row.name.clone())
        .bind(row.fingerprint.clone())
        .bind(row.holder.clone())
        .bind(millis(held_until))
        .bind(millis(expires_at))
        .bind(millis(now))
        .execute()
        .await?;
    if taken > 0 {
        return Ok(Found::Taken);
    }
    let kept = "SELECT fingerprint, answer FROM http_idempotency WHERE org_id = $1 AND user_id = $2 AND name = $3";
    let kept: Option<Kept> = tx.sql(kept).bind(row.user.clone()).bind(row.name.clone()).optional().await?;
    Ok(match kept {
        // Given up between the two statements: look again.
        None => Found::AtWork,
        Some(kept) if kept.fingerprint != row.fingerprint => Found::OtherRequest,
        Some(Kept { answer: Some(sealed), .. }) => Found::Answered(sealed),
        Some(_) => Found::AtWork,
    })
}

/// Keeps the answer, if the key is still the caller's.
pub(super) async fn keep(tx: &mut TenantTx, row: &Row, sealed: String) -> Result<(), StoreError> {
    tx.sql("UPDATE http_idempotency SET answer = $5 WHERE org_id = $1 AND user_id = $2 AND name = $3 AND holder = $4")
        .bind(row.user.clone())
        .bind(row.name.clone())
        .bind(row.holder.clone())
        .bind(sealed)
        .execute()
        .await
        .map(drop)
}

/// Gives the key up, if it is still the caller's.
pub(super) async fn remove(tx: &mut TenantTx, row: &Row) -> Result<(), StoreError> {
    tx.sql("DELETE FROM http_idempotency WHERE org_id = $1 AND user_id = $2 AND name = $3 AND holder = $4")
        .bind(row.user.clone())
        .bind(row.name.clone())
        .bind(row.holder.clone())
        .execute()
        .await
        .map(drop)
}

/// Removes everything of an organization.
pub(super) async fn forget(tx: &mut SystemTx, org: OrgId) -> Result<(), StoreError> {
    tx.sql("DELETE FROM http_idempotency WHERE org_id = $1").bind(org.to_string()).execute().await.map(drop)
}
