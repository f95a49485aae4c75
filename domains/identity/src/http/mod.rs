//! Identity over HTTP. Handlers end where HTTP ends.

mod anomalies;
mod answer;
mod auth;
mod client;
mod devices;
mod jwks;
mod login_sessions;
mod me;
mod methods;
mod operators;
mod orgs;
mod profile;
mod records;
mod recovery;
mod second_factor;
mod social;

use quorate_http::{Access, Counting, Routes};
use quorate_kernel::Permission;
use utoipa_axum::routes;

use crate::Identity;

pub(crate) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Public, routes!(auth::register))
        .add(Access::Public, routes!(auth::log_in))
        // Each page of each person behind an address refreshes now and then, and guessing a token is in vain.
        .add_counted(Access::Public, Counting::Lenient, routes!(auth::refresh))
        // Public, because an expired access token must not keep anybody from logging out.
        .add_counted(Access::Public, Counting::Lenient, routes!(auth::log_out))
        .add(Access::Public, routes!(auth::first_operator))
        .add_counted(Access::Public, Counting::Lenient, routes!(jwks::jwks))
        .add(Access::Needs(Permission::ProfileRead), routes!(me::me))
        .merge(methods::routes())
        .merge(recovery::routes())
        .merge(profile::routes())
        .merge(records::routes())
        .merge(second_factor::routes())
        .merge(devices::routes())
        .merge(anomalies::routes())
        .merge(login_sessions::routes())
        .merge(operators::routes())
        .merge(orgs::routes())
        .merge(social::routes())
}
