//! Billing over HTTP. Handlers end where HTTP ends.

mod plans;
mod subscription;

use quorate_http::{Access, Routes};
use utoipa_axum::routes;

use crate::Billing;

pub(crate) fn routes() -> Routes<Billing> {
    Routes::new().add(Access::Public, routes!(plans::list)).add(Access::SignedIn, routes!(subscription::subscription))
}
