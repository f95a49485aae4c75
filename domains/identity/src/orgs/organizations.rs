use quorate_kernel::{FieldError, OrgId, Principal, Role, UserId};
use quorate_store::SystemTx;

use super::{Happened, Organization, rules};
use crate::backoff;
use crate::login_session::Origin;
use crate::org::Membership;
use crate::sign_in::SignedIn;
use crate::store::{invitations, login_sessions, members, orgs, refresh_tokens, users};
use crate::user;
use crate::{Identity, IdentityError};

/// How many organizations a person may own.
const MOST_OWNED: i64 = 50;

/// What the organization is to be called.
fn checked_name(name: &str) -> Result<String, IdentityError> {
    let refuse = |message: &str| {
        Err(IdentityError::Fields(vec![FieldError { field: "name".to_owned(), message: message.to_owned() }]))
    };
    match user::name(name.trim()) {
        Ok(name) if name.is_empty() => refuse("must not be empty"),
        Ok(name) => Ok(name),
        Err(message) => refuse(message),
    }
}

impl Identity {
    /// The organizations that the person belongs to.
    pub(crate) async fn organizations(&self, principal: &Principal) -> Result<Vec<Organization>, IdentityError> {
        let mut tx = self.store.system_read("somebody's organizations are found over all tenants").await?;
        Ok(orgs::of_user(&mut tx, principal.user_id).await?)
    }

    /// The organization that the principal acts in. Any other does not exist.
    pub(crate) async fn organization(&self, principal: &Principal, org: OrgId) -> Result<Organization, IdentityError> {
        if org != principal.org_id {
            return Err(IdentityError::NotFound("organization"));
        }
        let mut tx = self.store.system_read("an organization is read with the person's membership").await?;
        orgs::one(&mut tx, org, principal.user_id).await?.ok_or(IdentityError::NotFound("organization"))
    }

    /// Makes an organization that the person owns. They go on acting where they do.
    pub(crate) async fn create_organization(
        &self,
        principal: &Principal,
        name: &str,
        origin: &Origin,
    ) -> Result<Organization, IdentityError> {
        let name = checked_name(name)?;
        self.attempts(backoff::new_organization(&principal.user_id.to_string())).await?;
        let mut tx = self.store.system("a new organization is no tenant yet").await?;
        // Parallel requests of one person wait for each other, so that the bound holds.
        users::lock(&mut tx, principal.user_id).await?;
        if orgs::owned(&mut tx, principal.user_id).await? >= MOST_OWNED {
            return Err(IdentityError::Conflict("You own as many organizations as one person may."));
        }
        let org = self.add_organization(&mut tx, principal.user_id, name, false).await?;
        self.note_in(&mut tx, Happened::new("identity.organization_created", org, principal.user_id), origin).await?;
        let made = orgs::one(&mut tx, org, principal.user_id).await?;
        tx.commit().await?;
        made.ok_or(IdentityError::NotFound("organization"))
    }

    /// Writes an organization with its owner.
    pub(super) async fn add_organization(
        &self,
        tx: &mut SystemTx,
        owner: UserId,
        name: String,
        personal: bool,
    ) -> Result<OrgId, IdentityError> {
        let (now, org) = (self.clock.now(), OrgId(self.ids.uuid()));
        let membership = Membership { org_id: org, name, role: Role::Owner };
        orgs::add(tx, &membership, personal, now).await?;
        members::add(tx, org, owner, Role::Owner, now).await?;
        Ok(org)
    }

    /// Gives the organization another name.
    pub(crate) async fn rename_organization(
        &self,
        principal: &Principal,
        org: OrgId,
        name: &str,
        origin: &Origin,
    ) -> Result<Organization, IdentityError> {
        let name = checked_name(name)?;
        let mut tx = self.store.system("an organization is changed under its lock").await?;
        let (_, role) = self.enter_org(&mut tx, principal, org).await?;
        rules::may_run(role)?;
        orgs::rename(&mut tx, org, &name).await?;
        self.note_in(&mut tx, Happened::new("identity.organization_renamed", org, principal.user_id), origin).await?;
        let renamed = orgs::one(&mut tx, org, principal.user_id).await?;
        tx.commit().await?;
        renamed.ok_or(IdentityError::NotFound("organization"))
    }

    /// Makes the login session act in another organization of the person, and gives the pair that does. The pairs
    /// before it are used up: here at once, on other nodes within five seconds.
    pub(crate) async fn switch_organization(
        &self,
        principal: &Principal,
        to: OrgId,
        origin: &Origin,
    ) -> Result<SignedIn, IdentityError> {
        let (now, session) = (self.clock.now(), principal.login_session_id);
        let mut tx = self.store.system("a switch leads from one organization to another").await?;
        let member = users::member(&mut tx, principal.user_id, to).await?;
        let (user, membership) = member.ok_or(IdentityError::NotFound("organization"))?;
        let expires_at = login_sessions::switch(&mut tx, session, principal.user_id, to, now).await?;
        let expires_at =
            expires_at.ok_or(IdentityError::Conflict("Only a login session of this server can switch."))?;
        let predecessor = refresh_tokens::retire(&mut tx, session, now).await?;
        let pair = self.add_pair(&mut tx, session, predecessor, expires_at).await?;
        self.note_in(&mut tx, Happened::new("identity.organization_switched", to, principal.user_id), origin).await?;
        tx.commit().await?;
        self.reread(&[session]);
        self.signed_in(user, membership, pair).await
    }

    /// Leaves any of the person's organizations; what acts there acts in another one from now on.
    pub(crate) async fn leave_organization(
        &self,
        principal: &Principal,
        org: OrgId,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let user = principal.user_id;
        let mut tx = self.store.system("whoever leaves goes on in another organization").await?;
        // The person first, then the organization, as everywhere where both are taken.
        users::lock(&mut tx, user).await?;
        orgs::lock(&mut tx, org).await?.ok_or(IdentityError::NotFound("organization"))?;
        let role = members::role(&mut tx, org, user).await?.ok_or(IdentityError::NotFound("organization"))?;
        rules::may_leave(role, members::owners(&mut tx, org).await?)?;
        if members::organizations(&mut tx, user).await? <= 1 {
            return Err(IdentityError::Conflict("This is your last organization."));
        }
        members::remove(&mut tx, org, user).await?;
        invitations::revoke_all_by(&mut tx, org, user, self.clock.now()).await?;
        let moved = login_sessions::move_out(&mut tx, org, Some(user)).await?;
        let left = Happened::new("identity.member_left", org, user).on(user, Some(role), None);
        self.note_in(&mut tx, left, origin).await?;
        tx.commit().await?;
        self.reread(&moved);
        Ok(())
    }
}
