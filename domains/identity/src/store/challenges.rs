use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::id;
use crate::challenge::Purpose;
use crate::secret::TokenHash;

pub(crate) struct NewChallenge {
    pub(crate) hash: TokenHash,
    pub(crate) purpose: Purpose,
    pub(crate) user: Option<UserId>,
    pub(crate) sealed_state: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

pub(crate) struct FoundChallenge {
    pub(crate) user_id: Option<UserId>,
    pub(crate) sealed_state: String,
}

#[derive(FromRow)]
struct ChallengeRow {
    user_id: Option<String>,
    sealed_state: String,
}

impl ChallengeRow {
    fn read(self) -> Result<FoundChallenge, StoreError> {
        let user_id = self.user_id.map(|text| id("identity_challenges.user_id", &text)).transpose()?.map(UserId);
        Ok(FoundChallenge { user_id, sealed_state: self.sealed_state })
    }
}

/// Writes the challenge, and forgets those whose time is over.
pub(crate) async fn add(store: &Store, new: &NewChallenge) -> Result<(), StoreError> {
    let mut tx = store.system("a challenge is made before anybody is let in").await?;
    tx.sql("DELETE FROM identity_challenges WHERE expires_at <= $1").bind(millis(new.created_at)).execute().await?;
    tx.sql(
        "INSERT INTO identity_challenges (challenge_hash, purpose, user_id, sealed_state, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.hash.as_text())
    .bind(new.purpose.name())
    .bind(new.user.map(|user| user.to_string()))
    .bind(new.sealed_state.clone())
    .bind(millis(new.created_at))
    .bind(millis(new.expires_at))
    .execute()
    .await?;
    tx.commit().await
}

/// Counts an answer against a live challenge and reads it; `None` when it is unknown, used up or out of time.
pub(crate) async fn attempt(
    store: &Store,
    hash: &TokenHash,
    purpose: Purpose,
    most: i64,
    now: DateTime<Utc>,
) -> Result<Option<FoundChallenge>, StoreError> {
    let mut tx = store.system("a challenge is answered before anybody is let in").await?;
    let row: Option<ChallengeRow> = tx
        .sql(
            "UPDATE identity_challenges SET failures = failures + 1 \
             WHERE challenge_hash = $1 AND purpose = $2 AND consumed_at IS NULL AND expires_at > $3 AND failures < $4 \
             RETURNING user_id, sealed_state",
        )
        .bind(hash.as_text())
        .bind(purpose.name())
        .bind(millis(now))
        .bind(most)
        .optional()
        .await?;
    tx.commit().await?;
    row.map(ChallengeRow::read).transpose()
}

/// Reads a live challenge and counts nothing; `None` when it is unknown, used up or out of time.
pub(crate) async fn find(
    store: &Store,
    hash: &TokenHash,
    purpose: Purpose,
    most: i64,
    now: DateTime<Utc>,
) -> Result<Option<FoundChallenge>, StoreError> {
    let mut tx = store.system_read("a challenge is answered before anybody is let in").await?;
    let row: Option<ChallengeRow> = tx
        .sql(
            "SELECT user_id, sealed_state FROM identity_challenges \
             WHERE challenge_hash = $1 AND purpose = $2 AND consumed_at IS NULL AND expires_at > $3 AND failures < $4",
        )
        .bind(hash.as_text())
        .bind(purpose.name())
        .bind(millis(now))
        .bind(most)
        .optional()
        .await?;
    row.map(ChallengeRow::read).transpose()
}

/// Withdraws what a person has begun and not ended, such as a log-in with a password that has just been replaced.
pub(crate) async fn withdraw(tx: &mut SystemTx, user: UserId) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_challenges WHERE user_id = $1").bind(user.to_string()).execute().await?;
    Ok(())
}

/// Uses the challenge up; tells whether nobody had before.
pub(crate) async fn consume(tx: &mut SystemTx, hash: &TokenHash, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let used = tx
        .sql("UPDATE identity_challenges SET consumed_at = $1 WHERE challenge_hash = $2 AND consumed_at IS NULL")
        .bind(millis(now))
        .bind(hash.as_text())
        .execute()
        .await?;
    Ok(used == 1)
}
