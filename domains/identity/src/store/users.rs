use quorate_kernel::{OrgId, Principal, Role, UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::id;
use crate::org::{Membership, Subscription};
use crate::user::User;

/// A person at log-in: the account, the stored hash of the password, the organization they land in.
pub(crate) struct Candidate {
    pub(crate) user: User,
    /// `None` when no password can log in.
    pub(crate) password_hash: Option<String>,
    pub(crate) membership: Membership,
}

const MEMBER: &str = "SELECT u.id, u.email, u.name, u.locale, u.is_operator, u.created_at, u.password_hash, \
                      o.org_id, o.name AS org_name, o.plan, o.plan_status, m.role \
                      FROM identity_memberships m \
                      JOIN identity_users u ON u.id = m.user_id \
                      JOIN identity_orgs o ON o.org_id = m.org_id \
                      WHERE m.org_id = $1 AND m.user_id = $2";

#[derive(FromRow)]
struct UserRow {
    id: String,
    email: String,
    name: String,
    locale: String,
    is_operator: i64,
    created_at: i64,
    password_hash: Option<String>,
    org_id: String,
    org_name: String,
    plan: String,
    plan_status: String,
    role: String,
}

impl UserRow {
    fn read(self) -> Result<Candidate, StoreError> {
        let user = User {
            id: UserId(id("identity_users.id", &self.id)?),
            email: self.email,
            name: self.name,
            locale: self.locale,
            operator: self.is_operator != 0,
            created_at: from_millis(self.created_at),
        };
        let membership = Membership {
            org_id: OrgId(id("identity_memberships.org_id", &self.org_id)?),
            name: self.org_name,
            role: role(&self.role)?,
            subscription: Subscription { plan: self.plan, status: self.plan_status },
        };
        Ok(Candidate { user, password_hash: self.password_hash, membership })
    }
}

pub(super) fn role(name: &str) -> Result<Role, StoreError> {
    Role::parse(name).ok_or_else(|| StoreError::corrupt("identity_memberships.role", name))
}

/// Writes the account with its own organization. A taken address is a unique violation.
pub(crate) async fn add(
    tx: &mut SystemTx,
    user: &User,
    password_hash: Option<String>,
    membership: &Membership,
) -> Result<(), StoreError> {
    let now = millis(user.created_at);
    tx.sql(
        "INSERT INTO identity_users (id, email, name, locale, password_hash, is_operator, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(user.id.to_string())
    .bind(user.email.clone())
    .bind(user.name.clone())
    .bind(user.locale.clone())
    .bind(password_hash)
    .bind(i64::from(user.operator))
    .bind(now)
    .execute()
    .await?;
    tx.sql("INSERT INTO identity_orgs (org_id, name, plan, plan_status, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(membership.org_id.to_string())
        .bind(membership.name.clone())
        .bind(membership.subscription.plan.clone())
        .bind(membership.subscription.status.clone())
        .bind(now)
        .execute()
        .await?;
    tx.sql("INSERT INTO identity_memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
        .bind(membership.org_id.to_string())
        .bind(user.id.to_string())
        .bind(membership.role.name())
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// The account of an address with the first organization its owner joined.
pub(crate) async fn by_email(store: &Store, email: &str) -> Result<Option<Candidate>, StoreError> {
    let mut tx = store.system_read("log-in finds the person before any organization").await?;
    let row: Option<UserRow> = tx
        .sql(
            "SELECT u.id, u.email, u.name, u.locale, u.is_operator, u.created_at, u.password_hash, \
             o.org_id, o.name AS org_name, o.plan, o.plan_status, m.role \
             FROM identity_users u \
             JOIN identity_memberships m ON m.user_id = u.id \
             JOIN identity_orgs o ON o.org_id = m.org_id \
             WHERE u.email = $1 ORDER BY m.created_at, m.org_id LIMIT 1",
        )
        .bind(email.to_owned())
        .optional()
        .await?;
    row.map(UserRow::read).transpose()
}

/// Whether an address has an account.
pub(crate) async fn is_taken(store: &Store, email: &str) -> Result<bool, StoreError> {
    let mut tx = store.system_read("an address is unique over all organizations").await?;
    let count: i64 =
        tx.sql("SELECT COUNT(*) FROM identity_users WHERE email = $1").bind(email.to_owned()).scalar().await?;
    Ok(count > 0)
}

/// The principal's own account in the organization they act in.
pub(crate) async fn of_principal(
    store: &Store,
    principal: &Principal,
) -> Result<Option<(User, Membership)>, StoreError> {
    let mut tx = store.tenant_read(principal).await?;
    let row: Option<UserRow> = tx.sql(MEMBER).bind(principal.user_id.to_string()).optional().await?;
    Ok(row.map(UserRow::read).transpose()?.map(|found| (found.user, found.membership)))
}

/// A person as a member of an organization, if they are one.
pub(crate) async fn member(
    tx: &mut SystemTx,
    user: UserId,
    org: OrgId,
) -> Result<Option<(User, Membership)>, StoreError> {
    let row: Option<UserRow> = tx.sql(MEMBER).bind(org.to_string()).bind(user.to_string()).optional().await?;
    Ok(row.map(UserRow::read).transpose()?.map(|found| (found.user, found.membership)))
}

/// Whether anybody runs this server yet.
pub(crate) async fn has_operator(tx: &mut SystemTx) -> Result<bool, StoreError> {
    let count: i64 = tx.sql("SELECT COUNT(*) FROM identity_users WHERE is_operator = 1").scalar().await?;
    Ok(count > 0)
}
