//! Quorate, put together: the command line, the configuration, and the composition of the domains into one server.

mod boardroom;
pub mod cli;
pub mod compose;
pub mod config;
mod members;
mod models_api;
pub mod openapi;
mod reach;
mod reactions;
mod reminders;
pub mod serve;
pub mod shared_state;
pub mod spending;
