//! Looking back at a decision when its review date comes. The job is the board's; whoever can write to people runs it,
//! because the board knows nobody's address.

use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Problem, UserId, millis};
use quorate_work::NewJob;
use serde_json::json;

use super::Entry;
use crate::Board;
use crate::session::SessionId;
use crate::store::decisions;

/// The kind of the job that reminds of a review. Its payload is `{"session": …, "org": …}`. Stored, so it never changes.
pub const REVIEW_JOB: &str = "board.review";

/// A decision that is to be looked at now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who recorded the decision.
    pub user: UserId,
    /// What the session is called, or else what the board was asked.
    pub title: String,
    /// When the decision was recorded.
    pub decided_at: DateTime<Utc>,
    /// The review date.
    pub review_at: DateTime<Utc>,
}

/// Whether a review is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewState {
    /// There is nothing to look at: no decision, no date, an outcome, or a reminder was sent already.
    Nothing,
    /// Not before this time.
    Later(DateTime<Utc>),
    /// Now.
    Due(Review),
}

/// The job for a decision with a review date. There is at most one; a nearer date brings it forward.
pub(super) fn job(org: OrgId, entry: &Entry) -> Option<NewJob> {
    let review_at = entry.review_at.filter(|_| entry.outcome.as_ref().is_none_or(|one| !one.verdict.is_final()))?;
    let payload = json!({ "session": entry.session, "org": org });
    Some(NewJob {
        unique_key: Some(entry.session.to_string()),
        run_at: Some(review_at),
        max_attempts: 20,
        org_id: Some(org),
        ..NewJob::new(REVIEW_JOB, payload)
    })
}

impl Board {
    /// Whether a decision is to be looked at now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn review(&self, org: OrgId, id: SessionId) -> Result<ReviewState, Problem> {
        let mut tx = self.parts.store.system_read("a reminder has no principal").await?;
        let Some((review, open)) = decisions::review(&mut tx, org, id).await? else { return Ok(ReviewState::Nothing) };
        Ok(match review {
            _ if !open => ReviewState::Nothing,
            review if review.review_at > self.now() => ReviewState::Later(review.review_at),
            review => ReviewState::Due(review),
        })
    }

    /// Notes that the reminder for this date was sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reminded(&self, org: OrgId, id: SessionId, review_at: DateTime<Utc>) -> Result<(), Problem> {
        let mut tx = self.parts.store.system("a reminder has no principal").await?;
        decisions::reminded(&mut tx, org, id, millis(review_at)).await?;
        tx.commit().await?;
        Ok(())
    }
}
