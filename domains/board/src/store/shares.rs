//! Links to reports.

use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, from_millis, millis};
use quorate_store::sqlx::FromRow;
use quorate_store::{StoreError, SystemTx, TenantTx};

use super::sessions::{read, write};
use crate::engine::event::Vote;
use crate::error::BoardError;
use crate::report::Report;
use crate::session::{Brief, SessionId};
use crate::share::{Redaction, Seat, Share, ShareId};

#[derive(Debug, FromRow)]
struct ShareRow {
    id: String,
    redaction: String,
    created_by: String,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
}

impl ShareRow {
    fn share(self) -> Result<Share, StoreError> {
        let id = |what, text: &str| text.parse().map_err(|why: uuid::Error| StoreError::corrupt(what, why));
        Ok(Share {
            id: ShareId(id("board_shares.id", &self.id)?),
            redaction: read("board_shares.redaction", &self.redaction)?,
            created_by: UserId(id("board_shares.created_by", &self.created_by)?),
            created_at: from_millis(self.created_at),
            expires_at: from_millis(self.expires_at),
            revoked_at: self.revoked_at.map(from_millis),
        })
    }
}

/// Writes a new link under the hash of its token.
pub(crate) async fn insert(tx: &mut TenantTx, id: SessionId, share: &Share, hash: &str) -> Result<(), BoardError> {
    tx.sql(
        "INSERT INTO board_shares (org_id, id, session_id, token_hash, redaction, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(share.id.to_string())
    .bind(id.to_string())
    .bind(hash.to_owned())
    .bind(write("board_shares.redaction", &share.redaction)?)
    .bind(share.created_by.to_string())
    .bind(millis(share.created_at))
    .bind(millis(share.expires_at))
    .execute()
    .await?;
    Ok(())
}

/// The links of a session, the newest first.
pub(crate) async fn list(tx: &mut TenantTx, id: SessionId) -> Result<Vec<Share>, BoardError> {
    let rows: Vec<ShareRow> = tx
        .sql(
            "SELECT id, redaction, created_by, created_at, expires_at, revoked_at FROM board_shares \
             WHERE org_id = $1 AND session_id = $2 ORDER BY created_at DESC, id DESC",
        )
        .bind(id.to_string())
        .all()
        .await?;
    Ok(rows.into_iter().map(ShareRow::share).collect::<Result<_, _>>()?)
}

/// Ends a link.
pub(crate) async fn revoke(
    tx: &mut TenantTx,
    id: SessionId,
    share: ShareId,
    now: DateTime<Utc>,
) -> Result<(), BoardError> {
    tx.sql("UPDATE board_shares SET revoked_at = $4 WHERE org_id = $1 AND session_id = $2 AND id = $3")
        .bind(id.to_string())
        .bind(share.to_string())
        .bind(millis(now))
        .execute()
        .await?;
    Ok(())
}

/// What a link opens.
pub(crate) struct Opened {
    pub(crate) redaction: Redaction,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) title: Option<String>,
    pub(crate) brief: Brief,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) report: Report,
    pub(crate) seats: Vec<Seat>,
}

#[derive(Debug, FromRow)]
struct OpenedRow {
    org_id: String,
    session_id: String,
    redaction: String,
    expires_at: i64,
    title: Option<String>,
    brief: String,
    completed_at: Option<i64>,
    payload: String,
}

/// What the link with this hash opens, if it is open.
pub(crate) async fn open(tx: &mut SystemTx, hash: &str, now: DateTime<Utc>) -> Result<Option<Opened>, BoardError> {
    let row: Option<OpenedRow> = tx
        .sql(
            "SELECT l.org_id, l.session_id, l.redaction, l.expires_at, s.title, s.brief, s.completed_at, r.payload \
             FROM board_shares l \
             JOIN board_sessions s ON s.id = l.session_id AND s.org_id = l.org_id \
             JOIN board_reports r ON r.session_id = l.session_id AND r.org_id = l.org_id \
             WHERE l.token_hash = $1 AND l.expires_at > $2 AND l.revoked_at IS NULL",
        )
        .bind(hash.to_owned())
        .bind(millis(now))
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let votes: Vec<(String,)> = tx
        .sql("SELECT payload FROM board_votes WHERE org_id = $1 AND session_id = $2 ORDER BY sequence")
        .bind(row.org_id)
        .bind(row.session_id)
        .all()
        .await?;
    let mut seats: Vec<Seat> = Vec::new();
    for (payload,) in votes {
        let vote: Vote = read("board_votes.payload", &payload)?;
        if seats.iter().all(|seat| seat.code != vote.persona_code) {
            seats.push(Seat { code: vote.persona_code, name: vote.persona_name });
        }
    }
    Ok(Some(Opened {
        redaction: read("board_shares.redaction", &row.redaction)?,
        expires_at: from_millis(row.expires_at),
        title: row.title,
        brief: read("board_sessions.brief", &row.brief)?,
        completed_at: row.completed_at.map(from_millis),
        report: read("board_reports.payload", &row.payload)?,
        seats,
    }))
}
