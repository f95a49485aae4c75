//! The database: SQLite or PostgreSQL through one code path and one migration set (OPS-2).
//!
//! SQL is written once in the subset both engines share: `$1` placeholders, `TEXT`, `BIGINT`, `DOUBLE PRECISION` and
//! `BYTEA` columns, `ON CONFLICT`, `RETURNING`. Truth values are 0 and 1, times are milliseconds since the epoch, ids
//! and JSON are text. Tenant data is reached only through a transaction opened for a principal (IDN-21).

mod connect;
mod error;
mod migrate;
mod row_security;
mod sealing;
mod signals;
mod sql;
mod store;
mod tx;

pub use connect::Engine;
pub use error::StoreError;
pub use migrate::MigrationSet;
pub use sealing::{MasterKey, SealError};
pub use signals::{Signal, Signals};
pub use sql::Sql;
pub use sqlx;
pub use store::Store;
pub use tx::{System, SystemTx, Tenant, TenantTx, Tx};
