use sqlx::migrate::{Migration, Migrator};

use crate::row_security;
use crate::{Engine, Store, StoreError};

/// One room's migrations, embedded with `sqlx::migrate!`. Versions are unique over the whole product: they begin with
/// the day, then two digits that tell the room apart.
pub type MigrationSet = Migrator;

impl Store {
    /// Brings the schema up to date: forward only, each migration once, one process at a time (OPS-2). Everything
    /// happens in one transaction, so a failed start leaves the schema as it was, and the lock goes with it. On
    /// PostgreSQL every table with an `org_id` gets row-level security, so that none can be forgotten.
    ///
    /// # Errors
    /// When a migration fails, or one that was applied has been edited since.
    pub async fn migrate(&self, sets: &[&MigrationSet]) -> Result<(), StoreError> {
        let migrations: Vec<Migration> = sets.iter().flat_map(|set| set.iter().cloned()).collect();
        let mut migrator = Migrator::with_migrations(migrations);
        // The library's own lock does nothing on SQLite; on PostgreSQL it outlives a failure and does not survive
        // PgBouncer in transaction mode. SQLite's write lock and the lock below are held until the end instead.
        migrator.set_locking(false);
        let mut transaction = self.begin_write().await?;
        if self.engine() == Engine::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('quorate ' || current_schema(), 0))")
                .execute(&mut *transaction)
                .await?;
        }
        migrator.run(&mut *transaction).await?;
        if self.engine() == Engine::Postgres {
            row_security::enforce(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// How many of these migrations have not been applied yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending_migrations(&self, sets: &[&MigrationSet]) -> Result<usize, StoreError> {
        let tables: i64 = sqlx::query_scalar(match self.engine() {
            Engine::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Engine::Postgres => "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')",
        })
        .fetch_one(self.write_pool())
        .await?;
        let applied: Vec<i64> = if tables == 0 {
            Vec::new()
        } else {
            sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
                .fetch_all(self.write_pool())
                .await?
        };
        Ok(sets.iter().flat_map(|set| set.iter()).filter(|known| !applied.contains(&known.version)).count())
    }
}
