use std::path::Path;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Executor};

use crate::StoreError;

/// Which database engine is behind the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file, one node.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
}

impl Engine {
    /// The engine that a database address names.
    ///
    /// # Errors
    /// When the scheme is neither `sqlite` nor `postgres`/`postgresql`.
    pub fn of(url: &str) -> Result<Self, StoreError> {
        match url.split(':').next().unwrap_or_default() {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" | "postgresql" => Ok(Self::Postgres),
            other => Err(StoreError::Url(format!("'{other}' is neither sqlite nor postgres"))),
        }
    }

    /// The name as shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// The pools of one database. SQLite takes one writer at a time, so it has a pool of one for writing and one of
/// several for reading; on PostgreSQL both are the same pool.
#[derive(Debug, Clone)]
pub(crate) struct Pools {
    pub(crate) engine: Engine,
    pub(crate) write: AnyPool,
    pub(crate) read: AnyPool,
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn open(url: &str) -> Result<Pools, StoreError> {
    sqlx::any::install_default_drivers();
    let engine = Engine::of(url)?;
    match engine {
        Engine::Sqlite => {
            let (address, query) = url.split_once('?').unwrap_or((url, ""));
            let path = address.trim_start_matches("sqlite:").trim_start_matches("//");
            if path.is_empty() || path.contains(":memory:") {
                return Err(StoreError::Url("SQLite needs a file: sqlite:///path/to/quorate.db".into()));
            }
            if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)
                    .map_err(|error| StoreError::Url(format!("folder {}: {error}", folder.display())))?;
            }
            let url = match query {
                "" => format!("{address}?mode=rwc"),
                query if query.contains("mode=") => url.to_owned(),
                query => format!("{address}?{query}&mode=rwc"),
            };
            let write = sqlite_pool(1, "PRAGMA query_only = OFF").connect(&url).await?;
            let read = sqlite_pool(SQLITE_READERS, "PRAGMA query_only = ON").connect(&url).await?;
            Ok(Pools { engine, write, read })
        }
        Engine::Postgres => {
            let pool = AnyPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .connect(url)
                .await?;
            Ok(Pools { engine, write: pool.clone(), read: pool })
        }
    }
}

fn sqlite_pool(connections: u32, purpose: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                // WAL lets readers and the writer work at once; NORMAL keeps every committed write over a killed
                // process (only a power cut may take the last ones).
                connection
                    .execute(
                        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                         PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000;",
                    )
                    .await?;
                connection.execute(purpose).await?;
                Ok(())
            })
        })
}
