use std::collections::BTreeMap;

use chrono::TimeDelta;
use quorate_audit::{Actor, Entry, Origin};
use quorate_kernel::{Principal, Problem};
use serde_json::json;

use super::{DEFAULT_DAYS, LIFE_DAYS, MOST_OPEN, Redaction, Share, ShareId, SharedReport, Token, redacted, without};
use crate::Board;
use crate::session::SessionId;
use crate::store::{self, shares};

impl Board {
    /// Makes a link to a report. Its token is told once, here.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while there is no report, or with too many open links; `ValidationFailed`.
    pub(crate) async fn share(
        &self,
        who: &Principal,
        id: SessionId,
        days: Option<i64>,
        redaction: Redaction,
        origin: Origin,
    ) -> Result<(Share, Token), Problem> {
        let days = days.unwrap_or(DEFAULT_DAYS);
        if !LIFE_DAYS.contains(&days) {
            return Err(Problem::field("expires_in_days", "Choose 1 to 365 days."));
        }
        let redaction = redaction.check()?;
        let now = self.now();
        let mut tx = self.parts.store.tenant(who).await?;
        store::lock(&mut tx, id).await?;
        // A report that is still being written must not be read by others while it grows.
        if store::session(&mut tx, id).await?.completed_at.is_none() || store::report(&mut tx, id).await?.is_none() {
            return Err(Problem::conflict("There is no finished report to share yet."));
        }
        let open = shares::list(&mut tx, id).await?.iter().filter(|share| share.is_open(now)).count();
        if open >= MOST_OPEN {
            return Err(Problem::conflict("Too many links of this report are open. End some first."));
        }
        let token = Token::new(&*self.parts.ids);
        let share = Share {
            id: ShareId(self.parts.ids.uuid()),
            redaction,
            created_by: who.user_id,
            created_at: now,
            expires_at: now + TimeDelta::days(days),
            revoked_at: None,
        };
        shares::insert(&mut tx, id, &share, &token.hash()).await?;
        let entry = Entry::new("board.report_shared", Actor::of(who)).in_org(who.org_id).on("board_session", id);
        let after = json!({ "share": share.id, "expires_at": share.expires_at });
        self.parts.audit.append(&mut tx, entry.changing(None, Some(after)).from(origin)).await?;
        tx.commit().await?;
        Ok((share, token))
    }

    /// The links of a session, the newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn shares(&self, who: &Principal, id: SessionId) -> Result<Vec<Share>, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        Ok(shares::list(&mut tx, id).await?)
    }

    /// Ends a link. Doing it again changes nothing.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn unshare(
        &self,
        who: &Principal,
        id: SessionId,
        share: ShareId,
        origin: Origin,
    ) -> Result<(), Problem> {
        let mut tx = self.parts.store.tenant(who).await?;
        store::lock(&mut tx, id).await?;
        let Some(found) = shares::list(&mut tx, id).await?.into_iter().find(|one| one.id == share) else {
            return Err(Problem::not_found("link"));
        };
        if found.revoked_at.is_none() {
            shares::revoke(&mut tx, id, share, self.now()).await?;
            let entry = Entry::new("board.share_revoked", Actor::of(who)).in_org(who.org_id).on("board_session", id);
            let after = json!({ "share": share });
            self.parts.audit.append(&mut tx, entry.changing(None, Some(after)).from(origin)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What the reader of a link sees; nothing when it is none, has ended or was ended.
    ///
    /// # Errors
    /// `NotFound`, the same in each of these cases.
    pub(crate) async fn shared(&self, token: &str) -> Result<SharedReport, Problem> {
        let nothing = || Problem::not_found("shared report");
        let token = Token::read(token).ok_or_else(nothing)?;
        let mut tx = self.parts.store.system_read("whoever reads a shared report is not signed in").await?;
        let found = shares::open(&mut tx, &token.hash(), self.now()).await?.ok_or_else(nothing)?;
        let (redaction, seats) = (&found.redaction, found.seats.as_slice());
        let tidy = |text: &str| without(text, redaction, seats);
        let shown = !redaction.hide_problem;
        let context: BTreeMap<String, String> = if redaction.show_context && shown {
            found.brief.problem_context.iter().map(|(name, value)| (tidy(name), tidy(value))).collect()
        } else {
            BTreeMap::new()
        };
        Ok(SharedReport {
            title: found.title.as_deref().filter(|_| shown).map(tidy),
            problem_statement: shown.then(|| tidy(&found.brief.problem_statement)),
            problem_context: context,
            completed_at: found.completed_at,
            expires_at: found.expires_at,
            redacted: redaction.hides(),
            report: redacted(&found.report, redaction, seats),
        })
    }
}
