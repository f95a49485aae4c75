//! Quorate, put together: the command line, the configuration, and the composition of the domains into one server.

pub mod cli;
pub mod compose;
pub mod config;
mod models_api;
pub mod openapi;
pub mod serve;
