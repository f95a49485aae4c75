use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{id, users};
use crate::login_session::{EndReason, LiveLoginSession, LoginSession, REFRESH_TOKEN_LIFE, Standing};

pub(crate) async fn add(tx: &mut SystemTx, session: &LoginSession) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_login_sessions \
         (id, user_id, acting_org, created_at, last_used_at, expires_at, ip, user_agent, slot, device_id, \
         device_name, second_factor) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(session.id.to_string())
    .bind(session.user_id.to_string())
    .bind(session.org_id.to_string())
    .bind(millis(session.created_at))
    .bind(millis(session.expires_at))
    .bind(session.origin.ip_text())
    .bind(session.origin.user_agent.clone())
    .bind(session.slot.clone())
    .bind(session.device_id.map(|id| id.to_string()))
    .bind(session.origin.device.as_ref().and_then(|device| device.name.clone()))
    .bind(i64::from(session.second_factor))
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

/// Ends the session; tells whose it was, unless it had ended before.
pub(crate) async fn end(
    tx: &mut SystemTx,
    session: Uuid,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, StoreError> {
    let ended: Option<(String,)> = tx
        .sql(
            "UPDATE identity_login_sessions SET ended_at = $1, end_reason = $2 WHERE id = $3 AND ended_at IS NULL \
             RETURNING user_id",
        )
        .bind(millis(now))
        .bind(reason.name())
        .bind(session.to_string())
        .optional()
        .await?;
    ended.map(|(user,)| Ok(UserId(id("identity_login_sessions.user_id", &user)?))).transpose()
}

/// Ends all live sessions of a person but one, and tells which.
pub(crate) async fn end_all(
    tx: &mut SystemTx,
    user: UserId,
    except: Option<Uuid>,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    let ended: Vec<(String,)> = tx
        .sql(
            "UPDATE identity_login_sessions SET ended_at = $1, end_reason = $2 \
             WHERE user_id = $3 AND id <> $4 AND ended_at IS NULL RETURNING id",
        )
        .bind(millis(now))
        .bind(reason.name())
        .bind(user.to_string())
        .bind(except.unwrap_or_default().to_string())
        .all()
        .await?;
    ids(&ended)
}

/// The live sessions of a person that act in an organization.
pub(crate) async fn acting(tx: &mut SystemTx, user: UserId, org: OrgId) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(String,)> = tx
        .sql("SELECT id FROM identity_login_sessions WHERE user_id = $1 AND acting_org = $2 AND ended_at IS NULL")
        .bind(user.to_string())
        .bind(org.to_string())
        .all()
        .await?;
    ids(&rows)
}

/// The live sessions of a person, wherever they act.
pub(crate) async fn live(tx: &mut SystemTx, user: UserId) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(String,)> = tx
        .sql("SELECT id FROM identity_login_sessions WHERE user_id = $1 AND ended_at IS NULL")
        .bind(user.to_string())
        .all()
        .await?;
    ids(&rows)
}

/// Makes every session that acts in the organization, of this person or of everybody, act in another one of its
/// owner's; tells which. A session whose owner has no other stays where it is.
pub(crate) async fn move_out(tx: &mut SystemTx, org: OrgId, only: Option<UserId>) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(String,)> = tx
        .sql(
            "UPDATE identity_login_sessions SET acting_org = (SELECT m.org_id FROM identity_memberships m \
             WHERE m.user_id = identity_login_sessions.user_id AND m.org_id <> $1 \
             ORDER BY m.created_at, m.org_id LIMIT 1) \
             WHERE acting_org = $1 AND (user_id = $2 OR $2 = '') AND EXISTS (SELECT 1 FROM identity_memberships m \
             WHERE m.user_id = identity_login_sessions.user_id AND m.org_id <> $1) RETURNING id",
        )
        .bind(org.to_string())
        .bind(only.map(|user| user.to_string()).unwrap_or_default())
        .all()
        .await?;
    ids(&rows)
}

