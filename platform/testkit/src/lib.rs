//! What tests share: both databases, a held clock, scripted model servers. Never part of the server.

mod clock;
pub mod databases;
#[cfg(feature = "models")]
pub mod models;

pub use clock::HeldClock;
pub use databases::TestDatabase;
