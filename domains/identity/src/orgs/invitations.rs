use std::time::Duration;

use chrono::TimeDelta;
use quorate_kernel::{FieldError, OrgId, Principal, Role, UserId};
use quorate_outbound::Template;
use quorate_store::SystemTx;
use uuid::Uuid;

use super::{Happened, Invitation, InvitationStatus, Invited, Organization, rules};
use crate::backoff;
use crate::login_session::Origin;
use crate::secret::{Secret, TokenHash};
use crate::store::invitations::{self, NewInvitation};
use crate::store::{members, orgs, users};
use crate::user::{self, User};
use crate::{Identity, IdentityError};

/// How long an invitation may be accepted.
const LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How many invitations of one organization may be open.
const MOST_OPEN: i64 = 50;
/// How many an organization may make in an hour: each is a mail to somebody who did not ask for it.
const MOST_AN_HOUR: i64 = 20;
/// How long after one mail the next one of the same invitation is sent.
const BETWEEN_MAILS: TimeDelta = TimeDelta::seconds(60);

impl Identity {
    /// The invitations of the organization that the principal acts in, the newest first.
    pub(crate) async fn invitations(
        &self,
        principal: &Principal,
        org: OrgId,
    ) -> Result<Vec<Invitation>, IdentityError> {
        if org != principal.org_id {
            return Err(IdentityError::NotFound("organization"));
        }
        Ok(invitations::list(&self.store, principal).await?)
    }

    /// Invites an address, which gets a mail with a link.
    pub(crate) async fn invite(
        &self,
        principal: &Principal,
        org: OrgId,
        email: &str,
        role: Role,
        origin: &Origin,
    ) -> Result<Invitation, IdentityError> {
        let email = user::email(email).map_err(|message| {
            IdentityError::Fields(vec![FieldError { field: "email".to_owned(), message: message.to_owned() }])
        })?;
        let now = self.clock.now();
        let mut tx = self.store.system("an invitation is written with its mail").await?;
        let (organization, actor) = self.enter_org(&mut tx, principal, org).await?;
        rules::may_invite(actor, role)?;
        if members::has_address(&mut tx, org, &email).await? {
            return Err(IdentityError::AlreadyMember);
        }
        let (open, same, recent, first) = invitations::load(&mut tx, org, &email, now).await?;
        if same > 0 {
            return Err(IdentityError::Conflict("This address is invited already. Send the invitation again instead."));
        }
        if open >= MOST_OPEN {
            return Err(IdentityError::Conflict("Too many invitations are open. Revoke some first."));
        }
        if recent >= MOST_AN_HOUR {
            let free_at = first.unwrap_or(now) + TimeDelta::hours(1);
            let seconds = u64::try_from((free_at - now).num_seconds()).unwrap_or_default();
            return Err(IdentityError::TooManyAttempts(seconds.max(1)));
        }
        let token = Secret::link_token(self.ids.as_ref());
        let new = NewInvitation {
            id: self.ids.uuid(),
            org,
            email,
            role,
            hash: token.hash(),
            invited_by: principal.user_id,
            created_at: now,
            expires_at: now + LIFE,
        };
        invitations::add(&mut tx, &new).await?;
        self.post_invitation(&mut tx, principal.user_id, (&new.email, role), organization, &token).await?;
        let invited = Happened::new("identity.member_invited", org, principal.user_id);
        self.note_in(&mut tx, Happened { after: Some(role), ..invited }, origin).await?;
        let made = invitations::one(&mut tx, org, new.id).await?;
        tx.commit().await?;
        made.ok_or(IdentityError::NotFound("invitation"))
    }

    /// Writes the mail with the link.
    async fn post_invitation(
        &self,
        tx: &mut SystemTx,
        inviter: UserId,
        (email, role): (&str, Role),
        organization: String,
        token: &Secret,
    ) -> Result<(), IdentityError> {
        let inviter = users::by_id(tx, inviter).await?.ok_or(IdentityError::NotFound("account"))?.user;
        let link = format!("{}/invitation?token={}", self.site.public_url, token.expose());
        let locale = inviter.locale;
        let template = Template::Invitation { inviter: inviter.name, organization, role, link };
        self.write_to(tx, email, &locale, template, None).await
    }

