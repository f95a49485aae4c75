use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Principal, Role, UserId, from_millis, millis};
use quorate_store::{Engine, Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::{id, users};
use crate::orgs::{Member, MemberStanding};

#[derive(FromRow)]
struct MemberRow {
    id: String,
    name: String,
    email: String,
    role: String,
    joined_at: i64,
    avatar_at: Option<i64>,
}

impl MemberRow {
    fn read(self) -> Result<Member, StoreError> {
        Ok(Member {
            user_id: UserId(id("identity_users.id", &self.id)?),
            name: self.name,
            email: self.email,
            role: users::role(&self.role)?,
            joined_at: from_millis(self.joined_at),
            avatar_at: self.avatar_at.map(from_millis),
        })
    }
}

/// The members of the principal's organization, in the order in which they joined.
pub(crate) async fn list(store: &Store, principal: &Principal) -> Result<Vec<Member>, StoreError> {
    let mut tx = store.tenant_read(principal).await?;
    let rows: Vec<MemberRow> = tx
        .sql(
            "SELECT u.id, u.name, u.email, m.role, m.created_at AS joined_at, a.changed_at AS avatar_at \
             FROM identity_memberships m JOIN identity_users u ON u.id = m.user_id \
             LEFT JOIN identity_avatars a ON a.user_id = u.id \
             WHERE m.org_id = $1 ORDER BY m.created_at, u.id",
        )
        .all()
        .await?;
    rows.into_iter().map(MemberRow::read).collect()
}

/// One member.
pub(crate) async fn one(tx: &mut SystemTx, org: OrgId, user: UserId) -> Result<Option<Member>, StoreError> {
    let row: Option<MemberRow> = tx
        .sql(
            "SELECT u.id, u.name, u.email, m.role, m.created_at AS joined_at, a.changed_at AS avatar_at \
             FROM identity_memberships m JOIN identity_users u ON u.id = m.user_id \
             LEFT JOIN identity_avatars a ON a.user_id = u.id \
             WHERE m.org_id = $1 AND m.user_id = $2",
        )
        .bind(org.to_string())
        .bind(user.to_string())
        .optional()
        .await?;
    row.map(MemberRow::read).transpose()
}

/// The person's role in the organization; `None` when they are no member.
pub(crate) async fn role(tx: &mut SystemTx, org: OrgId, user: UserId) -> Result<Option<Role>, StoreError> {
    let row: Option<(String,)> = tx
        .sql("SELECT role FROM identity_memberships WHERE org_id = $1 AND user_id = $2")
        .bind(org.to_string())
        .bind(user.to_string())
        .optional()
        .await?;
    row.map(|(role,)| users::role(&role)).transpose()
}

/// How many owners the organization has.
pub(crate) async fn owners(tx: &mut SystemTx, org: OrgId) -> Result<i64, StoreError> {
    tx.sql("SELECT COUNT(*) FROM identity_memberships WHERE org_id = $1 AND role = $2")
        .bind(org.to_string())
        .bind(Role::Owner.name())
        .scalar()
        .await
}

/// Whether somebody with this address is a member.
pub(crate) async fn has_address(tx: &mut SystemTx, org: OrgId, email: &str) -> Result<bool, StoreError> {
    let count: i64 = tx
        .sql(
            "SELECT COUNT(*) FROM identity_memberships m JOIN identity_users u ON u.id = m.user_id \
             WHERE m.org_id = $1 AND u.email = $2",
        )
        .bind(org.to_string())
        .bind(email.to_owned())
        .scalar()
        .await?;
    Ok(count > 0)
}

/// The ids of all members, in one order for whoever locks them.
pub(crate) async fn ids(tx: &mut SystemTx, org: OrgId) -> Result<Vec<UserId>, StoreError> {
    let rows: Vec<(String,)> = tx
        .sql("SELECT user_id FROM identity_memberships WHERE org_id = $1 ORDER BY user_id")
        .bind(org.to_string())
        .all()
        .await?;
    rows.into_iter().map(|(user,)| Ok(UserId(id("identity_memberships.user_id", &user)?))).collect()
}

/// How many organizations the person belongs to.
pub(crate) async fn organizations(tx: &mut SystemTx, user: UserId) -> Result<i64, StoreError> {
    tx.sql("SELECT COUNT(*) FROM identity_memberships WHERE user_id = $1").bind(user.to_string()).scalar().await
}

/// Makes the person a member. One who is already is a unique violation.
pub(crate) async fn add(
    tx: &mut SystemTx,
    org: OrgId,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql("INSERT INTO identity_memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
        .bind(org.to_string())
        .bind(user.to_string())
        .bind(role.name())
        .bind(millis(now))
        .execute()
        .await?;
    Ok(())
}

/// Gives a member another role.
pub(crate) async fn set_role(tx: &mut SystemTx, org: OrgId, user: UserId, role: Role) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_memberships SET role = $1 WHERE org_id = $2 AND user_id = $3")
        .bind(role.name())
        .bind(org.to_string())
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Ends a membership.
pub(crate) async fn remove(tx: &mut SystemTx, org: OrgId, user: UserId) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_memberships WHERE org_id = $1 AND user_id = $2")
        .bind(org.to_string())
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct StandingRow {
    user_id: String,
    org_id: String,
    role: String,
    suspended_at: Option<i64>,
}

/// Every membership of these people, with whether they are kept out.
pub(crate) async fn standings(
    store: &Store,
    people: &[UserId],
) -> Result<Vec<(UserId, OrgId, MemberStanding)>, StoreError> {
    let ids = serde_json::to_string(people).map_err(|error| StoreError::corrupt("a list of ids", error))?;
    let mut tx = store.system_read("API keys are checked across organizations").await?;
    // A list of any length is one parameter only as JSON, which each engine reads in its own way.
    let statement = match tx.engine() {
        Engine::Sqlite => {
            "SELECT m.user_id, m.org_id, m.role, u.suspended_at FROM identity_memberships m \
             JOIN identity_users u ON u.id = m.user_id WHERE m.user_id IN (SELECT value FROM json_each($1))"
        }
        Engine::Postgres => {
            "SELECT m.user_id, m.org_id, m.role, u.suspended_at FROM identity_memberships m \
             JOIN identity_users u ON u.id = m.user_id \
             WHERE m.user_id IN (SELECT json_array_elements_text($1::json))"
        }
    };
    let rows: Vec<StandingRow> = tx.sql(statement).bind(ids).all().await?;
    rows.into_iter()
        .map(|row| {
            let standing = MemberStanding { role: users::role(&row.role)?, suspended: row.suspended_at.is_some() };
            let user = UserId(id("identity_memberships.user_id", &row.user_id)?);
            Ok((user, OrgId(id("identity_memberships.org_id", &row.org_id)?), standing))
        })
        .collect()
}
