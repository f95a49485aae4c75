//! A database of a test's own, on either engine, and one test body for both.

use std::process::Termination;
use std::time::Duration;

use anyhow::{Context, Result};
use quorate_kernel::{Ids, SystemIds};
use quorate_store::sqlx::postgres::{PgConnectOptions, PgSslMode};
use quorate_store::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use quorate_store::{Engine, MigrationSet, Store};
use tempfile::TempDir;

/// Where the tests' PostgreSQL is: an address with the right to create roles and schemas.
pub const POSTGRES_VARIABLE: &str = "QUORATE_TEST_POSTGRES";
const POSTGRES_DEFAULT: &str = "postgres://postgres@127.0.0.1:5432/test";
/// The role the tests work as: no superuser, or row-level security would not apply to it. It doubles as password.
const ROLE: &str = "quorate_app";
const HEADROOM: Duration = Duration::from_secs(120);

/// An empty database of one test's own, gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Folder { _until_dropped: TempDir },
    Schema { admin_url: String, name: String },
}

impl TestDatabase {
    /// A SQLite file in a temporary folder.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn sqlite() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite://{}", folder.path().join("quorate.db").display());
        Ok(Self { url, home: Home::Folder { _until_dropped: folder } })
    }

    /// A new schema on the PostgreSQL of [`POSTGRES_VARIABLE`], reached as a role that is no superuser.
    ///
    /// # Errors
    /// When PostgreSQL cannot be reached or refuses the role or the schema.
    pub async fn postgres() -> Result<Self> {
        let admin_url = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| POSTGRES_DEFAULT.to_owned());
        let name = format!("quorate_test_{}", SystemIds.uuid().simple());
        create_schema(&admin_url, &name)
            .await
            .with_context(|| format!("PostgreSQL for tests at {admin_url} (set {POSTGRES_VARIABLE} to use another)"))?;
        let url = application_url(&admin_url, &name)?;
        Ok(Self { url, home: Home::Schema { admin_url, name } })
    }

    /// The address, as [`Store::open`] takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which engine this is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self.home {
            Home::Folder { .. } => Engine::Sqlite,
            Home::Schema { .. } => Engine::Postgres,
        }
    }

    /// A store on this database. Each call is another node, as far as the database can tell.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn open(&self) -> Result<Store> {
        Ok(Store::open(&self.url).await?)
    }

    /// A store on this database with these migrations applied.
    ///
    /// # Errors
    /// When the database cannot be opened or a migration fails.
    pub async fn migrated(&self, sets: &[&MigrationSet]) -> Result<Store> {
        let store = self.open().await?;
        store.migrate(sets).await?;
        Ok(store)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Home::Schema { admin_url, name } = &self.home {
            let (admin_url, name) = (admin_url.clone(), name.clone());
            // A thread of its own, because a runtime cannot be entered twice; a failure leaves a schema behind, which
            // no other test sees.
            let dropped = std::thread::spawn(move || match runtime() {
                Ok(runtime) => runtime.block_on(drop_schema(&admin_url, &name)),
                Err(error) => Err(error),
            })
            .join();
            drop(dropped);
        }
    }
}

async fn create_schema(admin_url: &str, name: &str) -> Result<()> {
    let mut admin = PgConnection::connect_with(&admin(admin_url)?).await?;
    // Test processes start at once: whoever loses the race finds the role there.
    let role = format!(
        "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    sqlx::raw_sql(AssertSqlSafe(role)).execute(&mut admin).await?;
    let schema = format!("CREATE SCHEMA {name} AUTHORIZATION {ROLE}");
    sqlx::raw_sql(AssertSqlSafe(schema)).execute(&mut admin).await?;
    admin.close().await?;
    Ok(())
}

async fn drop_schema(admin_url: &str, name: &str) -> Result<()> {
    let mut admin = PgConnection::connect_with(&admin(admin_url)?).await?;
    // A test that failed may still hold locks in here.
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1")
        .bind(name)
        .execute(&mut admin)
        .await?;
    let statement = format!("SET lock_timeout = '5s'; DROP SCHEMA IF EXISTS {name} CASCADE");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await?;
    admin.close().await?;
    Ok(())
}

/// The administrator's address with the application's role and the schema as the only place to look.
fn application_url(admin_url: &str, schema: &str) -> Result<String> {
    let mut url = admin(admin_url)?.username(ROLE).password(ROLE).to_url_lossy();
    url.query_pairs_mut()
        .append_pair("options", &format!("-csearch_path={schema}"))
        .append_pair("application_name", schema);
    Ok(url.into())
}

/// Without encryption unless the address asks for it: reading the machine's certificates takes longer than most tests.
fn admin(admin_url: &str) -> Result<PgConnectOptions> {
    let options: PgConnectOptions = admin_url.parse()?;
    Ok(if admin_url.contains("sslmode=") { options } else { options.ssl_mode(PgSslMode::Disable) })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// Runs one test body on one database. Used by [`on_both_databases!`](crate::on_both_databases).
///
/// # Panics
/// When the database cannot be made, or the test takes more than two minutes.
#[expect(clippy::expect_used, reason = "runs only in tests, where a panic is the failure")]
pub fn run_on<F, T>(engine: Engine, body: impl FnOnce(TestDatabase) -> F) -> T
where
    F: Future<Output = T>,
    T: Termination,
{
    runtime().expect("a runtime starts").block_on(async {
        let database = match engine {
            Engine::Sqlite => TestDatabase::sqlite(),
            Engine::Postgres => TestDatabase::postgres().await,
        };
        let test = body(database.expect("the test database can be made"));
        tokio::time::timeout(HEADROOM, test).await.expect("the test ends in time")
    })
}

/// Makes two tests of one body: `name::sqlite` and `name::postgres`.
///
/// ```ignore
/// on_both_databases! {
///     async fn a_row_stays(database: TestDatabase) {
///         let store = database.migrated(&[&MIGRATIONS]).await.unwrap();
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: TestDatabase) $(-> $output:ty)? $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn body($database: $crate::databases::TestDatabase) $(-> $output)? $body

            #[test]
            fn sqlite() $(-> $output)? {
                $crate::databases::run_on($crate::databases::SQLITE, body)
            }

            #[test]
            fn postgres() $(-> $output)? {
                $crate::databases::run_on($crate::databases::POSTGRES, body)
            }
        }
    )+};
}

/// SQLite, for [`on_both_databases!`](crate::on_both_databases).
pub const SQLITE: Engine = Engine::Sqlite;
/// PostgreSQL, for [`on_both_databases!`](crate::on_both_databases).
pub const POSTGRES: Engine = Engine::Postgres;
