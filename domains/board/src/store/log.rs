//! The log of events, and what follows from each in the same transaction (BRD-20, architecture rule 6).

use chrono::{DateTime, Utc};
use quorate_kernel::{MicroUsd, from_millis, millis};
use quorate_store::TenantTx;
use quorate_store::sqlx::FromRow;
use serde_json::Value;

use super::sessions::{read, session, update_head, write};
use super::topic;
use crate::engine::State;
use crate::engine::event::{EVENT_VERSION, Event};
use crate::error::BoardError;
use crate::feed::StoredEvent;
use crate::metrics::{Logged, Metered};
use crate::report::Report;
use crate::session::{Outcome, Phase, Session, SessionId, Status};

/// What a model call cost, repairs included. For operators; it is stored beside the event and never in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Charge {
    /// How many answers were had.
    pub(crate) calls: u32,
    /// What they cost, where the price is known.
    pub(crate) cost: Option<MicroUsd>,
    /// How each was metered.
    pub(crate) answers: Vec<Metered>,
    /// The model's thinking, where it shows any.
    pub(crate) thinking: Option<String>,
    /// The temperature asked for.
    pub(crate) temperature: Option<f32>,
}

/// An event to be appended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewEvent {
    /// What happened.
    pub(crate) event: Event,
    /// What it cost.
    pub(crate) charge: Option<Charge>,
    /// The report that stands from now on.
    pub(crate) report: Option<Box<Report>>,
}

impl From<Event> for NewEvent {
    fn from(event: Event) -> Self {
        Self { event, charge: None, report: None }
    }
}

#[derive(Debug, FromRow)]
struct EventRow {
    sequence: i64,
    r#type: String,
    version: i64,
    created_at: i64,
    payload: String,
    calls: i64,
    cost_micros: Option<i64>,
}

/// Takes the session over for one worker and rebuilds its state from the log. Returns the epoch to write with.
pub(crate) async fn take(tx: &mut TenantTx, id: SessionId) -> Result<i64, BoardError> {
    let epoch: Option<(i64,)> = tx
        .sql("UPDATE board_sessions SET epoch = epoch + 1 WHERE org_id = $1 AND id = $2 RETURNING epoch")
        .bind(id.to_string())
        .optional()
        .await?;
    Ok(epoch.ok_or(BoardError::NotFound)?.0)
}

