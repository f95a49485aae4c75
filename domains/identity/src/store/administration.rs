use std::collections::HashMap;

use quorate_kernel::{OrgId, UserId, from_millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::{id, users};
use crate::administration::{Account, AccountOrganization, OrganizationRecord};

macro_rules! accounts {
    ($condition:literal) => {
        concat!(
            "SELECT u.id, u.email, u.name, u.locale, u.is_operator, u.suspended_at, u.email_verified_at, \
             CASE WHEN u.password_hash IS NULL THEN 0 ELSE 1 END AS has_password, u.created_at, \
             (SELECT MAX(s.last_used_at) FROM identity_login_sessions s WHERE s.user_id = u.id) AS last_seen_at \
             FROM identity_users u ",
            $condition
        )
    };
}

macro_rules! organizations {
    ($condition:literal) => {
        concat!(
            "SELECT o.org_id, o.name, o.created_at, \
             (SELECT COUNT(*) FROM identity_memberships m WHERE m.org_id = o.org_id) AS members \
             FROM identity_orgs o ",
            $condition
        )
    };
}

#[derive(FromRow)]
struct AccountRow {
    id: String,
    email: String,
    name: String,
    locale: String,
    is_operator: i64,
    suspended_at: Option<i64>,
    email_verified_at: Option<i64>,
    has_password: i64,
    created_at: i64,
    last_seen_at: Option<i64>,
}

#[derive(FromRow)]
struct OrganizationRow {
    org_id: String,
    name: String,
    created_at: i64,
    members: i64,
}

/// The newest accounts whose address or name contains the text.
pub(crate) async fn accounts(store: &Store, search: &str, most: u32) -> Result<Vec<Account>, StoreError> {
    let mut tx = store.system_read("operators see all accounts").await?;
    let rows: Vec<AccountRow> = tx
        .sql(accounts!(
            "WHERE LOWER(u.email) LIKE $1 ESCAPE '!' OR LOWER(u.name) LIKE $1 ESCAPE '!' \
             ORDER BY u.created_at DESC, u.id DESC LIMIT $2"
        ))
        .bind(containing(search))
        .bind(i64::from(most))
        .all()
        .await?;
    let mut accounts = Vec::with_capacity(rows.len());
    for row in rows {
        accounts.push(read(&mut tx, row).await?);
    }
    Ok(accounts)
}

/// The account of a normalised address or an id.
pub(crate) async fn account(store: &Store, who: &str) -> Result<Option<Account>, StoreError> {
    let mut tx = store.system_read("operators see all accounts").await?;
    let row: Option<AccountRow> =
        tx.sql(accounts!("WHERE u.email = $1 OR u.id = $1")).bind(who.to_owned()).optional().await?;
    match row {
        Some(row) => Ok(Some(read(&mut tx, row).await?)),
        None => Ok(None),
    }
}

async fn read(tx: &mut SystemTx, row: AccountRow) -> Result<Account, StoreError> {
    let memberships: Vec<(String, String, String)> = tx
        .sql(
            "SELECT o.org_id, o.name, m.role FROM identity_memberships m JOIN identity_orgs o ON o.org_id = m.org_id \
             WHERE m.user_id = $1 ORDER BY m.created_at, m.org_id",
        )
        .bind(row.id.clone())
        .all()
        .await?;
    let organizations = memberships.into_iter().map(|(org, name, role)| {
        Ok(AccountOrganization { id: OrgId(id("identity_orgs.org_id", &org)?), name, role: users::role(&role)? })
    });
    Ok(Account {
        id: UserId(id("identity_users.id", &row.id)?),
        email: row.email,
        name: row.name,
        locale: row.locale,
        operator: row.is_operator != 0,
        suspended: row.suspended_at.is_some(),
        email_verified: row.email_verified_at.is_some(),
        has_password: row.has_password != 0,
        created_at: from_millis(row.created_at),
        last_seen_at: row.last_seen_at.map(from_millis),
        organizations: organizations.collect::<Result<_, StoreError>>()?,
    })
}

/// Makes somebody an operator, or takes that away.
pub(crate) async fn set_operator(tx: &mut SystemTx, user: UserId, operator: bool) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_users SET is_operator = $1 WHERE id = $2")
        .bind(i64::from(operator))
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

/// The newest organizations whose name contains the text.
pub(crate) async fn organizations(
    store: &Store,
    search: &str,
    most: u32,
) -> Result<Vec<OrganizationRecord>, StoreError> {
    let mut tx = store.system_read("operators see all organizations").await?;
    let rows: Vec<OrganizationRow> = tx
        .sql(organizations!(
            "WHERE LOWER(o.name) LIKE $1 ESCAPE '!' ORDER BY o.created_at DESC, o.org_id DESC LIMIT $2"
        ))
        .bind(containing(search))
        .bind(i64::from(most))
        .all()
        .await?;
    records(&mut tx, rows).await
}

/// One organization.
pub(crate) async fn organization(store: &Store, org: OrgId) -> Result<Option<OrganizationRecord>, StoreError> {
    let mut tx = store.system_read("operators see all organizations").await?;
    let row: Option<OrganizationRow> =
        tx.sql(organizations!("WHERE o.org_id = $1")).bind(org.to_string()).optional().await?;
    Ok(records(&mut tx, row.into_iter().collect()).await?.into_iter().next())
}

async fn records(tx: &mut SystemTx, rows: Vec<OrganizationRow>) -> Result<Vec<OrganizationRecord>, StoreError> {
    let mut owners: HashMap<String, Vec<String>> = HashMap::new();
    for row in &rows {
        let of_this: Vec<(String,)> = tx
            .sql(
                "SELECT u.email FROM identity_memberships m JOIN identity_users u ON u.id = m.user_id \
                 WHERE m.org_id = $1 AND m.role = 'owner' ORDER BY u.email",
            )
            .bind(row.org_id.clone())
            .all()
            .await?;
        owners.insert(row.org_id.clone(), of_this.into_iter().map(|(email,)| email).collect());
    }
    let record = |row: OrganizationRow| {
        Ok(OrganizationRecord {
            id: OrgId(id("identity_orgs.org_id", &row.org_id)?),
            owners: owners.remove(&row.org_id).unwrap_or_default(),
            name: row.name,
            members: row.members.unsigned_abs(),
            created_at: from_millis(row.created_at),
        })
    };
    rows.into_iter().map(record).collect()
}

/// A pattern of `LIKE` that finds the text anywhere, whatever characters are in it.
fn containing(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.trim().to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
