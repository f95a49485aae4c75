//! What tests share: both databases, a held clock, scripted model servers, second factors in software. Never part of the
//! server.

mod authenticator_app;
mod clock;
pub mod databases;
#[cfg(feature = "models")]
pub mod models;
mod passkey;

pub use authenticator_app::AuthenticatorApp;
pub use clock::HeldClock;
pub use databases::TestDatabase;
pub use passkey::SoftPasskey;
