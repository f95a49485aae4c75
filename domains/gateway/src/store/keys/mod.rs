//! The tables of API keys and of versions. Rows never leave this module.

pub(crate) mod versions;

use chrono::{DateTime, Utc};
use quorate_kernel::{MicroUsd, OrgId, Permission, Permissions, UserId, from_millis, millis};
use quorate_store::{Sql, Store, StoreError, SystemTx, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

use crate::budgets::{Budget, Period, Scope};
use crate::keys::draft;
use crate::keys::key::{ApiKey, Secrets, StoredKey, Terms};
use crate::keys::token::{Environment, TokenHash};

/// Why these transactions are no tenant's.
const REASON: &str = "an API key is known before its organization";

#[derive(FromRow)]
struct KeyRow {
    org_id: String,
    id: String,
    user_id: String,
    name: String,
    environment: String,
    hash: String,
    last_four: String,
    previous_hash: Option<String>,
    previous_until: Option<i64>,
    scopes: String,
    models: String,
    allowed_ips: String,
    requests_per_minute: Option<i64>,
    max_concurrency: Option<i64>,
    monthly_budget: Option<i64>,
    created_at: i64,
    expires_at: Option<i64>,
    rotated_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

/// The columns of a [`KeyRow`].
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT org_id, id, user_id, name, environment, hash, last_four, previous_hash, previous_until, scopes, \
             models, allowed_ips, requests_per_minute, max_concurrency, monthly_budget, created_at, expires_at, \
             rotated_at, revoked_at, last_used_at FROM gateway_keys ",
            $rest
        )
    };
}

impl KeyRow {
    fn read(self) -> Result<StoredKey, StoreError> {
        let hash = |what, text: &str| {
            TokenHash::parse(text).ok_or_else(|| StoreError::corrupt(what, "not 64 hexadecimal digits"))
        };
        let previous = match (&self.previous_hash, self.previous_until) {
            (Some(text), Some(until)) => Some((hash("gateway_keys.previous_hash", text)?, until)),
            _ => None,
        };
        let secrets = Secrets { current: hash("gateway_keys.hash", &self.hash)?, previous };
        let terms = Terms {
            name: self.name,
            scopes: scopes(&self.scopes)?,
            models: json("gateway_keys.models", &self.models)?,
            allowed_ips: networks(&self.allowed_ips)?,
            expires_at: self.expires_at.map(from_millis),
            requests_per_minute: count("gateway_keys.requests_per_minute", self.requests_per_minute)?,
            max_concurrency: count("gateway_keys.max_concurrency", self.max_concurrency)?,
            monthly_budget: self.monthly_budget.map(MicroUsd),
        };
        let environment = Environment::parse(&self.environment);
        let key = ApiKey {
            org_id: OrgId(id("gateway_keys.org_id", &self.org_id)?),
            id: id("gateway_keys.id", &self.id)?,
            user_id: UserId(id("gateway_keys.user_id", &self.user_id)?),
            environment: environment
                .ok_or_else(|| StoreError::corrupt("gateway_keys.environment", self.environment))?,
            last_four: self.last_four,
            terms,
            created_at: from_millis(self.created_at),
            rotated_at: self.rotated_at.map(from_millis),
            previous_until: self.previous_until.map(from_millis),
            revoked_at: self.revoked_at.map(from_millis),
            last_used_at: self.last_used_at.map(from_millis),
        };
        Ok(StoredKey { key, secrets })
    }

    fn key(self) -> Result<ApiKey, StoreError> {
        Ok(self.read()?.key)
    }
}

fn id(what: &'static str, text: &str) -> Result<Uuid, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(what, error))
}

fn json(what: &'static str, text: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(what, error))
}

fn count(what: &'static str, number: Option<i64>) -> Result<Option<u32>, StoreError> {
    number.map(u32::try_from).transpose().map_err(|error| StoreError::corrupt(what, error))
}

/// A permission that another version of the program knows counts for that version.
fn scopes(text: &str) -> Result<Permissions, StoreError> {
    let names = json("gateway_keys.scopes", text)?;
    Ok(names.iter().filter_map(|name| Permission::parse(name)).filter(|one| one.is_for_keys()).collect())
}

