use std::sync::Arc;

use super::breaker::Health;
use super::order::hash;
use crate::providers::Provider;
use crate::timeouts::Timeouts;
use crate::upstream::Upstream;
use crate::{ChatModel, Price};

/// One target of a route, ready to be asked.
pub(crate) struct Leg {
    /// `provider/model`.
    pub(crate) target: String,
    /// The model's name at the provider.
    pub(crate) model: String,
    /// What it speaks, where it is, and the key.
    pub(crate) provider: Arc<Provider>,
    /// How it is reached, over the connections of the route's connect time-out; `None` for the offline model.
    pub(crate) upstream: Option<Upstream>,
    /// Who asks it in neutral terms.
    pub(crate) adapter: Arc<dyn ChatModel>,
    /// How long is waited.
    pub(crate) timeouts: Timeouts,
    /// What it costs; `None` when unknown.
    pub(crate) price: Option<Price>,
    /// Whether it works, and how quick it is.
    pub(crate) health: Arc<Health>,
    /// Its share in the route.
    pub(super) weight: f64,
    /// Its name as a number.
    pub(super) hash: u64,
}

/// What a leg is made of.
pub(crate) struct LegParts {
    pub(crate) target: String,
    pub(crate) model: String,
    pub(crate) provider: Arc<Provider>,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) adapter: Arc<dyn ChatModel>,
    pub(crate) timeouts: Timeouts,
    pub(crate) price: Option<Price>,
    pub(crate) health: Arc<Health>,
    pub(crate) weight: f64,
}

impl Leg {
    pub(crate) fn new(parts: LegParts) -> Self {
        let LegParts { target, model, provider, upstream, adapter, timeouts, price, health, weight } = parts;
        let hash = hash(&target);
        Self { target, model, provider, upstream, adapter, timeouts, price, health, weight, hash }
    }
}
