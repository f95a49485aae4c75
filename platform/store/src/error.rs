use quorate_kernel::Problem;

/// What can go wrong with the database. For operators; callers see an internal problem.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database answered with an error or cannot be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed, or the ones applied are not the ones this program knows.
    #[error("migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A tenant's query does not name `org_id`: a mistake of the program, refused before it runs.
    #[error("a tenant query does not filter by org_id: {0}")]
    Unscoped(&'static str),
    /// A stored value is not what the program wrote.
    #[error("stored value of {what} cannot be read: {why}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// Why it cannot be read.
        why: String,
    },
    /// The address of the database is not one of ours.
    #[error("database address: {0}")]
    Url(String),
}

impl StoreError {
    /// Whether a unique constraint refused the write.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(error) if error.as_database_error().is_some_and(|e| e.is_unique_violation()))
    }

    /// A stored value that cannot be read.
    #[expect(clippy::needless_pass_by_value, reason = "reads well with `map_err`, which hands the error over")]
    pub fn corrupt(what: &'static str, why: impl ToString) -> Self {
        Self::Corrupt { what, why: why.to_string() }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}
