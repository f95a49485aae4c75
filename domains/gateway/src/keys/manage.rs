//! What people do to keys. A key belongs to whoever made it: they change and rotate it. Whoever runs the organization
//! sees all keys and may revoke each.

use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_audit::{Actor, Entry, Origin};
use quorate_kernel::{Page, PageRequest, Principal, Role, UserId};
use quorate_store::{StoreError, TenantTx};
use serde_json::{Value, json};
use uuid::Uuid;

use super::draft::{KeyChange, NewKey};
use super::key::{ApiKey, Secrets, Status, StoredKey, Terms};
use super::token::{Environment, NewToken};
use super::{Keys, watch};
use crate::GatewayError;
use crate::budgets;
use crate::store::keys::{self as store, Rotation, versions};

/// How many keys of an organization can be in use at once.
const MOST_ALIVE: i64 = 1_000;
/// The longest grace of a rotation.
pub(super) const LONGEST_GRACE: Duration = Duration::from_secs(24 * 3_600);

/// A key with its token, which is shown this once.
#[derive(Debug, Clone)]
pub struct MadeKey {
    /// The key.
    pub key: ApiKey,
    /// Its token.
    pub token: NewToken,
}

/// Who does something to a key, and from where.
#[derive(Debug, Clone)]
pub(crate) struct By<'p> {
    pub(crate) principal: &'p Principal,
    pub(crate) actor: Actor,
    pub(crate) origin: Origin,
}

impl By<'_> {
    /// The one person whose keys they see; everybody's, for whoever runs the organization in person.
    fn sees(&self) -> Option<UserId> {
        let runs = matches!(self.principal.role, Role::Admin | Role::Owner) && self.principal.api_key.is_none();
        (!runs).then_some(self.principal.user_id)
    }

    fn owns(&self, key: &ApiKey) -> bool {
        key.user_id == self.principal.user_id
    }

    /// The key, if they may see it. Somebody else's is as one that is not there.
    async fn find(&self, tx: &mut TenantTx, id: Uuid) -> Result<StoredKey, GatewayError> {
        let found = store::own(tx, id).await?;
        let seen = found.filter(|stored| self.sees().is_none_or(|user| stored.key.user_id == user));
        seen.ok_or(GatewayError::NotFound("API key"))
    }
}

impl Keys {
    pub(crate) async fn list(&self, by: &By<'_>, page: &PageRequest) -> Result<Page<ApiKey>, GatewayError> {
        let before = page.cursor.as_deref().map(str::parse::<Uuid>).transpose();
        let before = before.map_err(|_| quorate_kernel::Problem::field("cursor", "is none of this list"))?;
        let mut tx = self.inner.store.tenant_read(by.principal).await?;
        let limit = page.limit();
        let rows = store::page(&mut tx, by.sees(), before, limit + 1).await?;
        Ok(Page::from_rows(rows, limit, |key| key.id.to_string()))
    }

    pub(crate) async fn one(&self, by: &By<'_>, id: Uuid) -> Result<ApiKey, GatewayError> {
        let mut tx = self.inner.store.tenant_read(by.principal).await?;
        Ok(by.find(&mut tx, id).await?.key)
    }

    pub(crate) async fn create(&self, by: &By<'_>, new: NewKey) -> Result<MadeKey, GatewayError> {
        let (inner, now) = (&self.inner, self.inner.clock.now());
        let principal = by.principal;
        let terms = new.terms.into_new(principal.role, now).map_err(GatewayError::Fields)?;
        let environment = new.environment.unwrap_or(Environment::Live);
        let id = inner.ids.uuid();
        let token = NewToken::new(environment, id, inner.ids.as_ref());
        let key = ApiKey {
            org_id: principal.org_id,
            id,
            user_id: principal.user_id,
            environment,
            last_four: token.last_four().to_owned(),
            terms,
            created_at: now,
            rotated_at: None,
            previous_until: None,
            revoked_at: None,
            last_used_at: None,
        };
        let stored = StoredKey { key, secrets: Secrets { current: inner.hasher.of_new(&token), previous: None } };
        let mut tx = inner.store.tenant(principal).await?;
        // First, because it is what makes those who create keys at once wait for each other: the count then holds.
        let version = versions::bump(&mut tx, versions::KEYS).await?;
        if store::alive(&mut tx, now).await? >= MOST_ALIVE {
            let why = format!("The organization has {MOST_ALIVE} keys in use. Revoke one first.");
            return Err(GatewayError::Conflict(why));
        }
        store::add(&mut tx, &stored, version).await?;
        self.finish(tx, by, &stored.key, ("gateway.key_created", None)).await?;
        Ok(MadeKey { key: stored.key, token })
    }