    /// Sends an invitation again, with a new token and seven more days; the old link dies.
    pub(crate) async fn resend_invitation(
        &self,
        principal: &Principal,
        org: OrgId,
        which: Uuid,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        if org != principal.org_id {
            return Err(IdentityError::NotFound("organization"));
        }
        self.attempts(backoff::invitation_again(&org.to_string())).await?;
        let now = self.clock.now();
        let mut tx = self.store.system("an invitation is written with its mail").await?;
        let (organization, actor) = self.enter_org(&mut tx, principal, org).await?;
        let found = invitations::one(&mut tx, org, which).await?.ok_or(IdentityError::NotFound("invitation"))?;
        rules::may_invite(actor, found.role)?;
        match found.status(now) {
            InvitationStatus::Open | InvitationStatus::Expired => {}
            InvitationStatus::Accepted => return Err(IdentityError::Conflict("This invitation was accepted.")),
            InvitationStatus::Revoked => return Err(IdentityError::Conflict("This invitation was revoked.")),
        }
        if members::has_address(&mut tx, org, &found.email).await? {
            return Err(IdentityError::AlreadyMember);
        }
        let wait = found.sent_at + BETWEEN_MAILS - now;
        if wait > TimeDelta::zero() {
            return Err(IdentityError::TooManyAttempts(u64::try_from(wait.num_seconds()).unwrap_or_default().max(1)));
        }
        let token = Secret::link_token(self.ids.as_ref());
        invitations::renew(&mut tx, which, &token.hash(), now, now + LIFE).await?;
        self.post_invitation(&mut tx, principal.user_id, (&found.email, found.role), organization, &token).await?;
        self.note_in(&mut tx, Happened::new("identity.invitation_resent", org, principal.user_id), origin).await?;
        Ok(tx.commit().await?)
    }

    /// Takes an invitation back.
    pub(crate) async fn revoke_invitation(
        &self,
        principal: &Principal,
        org: OrgId,
        which: Uuid,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let mut tx = self.store.system("an invitation is changed under the organization's lock").await?;
        let (_, actor) = self.enter_org(&mut tx, principal, org).await?;
        let found = invitations::one(&mut tx, org, which).await?.ok_or(IdentityError::NotFound("invitation"))?;
        rules::may_invite(actor, found.role)?;
        if !invitations::revoke(&mut tx, org, which, self.clock.now()).await? {
            return Err(IdentityError::Conflict("This invitation is not open any more."));
        }
        self.note_in(&mut tx, Happened::new("identity.invitation_revoked", org, principal.user_id), origin).await?;
        Ok(tx.commit().await?)
    }

    /// The open invitation of a token, for whoever holds it.
    pub(crate) async fn invited(&self, token: &str) -> Result<Option<Invited>, IdentityError> {
        let mut tx = self.store.system_read("an invitation is looked at before anybody is a member").await?;
        Ok(invitations::by_token(&mut tx, &TokenHash::of(token), self.clock.now()).await?)
    }

    /// Accepts an invitation for somebody signed in.
    pub(crate) async fn accept_invitation(
        &self,
        principal: &Principal,
        token: &str,
        origin: &Origin,
    ) -> Result<Organization, IdentityError> {
        let invited = self.invited(token).await?.ok_or(IdentityError::InvalidLink)?;
        let mut tx = self.store.system("whoever accepts an invitation is no member yet").await?;
        users::lock(&mut tx, principal.user_id).await?;
        let person = users::by_id(&mut tx, principal.user_id).await?.ok_or(IdentityError::NotFound("account"))?.user;
        self.join(&mut tx, &person, &invited, origin).await?;
        let joined = orgs::one(&mut tx, invited.org, principal.user_id).await?;
        tx.commit().await?;
        joined.ok_or(IdentityError::NotFound("organization"))
    }

    /// Makes the person a member by an invitation, as part of the caller's transaction. Only the account of the invited
    /// address can; accepting proves that address, since the link came by mail.
    pub(crate) async fn join(
        &self,
        tx: &mut SystemTx,
        person: &User,
        invited: &Invited,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        if person.email != invited.email {
            return Err(IdentityError::InvitationForOther { masked: masked(&invited.email) });
        }
        let now = self.clock.now();
        orgs::lock(tx, invited.org).await?.ok_or(IdentityError::InvalidLink)?;
        if !invitations::accept(tx, invited, now).await? {
            return Err(IdentityError::InvalidLink);
        }
        members::add(tx, invited.org, person.id, invited.role, now)
            .await
            .map_err(|error| if error.is_unique_violation() { IdentityError::AlreadyMember } else { error.into() })?;
        users::verify(tx, person.id, &invited.email, now).await?;
        let joined = Happened::new("identity.member_joined", invited.org, person.id);
        self.note_in(tx, joined.on(person.id, None, Some(invited.role)), origin).await
    }
}

/// As much of an address as somebody may see whose it is not: `a…@example.com`.
fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    format!("{}…@{domain}", local.chars().take(1).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_shows_one_letter() {
        assert_eq!(masked("ada.lovelace@example.com"), "a…@example.com");
        assert_eq!(masked("żaneta@example.pl"), "ż…@example.pl");
    }
}
