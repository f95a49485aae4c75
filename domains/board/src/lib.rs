//! The board: a hard decision goes in, expert personas deliberate in rounds and vote blind, and a report that keeps
//! the dissent comes out, live and over any crash. See this crate's README for the way of a session.

pub mod answer;
pub mod attachments;
mod board;
pub mod calibration;
pub mod config;
pub mod engine;
mod error;
pub mod export;
mod feed;
mod http;
pub mod journal;
pub mod metrics;
pub mod persona;
pub mod ports;
mod prompt;
pub mod report;
mod run;
mod runner;
mod selection;
pub mod session;
pub mod share;
mod store;
#[cfg(test)]
mod tests;
mod weighing;

pub use attachments::{Attachment, AttachmentId, AttachmentLimits};
pub use board::{Board, Deps};
pub use config::BoardConfig;
pub use error::BoardError;
pub use feed::StoredEvent;
pub use http::routes;
pub use journal::{REVIEW_JOB, Review, ReviewState};
pub use persona::{Catalogue, Persona};
pub use report::Report;
pub use session::{Answer, NewSession, Session, SessionId};

/// The board's tables.
pub static MIGRATIONS: quorate_store::MigrationSet = sqlx::migrate!();
