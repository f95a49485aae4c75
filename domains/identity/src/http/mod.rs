//! Identity over HTTP. Handlers end where HTTP ends.

mod answer;
mod auth;
mod client;
mod jwks;
mod me;

use quorate_http::{Access, Routes};
use quorate_kernel::Permission;
use utoipa_axum::routes;

use crate::Identity;

pub(crate) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Public, routes!(auth::register))
        .add(Access::Public, routes!(auth::log_in))
        .add(Access::Public, routes!(auth::refresh))
        // Public, because an expired access token must not keep anybody from logging out.
        .add(Access::Public, routes!(auth::log_out))
        .add(Access::Public, routes!(auth::first_operator))
        .add(Access::Public, routes!(jwks::jwks))
        .add(Access::Needs(Permission::ProfileRead), routes!(me::me))
}
