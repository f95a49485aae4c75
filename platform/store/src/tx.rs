use quorate_kernel::{OrgId, Principal};
use sqlx::{Any, Transaction};

use crate::{Engine, Signals, Sql, StoreError};

/// A transaction that sees one organization's rows.
pub type TenantTx = Tx<Tenant>;
/// A transaction across tenants, for the server's own work.
pub type SystemTx = Tx<System>;

/// The scope of a transaction opened for an organization.
#[derive(Debug)]
pub struct Tenant {
    org: OrgId,
    /// As it is stored, bound as `$1` of every statement.
    text: String,
}

/// The scope of a transaction that crosses tenants. Its reason stands where it is opened.
#[derive(Debug)]
pub struct System;

/// A database transaction in a scope. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub struct Tx<S> {
    inner: Transaction<'static, Any>,
    scope: S,
    engine: Engine,
    signals: Signals,
    pending: Vec<String>,
}

impl<S> Tx<S> {
    pub(crate) fn new(inner: Transaction<'static, Any>, scope: S, engine: Engine, signals: Signals) -> Self {
        Self { inner, scope, engine, signals, pending: Vec::new() }
    }

    /// The engine behind it, for the few statements that cannot be written once.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// A statement on a platform table that belongs to no tenant, such as the job queue.
    pub fn platform_sql(&mut self, text: &'static str) -> Sql<'_> {
        Sql::new(&mut self.inner, text)
    }

    /// Wakes whoever listens to `topic`, on every node, once this is committed.
    pub fn signal(&mut self, topic: impl Into<String>) {
        let topic = topic.into();
        if !self.pending.contains(&topic) {
            self.pending.push(topic);
        }
    }

    /// Makes everything true at once, then sends the signals.
    ///
    /// # Errors
    /// When the database refuses; then nothing happened.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.engine == Engine::Postgres {
            for topic in &self.pending {
                // Delivered with the commit, to this node's listener too. The channel is the schema's own.
                sqlx::query("SELECT pg_notify('quorate_' || current_schema(), $1)")
                    .bind(topic.clone())
                    .execute(&mut *self.inner)
                    .await?;
            }
        }
        self.inner.commit().await?;
        // Within this process the channel is quicker than the round trip through PostgreSQL; hearing it twice is
        // harmless, since a signal only says "look".
        for topic in &self.pending {
            self.signals.send(topic);
        }
        Ok(())
    }
}

impl Tx<Tenant> {
    pub(crate) fn scope_of(principal: &Principal) -> Tenant {
        Tenant { org: principal.org_id, text: principal.org_id.to_string() }
    }

    /// The organization whose rows this transaction sees.
    pub fn org(&self) -> OrgId {
        self.scope.org
    }

    /// A statement on tenant tables. `$1` is always the organization's id and is bound already; a statement that does
    /// not name `org_id` is refused (IDN-21).
    pub fn sql(&mut self, text: &'static str) -> Sql<'_> {
        if !text.contains("org_id") || !text.contains("$1") {
            return Sql::refused(&mut self.inner, StoreError::Unscoped(text));
        }
        let org = self.scope.text.clone();
        Sql::new(&mut self.inner, text).bind(org)
    }
}

impl Tx<System> {
    /// A statement on any table. Parameters begin at `$1`.
    pub fn sql(&mut self, text: &'static str) -> Sql<'_> {
        Sql::new(&mut self.inner, text)
    }
}
