//! The integration tests: the whole application over real HTTP, on SQLite and on PostgreSQL.
#![expect(missing_docs, unreachable_pub, reason = "a test binary has no users but its own tests")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod app;
mod audited;
mod board;
mod cli;
mod crash;
mod devices;
mod gateway;
mod guessing;
mod idempotency;
mod identity;
mod identity_second_factor;
mod identity_social;
mod inputs;
mod keys;
mod limits;
mod model_admin;
mod node;
mod orgs;
mod permissions;
mod profile;
mod providers;
mod recovery;
mod streams;
mod usage;

pub use app::{Reply, TestApp, User};
