use chrono::{DateTime, Utc};
use quorate_kernel::{Page, PageRequest, Principal, Problem, millis};

use super::{Course, Entry, Listed, NewDecision, NewOutcome, OutcomeVerdict, review};
use crate::Board;
use crate::board::place;
use crate::session::{Session, SessionId};
use crate::store::{self, decisions};

/// Which decisions a list shows.
#[derive(Debug, Default)]
pub(crate) struct JournalFilter {
    /// Only those of this course.
    pub(crate) course: Option<Course>,
    /// Only those that turned out so.
    pub(crate) verdict: Option<OutcomeVerdict>,
    /// Only those without an outcome, or of which it was too early to say.
    pub(crate) open: bool,
    /// Only those whose review date has passed without an outcome since.
    pub(crate) due: bool,
    /// Only those older than this one.
    pub(crate) before: Option<(DateTime<Utc>, SessionId)>,
}

impl Board {
    /// Records what was decided. A decision recorded again replaces the one before, which is kept, until its outcome is
    /// known.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while the session goes on, or once its outcome is known; `ValidationFailed`.
    pub async fn decide(&self, who: &Principal, id: SessionId, new: NewDecision) -> Result<Entry, Problem> {
        let now = self.now();
        let mut tx = self.parts.store.tenant(who).await?;
        store::lock(&mut tx, id).await?;
        let session = store::session(&mut tx, id).await?;
        if session.completed_at.is_none() {
            return Err(Problem::conflict("Decide when the board is done."));
        }
        let (record, review_at) = new.check(who.user_id, now)?;
        let entry = match decisions::one(&mut tx, id).await? {
            Some(Entry { outcome: Some(outcome), .. }) if outcome.verdict.is_final() => {
                return Err(Problem::conflict("The outcome of this decision is known, so it stands as it is."));
            }
            Some(entry) => {
                let mut earlier = entry.earlier;
                earlier.push(entry.decision);
                let entry = Entry { decision: record, earlier, review_at, ..entry };
                decisions::replace(&mut tx, &entry).await?;
                entry
            }
            None => {
                let entry = Entry { session: id, decision: record, earlier: Vec::new(), review_at, outcome: None };
                decisions::insert(&mut tx, &entry).await?;
                entry
            }
        };
        self.plan_review(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(entry)
    }

    /// Records how the decision turned out. What it was too early to say may be said later; anything else stands.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when nothing was decided, or the outcome is known; `ValidationFailed`.
    pub async fn conclude(&self, who: &Principal, id: SessionId, new: NewOutcome) -> Result<Entry, Problem> {
        let now = self.now();
        let mut tx = self.parts.store.tenant(who).await?;
        store::lock(&mut tx, id).await?;
        let Some(entry) = decisions::one(&mut tx, id).await? else {
            return Err(Problem::conflict("Record first what was decided."));
        };
        if entry.outcome.as_ref().is_some_and(|outcome| outcome.verdict.is_final()) {
            return Err(Problem::conflict("The outcome of this decision is recorded already."));
        }
        let (outcome, review_at) = new.check(who.user_id, now)?;
        let review_at = review_at.or(entry.review_at.filter(|_| outcome.verdict.is_final()));
        let entry = Entry { outcome: Some(outcome), review_at, ..entry };
        decisions::replace(&mut tx, &entry).await?;
        self.plan_review(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(entry)
    }

    async fn plan_review(&self, tx: &mut quorate_store::TenantTx, entry: &Entry) -> Result<(), Problem> {
        let org = tx.org();
        if let Some(job) = review::job(org, entry) {
            self.parts.jobs.enqueue(tx, job).await?;
        }
        Ok(())
    }

    /// What was decided on a session, if anything was.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn decision(&self, who: &Principal, id: SessionId) -> Result<(Session, Option<Entry>), Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        let session = store::session(&mut tx, id).await?;
        Ok((session, decisions::one(&mut tx, id).await?))
    }

    /// The organization's decisions, the newest first.
    ///
    /// # Errors
    /// `ValidationFailed` when the cursor is not one of ours.
    pub(crate) async fn decisions(
        &self,
        who: &Principal,
        page: &PageRequest,
        filter: JournalFilter,
    ) -> Result<Page<Listed>, Problem> {
        let before = match &page.cursor {
            None => None,
            Some(cursor) => {
                Some(place(cursor).ok_or_else(|| Problem::field("cursor", "This is not a cursor of this list."))?)
            }
        };
        let mut tx = self.parts.store.tenant_read(who).await?;
        let filter = JournalFilter { before, ..filter };
        let rows = decisions::list(&mut tx, &filter, self.now(), page.limit() + 1).await?;
        let cursor = |last: &Listed| format!("{}_{}", millis(last.first_decided_at), last.entry.session);
        Ok(Page::from_rows(rows, page.limit(), cursor))
    }
}
