//! A fresh database for each server that is measured, gone afterwards.

use anyhow::Result;
use clap::ValueEnum;
use quorate_testkit::TestDatabase;

/// What the server keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A schema of its own, reached as a role that is no superuser.
    Postgres,
}

impl Engine {
    /// The name as shown.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// An empty database, dropped with the value.
    pub(crate) async fn fresh(self) -> Result<TestDatabase> {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres().await,
        }
    }
}
