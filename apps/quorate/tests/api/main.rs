//! The integration tests: the whole application over real HTTP, on SQLite and on PostgreSQL.
#![expect(missing_docs, unreachable_pub, reason = "a test binary has no users but its own tests")]

mod app;
mod board;
mod identity;

pub use app::{Reply, TestApp, User};
