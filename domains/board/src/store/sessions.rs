//! The heads of sessions.

use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, from_millis, millis};
use quorate_store::sqlx::FromRow;
use quorate_store::{StoreError, SystemTx, TenantTx};
use serde::de::DeserializeOwned;

use crate::error::BoardError;
use crate::session::{Outcome, Phase, Session, SessionId, Status};

#[derive(Debug, FromRow)]
struct SessionRow {
    id: String,
    org_id: String,
    user_id: String,
    title: Option<String>,
    brief: String,
    status: String,
    phase: String,
    outcome: Option<String>,
    failure: Option<String>,
    model: Option<String>,
    offline_demo: i64,
    questions: String,
    answer_deadline: Option<i64>,
    held: i64,
    stopping: i64,
    last_sequence: i64,
    created_at: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
}

pub(super) fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|why| StoreError::corrupt(what, why))
}

pub(super) fn write<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|why| StoreError::corrupt(what, why))
}

pub(super) fn named<T>(what: &'static str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(text).ok_or_else(|| StoreError::corrupt(what, text))
}

impl SessionRow {
    fn session(self) -> Result<Session, StoreError> {
        let id = |what, text: &str| text.parse().map_err(|why: uuid::Error| StoreError::corrupt(what, why));
        Ok(Session {
            id: SessionId(id("board_sessions.id", &self.id)?),
            org_id: quorate_kernel::OrgId(id("board_sessions.org_id", &self.org_id)?),
            user_id: quorate_kernel::UserId(id("board_sessions.user_id", &self.user_id)?),
            title: self.title,
            brief: read("board_sessions.brief", &self.brief)?,
            status: named("board_sessions.status", &self.status, Status::parse)?,
            phase: named("board_sessions.phase", &self.phase, Phase::parse)?,
            outcome: self.outcome.map(|text| named("board_sessions.outcome", &text, Outcome::parse)).transpose()?,
            failure: self.failure.map(|text| read("board_sessions.failure", &text)).transpose()?,
            model: self.model,
            offline_demo: self.offline_demo != 0,
            questions: read("board_sessions.questions", &self.questions)?,
            answer_deadline: self.answer_deadline.map(from_millis),
            held: self.held != 0,
            stopping: self.stopping != 0,
            last_sequence: self.last_sequence,
            created_at: from_millis(self.created_at),
            started_at: self.started_at.map(from_millis),
            completed_at: self.completed_at.map(from_millis),
        })
    }
}

