use chrono::{DateTime, TimeDelta, Utc};
use quorate_kernel::{OrgId, Principal, Role, UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{id, users};
use crate::orgs::{Invitation, Invited};
use crate::secret::TokenHash;

/// How much of an organization's history of invitations is shown.
const SHOWN: i64 = 200;

/// A new invitation.
pub(crate) struct NewInvitation {
    pub(crate) id: Uuid,
    pub(crate) org: OrgId,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) hash: TokenHash,
    pub(crate) invited_by: UserId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct InvitationRow {
    id: String,
    email: String,
    role: String,
    invited_by: Option<String>,
    created_at: i64,
    sent_at: i64,
    expires_at: i64,
    accepted_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl InvitationRow {
    fn read(self) -> Result<Invitation, StoreError> {
        let invited_by = self.invited_by.map(|user| id("identity_invitations.invited_by", &user)).transpose()?;
        Ok(Invitation {
            id: id("identity_invitations.id", &self.id)?,
            email: self.email,
            role: users::role(&self.role)?,
            invited_by: invited_by.map(UserId),
            created_at: from_millis(self.created_at),
            sent_at: from_millis(self.sent_at),
            expires_at: from_millis(self.expires_at),
            accepted: self.accepted_at.is_some(),
            revoked: self.revoked_at.is_some(),
        })
    }
}

/// Writes an invitation.
pub(crate) async fn add(tx: &mut SystemTx, new: &NewInvitation) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_invitations \
         (id, org_id, email, role, token_hash, invited_by, created_at, sent_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(new.id.to_string())
    .bind(new.org.to_string())
    .bind(new.email.clone())
    .bind(new.role.name())
    .bind(new.hash.as_text())
    .bind(new.invited_by.to_string())
    .bind(millis(new.created_at))
    .bind(millis(new.expires_at))
    .execute()
    .await?;
    Ok(())
}

/// The invitations of the principal's organization, the newest first.
pub(crate) async fn list(store: &Store, principal: &Principal) -> Result<Vec<Invitation>, StoreError> {
    let mut tx = store.tenant_read(principal).await?;
    let rows: Vec<InvitationRow> = tx
        .sql(
            "SELECT id, email, role, invited_by, created_at, sent_at, expires_at, accepted_at, revoked_at \
             FROM identity_invitations WHERE org_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        )
        .bind(SHOWN)
        .all()
        .await?;
    rows.into_iter().map(InvitationRow::read).collect()
}

/// One invitation of an organization.
pub(crate) async fn one(tx: &mut SystemTx, org: OrgId, which: Uuid) -> Result<Option<Invitation>, StoreError> {
    let row: Option<InvitationRow> = tx
        .sql(
            "SELECT id, email, role, invited_by, created_at, sent_at, expires_at, accepted_at, revoked_at \
             FROM identity_invitations WHERE org_id = $1 AND id = $2",
        )
        .bind(org.to_string())
        .bind(which.to_string())
        .optional()
        .await?;
    row.map(InvitationRow::read).transpose()
}

/// How many invitations are open, how many of them to this address, how many were made within the last hour, and when
/// the first of those was.
pub(crate) async fn load(
    tx: &mut SystemTx,
    org: OrgId,
    email: &str,
    now: DateTime<Utc>,
) -> Result<(i64, i64, i64, Option<DateTime<Utc>>), StoreError> {
    let hour_ago = now - TimeDelta::hours(1);
    let (open, same, recent, first): (i64, i64, i64, Option<i64>) = tx
        .sql(
            "SELECT COUNT(CASE WHEN accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $1 THEN 1 END), \
             COUNT(CASE WHEN accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $1 AND email = $2 THEN 1 END), \
             COUNT(CASE WHEN created_at > $3 THEN 1 END), MIN(CASE WHEN created_at > $3 THEN created_at END) \
             FROM identity_invitations WHERE org_id = $4",
        )
        .bind(millis(now))
        .bind(email.to_owned())
        .bind(millis(hour_ago))
        .bind(org.to_string())
        .one()
        .await?;
    Ok((open, same, recent, first.map(from_millis)))
}

/// Puts another token in the place of the last one.
pub(crate) async fn renew(
    tx: &mut SystemTx,
    which: Uuid,
    hash: &TokenHash,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_invitations SET token_hash = $1, sent_at = $2, expires_at = $3 WHERE id = $4")
        .bind(hash.as_text())
        .bind(millis(now))
        .bind(millis(expires_at))
        .bind(which.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Takes an invitation back; tells whether it was neither accepted nor taken back before.
pub(crate) async fn revoke(tx: &mut SystemTx, org: OrgId, which: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let revoked = tx
        .sql(
            "UPDATE identity_invitations SET revoked_at = $1 \
             WHERE org_id = $2 AND id = $3 AND accepted_at IS NULL AND revoked_at IS NULL",
        )
        .bind(millis(now))
        .bind(org.to_string())
        .bind(which.to_string())
        .execute()
        .await?;
    Ok(revoked == 1)
}

/// Takes back what somebody invited who may not invite any more.
pub(crate) async fn revoke_all_by(
    tx: &mut SystemTx,
    org: OrgId,
    inviter: UserId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql(
        "UPDATE identity_invitations SET revoked_at = $1 \
         WHERE org_id = $2 AND invited_by = $3 AND accepted_at IS NULL AND revoked_at IS NULL",
    )
    .bind(millis(now))
    .bind(org.to_string())
    .bind(inviter.to_string())
    .execute()
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct InvitedRow {
    id: String,
    org_id: String,
    name: String,
    email: String,
    role: String,
    inviter_name: Option<String>,
    expires_at: i64,
}

/// The open invitation of a token.
pub(crate) async fn by_token(
    tx: &mut SystemTx,
    hash: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<Invited>, StoreError> {
    let row: Option<InvitedRow> = tx
        .sql(
            "SELECT i.id, i.org_id, o.name, i.email, i.role, u.name AS inviter_name, i.expires_at \
             FROM identity_invitations i JOIN identity_orgs o ON o.org_id = i.org_id \
             LEFT JOIN identity_users u ON u.id = i.invited_by \
             WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2",
        )
        .bind(hash.as_text())
        .bind(millis(now))
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Invited {
        id: id("identity_invitations.id", &row.id)?,
        hash: hash.clone(),
        org: OrgId(id("identity_invitations.org_id", &row.org_id)?),
        organization: row.name,
        email: row.email,
        role: users::role(&row.role)?,
        inviter_name: row.inviter_name,
        expires_at: from_millis(row.expires_at),
    }))
}

/// Whether somebody invited this address, and the invitation is still open.
pub(crate) async fn is_invited(tx: &mut SystemTx, email: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let statement = "SELECT COUNT(*) FROM identity_invitations WHERE email = $1 \
        AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2";
    let open: i64 = tx.sql(statement).bind(email.to_owned()).bind(millis(now)).scalar().await?;
    Ok(open > 0)
}

/// Uses the invitation up, if it is still open and has not been sent anew: of two acceptances one counts.
pub(crate) async fn accept(tx: &mut SystemTx, invited: &Invited, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let accepted = tx
        .sql(
            "UPDATE identity_invitations SET accepted_at = $1 WHERE id = $2 AND token_hash = $3 \
             AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $1",
        )
        .bind(millis(now))
        .bind(invited.id.to_string())
        .bind(invited.hash.as_text())
        .execute()
        .await?;
    Ok(accepted == 1)
}
