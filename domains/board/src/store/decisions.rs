//! What was decided, and what came of it (BRD-30).

use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, UserId, from_millis, millis};
use quorate_store::sqlx::FromRow;
use quorate_store::{StoreError, SystemTx, TenantTx};

use super::sessions::{named, read, write};
use crate::engine::event::Vote;
use crate::error::BoardError;
use crate::journal::{Course, DecisionRecord, Entry, JournalFilter, Listed, OutcomeRecord, OutcomeVerdict, Review};
use crate::session::{Brief, Outcome, SessionId};

#[derive(Debug, FromRow)]
struct DecisionRow {
    session_id: String,
    record: String,
    earlier: String,
    review_at: Option<i64>,
    outcome: Option<String>,
}

fn session_id(text: &str) -> Result<SessionId, StoreError> {
    text.parse().map_err(|why: uuid::Error| StoreError::corrupt("board_decisions.session_id", why))
}

impl DecisionRow {
    fn entry(self) -> Result<Entry, StoreError> {
        Ok(Entry {
            session: session_id(&self.session_id)?,
            decision: read("board_decisions.record", &self.record)?,
            earlier: read("board_decisions.earlier", &self.earlier)?,
            review_at: self.review_at.map(from_millis),
            outcome: self.outcome.map(|text| read("board_decisions.outcome", &text)).transpose()?,
        })
    }
}

/// What was decided on a session.
pub(crate) async fn one(tx: &mut TenantTx, id: SessionId) -> Result<Option<Entry>, BoardError> {
    let row: Option<DecisionRow> = tx
        .sql(
            "SELECT session_id, record, earlier, review_at, outcome FROM board_decisions \
             WHERE org_id = $1 AND session_id = $2",
        )
        .bind(id.to_string())
        .optional()
        .await?;
    Ok(row.map(DecisionRow::entry).transpose()?)
}

