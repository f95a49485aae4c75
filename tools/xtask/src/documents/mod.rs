//! Files that are generated from the server's own types, and committed, so that a reader sees every change of them.

pub(crate) mod configuration;
mod difference;
pub(crate) mod openapi;