/// Makes a live session of the person act in another organization, and tells when the session expires; `None` when
/// there is no such session any more.
pub(crate) async fn switch(
    tx: &mut SystemTx,
    session: Uuid,
    user: UserId,
    to: OrgId,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row: Option<(i64,)> = tx
        .sql(
            "UPDATE identity_login_sessions SET acting_org = $1, last_used_at = $2 \
             WHERE id = $3 AND user_id = $4 AND ended_at IS NULL AND expires_at > $2 RETURNING expires_at",
        )
        .bind(to.to_string())
        .bind(millis(now))
        .bind(session.to_string())
        .bind(user.to_string())
        .optional()
        .await?;
    Ok(row.map(|(expires_at,)| from_millis(expires_at)))
}

#[derive(FromRow)]
struct SessionRow {
    id: String,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
    ip: Option<String>,
    user_agent: Option<String>,
    device_name: Option<String>,
    second_factor: i64,
}

/// What a person can see of their live sessions, the last used first. One whose refresh token ran out is over.
pub(crate) async fn list(store: &Store, user: UserId, now: DateTime<Utc>) -> Result<Vec<LiveLoginSession>, StoreError> {
    let mut tx = store.system_read("a login session belongs to a person, not to an organization").await?;
    let rows: Vec<SessionRow> = tx
        .sql(
            "SELECT id, created_at, last_used_at, expires_at, ip, user_agent, device_name, second_factor \
             FROM identity_login_sessions \
             WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 AND last_used_at > $3 \
             ORDER BY last_used_at DESC, id DESC",
        )
        .bind(user.to_string())
        .bind(millis(now))
        .bind(millis(now - REFRESH_TOKEN_LIFE))
        .all()
        .await?;
    let read = |row: SessionRow| {
        Ok(LiveLoginSession {
            id: id("identity_login_sessions.id", &row.id)?,
            created_at: from_millis(row.created_at),
            last_used_at: from_millis(row.last_used_at),
            expires_at: from_millis(row.expires_at),
            ip: row.ip,
            user_agent: row.user_agent,
            device_name: row.device_name,
            second_factor: row.second_factor != 0,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Ends a live session of the person; tells whether there was one.
pub(crate) async fn end_own(
    tx: &mut SystemTx,
    session: Uuid,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let ended = tx
        .sql(
            "UPDATE identity_login_sessions SET ended_at = $1, end_reason = $2 \
             WHERE id = $3 AND user_id = $4 AND ended_at IS NULL",
        )
        .bind(millis(now))
        .bind(reason.name())
        .bind(session.to_string())
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(ended > 0)
}

fn ids(rows: &[(String,)]) -> Result<Vec<Uuid>, StoreError> {
    rows.iter().map(|(session,)| id("identity_login_sessions.id", session)).collect()
}

#[derive(FromRow)]
struct StandingRow {
    user_id: String,
    acting_org: String,
    expires_at: i64,
    second_factor: i64,
    is_operator: i64,
    role: String,
}

/// Whether this is a living session of theirs that began after `since`.
pub(crate) async fn began_since(
    store: &Store,
    session: Uuid,
    user: UserId,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut tx = store.system_read("who has no password proves themselves by a fresh log-in").await?;
    let found: i64 = tx
        .sql(
            "SELECT COUNT(*) FROM identity_login_sessions \
             WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND created_at > $3",
        )
        .bind(session.to_string())
        .bind(user.to_string())
        .bind(millis(since))
        .scalar()
        .await?;
    Ok(found > 0)
}

/// What the session says now.
pub(crate) async fn standing(store: &Store, session: Uuid, now: DateTime<Utc>) -> Result<Standing, StoreError> {
    let mut tx = store.system_read("an access token is checked before anybody is let into an organization").await?;
    let row: Option<StandingRow> = tx
        .sql(
            "SELECT s.user_id, s.acting_org, s.expires_at, s.second_factor, u.is_operator, m.role \
             FROM identity_login_sessions s \
             JOIN identity_users u ON u.id = s.user_id \
             JOIN identity_memberships m ON m.user_id = s.user_id AND m.org_id = s.acting_org \
             WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND u.suspended_at IS NULL",
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
        second_factor: row.second_factor != 0,
        expires_at: from_millis(row.expires_at),
    })
}