/// Writes the first decision on a session.
pub(crate) async fn insert(tx: &mut TenantTx, entry: &Entry) -> Result<(), BoardError> {
    tx.sql(
        "INSERT INTO board_decisions (org_id, session_id, user_id, course, record, decided_at, review_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(entry.session.to_string())
    .bind(entry.decision.decided_by.to_string())
    .bind(entry.decision.course.name())
    .bind(write("board_decisions.record", &entry.decision)?)
    .bind(millis(entry.decision.decided_at))
    .bind(entry.review_at.map(millis))
    .execute()
    .await?;
    Ok(())
}

/// Writes a decision on a session that has one, or its outcome.
pub(crate) async fn replace(tx: &mut TenantTx, entry: &Entry) -> Result<(), BoardError> {
    let outcome = entry.outcome.as_ref();
    let text = outcome.map(|outcome| write("board_decisions.outcome", outcome)).transpose()?;
    tx.sql(
        "UPDATE board_decisions SET course = $3, record = $4, earlier = $5, review_at = $6, verdict = $7, \
         outcome = $8, outcome_at = $9 WHERE org_id = $1 AND session_id = $2",
    )
    .bind(entry.session.to_string())
    .bind(entry.decision.course.name())
    .bind(write("board_decisions.record", &entry.decision)?)
    .bind(write("board_decisions.earlier", &entry.earlier)?)
    .bind(entry.review_at.map(millis))
    .bind(outcome.map(|outcome| outcome.verdict.name()))
    .bind(text)
    .bind(outcome.map(|outcome| millis(outcome.recorded_at)))
    .execute()
    .await?;
    Ok(())
}

#[derive(Debug, FromRow)]
struct ListedRow {
    session_id: String,
    record: String,
    earlier: String,
    decided_at: i64,
    review_at: Option<i64>,
    outcome: Option<String>,
    title: Option<String>,
    brief: String,
    board_outcome: Option<String>,
}

/// The tenant's decisions, the newest first.
pub(crate) async fn list(
    tx: &mut TenantTx,
    filter: &JournalFilter,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<Listed>, BoardError> {
    let (before, before_id) =
        filter.before.map_or((i64::MAX, String::new()), |(time, id)| (millis(time), id.to_string()));
    let rows: Vec<ListedRow> = tx
        .sql(
            "SELECT d.session_id, d.record, d.earlier, d.decided_at, d.review_at, d.outcome, s.title, s.brief, \
             s.outcome AS board_outcome \
             FROM board_decisions d JOIN board_sessions s ON s.id = d.session_id AND s.org_id = d.org_id \
             WHERE d.org_id = $1 AND (d.decided_at < $2 OR (d.decided_at = $2 AND d.session_id < $3)) \
             AND ($4 = '' OR d.course = $4) AND ($5 = '' OR d.verdict = $5) \
             AND ($6 = 0 OR d.verdict IS NULL OR d.verdict = 'too_early') \
             AND ($7 = 0 OR (d.review_at <= $8 AND (d.verdict IS NULL OR d.verdict = 'too_early'))) \
             ORDER BY d.decided_at DESC, d.session_id DESC LIMIT $9",
        )
        .bind(before)
        .bind(before_id)
        .bind(filter.course.map_or("", Course::name))
        .bind(filter.verdict.map_or("", OutcomeVerdict::name))
        .bind(i64::from(filter.open))
        .bind(i64::from(filter.due))
        .bind(millis(now))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all()
        .await?;
    rows.into_iter()
        .map(|row| {
            let brief: Brief = read("board_sessions.brief", &row.brief)?;
            let outcome = row.board_outcome.map(|text| named("board_sessions.outcome", &text, Outcome::parse));
            let (session_id, record, earlier) = (row.session_id, row.record, row.earlier);
            let decision = DecisionRow { session_id, record, earlier, review_at: row.review_at, outcome: row.outcome };
            Ok(Listed {
                first_decided_at: from_millis(row.decided_at),
                title: row.title,
                problem_statement: brief.problem_statement,
                board_outcome: outcome.transpose()?,
                entry: decision.entry()?,
            })
        })
        .collect()
}

#[derive(Debug, FromRow)]
struct ReviewRow {
    user_id: String,
    decided_at: i64,
    review_at: i64,
    reminded_for: Option<i64>,
    verdict: Option<String>,
    title: Option<String>,
    brief: String,
}

/// The review of a decision, if it has a date, and whether it still waits for its reminder.
pub(crate) async fn review(tx: &mut SystemTx, org: OrgId, id: SessionId) -> Result<Option<(Review, bool)>, BoardError> {
    let row: Option<ReviewRow> = tx
        .sql(
            "SELECT d.user_id, d.decided_at, d.review_at, d.reminded_for, d.verdict, s.title, s.brief \
             FROM board_decisions d JOIN board_sessions s ON s.id = d.session_id AND s.org_id = d.org_id \
             WHERE d.org_id = $1 AND d.session_id = $2 AND d.review_at IS NOT NULL",
        )
        .bind(org.to_string())
        .bind(id.to_string())
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let verdict = row.verdict.map(|text| named("board_decisions.verdict", &text, OutcomeVerdict::parse)).transpose()?;
    let open = verdict.is_none_or(|verdict| !verdict.is_final()) && row.reminded_for != Some(row.review_at);
    let brief: Brief = read("board_sessions.brief", &row.brief)?;
    let user = row.user_id.parse().map_err(|why: uuid::Error| StoreError::corrupt("board_decisions.user_id", why))?;
    let review = Review {
        user: UserId(user),
        title: row.title.unwrap_or(brief.problem_statement),
        decided_at: from_millis(row.decided_at),
        review_at: from_millis(row.review_at),
    };
    Ok(Some((review, open)))
}

/// Notes for which date a reminder was sent.
pub(crate) async fn reminded(tx: &mut SystemTx, org: OrgId, id: SessionId, date: i64) -> Result<(), BoardError> {
    tx.sql("UPDATE board_decisions SET reminded_for = $3 WHERE org_id = $1 AND session_id = $2")
        .bind(org.to_string())
        .bind(id.to_string())
        .bind(date)
        .execute()
        .await?;
    Ok(())
}

/// A decision whose outcome is known, with the ballots of its session.
pub(crate) struct Concluded {
    pub(crate) session: SessionId,
    pub(crate) decision: DecisionRecord,
    pub(crate) outcome: OutcomeRecord,
    pub(crate) votes: Vec<Vote>,
}

/// Every decision whose outcome was known before a time, with its ballots, the oldest session first.
pub(crate) async fn concluded(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<Vec<Concluded>, BoardError> {
    let decided: Vec<(String, String, String)> = tx
        .sql(
            "SELECT session_id, record, outcome FROM board_decisions WHERE org_id = $1 \
             AND verdict IN ('successful', 'partial', 'unsuccessful') AND outcome_at < $2 ORDER BY session_id",
        )
        .bind(millis(before))
        .all()
        .await?;
    let votes: Vec<(String, String)> = tx
        .sql(
            "SELECT v.session_id, v.payload FROM board_votes v \
             JOIN board_decisions d ON d.session_id = v.session_id AND d.org_id = v.org_id WHERE v.org_id = $1 \
             AND d.verdict IN ('successful', 'partial', 'unsuccessful') AND d.outcome_at < $2 \
             ORDER BY v.session_id, v.sequence",
        )
        .bind(millis(before))
        .all()
        .await?;
    let mut by_session: std::collections::HashMap<String, Vec<Vote>> = std::collections::HashMap::new();
    for (session, payload) in votes {
        by_session.entry(session).or_default().push(read("board_votes.payload", &payload)?);
    }
    decided
        .into_iter()
        .map(|(session, record, outcome)| {
            Ok(Concluded {
                session: session_id(&session)?,
                decision: read("board_decisions.record", &record)?,
                outcome: read("board_decisions.outcome", &outcome)?,
                votes: by_session.remove(&session).unwrap_or_default(),
            })
        })
        .collect()
}

/// Whether the organization wants votes weighed by their record beside the plain count; it does unless told.
pub(crate) async fn weighs(tx: &mut TenantTx) -> Result<bool, BoardError> {
    let row: Option<(i64,)> = tx.sql("SELECT weigh_by_record FROM board_settings WHERE org_id = $1").optional().await?;
    Ok(row.is_none_or(|(on,)| on != 0))
}

/// Switches that on or off.
pub(crate) async fn set_weighs(tx: &mut TenantTx, on: bool) -> Result<(), BoardError> {
    tx.sql(
        "INSERT INTO board_settings (org_id, weigh_by_record) VALUES ($1, $2) \
         ON CONFLICT (org_id) DO UPDATE SET weigh_by_record = excluded.weigh_by_record",
    )
    .bind(i64::from(on))
    .execute()
    .await?;
    Ok(())
}

/// Forgets the settings of a deleted organization.
pub(crate) async fn forget_settings(tx: &mut SystemTx, org: OrgId) -> Result<(), BoardError> {
    tx.sql("DELETE FROM board_settings WHERE org_id = $1").bind(org.to_string()).execute().await?;
    Ok(())
}
