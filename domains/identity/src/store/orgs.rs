use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Role, UserId, millis};
use quorate_store::{StoreError, SystemTx};
use sqlx::FromRow;

use super::{id, users};
use crate::org::Membership;
use crate::orgs::Organization;

/// Reads organizations as one of their members sees them, with this condition.
macro_rules! organizations {
    ($condition:literal) => {
        concat!(
            "SELECT o.org_id, o.name, o.personal, m.role, \
             (SELECT COUNT(*) FROM identity_memberships c WHERE c.org_id = o.org_id) AS members \
             FROM identity_memberships m JOIN identity_orgs o ON o.org_id = m.org_id ",
            $condition
        )
    };
}

#[derive(FromRow)]
struct OrgRow {
    org_id: String,
    name: String,
    personal: i64,
    role: String,
    members: i64,
}

impl OrgRow {
    fn read(self) -> Result<Organization, StoreError> {
        Ok(Organization {
            id: OrgId(id("identity_orgs.org_id", &self.org_id)?),
            name: self.name,
            role: users::role(&self.role)?,
            personal: self.personal != 0,
            members: self.members,
        })
    }
}

/// Writes an organization without members.
pub(crate) async fn add(
    tx: &mut SystemTx,
    membership: &Membership,
    personal: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // The plan is billing's; its columns here are of the time before it.
    tx.sql(
        "INSERT INTO identity_orgs (org_id, name, plan, plan_status, personal, created_at) \
         VALUES ($1, $2, 'free', 'active', $3, $4)",
    )
    .bind(membership.org_id.to_string())
    .bind(membership.name.clone())
    .bind(i64::from(personal))
    .bind(millis(now))
    .execute()
    .await?;
    Ok(())
}

/// The person's organizations, in the order in which they joined.
pub(crate) async fn of_user(tx: &mut SystemTx, user: UserId) -> Result<Vec<Organization>, StoreError> {
    let rows: Vec<OrgRow> = tx
        .sql(organizations!("WHERE m.user_id = $1 ORDER BY m.created_at, m.org_id"))
        .bind(user.to_string())
        .all()
        .await?;
    rows.into_iter().map(OrgRow::read).collect()
}

/// One of the person's organizations.
pub(crate) async fn one(tx: &mut SystemTx, org: OrgId, user: UserId) -> Result<Option<Organization>, StoreError> {
    let row: Option<OrgRow> = tx
        .sql(organizations!("WHERE m.org_id = $1 AND m.user_id = $2"))
        .bind(org.to_string())
        .bind(user.to_string())
        .optional()
        .await?;
    row.map(OrgRow::read).transpose()
}

/// Takes the organization's row for this transaction, so that whatever else would change its members waits; tells its
/// name, or `None` when there is no such organization.
pub(crate) async fn lock(tx: &mut SystemTx, org: OrgId) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = tx
        .sql("UPDATE identity_orgs SET org_id = org_id WHERE org_id = $1 RETURNING name")
        .bind(org.to_string())
        .optional()
        .await?;
    Ok(row.map(|(name,)| name))
}

/// Gives the organization another name.
pub(crate) async fn rename(tx: &mut SystemTx, org: OrgId, name: &str) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_orgs SET name = $1 WHERE org_id = $2")
        .bind(name.to_owned())
        .bind(org.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Deletes the organization with its memberships and invitations.
pub(crate) async fn delete(tx: &mut SystemTx, org: OrgId) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM identity_invitations WHERE org_id = $1",
        "DELETE FROM identity_memberships WHERE org_id = $1",
        "DELETE FROM identity_orgs WHERE org_id = $1",
    ] {
        tx.sql(statement).bind(org.to_string()).execute().await?;
    }
    Ok(())
}

/// Whether one of the members belongs to no other organization.
pub(crate) async fn is_somebodys_last(tx: &mut SystemTx, org: OrgId) -> Result<bool, StoreError> {
    let count: i64 = tx
        .sql(
            "SELECT COUNT(*) FROM identity_memberships m WHERE m.org_id = $1 AND NOT EXISTS \
             (SELECT 1 FROM identity_memberships o WHERE o.user_id = m.user_id AND o.org_id <> $1)",
        )
        .bind(org.to_string())
        .scalar()
        .await?;
    Ok(count > 0)
}

/// How many organizations the person owns.
pub(crate) async fn owned(tx: &mut SystemTx, user: UserId) -> Result<i64, StoreError> {
    tx.sql("SELECT COUNT(*) FROM identity_memberships WHERE user_id = $1 AND role = $2")
        .bind(user.to_string())
        .bind(Role::Owner.name())
        .scalar()
        .await
}
