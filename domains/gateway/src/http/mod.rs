//! The gateway's own administration over HTTP. Handlers end where HTTP ends.

mod budgets;
mod export;
mod keys;
mod model_route_terms;
mod model_routes;
mod providers;
mod usage;

use quorate_http::{Access, Routes};
use quorate_kernel::Permission;
use serde::{Deserialize, Deserializer};
use utoipa_axum::routes;

use crate::providers::Providers;
use crate::{CostLedger, Gateway};

/// API keys (PLT-1).
pub(crate) fn keys() -> Routes<Gateway> {
    keys::routes()
}

/// Providers and routes that operators edit (GTW-3, GTW-10).
pub(crate) fn providers() -> Routes<Providers> {
    providers::routes().merge(model_routes::routes())
}

/// Usage and budgets (PLT-2, GTW-13).
pub(crate) fn usage() -> Routes<CostLedger> {
    let usage = Access::Needs(Permission::UsageRead);
    Routes::new()
        .add(usage, routes!(usage::summary))
        .add(usage, routes!(usage::requests))
        .add(usage, routes!(usage::by_model))
        .add(usage, routes!(usage::by_key))
        .add(usage, routes!(usage::by_endpoint))
        .add(usage, routes!(usage::by_month))
        .add(usage, routes!(usage::quota))
        .add(usage, routes!(export::csv))
        .add(Access::Needs(Permission::BudgetRead), routes!(budgets::list))
        .add(Access::Needs(Permission::BudgetWrite), routes!(budgets::set))
}

/// Tells a field that is null from one that is absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}
