use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;
use uuid::Uuid;

use super::id;
use crate::refresh::{Presented, Successor};
use crate::secret::TokenHash;

/// A new pair's refresh token.
pub(crate) struct NewToken {
    pub(crate) pair: Uuid,
    pub(crate) hash: TokenHash,
    pub(crate) session: Uuid,
    pub(crate) predecessor: Option<Uuid>,
    pub(crate) issued_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// A presented token with its family.
pub(crate) struct Found {
    pub(crate) token: Presented,
    pub(crate) session: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) org_id: OrgId,
    pub(crate) family_expires_at: DateTime<Utc>,
    pub(crate) family_ended: bool,
}

#[derive(FromRow)]
struct FoundRow {
    id: String,
    login_session_id: String,
    expires_at: i64,
    rotated_at: Option<i64>,
    replayed_at: Option<i64>,
    voided_at: Option<i64>,
    successor_id: Option<String>,
    successor_rotated_at: Option<i64>,
    successor_access_used_at: Option<i64>,
    user_id: String,
    acting_org: String,
    family_expires_at: i64,
    ended_at: Option<i64>,
}

pub(crate) async fn add(tx: &mut SystemTx, token: &NewToken) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_refresh_tokens \
         (id, token_hash, login_session_id, predecessor_id, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token.pair.to_string())
    .bind(token.hash.as_text())
    .bind(token.session.to_string())
    .bind(token.predecessor.map(|predecessor| predecessor.to_string()))
    .bind(millis(token.issued_at))
    .bind(millis(token.expires_at))
    .execute()
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut SystemTx, hash: &TokenHash) -> Result<Option<Found>, StoreError> {
    let row: Option<FoundRow> = tx
        .sql(
            "SELECT t.id, t.login_session_id, t.expires_at, t.rotated_at, t.replayed_at, t.voided_at, \
             n.id AS successor_id, n.rotated_at AS successor_rotated_at, \
             n.access_used_at AS successor_access_used_at, \
             s.user_id, s.acting_org, s.expires_at AS family_expires_at, s.ended_at \
             FROM identity_refresh_tokens t \
             JOIN identity_login_sessions s ON s.id = t.login_session_id \
             LEFT JOIN identity_refresh_tokens n ON n.predecessor_id = t.id AND n.voided_at IS NULL \
             WHERE t.token_hash = $1",
        )
        .bind(hash.as_text())
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let used = row.successor_rotated_at.is_some() || row.successor_access_used_at.is_some();
    let successor = match &row.successor_id {
        Some(successor) => Some(Successor { id: id("identity_refresh_tokens.id", successor)?, used }),
        None => None,
    };
    Ok(Some(Found {
        token: Presented {
            id: id("identity_refresh_tokens.id", &row.id)?,
            expires_at: from_millis(row.expires_at),
            rotated: row.rotated_at.is_some(),
            replayed: row.replayed_at.is_some(),
            voided: row.voided_at.is_some(),
            successor,
        },
        session: id("identity_refresh_tokens.login_session_id", &row.login_session_id)?,
        user_id: UserId(id("identity_login_sessions.user_id", &row.user_id)?),
        org_id: OrgId(id("identity_login_sessions.acting_org", &row.acting_org)?),
        family_expires_at: from_millis(row.family_expires_at),
        family_ended: row.ended_at.is_some(),
    }))
}

/// Marks the token as exchanged. `false` when another transaction was first.
pub(crate) async fn rotate(tx: &mut SystemTx, pair: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = tx
        .sql(
            "UPDATE identity_refresh_tokens SET rotated_at = $1 \
             WHERE id = $2 AND rotated_at IS NULL AND voided_at IS NULL",
        )
        .bind(millis(now))
        .bind(pair.to_string())
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Marks the token as exchanged once more and withdraws the unused pair. `false` when another transaction was first, or
/// something of the pair has been used by now.
pub(crate) async fn replace_lost(
    tx: &mut SystemTx,
    pair: Uuid,
    unused: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let replayed = tx
        .sql("UPDATE identity_refresh_tokens SET replayed_at = $1 WHERE id = $2 AND replayed_at IS NULL")
        .bind(millis(now))
        .bind(pair.to_string())
        .execute()
        .await?;
    let voided = tx
        .sql(
            "UPDATE identity_refresh_tokens SET voided_at = $1 WHERE id = $2 \
             AND voided_at IS NULL AND rotated_at IS NULL AND access_used_at IS NULL",
        )
        .bind(millis(now))
        .bind(unused.to_string())
        .execute()
        .await?;
    Ok(replayed > 0 && voided > 0)
}

/// Marks whatever of the session could still be exchanged as exchanged, and tells the newest: the next pair takes its
/// place, so that a session never has two chains.
pub(crate) async fn retire(tx: &mut SystemTx, session: Uuid, now: DateTime<Utc>) -> Result<Option<Uuid>, StoreError> {
    let rows: Vec<(String, i64)> = tx
        .sql(
            "UPDATE identity_refresh_tokens SET rotated_at = $1 \
             WHERE login_session_id = $2 AND rotated_at IS NULL AND voided_at IS NULL RETURNING id, issued_at",
        )
        .bind(millis(now))
        .bind(session.to_string())
        .all()
        .await?;
    let newest = rows.into_iter().max_by_key(|(_, issued_at)| *issued_at);
    newest.map(|(pair, _)| id("identity_refresh_tokens.id", &pair)).transpose()
}

/// Forgets the expired tokens of a family; by then the family cannot be entered through them.
pub(crate) async fn forget_expired(tx: &mut SystemTx, session: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_refresh_tokens WHERE login_session_id = $1 AND expires_at <= $2")
        .bind(session.to_string())
        .bind(millis(now))
        .execute()
        .await?;
    Ok(())
}

/// Whether the access token of a pair may be used: the pair stands and was not withdrawn. Notes its first use, which
/// proves that the answer with the pair arrived.
pub(crate) async fn use_access(store: &Store, pair: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut tx = store.system("an access token is checked before anybody is let into an organization").await?;
    let first = tx
        .sql(
            "UPDATE identity_refresh_tokens SET access_used_at = $1 \
             WHERE id = $2 AND access_used_at IS NULL AND voided_at IS NULL",
        )
        .bind(millis(now))
        .bind(pair.to_string())
        .execute()
        .await?;
    let standing: i64 = if first > 0 {
        1
    } else {
        tx.sql("SELECT COUNT(*) FROM identity_refresh_tokens WHERE id = $1 AND voided_at IS NULL")
            .bind(pair.to_string())
            .scalar()
            .await?
    };
    tx.commit().await?;
    Ok(standing > 0)
}

/// The login session of a token, whatever its state.
pub(crate) async fn session_of(store: &Store, hash: &TokenHash) -> Result<Option<Uuid>, StoreError> {
    let mut tx = store.system_read("a refresh token is looked up before anybody is known").await?;
    let row: Option<(String,)> = tx
        .sql("SELECT login_session_id FROM identity_refresh_tokens WHERE token_hash = $1")
        .bind(hash.as_text())
        .optional()
        .await?;
    row.map(|(session,)| id("identity_refresh_tokens.login_session_id", &session)).transpose()
}
