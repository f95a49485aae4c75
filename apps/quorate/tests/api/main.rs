//! The integration tests: the whole application over real HTTP, on SQLite and on PostgreSQL.
#![expect(missing_docs, unreachable_pub, reason = "a test binary has no users but its own tests")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod app;
mod board;
mod cli;
mod crash;
mod identity;
mod inputs;
mod node;
mod permissions;
mod providers;
mod streams;

pub use app::{Reply, TestApp, User};
