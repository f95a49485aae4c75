//! Durable jobs, and what requests and nodes share for a while: rate limits ([`limits`]), the cache ([`cache`]).
//!
//! Jobs stand on the server's own database (OPS-4): enqueued inside the caller's transaction, held by leases that
//! are renewed and fenced, retried with back-off, rescued when their worker is lost, handed over on drain.
//!
//! A job runs at least once: a worker that loses its lease in the middle may have done part of the work, so handlers
//! are written to be run again. What is recorded about a job comes only from whoever holds its lease.

mod backoff;
pub mod cache;
mod job;
mod leases;
pub mod limits;
mod nodes;
mod queue;
mod upkeep;
mod worker;

#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use job::{Handler, JobContext, NewJob, Outcome};
pub use nodes::{Redis, RedisAddressError, RedisSettings};
pub use queue::{Depth, Jobs};
pub use worker::{Drained, Worker, WorkerHandle, WorkerSettings};

/// The queue's table.
pub static MIGRATIONS: quorate_store::MigrationSet = sqlx::migrate!();

/// The store's signal that says "look for jobs".
const TOPIC: &str = "jobs";
