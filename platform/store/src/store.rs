use std::sync::Arc;

use quorate_kernel::Principal;
use sqlx::postgres::PgListener;
use sqlx::{Any, AnyPool, Transaction};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::connect::{self, Pools};
use crate::tx::{System, SystemTx, TenantTx, Tx};
use crate::{Engine, Signals, StoreError};

/// The database of this server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    signals: Signals,
    closing: CancellationToken,
    /// Ends the relay of signals with the last clone, when nobody called [`Store::close`].
    _dropped: Arc<DropGuard>,
}

impl Store {
    /// Opens the database at `url`: `sqlite:///path/file.db` (made when missing) or `postgres://…`.
    ///
    /// # Errors
    /// When the address is not one of ours or the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let pools = connect::open(url).await?;
        let signals = Signals::new();
        let closing = CancellationToken::new();
        if pools.engine == Engine::Postgres {
            let channel: String =
                sqlx::query_scalar("SELECT 'quorate_' || current_schema()").fetch_one(&pools.write).await?;
            let mut listener = PgListener::connect(url).await?;
            listener.listen(&channel).await?;
            tokio::spawn(signals.clone().relay(listener, closing.clone()));
        }
        let dropped = Arc::new(closing.clone().drop_guard());
        Ok(Self { pools, signals, closing, _dropped: dropped })
    }

    /// The engine behind it.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.pools.engine
    }

    /// The wake-up calls of this database.
    #[must_use]
    pub const fn signals(&self) -> &Signals {
        &self.signals
    }

    /// A transaction that reads and writes the rows of the principal's organization.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn tenant(&self, principal: &Principal) -> Result<TenantTx, StoreError> {
        let inner = self.begin_write().await?;
        self.scoped(inner, principal).await
    }

    /// A transaction that only reads the rows of the principal's organization; a write in it is refused. On SQLite it
    /// does not wait for the writer.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn tenant_read(&self, principal: &Principal) -> Result<TenantTx, StoreError> {
        let inner = self.begin_read().await?;
        self.scoped(inner, principal).await
    }

    /// A transaction across tenants. The reason is for the reader of the code: it stands out in review.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn system(&self, reason: &'static str) -> Result<SystemTx, StoreError> {
        let inner = self.begin_write().await?;
        self.unscoped(inner, reason).await
    }

    /// As [`Store::system`], but a write in it is refused.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn system_read(&self, reason: &'static str) -> Result<SystemTx, StoreError> {
        let inner = self.begin_read().await?;
        self.unscoped(inner, reason).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pools.read).await?;
        Ok(())
    }

    /// Closes the connections. On SQLite the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.closing.cancel();
        self.pools.read.close().await;
        self.pools.write.close().await;
    }

    pub(crate) const fn write_pool(&self) -> &AnyPool {
        &self.pools.write
    }

    async fn begin_read(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.pools.engine {
            // The connections of this pool refuse writes.
            Engine::Sqlite => self.pools.read.begin().await?,
            Engine::Postgres => self.pools.read.begin_with("BEGIN READ ONLY").await?,
        })
    }

    pub(crate) async fn begin_write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.pools.engine {
            // Taking the write lock at the start makes a second process wait its turn; taking it later would fail.
            Engine::Sqlite => self.pools.write.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => self.pools.write.begin().await?,
        })
    }

    async fn scoped(
        &self,
        mut inner: Transaction<'static, Any>,
        principal: &Principal,
    ) -> Result<TenantTx, StoreError> {
        if self.pools.engine == Engine::Postgres {
            sqlx::query("SELECT set_config('quorate.scope', 'tenant', true), set_config('quorate.org_id', $1, true)")
                .bind(principal.org_id.to_string())
                .execute(&mut *inner)
                .await?;
        }
        Ok(Tx::new(inner, TenantTx::scope_of(principal), self.pools.engine, self.signals.clone()))
    }

    async fn unscoped(
        &self,
        mut inner: Transaction<'static, Any>,
        reason: &'static str,
    ) -> Result<SystemTx, StoreError> {
        tracing::trace!(reason, "system transaction");
        if self.pools.engine == Engine::Postgres {
            sqlx::query("SELECT set_config('quorate.scope', 'system', true)").execute(&mut *inner).await?;
        }
        Ok(Tx::new(inner, System, self.pools.engine, self.signals.clone()))
    }
}