/// Writes a new session's head.
pub(crate) async fn insert(tx: &mut TenantTx, session: &Session) -> Result<(), BoardError> {
    tx.sql(
        "INSERT INTO board_sessions (org_id, id, user_id, title, brief, status, phase, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(session.id.to_string())
    .bind(session.user_id.to_string())
    .bind(session.title.clone())
    .bind(write("board_sessions.brief", &session.brief)?)
    .bind(session.status.name())
    .bind(session.phase.name())
    .bind(millis(session.created_at))
    .execute()
    .await?;
    Ok(())
}

/// The session, if it is the tenant's.
pub(crate) async fn session(tx: &mut TenantTx, id: SessionId) -> Result<Session, BoardError> {
    let row: Option<SessionRow> =
        tx.sql("SELECT * FROM board_sessions WHERE org_id = $1 AND id = $2").bind(id.to_string()).optional().await?;
    Ok(row.ok_or(BoardError::NotFound)?.session()?)
}

/// Takes the session's row for this transaction.
pub(crate) async fn lock(tx: &mut TenantTx, id: SessionId) -> Result<(), BoardError> {
    let touched = tx
        .sql("UPDATE board_sessions SET id = id WHERE org_id = $1 AND id = $2")
        .bind(id.to_string())
        .execute()
        .await?;
    if touched == 0 { Err(BoardError::NotFound) } else { Ok(()) }
}

/// Which sessions a list shows.
#[derive(Debug, Default)]
pub(crate) struct SessionFilter {
    /// Only those that stand so; archived ones are left out unless asked for.
    pub(crate) status: Option<Status>,
    /// Only those older than this one, by time and id.
    pub(crate) before: Option<(DateTime<Utc>, SessionId)>,
}

/// The tenant's sessions, newest first.
pub(crate) async fn list(tx: &mut TenantTx, filter: &SessionFilter, limit: usize) -> Result<Vec<Session>, BoardError> {
    let (before, before_id) =
        filter.before.map_or((i64::MAX, String::new()), |(time, id)| (millis(time), id.to_string()));
    let rows: Vec<SessionRow> = tx
        .sql(
            "SELECT * FROM board_sessions WHERE org_id = $1 \
             AND (created_at < $2 OR (created_at = $2 AND id < $3)) \
             AND (status = $4 OR ($4 = '' AND status <> 'archived')) \
             ORDER BY created_at DESC, id DESC LIMIT $5",
        )
        .bind(before)
        .bind(before_id)
        .bind(filter.status.map_or("", Status::name))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all()
        .await?;
    Ok(rows.into_iter().map(SessionRow::session).collect::<Result<_, _>>()?)
}

/// Gives the session a name, or takes it away.
pub(crate) async fn set_title(tx: &mut TenantTx, id: SessionId, title: Option<String>) -> Result<(), BoardError> {
    tx.sql("UPDATE board_sessions SET title = $3 WHERE org_id = $1 AND id = $2")
        .bind(id.to_string())
        .bind(title)
        .execute()
        .await?;
    Ok(())
}

/// Puts an ended session away, or brings it back to how it ended.
pub(crate) async fn set_archived(tx: &mut TenantTx, session: &Session, archived: bool) -> Result<(), BoardError> {
    let status = match (archived, session.outcome, &session.failure) {
        (true, _, _) => Status::Archived,
        (false, _, Some(_)) => Status::Failed,
        (false, _, None) if session.phase == Phase::Complete => Status::Completed,
        (false, _, None) => Status::Cancelled,
    };
    tx.sql("UPDATE board_sessions SET status = $3 WHERE org_id = $1 AND id = $2")
        .bind(session.id.to_string())
        .bind(status.name())
        .execute()
        .await?;
    Ok(())
}

/// Removes the session and all that belongs to it.
pub(crate) async fn delete(tx: &mut TenantTx, id: SessionId) -> Result<(), BoardError> {
    tx.sql("DELETE FROM board_sessions WHERE org_id = $1 AND id = $2").bind(id.to_string()).execute().await?;
    Ok(())
}

/// Removes every session of an organization, with all that belongs to it, and tells which.
pub(crate) async fn delete_all(tx: &mut SystemTx, org: OrgId) -> Result<Vec<SessionId>, BoardError> {
    let gone: Vec<(String,)> =
        tx.sql("DELETE FROM board_sessions WHERE org_id = $1 RETURNING id").bind(org.to_string()).all().await?;
    gone.into_iter()
        .map(|(id,)| Ok(id.parse::<SessionId>().map_err(|error| StoreError::corrupt("board_sessions.id", error))?))
        .collect()
}

/// Writes back what events changed in the head.
pub(super) async fn update_head(tx: &mut TenantTx, session: &Session) -> Result<(), BoardError> {
    let failure = session.failure.as_ref().map(|failure| write("board_sessions.failure", failure)).transpose()?;
    tx.sql(
        "UPDATE board_sessions SET status = $3, phase = $4, outcome = $5, failure = $6, model = $7, \
         offline_demo = $8, questions = $9, answer_deadline = $10, started_at = $11, completed_at = $12, \
         held = $13, stopping = $14 \
         WHERE org_id = $1 AND id = $2",
    )
    .bind(session.id.to_string())
    .bind(session.status.name())
    .bind(session.phase.name())
    .bind(session.outcome.map(Outcome::name))
    .bind(failure)
    .bind(session.model.clone())
    .bind(i64::from(session.offline_demo))
    .bind(write("board_sessions.questions", &session.questions)?)
    .bind(session.answer_deadline.map(millis))
    .bind(session.started_at.map(millis))
    .bind(session.completed_at.map(millis))
    .bind(i64::from(session.held))
    .bind(i64::from(session.stopping))
    .execute()
    .await?;
    Ok(())
}
