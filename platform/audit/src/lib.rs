//! The audit log (PLT-23): who did what, on what, before and after, from where. Append-only and hash-chained with a key
//! that is not in the database, so that tampering shows. How the chain is built, and how a person is taken out of it
//! without breaking it, is told in the README.

mod chain;
mod detach;
mod encoding;
mod entry;
mod expire;
mod guard;
mod log;
mod reading;
mod rows;
#[cfg(test)]
mod tests;
mod verify;

pub use chain::Fault;
pub use entry::{Actor, ActorKind, Entry, Origin};
pub use log::AuditLog;
pub use reading::{ExportError, Filter, Recorded};
pub use verify::{Bad, Head, Report};

/// The log's tables.
pub static MIGRATIONS: quorate_store::MigrationSet = sqlx::migrate!();