    pub(crate) async fn change(&self, by: &By<'_>, id: Uuid, change: KeyChange) -> Result<ApiKey, GatewayError> {
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.tenant(by.principal).await?;
        let version = versions::bump(&mut tx, versions::KEYS).await?;
        let mut key = self.own(&mut tx, by, id, now).await?.key;
        let before = told(&key.terms);
        key.terms = change.apply(key.terms, by.principal.role, now).map_err(GatewayError::Fields)?;
        if !store::change(&mut tx, id, &key.terms, version).await? {
            return Err(GatewayError::NotFound("API key"));
        }
        self.finish(tx, by, &key, ("gateway.key_changed", Some(before))).await?;
        Ok(key)
    }

    /// A new secret. The one before lives on for `grace`, but no longer than the key.
    pub(crate) async fn rotate(&self, by: &By<'_>, id: Uuid, grace: Duration) -> Result<MadeKey, GatewayError> {
        if grace > LONGEST_GRACE {
            return Err(quorate_kernel::Problem::field("grace_hours", "must be from 0 to 24").into());
        }
        let (inner, now) = (&self.inner, self.inner.clock.now());
        let mut tx = inner.store.tenant(by.principal).await?;
        let version = versions::bump(&mut tx, versions::KEYS).await?;
        let StoredKey { mut key, secrets } = self.own(&mut tx, by, id, now).await?;
        if !grace.is_zero() && key.previous_until.is_some_and(|until| until > now) {
            let why = "The secret before the last rotation still lives, and there may be two. Rotate without grace to \
                       end both, or wait.";
            return Err(GatewayError::Conflict(why.to_owned()));
        }
        let token = NewToken::new(key.environment, id, inner.ids.as_ref());
        let previous_until = (!grace.is_zero()).then(|| {
            let end = now + grace;
            key.terms.expires_at.map_or(end, |expiry| expiry.min(end))
        });
        let rotation = Rotation {
            from: secrets.current,
            to: inner.hasher.of_new(&token),
            last_four: token.last_four().to_owned(),
            at: now,
            previous_until,
        };
        if !store::rotate(&mut tx, id, rotation, version).await? {
            return Err(GatewayError::Conflict("The key has changed just now. Look at it again.".to_owned()));
        }
        key.last_four = token.last_four().to_owned();
        (key.rotated_at, key.previous_until) = (Some(now), previous_until);
        self.finish(tx, by, &key, ("gateway.key_rotated", None)).await?;
        Ok(MadeKey { key, token })
    }

    /// Ends the key at once. Doing it again changes nothing.
    pub(crate) async fn revoke(&self, by: &By<'_>, id: Uuid) -> Result<(), GatewayError> {
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.tenant(by.principal).await?;
        let version = versions::bump(&mut tx, versions::KEYS).await?;
        let key = by.find(&mut tx, id).await?.key;
        if store::revoke(&mut tx, id, now, version).await? {
            self.finish(tx, by, &key, ("gateway.key_revoked", None)).await?;
        }
        Ok(())
    }

    /// A key of their own that can still be used.
    async fn own(
        &self,
        tx: &mut TenantTx,
        by: &By<'_>,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<StoredKey, GatewayError> {
        let stored = by.find(tx, id).await?;
        if !by.owns(&stored.key) {
            let why = "Only whose key it is may change it. You may revoke it.";
            return Err(quorate_kernel::Problem::new(quorate_kernel::Code::Forbidden, why).into());
        }
        match stored.key.status(now) {
            Status::Active => Ok(stored),
            Status::Expired => Err(GatewayError::Conflict("The key has expired. Make a new one.".to_owned())),
            Status::Revoked => Err(GatewayError::Conflict("The key was revoked. Make a new one.".to_owned())),
        }
    }

    /// Writes down what was done, makes it true, and tells all nodes.
    async fn finish(
        &self,
        mut tx: TenantTx,
        by: &By<'_>,
        key: &ApiKey,
        (action, before): (&'static str, Option<Value>),
    ) -> Result<(), StoreError> {
        tx.signal(watch::CHANGED);
        tx.signal(budgets::CHANGED);
        let entry = Entry::new(action, by.actor).in_org(key.org_id).on("api_key", key.id);
        let entry = entry.changing(before, Some(told(&key.terms))).from(by.origin.clone());
        // The last statement before the commit: it holds the head of the log.
        self.inner.audit.append(&mut tx, entry).await?;
        tx.commit().await?;
        self.inner.cache.forget(&[key.id]);
        Ok(())
    }
}

/// The terms as the audit log keeps them: without the name, which may be anybody's.
fn told(terms: &Terms) -> Value {
    json!({
        "scopes": terms.scopes.iter().map(quorate_kernel::Permission::name).collect::<Vec<_>>(),
        "models": terms.models,
        "allowed_ips": terms.allowed_ips.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "expires_at": terms.expires_at,
        "requests_per_minute": terms.requests_per_minute,
        "max_concurrency": terms.max_concurrency,
        "monthly_budget": terms.monthly_budget.map(|budget| budget.0),
    })
}
