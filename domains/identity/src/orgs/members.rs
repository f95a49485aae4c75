use quorate_kernel::{OrgId, Principal, Role, UserId};

use super::{Happened, Member, rules};
use crate::login_session::Origin;
use crate::store::{invitations, login_sessions, members, users};
use crate::{Identity, IdentityError};

impl Identity {
    /// The members of the organization that the principal acts in.
    pub(crate) async fn members(&self, principal: &Principal, org: OrgId) -> Result<Vec<Member>, IdentityError> {
        if org != principal.org_id {
            return Err(IdentityError::NotFound("organization"));
        }
        Ok(members::list(&self.store, principal).await?)
    }

    /// Gives a member another role: at once on this node, within five seconds on others.
    pub(crate) async fn change_role(
        &self,
        principal: &Principal,
        org: OrgId,
        user: UserId,
        to: Role,
        origin: &Origin,
    ) -> Result<Member, IdentityError> {
        let mut tx = self.store.system("a membership is changed under the organization's lock").await?;
        let (_, actor) = self.enter_org(&mut tx, principal, org).await?;
        let from = members::role(&mut tx, org, user).await?.ok_or(IdentityError::NotFound("member"))?;
        rules::may_change_role(actor, from, to, members::owners(&mut tx, org).await?)?;
        members::set_role(&mut tx, org, user, to).await?;
        if to == Role::Member {
            // Otherwise whoever sees the end coming leaves the door open for a friend.
            invitations::revoke_all_by(&mut tx, org, user, self.clock.now()).await?;
        }
        let sessions = login_sessions::acting(&mut tx, user, org).await?;
        let changed = Happened::new("identity.role_changed", org, principal.user_id).on(user, Some(from), Some(to));
        self.note_in(&mut tx, changed, origin).await?;
        let member = members::one(&mut tx, org, user).await?;
        tx.commit().await?;
        self.reread(&sessions);
        member.ok_or(IdentityError::NotFound("member"))
    }

    /// Removes a member. What acts in the organization for them acts in another of theirs from now on; whoever has none
    /// gets a personal one, or could never log in again.
    pub(crate) async fn remove_member(
        &self,
        principal: &Principal,
        org: OrgId,
        user: UserId,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        if user == principal.user_id && org == principal.org_id {
            return self.leave_organization(principal, org, origin).await;
        }
        let mut tx = self.store.system("a removed member goes on in another organization").await?;
        if org != principal.org_id {
            return Err(IdentityError::NotFound("organization"));
        }
        // The person first, then the organization, as everywhere where both are taken.
        users::lock(&mut tx, user).await?;
        let (_, actor) = self.enter_org(&mut tx, principal, org).await?;
        let (person, membership) = users::member(&mut tx, user, org).await?.ok_or(IdentityError::NotFound("member"))?;
        rules::may_remove(actor, membership.role, members::owners(&mut tx, org).await?)?;
        members::remove(&mut tx, org, user).await?;
        invitations::revoke_all_by(&mut tx, org, user, self.clock.now()).await?;
        if members::organizations(&mut tx, user).await? == 0 {
            self.add_organization(&mut tx, user, person.name, true).await?;
        }
        let moved = login_sessions::move_out(&mut tx, org, Some(user)).await?;
        let removed =
            Happened::new("identity.member_removed", org, principal.user_id).on(user, Some(membership.role), None);
        self.note_in(&mut tx, removed, origin).await?;
        tx.commit().await?;
        self.reread(&moved);
        Ok(())
    }

    /// Makes another member the owner in the caller's place, who stays as an admin.
    pub(crate) async fn transfer_organization(
        &self,
        principal: &Principal,
        org: OrgId,
        to: UserId,
        password: Option<&str>,
        origin: &Origin,
    ) -> Result<super::Organization, IdentityError> {
        if org != principal.org_id {
            return Err(IdentityError::NotFound("organization"));
        }
        self.prove_password(principal, password, origin).await?;
        let mut tx = self.store.system("a membership is changed under the organization's lock").await?;
        let (_, actor) = self.enter_org(&mut tx, principal, org).await?;
        rules::may_dispose(actor)?;
        if to == principal.user_id {
            return Err(IdentityError::Conflict("You own this organization already."));
        }
        let from = members::role(&mut tx, org, to).await?.ok_or(IdentityError::NotFound("member"))?;
        members::set_role(&mut tx, org, to, Role::Owner).await?;
        members::set_role(&mut tx, org, principal.user_id, Role::Admin).await?;
        let mut sessions = login_sessions::acting(&mut tx, to, org).await?;
        sessions.extend(login_sessions::acting(&mut tx, principal.user_id, org).await?);
        let given = Happened::new("identity.organization_transferred", org, principal.user_id);
        self.note_in(&mut tx, given.on(to, Some(from), Some(Role::Owner)), origin).await?;
        let now_is = crate::store::orgs::one(&mut tx, org, principal.user_id).await?;
        tx.commit().await?;
        self.reread(&sessions);
        now_is.ok_or(IdentityError::NotFound("organization"))
    }
}
