use std::time::Duration;

use quorate_kernel::{FieldError, OrgId, Principal};
use quorate_work::NewJob;
use serde_json::json;

use super::{Happened, rules};
use crate::login_session::Origin;
use crate::store::{login_sessions, members, orgs, users};
use crate::{Identity, IdentityError, ORG_DELETED};

/// When the other domains clear up a second time: what a request that was let in before the deletion wrote after it is
/// found then. Longer than any request takes.
const SECOND_SWEEP: Duration = Duration::from_secs(120);

impl Identity {
    /// Deletes the organization with everything in it. Its owner types its name; nobody may be left without any
    /// organization.
    pub(crate) async fn delete_organization(
        &self,
        principal: &Principal,
        org: OrgId,
        confirm: &str,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let mut tx = self.store.system("an organization's members go on in others of theirs").await?;
        if org == principal.org_id {
            // The people first, then the organization, as everywhere where both are taken: nobody may lose another
            // organization while this one counts on it.
            for member in members::ids(&mut tx, org).await? {
                users::lock(&mut tx, member).await?;
            }
        }
        let (name, role) = self.enter_org(&mut tx, principal, org).await?;
        rules::may_dispose(role)?;
        if confirm.trim() != name {
            let message = "must be the organization's name".to_owned();
            return Err(IdentityError::Fields(vec![FieldError { field: "confirm".to_owned(), message }]));
        }
        if orgs::is_somebodys_last(&mut tx, org).await? {
            return Err(IdentityError::Conflict("This is the last organization of you or of another member."));
        }
        let moved = login_sessions::move_out(&mut tx, org, None).await?;
        orgs::delete(&mut tx, org).await?;
        let now = self.clock.now();
        for (key, run_at) in [("first", now), ("second", now + SECOND_SWEEP)] {
            let job = NewJob {
                unique_key: Some(format!("{org} {key}")),
                run_at: Some(run_at),
                // It must happen, however long the database is away.
                max_attempts: i32::MAX,
                ..NewJob::new(ORG_DELETED, json!({ "org": org }))
            };
            self.jobs.enqueue(&mut tx, job).await?;
        }
        self.note_in(&mut tx, Happened::new("identity.organization_deleted", org, principal.user_id), origin).await?;
        tx.commit().await?;
        self.reread(&moved);
        Ok(())
    }
}
