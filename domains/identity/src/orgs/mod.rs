//! Organizations, members, invitations and operators (IDN-20, IDN-22).

mod deletion;
mod invitations;
mod members;
mod operators;
mod organizations;
mod rules;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quorate_audit::{Actor, Entry};
use quorate_kernel::{OrgId, Principal, Role, UserId};
use quorate_store::SystemTx;
use serde_json::json;
use uuid::Uuid;

use crate::login_session::Origin;
use crate::secret::TokenHash;
use crate::store::{members as members_store, orgs};
use crate::{Identity, IdentityError};

pub(crate) use operators::Operator;
use rules::Refusal;

/// An organization as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) id: OrgId,
    pub(crate) name: String,
    /// The member's role.
    pub(crate) role: Role,
    /// Whether it came with somebody's account.
    pub(crate) personal: bool,
    /// How many members it has.
    pub(crate) members: i64,
}

/// Somebody in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) user_id: UserId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) joined_at: DateTime<Utc>,
    /// When their picture was last changed; `None` without one.
    pub(crate) avatar_at: Option<DateTime<Utc>>,
}

/// An invitation as the organization sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) role: Role,
    /// `None` when their account is gone.
    pub(crate) invited_by: Option<UserId>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) sent_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) accepted: bool,
    pub(crate) revoked: bool,
}

impl Invitation {
    /// Where it stands at this time.
    pub(crate) fn status(&self, now: DateTime<Utc>) -> InvitationStatus {
        match (self.accepted, self.revoked) {
            (true, _) => InvitationStatus::Accepted,
            (false, true) => InvitationStatus::Revoked,
            (false, false) if self.expires_at <= now => InvitationStatus::Expired,
            (false, false) => InvitationStatus::Open,
        }
    }
}

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvitationStatus {
    Open,
    Accepted,
    Revoked,
    Expired,
}

/// An open invitation as whoever holds its token sees it.
#[derive(Debug, Clone)]
pub(crate) struct Invited {
    pub(crate) id: Uuid,
    pub(crate) hash: TokenHash,
    pub(crate) org: OrgId,
    /// What the organization is called.
    pub(crate) organization: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    /// `None` when their account is gone.
    pub(crate) inviter_name: Option<String>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Something that happened in an organization, for the audit log.
struct Happened {
    event: &'static str,
    org: OrgId,
    by: UserId,
    /// Whom it happened to, if not to all.
    on: Option<UserId>,
    before: Option<Role>,
    after: Option<Role>,
}

impl Happened {
    const fn new(event: &'static str, org: OrgId, by: UserId) -> Self {
        Self { event, org, by, on: None, before: None, after: None }
    }

    const fn on(self, user: UserId, before: Option<Role>, after: Option<Role>) -> Self {
        Self { on: Some(user), before, after, ..self }
    }
}

impl From<Refusal> for IdentityError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAllowed(why) => Self::Forbidden(why),
            Refusal::LastOwner => Self::LastOwner,
        }
    }
}

impl Identity {
    /// Takes the organization that the principal acts in, and tells its name and the role they have in it now: the role
    /// of the request was read some seconds ago. Any other organization does not exist (IDN-21).
    async fn enter_org(
        &self,
        tx: &mut SystemTx,
        principal: &Principal,
        org: OrgId,
    ) -> Result<(String, Role), IdentityError> {
        if org != principal.org_id {
            return Err(IdentityError::NotFound("organization"));
        }
        let name = orgs::lock(tx, org).await?.ok_or(IdentityError::NotFound("organization"))?;
        let role = members_store::role(tx, org, principal.user_id).await?;
        Ok((name, role.ok_or(IdentityError::NotFound("organization"))?))
    }

    /// Notes what happened in an organization.
    async fn note_in(&self, tx: &mut SystemTx, what: Happened, origin: &Origin) -> Result<(), IdentityError> {
        let Happened { event, org, by, on, before, after } = what;
        let role = |role: Option<Role>| role.map(|role| json!({ "role": role.name() }));
        let entry = Entry::new(event, Actor::User(by)).in_org(org).changing(role(before), role(after));
        let entry = match on {
            Some(user) => entry.on_user(user),
            None => entry.on("organization", org),
        };
        self.audit.append(tx, entry.from(origin.for_audit())).await?;
        Ok(())
    }

    /// Makes these login sessions be read anew on this node, since what they may do was changed here.
    fn reread(&self, sessions: &[Uuid]) {
        let now = self.clock.now();
        for session in sessions {
            self.standings.change(*session, now);
        }
    }
}

/// How somebody stands in an organization, for those who act in their name while they are away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberStanding {
    /// Their role.
    pub role: Role,
    /// Whether an operator keeps them out.
    pub suspended: bool,
}

impl Identity {
    /// How each person stands in the organization beside them, in the order asked for; `None` for who is no member.
    /// Read anew, whatever was believed before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standings(&self, asked: &[(UserId, OrgId)]) -> Result<Vec<Option<MemberStanding>>, IdentityError> {
        let mut people: Vec<UserId> = asked.iter().map(|(user, _)| *user).collect();
        people.sort_unstable();
        people.dedup();
        let found = members_store::standings(&self.store, &people).await?;
        let found: HashMap<(UserId, OrgId), MemberStanding> =
            found.into_iter().map(|(user, org, standing)| ((user, org), standing)).collect();
        Ok(asked.iter().map(|pair| found.get(pair).copied()).collect())
    }
}
