use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{from_millis, millis};
use quorate_store::{Store, StoreError, Tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Backlog, MailLogEntry, MailStatus};

const REASON: &str = "mails belong to people, not to tenants";
/// How long the log remembers a mail that has ended.
const KEEP: Duration = Duration::from_secs(90 * 24 * 3600);
/// A mail that still waits after this long lost its job; its content is not kept for ever.
const HOPELESS: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) struct NewRow {
    pub(super) id: Uuid,
    pub(super) key: Option<String>,
    pub(super) recipient: String,
    pub(super) template: &'static str,
    pub(super) locale: &'static str,
    pub(super) sealed: String,
    pub(super) created_at: DateTime<Utc>,
}

/// A mail that waits.
pub(super) struct Waiting {
    pub(super) recipient: String,
    pub(super) template: String,
    pub(super) locale: String,
    pub(super) sealed: String,
    /// Which attempt this is, from 1.
    pub(super) attempt: u32,
    pub(super) created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct WaitingRow {
    recipient: String,
    template: String,
    locale: String,
    sealed_content: Option<String>,
    attempts: i64,
    created_at: i64,
}

#[derive(FromRow)]
struct LogRow {
    id: String,
    recipient: String,
    template: String,
    locale: String,
    status: String,
    attempts: i64,
    error: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
}

/// Writes a mail; tells whether it is new, since another with its key may stand.
pub(super) async fn add<S: Send>(tx: &mut Tx<S>, row: NewRow) -> Result<bool, StoreError> {
    let written = tx
        .platform_sql(
            "INSERT INTO outbound_mails (id, mail_key, recipient, template, locale, status, sealed_content, created_at) \
             VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7) ON CONFLICT (mail_key) DO NOTHING",
        )
        .bind(row.id.to_string())
        .bind(row.key)
        .bind(row.recipient)
        .bind(row.template)
        .bind(row.locale)
        .bind(row.sealed)
        .bind(millis(row.created_at))
        .execute()
        .await?;
    Ok(written == 1)
}

/// The mail, if it still waits. Reading it counts as an attempt.
pub(super) async fn take(store: &Store, id: Uuid) -> Result<Option<Waiting>, StoreError> {
    let mut tx = store.system(REASON).await?;
    let row: Option<WaitingRow> = tx
        .sql(
            "UPDATE outbound_mails SET attempts = attempts + 1 WHERE id = $1 AND status = 'queued' \
             RETURNING recipient, template, locale, sealed_content, attempts, created_at",
        )
        .bind(id.to_string())
        .optional()
        .await?;
    tx.commit().await?;
    Ok(row.and_then(|row| {
        let WaitingRow { recipient, template, locale, sealed_content, attempts, created_at } = row;
        let (attempt, created_at) = (u32::try_from(attempts).unwrap_or(u32::MAX), from_millis(created_at));
        sealed_content.map(|sealed| Waiting { recipient, template, locale, sealed, attempt, created_at })
    }))
}

/// Notes that the mail left (`None`) or never will, and forgets what it said.
pub(super) async fn finish(
    store: &Store,
    id: Uuid,
    failure: Option<String>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut tx = store.system(REASON).await?;
    tx.sql(
        "UPDATE outbound_mails SET status = $1, error = $2, finished_at = $3, sealed_content = NULL \
         WHERE id = $4 AND status = 'queued'",
    )
    .bind(if failure.is_none() { "sent" } else { "failed" })
    .bind(failure)
    .bind(millis(now))
    .bind(id.to_string())
    .execute()
    .await?;
    tx.commit().await
}

/// Notes why the mail has not left yet.
pub(super) async fn note(store: &Store, id: Uuid, error: String) -> Result<(), StoreError> {
    let mut tx = store.system(REASON).await?;
    tx.sql("UPDATE outbound_mails SET error = $1 WHERE id = $2 AND status = 'queued'")
        .bind(error)
        .bind(id.to_string())
        .execute()
        .await?;
    tx.commit().await
}

/// Forgets old entries, and what mails said whose job was lost.
pub(super) async fn tidy(store: &Store, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut tx = store.system(REASON).await?;
    let lost = tx
        .sql(
            "UPDATE outbound_mails SET status = 'failed', error = 'given up', finished_at = $1, sealed_content = NULL \
             WHERE status = 'queued' AND created_at < $2",
        )
        .bind(millis(now))
        .bind(millis(now - HOPELESS))
        .execute()
        .await?;
    let old = tx
        .sql("DELETE FROM outbound_mails WHERE status <> 'queued' AND created_at < $1")
        .bind(millis(now - KEEP))
        .execute()
        .await?;
    tx.commit().await?;
    Ok(lost + old)
}

/// The newest mails.
pub(super) async fn log(store: &Store, most: u32) -> Result<Vec<MailLogEntry>, StoreError> {
    let mut tx = store.system_read(REASON).await?;
    let rows: Vec<LogRow> = tx
        .sql(
            "SELECT id, recipient, template, locale, status, attempts, error, created_at, finished_at \
             FROM outbound_mails ORDER BY created_at DESC, id DESC LIMIT $1",
        )
        .bind(i64::from(most))
        .all()
        .await?;
    rows.into_iter().map(entry).collect()
}

fn entry(row: LogRow) -> Result<MailLogEntry, StoreError> {
    let status = match row.status.as_str() {
        "queued" => MailStatus::Queued,
        "sent" => MailStatus::Sent,
        "failed" => MailStatus::Failed,
        other => return Err(StoreError::corrupt("outbound_mails.status", other)),
    };
    Ok(MailLogEntry {
        id: row.id.parse().map_err(|error| StoreError::corrupt("outbound_mails.id", error))?,
        to: row.recipient,
        template: row.template,
        locale: row.locale,
        status,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        error: row.error,
        created_at: from_millis(row.created_at),
        finished_at: row.finished_at.map(from_millis),
    })
}

/// How many wait, and how long the oldest has.
pub(super) async fn backlog(store: &Store, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
    let mut tx = store.system_read(REASON).await?;
    let (waiting, oldest): (i64, Option<i64>) =
        tx.sql("SELECT COUNT(*), MIN(created_at) FROM outbound_mails WHERE status = 'queued'").one().await?;
    let age = |at: i64| Duration::from_millis(u64::try_from(millis(now) - at).unwrap_or_default());
    Ok(Backlog { waiting: waiting.unsigned_abs(), oldest: oldest.map(age) })
}
