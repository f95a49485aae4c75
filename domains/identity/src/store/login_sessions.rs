use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{id, users};
use crate::login_session::{EndReason, LoginSession, Standing};

pub(crate) async fn add(tx: &mut SystemTx, session: &LoginSession) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_login_sessions \
         (id, user_id, acting_org, created_at, last_used_at, expires_at, ip, user_agent) \
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
    )
    .bind(session.id.to_string())
    .bind(session.user_id.to_string())
    .bind(session.org_id.to_string())
    .bind(millis(session.created_at))
    .bind(millis(session.expires_at))
    .bind(session.origin.ip.clone())
    .bind(session.origin.user_agent.clone())
    .execute()
    .await?;
    Ok(())
}

/// Notes that the session was refreshed.
pub(crate) async fn touch(tx: &mut SystemTx, session: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_login_sessions SET last_used_at = $1 WHERE id = $2")
        .bind(millis(now))
        .bind(session.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Ends the session; tells whether it had not ended before.
pub(crate) async fn end(
    tx: &mut SystemTx,
    session: Uuid,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let ended = tx
        .sql("UPDATE identity_login_sessions SET ended_at = $1, end_reason = $2 WHERE id = $3 AND ended_at IS NULL")
        .bind(millis(now))
        .bind(reason.name())
        .bind(session.to_string())
        .execute()
        .await?;
    Ok(ended > 0)
}

#[derive(FromRow)]
struct StandingRow {
    user_id: String,
    acting_org: String,
    expires_at: i64,
    is_operator: i64,
    role: String,
}

/// What the session says now.
pub(crate) async fn standing(store: &Store, session: Uuid, now: DateTime<Utc>) -> Result<Standing, StoreError> {
    let mut tx = store.system_read("an access token is checked before anybody is let into an organization").await?;
    let row: Option<StandingRow> = tx
        .sql(
            "SELECT s.user_id, s.acting_org, s.expires_at, u.is_operator, m.role \
             FROM identity_login_sessions s \
             JOIN identity_users u ON u.id = s.user_id \
             JOIN identity_memberships m ON m.user_id = s.user_id AND m.org_id = s.acting_org \
             WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2",
        )
        .bind(session.to_string())
        .bind(millis(now))
        .optional()
        .await?;
    let Some(row) = row else { return Ok(Standing::Ended) };
    Ok(Standing::Live {
        user_id: UserId(id("identity_login_sessions.user_id", &row.user_id)?),
        org_id: OrgId(id("identity_login_sessions.acting_org", &row.acting_org)?),
        role: users::role(&row.role)?,
        operator: row.is_operator != 0,
        expires_at: from_millis(row.expires_at),
    })
}
