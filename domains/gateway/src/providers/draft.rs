//! What an operator asks for, and whether it is acceptable. What the models themselves check (addresses, strategies, time
//! limits) is left to them. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::{FieldError, Ids, Problem};
use quorate_models::{
    ApiKey, CacheConfig, ConfigError, GuardConfig, PriceConfig, ProviderKind, RouteConfig, RouteTimeoutConfig,
    Strategy, TargetConfig,
};
use quorate_store::MasterKey;

use super::added::{Added, AddedProvider, AddedRoute};
use crate::GatewayError;

/// The longest name of a provider or a route, in characters.
const LONGEST_NAME: usize = 64;
/// The longest key of a provider, in characters.
const LONGEST_KEY: usize = 1_000;
/// The longest address, in characters.
const LONGEST_ADDRESS: usize = 500;
/// The most prices of a provider.
const MOST_PRICES: usize = 500;
/// The most targets of a route.
const MOST_TARGETS: usize = 50;
/// The most providers, and the most routes.
pub(super) const MOST: usize = 200;
/// Names that are models of our own (GTW-20).
const OWN_MODELS: [&str; 3] = ["board", "board-quick", "board-deep"];

/// A provider to be added.
#[derive(Debug, Clone)]
pub(crate) struct NewProvider {
    pub(crate) name: String,
    pub(crate) kind: ProviderKind,
    pub(crate) terms: ProviderChange,
}

/// What to change about a provider; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProviderChange {
    pub(crate) base_url: Option<Option<String>>,
    pub(crate) api_key: Option<Option<ApiKey>>,
    /// All of them at once.
    pub(crate) headers: Option<BTreeMap<String, ApiKey>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) prices: Option<Vec<PriceConfig>>,
}

/// A route to be added.
#[derive(Debug, Clone)]
pub(crate) struct NewRoute {
    pub(crate) name: String,
    pub(crate) terms: RouteChange,
}

/// What to change about a route; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct RouteChange {
    pub(crate) strategy: Option<Strategy>,
    pub(crate) targets: Option<Vec<TargetConfig>>,
    pub(crate) sticky: Option<bool>,
    pub(crate) hedge_after: Option<Option<f64>>,
    pub(crate) restart: Option<bool>,
    pub(crate) deadline: Option<Option<f64>>,
    pub(crate) cache: Option<Option<CacheConfig>>,
    pub(crate) guard: Option<GuardConfig>,
    pub(crate) timeouts: Option<RouteTimeoutConfig>,
}

/// What secrets are sealed with.
#[derive(Clone, Copy)]
pub(super) struct Sealing<'a> {
    pub(super) master_key: &'a MasterKey,
    pub(super) ids: &'a dyn Ids,
}

fn field(field: &str, message: impl Into<String>) -> GatewayError {
    GatewayError::Fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
}

/// A name that is part of addresses and of targets.
fn name(text: &str) -> Result<(), GatewayError> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let begins = text.chars().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if begins && text.len() <= LONGEST_NAME && text.chars().all(letters) {
        return Ok(());
    }
    Err(field(
        "name",
        format!("must be letters, digits, - _ . and begin with one of the first two; {LONGEST_NAME} at most"),
    ))
}