/// Applies every event after the state's own sequence to it.
pub(crate) async fn replay(tx: &mut TenantTx, state: &mut State) -> Result<(), BoardError> {
    let rows: Vec<EventRow> = tx
        .sql(
            "SELECT sequence, type, version, created_at, payload, calls, cost_micros FROM board_events \
             WHERE org_id = $1 AND session_id = $2 AND sequence > $3 AND type <> 'contribution.delta' \
             ORDER BY sequence",
        )
        .bind(state.id.to_string())
        .bind(state.sequence)
        .all()
        .await?;
    for row in rows {
        let data = read("board_events.payload", &row.payload)?;
        let log = |source| BoardError::Log { sequence: row.sequence, source };
        let event = Event::from_parts(&row.r#type, data).map_err(log)?;
        state.apply(&event, row.sequence);
        if row.calls > 0 {
            state.account(row.calls, row.cost_micros.map(MicroUsd));
        }
    }
    Ok(())
}

/// Appends events for whoever holds no epoch: the user, through the API.
pub(crate) async fn append(
    tx: &mut TenantTx,
    id: SessionId,
    events: &[NewEvent],
    now: DateTime<Utc>,
) -> Result<i64, BoardError> {
    let first: Option<(i64,)> = tx
        .sql(
            "UPDATE board_sessions SET last_sequence = last_sequence + $3 WHERE org_id = $1 AND id = $2 \
             RETURNING last_sequence",
        )
        .bind(id.to_string())
        .bind(i64::try_from(events.len()).unwrap_or(i64::MAX))
        .optional()
        .await?;
    write_events(tx, id, first.ok_or(BoardError::NotFound)?.0, events, now).await
}

/// Appends events for the worker that holds the epoch. Returns the first one's sequence. With `expected`, only when
/// that is still the newest sequence: what follows from a state may be said only of that state.
pub(crate) async fn append_as(
    tx: &mut TenantTx,
    id: SessionId,
    epoch: i64,
    expected: Option<i64>,
    events: &[NewEvent],
    now: DateTime<Utc>,
) -> Result<i64, BoardError> {
    let last: Option<(i64,)> = tx
        .sql(
            "UPDATE board_sessions SET last_sequence = last_sequence + $3 \
             WHERE org_id = $1 AND id = $2 AND epoch = $4 AND (last_sequence = $5 OR $5 < 0) RETURNING last_sequence",
        )
        .bind(id.to_string())
        .bind(i64::try_from(events.len()).unwrap_or(i64::MAX))
        .bind(epoch)
        .bind(expected.unwrap_or(-1))
        .optional()
        .await?;
    let Some((last,)) = last else {
        let current: Option<(i64,)> = tx
            .sql("SELECT epoch FROM board_sessions WHERE org_id = $1 AND id = $2")
            .bind(id.to_string())
            .optional()
            .await?;
        return Err(if current == Some((epoch,)) { BoardError::Stale } else { BoardError::Fenced });
    };
    write_events(tx, id, last, events, now).await
}

async fn write_events(
    tx: &mut TenantTx,
    id: SessionId,
    last: i64,
    events: &[NewEvent],
    now: DateTime<Utc>,
) -> Result<i64, BoardError> {
    let first = last - i64::try_from(events.len()).unwrap_or(i64::MAX) + 1;
    for (sequence, new) in (first..).zip(events) {
        let (kind, payload) = new.event.clone().into_parts();
        let charge = new.charge.clone().unwrap_or_default();
        tx.sql(
            "INSERT INTO board_events \
             (org_id, session_id, sequence, type, version, created_at, payload, calls, cost_micros, metering) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id.to_string())
        .bind(sequence)
        .bind(kind)
        .bind(EVENT_VERSION)
        .bind(millis(now))
        .bind(write("board_events.payload", &payload)?)
        .bind(i64::from(charge.calls))
        .bind(charge.cost.map(|cost| cost.0))
        .bind(metering(&charge)?)
        .execute()
        .await?;
        project(tx, id, sequence, new, &charge, now).await?;
    }
    if events.iter().any(|new| changes_head(&new.event)) {
        let mut head = session(tx, id).await?;
        for new in events {
            apply_to_head(&mut head, &new.event, now);
        }
        update_head(tx, &head).await?;
    }
    tx.signal(topic(id));
    Ok(first)
}

/// How the answers behind an event were metered, as it is stored; nothing where no model was asked.
fn metering(charge: &Charge) -> Result<Option<String>, BoardError> {
    if charge.answers.is_empty() {
        return Ok(None);
    }
    Ok(Some(write("board_events.metering", &charge.answers)?))
}

/// What readers query beside the log.
async fn project(
    tx: &mut TenantTx,
    id: SessionId,
    sequence: i64,
    new: &NewEvent,
    charge: &Charge,
    now: DateTime<Utc>,
) -> Result<(), BoardError> {
    match &new.event {
        Event::ContributionRecorded(record) => {
            tx.sql(
                "INSERT INTO board_contributions \
                 (org_id, id, session_id, sequence, payload, thinking, temperature, cost_micros) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(record.contribution.id.to_string())
            .bind(id.to_string())
            .bind(sequence)
            .bind(write("board_contributions.payload", &record.contribution)?)
            // PostgreSQL's texts take no NUL; a model may write anything.
            .bind(charge.thinking.as_ref().map(|text| text.replace('\0', "")))
            .bind(charge.temperature.map(f64::from))
            .bind(charge.cost.map(|cost| cost.0))
            .execute()
            .await?;
        }
        Event::VoteRecorded(vote) => {
            tx.sql(
                "INSERT INTO board_votes (org_id, id, session_id, sequence, payload, cost_micros) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(vote.id.to_string())
            .bind(id.to_string())
            .bind(sequence)
            .bind(write("board_votes.payload", vote)?)
            .bind(charge.cost.map(|cost| cost.0))
            .execute()
            .await?;
        }
        _ => {}
    }
    if let Some(report) = &new.report {
        tx.sql(
            "INSERT INTO board_reports (org_id, session_id, payload, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (session_id) DO UPDATE SET payload = excluded.payload, created_at = excluded.created_at",
        )
        .bind(id.to_string())
        .bind(write("board_reports.payload", report)?)
        .bind(millis(now))
        .execute()
        .await?;
    }
    Ok(())
}

const fn changes_head(event: &Event) -> bool {
    matches!(
        event,
        Event::SessionStarted(_)
            | Event::PhaseChanged(_)
            | Event::ClarificationRequested(_)
            | Event::ClarificationAnswered(_)
            | Event::SessionPaused(_)
            | Event::SessionResumed(_)
            | Event::StopRequested(_)
            | Event::SessionCompleted(_)
            | Event::SessionFailed(_)
            | Event::SessionCancelled(_)
    )
}

fn apply_to_head(head: &mut Session, event: &Event, now: DateTime<Utc>) {
    let mut end = |status: Status, outcome: Option<Outcome>| {
        head.status = status;
        head.outcome = outcome;
        head.completed_at = Some(now);
        head.held = false;
        head.questions.clear();
        head.answer_deadline = None;
    };
    match event {
        Event::SessionStarted(started) => {
            head.started_at = Some(now);
            head.model = Some(started.model.clone());
            head.offline_demo = started.offline_demo;
        }
        // With several sub-problems under way this is the step that was entered last.
        Event::PhaseChanged(change) => head.phase = change.phase,
        Event::ClarificationRequested(asked) => {
            head.questions.clone_from(&asked.questions);
            head.answer_deadline = Some(asked.deadline);
        }
        Event::ClarificationAnswered(_) => {
            head.questions.clear();
            head.answer_deadline = None;
        }
        Event::SessionPaused(_) => head.held = true,
        Event::SessionResumed(_) => head.held = false,
        Event::StopRequested(_) => {
            head.held = false;
            head.stopping = true;
            head.questions.clear();
            head.answer_deadline = None;
        }
        Event::SessionCompleted(done) => {
            end(Status::Completed, done.outcome);
            head.phase = Phase::Complete;
        }
        Event::SessionCancelled(done) => end(Status::Cancelled, done.outcome),
        Event::SessionFailed(failure) => {
            end(Status::Failed, None);
            head.failure = Some(failure.clone());
        }
        _ => {}
    }
    if head.completed_at.is_none() {
        head.status = if head.waits() { Status::Paused } else { Status::Active };
    }
}

#[derive(Debug, FromRow)]
struct MeteredRow {
    sequence: i64,
    r#type: String,
    created_at: i64,
    payload: String,
    calls: i64,
    cost_micros: Option<i64>,
    metering: Option<String>,
}

/// The whole log with what its events took, the oldest first. What was said piece by piece is left out, and so are the
/// sections of reports: both are said again by an event that is there.
pub(crate) async fn metered_log(tx: &mut TenantTx, id: SessionId) -> Result<Vec<Logged>, BoardError> {
    let rows: Vec<MeteredRow> = tx
        .sql(
            "SELECT sequence, type, created_at, payload, calls, cost_micros, metering FROM board_events \
             WHERE org_id = $1 AND session_id = $2 AND type NOT IN ('contribution.delta', 'report.section') \
             ORDER BY sequence",
        )
        .bind(id.to_string())
        .all()
        .await?;
    rows.into_iter()
        .map(|row| {
            let log = |source| BoardError::Log { sequence: row.sequence, source };
            let event = Event::from_parts(&row.r#type, read("board_events.payload", &row.payload)?).map_err(log)?;
            let metered = row.metering.map(|text| read("board_events.metering", &text)).transpose()?;
            let calls = usize::try_from(row.calls).unwrap_or_default();
            Ok(Logged::of(event, from_millis(row.created_at), calls, row.cost_micros.map(MicroUsd), metered))
        })
        .collect()
}

/// When the session's newest event was recorded.
pub(crate) async fn last_event_at(tx: &mut TenantTx, id: SessionId) -> Result<DateTime<Utc>, BoardError> {
    let newest: i64 = tx
        .sql("SELECT COALESCE(MAX(created_at), 0) FROM board_events WHERE org_id = $1 AND session_id = $2")
        .bind(id.to_string())
        .scalar()
        .await?;
    Ok(from_millis(newest))
}

/// The events after a sequence, oldest first.
pub(crate) async fn events_after(
    tx: &mut TenantTx,
    id: SessionId,
    after: i64,
    limit: usize,
) -> Result<Vec<StoredEvent>, BoardError> {
    let rows: Vec<EventRow> = tx
        .sql(
            "SELECT sequence, type, version, created_at, payload, calls, cost_micros FROM board_events \
             WHERE org_id = $1 AND session_id = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
        )
        .bind(id.to_string())
        .bind(after)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all()
        .await?;
    rows.into_iter()
        .map(|row| {
            let mut data: Value = read("board_events.payload", &row.payload)?;
            // Readers see no money (BRD-22), and nobody sees the lean before the vote is out.
            if let Some(data) = data.as_object_mut().filter(|_| row.r#type == "session.created") {
                data.remove("cost_ceiling");
                data.remove("lean");
            }
            Ok(StoredEvent {
                kind: row.r#type,
                session_id: id,
                sequence: row.sequence,
                timestamp: from_millis(row.created_at),
                version: row.version,
                data,
                json: std::sync::OnceLock::new(),
            })
        })
        .collect()
}