/// One that cannot be read is an error: leaving it out could open the key to everywhere.
fn networks(text: &str) -> Result<Vec<ipnet::IpNet>, StoreError> {
    let texts = json("gateway_keys.allowed_ips", text)?;
    let read = |text: &String| {
        draft::network(text).ok_or_else(|| StoreError::corrupt("gateway_keys.allowed_ips", format!("'{text}'")))
    };
    texts.iter().map(read).collect()
}

fn written(texts: impl Iterator<Item = String>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

/// Binds what the owner decides: eight parameters.
fn terms<'t>(sql: Sql<'t>, terms: &Terms) -> Sql<'t> {
    sql.bind(terms.name.clone())
        .bind(written(terms.scopes.iter().map(|scope| scope.name().to_owned())))
        .bind(written(terms.models.iter().cloned()))
        .bind(written(terms.allowed_ips.iter().map(ToString::to_string)))
        .bind(terms.expires_at.map(millis))
        .bind(terms.requests_per_minute.map(i64::from))
        .bind(terms.max_concurrency.map(i64::from))
        .bind(terms.monthly_budget.map(|budget| budget.0))
}

/// The key of this id, whosever it is.
pub(crate) async fn find(store: &Store, key: Uuid) -> Result<Option<StoredKey>, StoreError> {
    let mut tx = store.system_read(REASON).await?;
    let row: Option<KeyRow> = tx.sql(columns!("WHERE id = $1")).bind(key.to_string()).optional().await?;
    row.map(KeyRow::read).transpose()
}

/// The organization's key of this id.
pub(crate) async fn own(tx: &mut TenantTx, key: Uuid) -> Result<Option<StoredKey>, StoreError> {
    let row: Option<KeyRow> =
        tx.sql(columns!("WHERE org_id = $1 AND id = $2")).bind(key.to_string()).optional().await?;
    row.map(KeyRow::read).transpose()
}

/// The organization's keys made before the one that `before` names, the newest first; those of one person, or all.
pub(crate) async fn page(
    tx: &mut TenantTx,
    user: Option<UserId>,
    before: Option<Uuid>,
    count: usize,
) -> Result<Vec<ApiKey>, StoreError> {
    // Ids are made in the order of time.
    let before = before.unwrap_or(Uuid::max()).to_string();
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let rows: Vec<KeyRow> = match user {
        Some(user) => {
            tx.sql(columns!("WHERE org_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4"))
                .bind(user.to_string())
                .bind(before)
                .bind(count)
                .all()
                .await?
        }
        None => {
            tx.sql(columns!("WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"))
                .bind(before)
                .bind(count)
                .all()
                .await?
        }
    };
    rows.into_iter().map(KeyRow::key).collect()
}

/// The newest keys of all organizations, or of one, for operators.
pub(crate) async fn all(store: &Store, org: Option<OrgId>, count: u32) -> Result<Vec<ApiKey>, StoreError> {
    let mut tx = store.system_read("operators look after the keys of all organizations").await?;
    let rows: Vec<KeyRow> = match org {
        Some(org) => {
            tx.sql(columns!("WHERE org_id = $1 ORDER BY id DESC LIMIT $2"))
                .bind(org.to_string())
                .bind(i64::from(count))
                .all()
                .await?
        }
        None => tx.sql(columns!("ORDER BY id DESC LIMIT $1")).bind(i64::from(count)).all().await?,
    };
    rows.into_iter().map(KeyRow::key).collect()
}

/// The budgets that keys of the organization have of their own. A revoked one spends nothing.
pub(crate) async fn budgets(tx: &mut SystemTx, org: OrgId) -> Result<Vec<Budget>, StoreError> {
    let rows: Vec<(String, i64)> = tx
        .sql(
            "SELECT id, monthly_budget FROM gateway_keys \
             WHERE org_id = $1 AND monthly_budget IS NOT NULL AND revoked_at IS NULL ORDER BY id",
        )
        .bind(org.to_string())
        .all()
        .await?;
    let budget = |(key, cap): &(String, i64)| {
        Ok(Budget { scope: Scope::Key(id("gateway_keys.id", key)?), period: Period::Month, cap: *cap })
    };
    rows.iter().map(budget).collect()
}