impl NewProvider {
    pub(super) fn into_added(
        self,
        added: &Added,
        now: DateTime<Utc>,
        sealing: Sealing<'_>,
    ) -> Result<AddedProvider, GatewayError> {
        name(&self.name)?;
        if self.kind == ProviderKind::Offline {
            return Err(field("kind", "must be a provider on the network: the offline model is always there"));
        }
        if added.providers.len() >= MOST {
            return Err(GatewayError::Conflict(format!("There are {MOST} providers. Remove one first.")));
        }
        let provider = AddedProvider {
            name: self.name,
            kind: self.kind,
            base_url: None,
            sealed_key: None,
            key_last_four: None,
            sealed_headers: None,
            header_names: Vec::new(),
            enabled: true,
            prices: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        self.terms.apply(provider, now, sealing)
    }
}

impl ProviderChange {
    /// The provider after the change. A key never goes to another address than the one it was entered for: whoever
    /// changes the address enters the key and the headers anew.
    pub(super) fn apply(
        self,
        mut provider: AddedProvider,
        now: DateTime<Utc>,
        sealing: Sealing<'_>,
    ) -> Result<AddedProvider, GatewayError> {
        let of_provider = |error: ConfigError| wrong_field("providers", &provider.name, &error);
        let before = provider.address().ok();
        let mut changed = provider.clone();
        if let Some(base_url) = self.base_url {
            changed.base_url = base_url.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            if changed.base_url.as_ref().is_some_and(|text| text.chars().count() > LONGEST_ADDRESS) {
                return Err(field("base_url", format!("must be {LONGEST_ADDRESS} characters at most")));
            }
        }
        let address = changed.address().map_err(of_provider)?;
        let moved = before.as_ref() != Some(&address);
        if moved && provider.sealed_key.is_some() && self.api_key.is_none() {
            return Err(field("api_key", "must be entered again, because the address has changed"));
        }
        if moved && provider.sealed_headers.is_some() && self.headers.is_none() {
            return Err(field("headers", "must be entered again, because the address has changed"));
        }
        provider = changed;
        let internal = |error| GatewayError::from(Problem::internal(error));
        let with = (sealing.master_key, sealing.ids);
        if let Some(key) = self.api_key {
            let key = key.map(|key| ApiKey::new(key.reveal())).filter(|key| !key.reveal().is_empty());
            let sound = |key: &ApiKey| {
                key.reveal().len() <= LONGEST_KEY && key.reveal().chars().all(|letter| letter.is_ascii_graphic())
            };
            if key.as_ref().is_some_and(|key| !sound(key)) {
                let message = format!("must be visible ASCII characters without spaces, {LONGEST_KEY} at most");
                return Err(field("api_key", message));
            }
            provider.seal_key(key.as_ref(), &address, with).map_err(internal)?;
        }
        if provider.kind.needs_key() && provider.sealed_key.is_none() {
            return Err(field("api_key", format!("is needed: {} answers nobody without", provider.kind.name())));
        }
        if let Some(headers) = self.headers {
            provider.seal_headers(&headers, &address, with).map_err(internal)?;
        }
        if let Some(prices) = self.prices {
            if prices.len() > MOST_PRICES {
                return Err(field("prices", format!("must be {MOST_PRICES} at most")));
            }
            if prices.iter().any(|price| price.model.trim().is_empty()) {
                return Err(field("prices", "must each name a model"));
            }
            provider.prices = prices;
        }
        provider.enabled = self.enabled.unwrap_or(provider.enabled);
        provider.updated_at = now;
        Ok(provider)
    }
}

impl NewRoute {
    pub(super) fn into_added(self, added: &Added, now: DateTime<Utc>) -> Result<AddedRoute, GatewayError> {
        name(&self.name)?;
        if OWN_MODELS.contains(&self.name.as_str()) {
            return Err(field("name", "is a model of this server itself"));
        }
        if added.routes.len() >= MOST {
            return Err(GatewayError::Conflict(format!("There are {MOST} routes. Remove one first.")));
        }
        let config = RouteConfig::new(self.name, Vec::<TargetConfig>::new());
        self.terms.apply(AddedRoute { config, created_at: now, updated_at: now }, now)
    }
}

impl RouteChange {
    /// The route after the change. What it does not name stays, also what a newer program wrote.
    pub(super) fn apply(self, mut route: AddedRoute, now: DateTime<Utc>) -> Result<AddedRoute, GatewayError> {
        let config = &mut route.config;
        config.strategy = self.strategy.unwrap_or(config.strategy);
        if let Some(targets) = self.targets {
            if targets.len() > MOST_TARGETS {
                return Err(field("targets", format!("must be {MOST_TARGETS} at most")));
            }
            config.targets = targets;
        }
        config.sticky = self.sticky.unwrap_or(config.sticky);
        config.hedge_after = self.hedge_after.unwrap_or(config.hedge_after);
        config.restart = self.restart.unwrap_or(config.restart);
        config.deadline = self.deadline.unwrap_or(config.deadline);
        config.cache = self.cache.unwrap_or(config.cache);
        if let Some(guard) = self.guard {
            config.guard = guard;
        }
        config.timeouts = self.timeouts.unwrap_or(config.timeouts);
        route.updated_at = now;
        Ok(route)
    }
}

/// What is wrong with a provider or route, told at the field of the request; a conflict when it is no field of it.
pub(super) fn wrong_field(what: &str, name: &str, error: &ConfigError) -> GatewayError {
    let own = error.key.strip_prefix(&format!("models.{what}.{name}."));
    let price = what == "providers" && error.key.starts_with(&format!("models.prices.{name}/"));
    match own {
        Some(own) => field(own, error.message.clone()),
        None if price => field("prices", error.message.clone()),
        None => GatewayError::Conflict(format!("That would not work: {error}.")),
    }
}
