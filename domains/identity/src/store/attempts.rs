use chrono::{DateTime, Utc};
use quorate_kernel::{from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};

use crate::backoff::{FORGOTTEN_AFTER, Subject};

/// What counting an attempt said.
pub(crate) struct Counted {
    /// Until when nothing may be tried; then the attempt was not counted.
    pub(crate) blocked_until: Option<DateTime<Utc>>,
    /// Whether this attempt was the first over what is free.
    pub(crate) crosses: bool,
}

/// Counts an attempt against every subject, unless one of them is blocked.
pub(crate) async fn count(store: &Store, subjects: &[Subject], now: DateTime<Utc>) -> Result<Counted, StoreError> {
    let mut counted = Counted { blocked_until: None, crosses: false };
    if subjects.is_empty() {
        return Ok(counted);
    }
    let mut tx = store.system("attempts are counted before anybody is let in").await?;
    let forgotten = now - FORGOTTEN_AFTER;
    for subject in subjects {
        let (failures, blocked_until) = add(&mut tx, subject, now, forgotten).await?;
        if blocked_until > millis(now) {
            let until = from_millis(blocked_until);
            counted.blocked_until = Some(counted.blocked_until.map_or(until, |other| other.max(until)));
            continue;
        }
        counted.crosses |= subject.cleared_by_success && failures == subject.allowance.free + 1;
        let until = millis(now + subject.allowance.wait(failures));
        tx.sql("UPDATE identity_attempts SET blocked_until = $1 WHERE subject = $2")
            .bind(until)
            .bind(subject.key.clone())
            .execute()
            .await?;
    }
    if counted.blocked_until.is_some() {
        // Nothing of this attempt stays: waiting longer for each try while one waits would be for ever.
        return Ok(counted);
    }
    if counted.crosses {
        tx.sql("DELETE FROM identity_attempts WHERE last_at <= $1").bind(millis(forgotten)).execute().await?;
    }
    tx.commit().await?;
    Ok(counted)
}

/// Adds one failure and reads what stood before. The upsert locks the row, so parallel attempts queue up.
async fn add(
    tx: &mut SystemTx,
    subject: &Subject,
    now: DateTime<Utc>,
    forgotten: DateTime<Utc>,
) -> Result<(i64, i64), StoreError> {
    tx.sql(
        "INSERT INTO identity_attempts (subject, failures, last_at, blocked_until) VALUES ($1, 1, $2, 0) \
         ON CONFLICT (subject) DO UPDATE SET \
         failures = CASE WHEN identity_attempts.last_at <= $3 THEN 1 ELSE identity_attempts.failures + 1 END, \
         last_at = excluded.last_at \
         RETURNING failures, blocked_until",
    )
    .bind(subject.key.clone())
    .bind(millis(now))
    .bind(millis(forgotten))
    .one()
    .await
}

/// Takes back what [`count`] counted: clears what a success clears, and one of the rest.
pub(crate) async fn take_back(store: &Store, subjects: &[Subject]) -> Result<(), StoreError> {
    if subjects.is_empty() {
        return Ok(());
    }
    let mut tx = store.system("attempts are counted before anybody is let in").await?;
    for subject in subjects {
        if subject.cleared_by_success {
            tx.sql("DELETE FROM identity_attempts WHERE subject = $1").bind(subject.key.clone()).execute().await?;
            continue;
        }
        tx.sql(
            "UPDATE identity_attempts SET failures = failures - 1, \
             blocked_until = CASE WHEN failures - 1 <= $1 THEN 0 ELSE blocked_until END \
             WHERE subject = $2 AND failures > 0",
        )
        .bind(subject.allowance.free)
        .bind(subject.key.clone())
        .execute()
        .await?;
    }
    tx.commit().await
}
