use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Principal, Role, UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::{id, members, orgs};
use crate::org::Membership;
use crate::user::User;

/// A person at log-in: the account, the stored hash of the password, the organization they land in.
pub(crate) struct Candidate {
    pub(crate) user: User,
    /// `None` when no password can log in.
    pub(crate) password_hash: Option<String>,
    pub(crate) membership: Membership,
}

/// A statement that reads people as members, with this condition.
macro_rules! members {
    ($condition:literal) => {
        concat!(
            "SELECT u.id, u.email, u.name, u.locale, u.time_zone, u.is_operator, u.created_at, u.password_hash, \
             u.email_verified_at, u.suspended_at, a.changed_at AS avatar_at, \
             o.org_id, o.name AS org_name, m.role \
             FROM identity_memberships m \
             JOIN identity_users u ON u.id = m.user_id \
             JOIN identity_orgs o ON o.org_id = m.org_id \
             LEFT JOIN identity_avatars a ON a.user_id = u.id ",
            $condition
        )
    };
}

const MEMBER: &str = members!("WHERE m.org_id = $1 AND m.user_id = $2");

#[derive(FromRow)]
struct UserRow {
    id: String,
    email: String,
    name: String,
    locale: String,
    time_zone: String,
    is_operator: i64,
    created_at: i64,
    password_hash: Option<String>,
    email_verified_at: Option<i64>,
    suspended_at: Option<i64>,
    avatar_at: Option<i64>,
    org_id: String,
    org_name: String,
    role: String,
}

impl UserRow {
    fn read(self) -> Result<Candidate, StoreError> {
        let user = User {
            id: UserId(id("identity_users.id", &self.id)?),
            email: self.email,
            name: self.name,
            locale: self.locale,
            time_zone: self.time_zone,
            operator: self.is_operator != 0,
            email_verified: self.email_verified_at.is_some(),
            has_password: self.password_hash.is_some(),
            suspended: self.suspended_at.is_some(),
            avatar_at: self.avatar_at.map(from_millis),
            created_at: from_millis(self.created_at),
        };
        let membership = Membership {
            org_id: OrgId(id("identity_memberships.org_id", &self.org_id)?),
            name: self.org_name,
            role: role(&self.role)?,
        };
        Ok(Candidate { user, password_hash: self.password_hash, membership })
    }
}

pub(super) fn role(name: &str) -> Result<Role, StoreError> {
    Role::parse(name).ok_or_else(|| StoreError::corrupt("identity_memberships.role", name))
}

/// Writes the account with its personal organization. A taken address is a unique violation.
pub(crate) async fn add(
    tx: &mut SystemTx,
    user: &User,
    password_hash: Option<String>,
    membership: &Membership,
) -> Result<(), StoreError> {
    let now = millis(user.created_at);
    tx.sql(
        "INSERT INTO identity_users \
         (id, email, name, locale, password_hash, is_operator, created_at, time_zone, email_verified_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(user.id.to_string())
    .bind(user.email.clone())
    .bind(user.name.clone())
    .bind(user.locale.clone())
    .bind(password_hash)
    .bind(i64::from(user.operator))
    .bind(now)
    .bind(user.time_zone.clone())
    .bind(user.email_verified.then_some(now))
    .execute()
    .await?;
    orgs::add(tx, membership, true, user.created_at).await?;
    members::add(tx, membership.org_id, user.id, membership.role, user.created_at).await
}

/// The account of an address with the first organization its owner joined.
pub(crate) async fn by_email(store: &Store, email: &str) -> Result<Option<Candidate>, StoreError> {
    let mut tx = store.system_read("log-in finds the person before any organization").await?;
    by_email_in(&mut tx, email).await
}

/// As [`by_email`], inside the caller's transaction.
pub(crate) async fn by_email_in(tx: &mut SystemTx, email: &str) -> Result<Option<Candidate>, StoreError> {
    let row: Option<UserRow> = tx
        .sql(members!("WHERE u.email = $1 ORDER BY m.created_at, m.org_id LIMIT 1"))
        .bind(email.to_owned())
        .optional()
        .await?;
    row.map(UserRow::read).transpose()
}

/// An account by its id, with the first organization its owner joined.
pub(crate) async fn by_id(tx: &mut SystemTx, user: UserId) -> Result<Option<Candidate>, StoreError> {
    let row: Option<UserRow> = tx
        .sql(members!("WHERE u.id = $1 ORDER BY m.created_at, m.org_id LIMIT 1"))
        .bind(user.to_string())
        .optional()
        .await?;
    row.map(UserRow::read).transpose()
}

/// Takes a person's row for this transaction, so that whatever else counts what they have waits.
pub(crate) async fn lock(tx: &mut SystemTx, user: UserId) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_users SET id = id WHERE id = $1").bind(user.to_string()).execute().await?;
    Ok(())
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

/// Marks the address as proved, if it is still the account's; tells whether it is.
pub(crate) async fn verify(
    tx: &mut SystemTx,
    user: UserId,
    email: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let touched = tx
        .sql(
            "UPDATE identity_users SET email_verified_at = COALESCE(email_verified_at, $1) \
             WHERE id = $2 AND email = $3",
        )
        .bind(millis(now))
        .bind(user.to_string())
        .bind(email.to_owned())
        .execute()
        .await?;
    Ok(touched == 1)
}

/// Puts a new address in force, proved. A taken one is a unique violation.
pub(crate) async fn set_email(
    tx: &mut SystemTx,
    user: UserId,
    email: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_users SET email = $1, email_verified_at = $2 WHERE id = $3")
        .bind(email.to_owned())
        .bind(millis(now))
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Puts a new password in force.
pub(crate) async fn set_password(
    tx: &mut SystemTx,
    user: UserId,
    hash: String,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_users SET password_hash = $1, password_changed_at = $2 WHERE id = $3")
        .bind(hash)
        .bind(millis(now))
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

/// An account's address and the hash of its password.
pub(crate) async fn password_hash(store: &Store, user: UserId) -> Result<(String, Option<String>), StoreError> {
    let mut tx = store.system_read("a password belongs to a person, not to an organization").await?;
    tx.sql("SELECT email, password_hash FROM identity_users WHERE id = $1").bind(user.to_string()).one().await
}

/// Suspends an account or lets it in again; tells whether that changed anything.
pub(crate) async fn set_suspended(
    tx: &mut SystemTx,
    user: UserId,
    at: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    let statement = if at.is_some() {
        "UPDATE identity_users SET suspended_at = $1 WHERE id = $2 AND suspended_at IS NULL"
    } else {
        "UPDATE identity_users SET suspended_at = $1 WHERE id = $2 AND suspended_at IS NOT NULL"
    };
    Ok(tx.sql(statement).bind(at.map(millis)).bind(user.to_string()).execute().await? == 1)
}

/// Whether two people are members of one organization.
pub(crate) async fn share_an_organization(store: &Store, one: UserId, other: UserId) -> Result<bool, StoreError> {
    let mut tx = store.system_read("what two people share is found over all their organizations").await?;
    let count: i64 = tx
        .sql(
            "SELECT COUNT(*) FROM identity_memberships a JOIN identity_memberships b ON b.org_id = a.org_id \
             WHERE a.user_id = $1 AND b.user_id = $2",
        )
        .bind(one.to_string())
        .bind(other.to_string())
        .scalar()
        .await?;
    Ok(count > 0)
}