/// How many keys of the organization can still be used.
pub(crate) async fn alive(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<i64, StoreError> {
    tx.sql(
        "SELECT COUNT(*) FROM gateway_keys WHERE org_id = $1 AND revoked_at IS NULL \
         AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(millis(now))
    .scalar()
    .await
}

/// Writes a new key.
pub(crate) async fn add(tx: &mut TenantTx, stored: &StoredKey, version: i64) -> Result<(), StoreError> {
    let key = &stored.key;
    let sql = tx.sql(
        "INSERT INTO gateway_keys (org_id, name, scopes, models, allowed_ips, expires_at, requests_per_minute, \
         max_concurrency, monthly_budget, id, user_id, environment, hash, last_four, created_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    );
    terms(sql, &key.terms)
        .bind(key.id.to_string())
        .bind(key.user_id.to_string())
        .bind(key.environment.name())
        .bind(stored.secrets.current.hex())
        .bind(key.last_four.clone())
        .bind(millis(key.created_at))
        .bind(version)
        .execute()
        .await
        .map(drop)
}

/// Writes what its owner decides now, unless it was revoked in between.
pub(crate) async fn change(tx: &mut TenantTx, key: Uuid, now: &Terms, version: i64) -> Result<bool, StoreError> {
    let sql = tx.sql(
        "UPDATE gateway_keys SET name = $2, scopes = $3, models = $4, allowed_ips = $5, expires_at = $6, \
         requests_per_minute = $7, max_concurrency = $8, monthly_budget = $9, version = $10 \
         WHERE org_id = $1 AND id = $11 AND revoked_at IS NULL",
    );
    Ok(terms(sql, now).bind(version).bind(key.to_string()).execute().await? > 0)
}

/// A secret in the place of another.
pub(crate) struct Rotation {
    pub(crate) from: TokenHash,
    pub(crate) to: TokenHash,
    pub(crate) last_four: String,
    pub(crate) at: DateTime<Utc>,
    /// Until when the one before lives on; not at all when `None`.
    pub(crate) previous_until: Option<DateTime<Utc>>,
}

/// Replaces the secret, unless another rotation was quicker or the key was revoked in between.
pub(crate) async fn rotate(tx: &mut TenantTx, key: Uuid, rotation: Rotation, version: i64) -> Result<bool, StoreError> {
    let Rotation { from, to, last_four, at, previous_until } = rotation;
    let changed = tx
        .sql(
            "UPDATE gateway_keys SET hash = $2, last_four = $3, previous_hash = $4, previous_until = $5, \
             rotated_at = $6, version = $7 WHERE org_id = $1 AND id = $8 AND hash = $9 AND revoked_at IS NULL",
        )
        .bind(to.hex())
        .bind(last_four)
        .bind(previous_until.map(|_| from.hex()))
        .bind(previous_until.map(millis))
        .bind(millis(at))
        .bind(version)
        .bind(key.to_string())
        .bind(from.hex())
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Revokes the key, and tells whether it was not revoked before.
pub(crate) async fn revoke(tx: &mut TenantTx, key: Uuid, now: DateTime<Utc>, version: i64) -> Result<bool, StoreError> {
    let changed = tx
        .sql(
            "UPDATE gateway_keys SET revoked_at = $2, previous_hash = NULL, previous_until = NULL, version = $3 \
             WHERE org_id = $1 AND id = $4 AND revoked_at IS NULL",
        )
        .bind(millis(now))
        .bind(version)
        .bind(key.to_string())
        .execute()
        .await?;
    Ok(changed > 0)
}

/// The keys that have changed since the counter stood there, so many at most.
pub(crate) async fn changed_since(tx: &mut SystemTx, version: i64, most: i64) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(String,)> =
        tx.sql("SELECT id FROM gateway_keys WHERE version > $1 LIMIT $2").bind(version).bind(most).all().await?;
    rows.iter().map(|(text,)| id("gateway_keys.id", text)).collect()
}

/// Notes when keys were used. Never goes back, since nodes note the same key one after the other.
pub(crate) async fn used(store: &Store, uses: &[(Uuid, i64)]) -> Result<(), StoreError> {
    let mut tx = store.system("keys of many organizations were used").await?;
    for (key, at) in uses {
        tx.sql(
            "UPDATE gateway_keys SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $3)",
        )
        .bind(*at)
        .bind(key.to_string())
        .bind(*at)
        .execute()
        .await?;
    }
    tx.commit().await
}

/// Removes all keys of an organization.
pub(crate) async fn forget(tx: &mut SystemTx, org: OrgId) -> Result<u64, StoreError> {
    tx.sql("DELETE FROM gateway_keys WHERE org_id = $1").bind(org.to_string()).execute().await
}
