use sqlx::migrate::{Migration, Migrator};

use crate::row_security;
use crate::{Store, StoreError};

/// One room's migrations, embedded with `sqlx::migrate!`. Versions are unique over the whole product: they begin with
/// the day, then two digits that tell the room apart.
pub type MigrationSet = Migrator;

impl Store {
    /// Brings the schema up to date: forward only, each migration once, one process at a time (OPS-2). On PostgreSQL
    /// every table with an `org_id` gets row-level security, so that none can be forgotten.
    ///
    /// # Errors
    /// When a migration fails, or one that was applied has been edited since.
    pub async fn migrate(&self, sets: &[&MigrationSet]) -> Result<(), StoreError> {
        let migrations: Vec<Migration> = sets.iter().flat_map(|set| set.iter().cloned()).collect();
        let migrator = Migrator::with_migrations(migrations);
        migrator.run(self.write_pool()).await?;
        row_security::enforce(self).await
    }

    /// How many of these migrations have not been applied yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending_migrations(&self, sets: &[&MigrationSet]) -> Result<usize, StoreError> {
        let known: usize = sets.iter().map(|set| set.iter().count()).sum();
        let applied: Result<i64, sqlx::Error> =
            sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations WHERE success").fetch_one(self.write_pool()).await;
        match applied {
            Ok(applied) => Ok(known.saturating_sub(usize::try_from(applied).unwrap_or_default())),
            // Before the first run there is no table to count in.
            Err(sqlx::Error::Database(_)) => Ok(known),
            Err(error) => Err(error.into()),
        }
    }
}
