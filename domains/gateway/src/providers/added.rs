//! What was added, and how it stands beside the configuration. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::Ids;
use quorate_models::{
    ApiKey, ConfigError, ModelsConfig, PriceConfig, ProviderConfig, ProviderKind, RouteConfig, TargetConfig,
};
use quorate_store::{MasterKey, SealError};

/// Everything that was added.
#[derive(Debug, Clone, Default)]
pub(crate) struct Added {
    /// By name.
    pub(crate) providers: Vec<AddedProvider>,
    /// By name.
    pub(crate) routes: Vec<AddedRoute>,
}

/// A provider that an operator added. Its secrets are sealed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AddedProvider {
    pub(crate) name: String,
    pub(crate) kind: ProviderKind,
    /// `None` is the kind's own address.
    pub(crate) base_url: Option<String>,
    pub(crate) sealed_key: Option<String>,
    pub(crate) key_last_four: Option<String>,
    pub(crate) sealed_headers: Option<String>,
    pub(crate) header_names: Vec<String>,
    pub(crate) enabled: bool,
    /// By the model's name at the provider.
    pub(crate) prices: Vec<PriceConfig>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A route that an operator added.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AddedRoute {
    pub(crate) config: RouteConfig,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Where a provider or a route comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The configuration; it is changed there.
    Configured,
    /// The offline demo model of a server without configuration, and the route `default` to it.
    BuiltIn,
    /// An operator.
    Added,
}

impl Source {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::BuiltIn => "built_in",
            Self::Added => "added",
        }
    }

    /// Where a provider of the configuration comes from.
    pub(crate) fn of_provider(config: &ProviderConfig) -> Self {
        if config.kind == ProviderKind::Offline { Self::BuiltIn } else { Self::Configured }
    }

    /// Where a route of the configuration comes from.
    pub(crate) fn of_route(config: &RouteConfig) -> Self {
        if *config == RouteConfig::new("default", ["offline/demo"]) { Self::BuiltIn } else { Self::Configured }
    }
}

/// The providers and routes of the configuration with those that were added. The configuration wins where both have a
/// name, except that an added route `default` takes the place of the built-in one.
pub(super) fn assemble(
    configured: &ModelsConfig,
    added: &Added,
    master_key: &MasterKey,
) -> Result<ModelsConfig, ConfigError> {
    let mut whole = configured.clone();
    for provider in enabled(configured, added) {
        provider.join(&mut whole, master_key)?;
    }
    for route in &added.routes {
        take_in(&mut whole, &route.config);
    }
    Ok(whole)
}

/// The same without the added providers that cannot be used, and what is wrong with each. `usable` judges a whole.
///
/// A target of such a provider is left out of its route; a route that has none left is there no more. The built-in
/// `default` does not come back for it: the offline demo model never stands in for a provider silently (GTW-2).
pub(super) fn salvage(
    configured: &ModelsConfig,
    added: &Added,
    master_key: &MasterKey,
    usable: impl Fn(&ModelsConfig) -> Result<(), ConfigError>,
) -> (ModelsConfig, Vec<ConfigError>) {
    let mut whole = configured.clone();
    let mut wrong = Vec::new();
    for provider in enabled(configured, added) {
        let mut with = whole.clone();
        match provider.join(&mut with, master_key).and_then(|()| usable(&with)) {
            Ok(()) => whole = with,
            Err(error) => wrong.push(error),
        }
    }
    for route in &added.routes {
        let known = |target: &TargetConfig| {
            let provider = target.target.split('/').next().unwrap_or_default();
            whole.providers.iter().any(|known| known.name == provider)
        };
        let mut config = route.config.clone();
        config.targets.retain(known);
        let mut with = whole.clone();
        take_in(&mut with, &config);
        if config.targets.is_empty() {
            with.routes.retain(|route| *route != config);
            whole = with;
            continue;
        }
        match usable(&with) {
            Ok(()) => whole = with,
            Err(error) => wrong.push(error),
        }
    }
    (whole, wrong)
}

/// The added providers that are to be in force.
fn enabled<'a>(configured: &'a ModelsConfig, added: &'a Added) -> impl Iterator<Item = &'a AddedProvider> {
    let known = |name: &str| configured.providers.iter().any(|known| known.name == name);
    added.providers.iter().filter(move |provider| provider.enabled && !known(&provider.name))
}

/// Puts an added route among the others, unless the configuration has one of its name.
fn take_in(whole: &mut ModelsConfig, route: &RouteConfig) {
    match whole.routes.iter_mut().find(|known| known.name == route.name) {
        None => whole.routes.push(route.clone()),
        Some(known) if Source::of_route(known) == Source::BuiltIn => known.clone_from(route),
        Some(_) => {}
    }
}

impl AddedProvider {
    /// Puts it and its prices among the others.
    fn join(&self, whole: &mut ModelsConfig, master_key: &MasterKey) -> Result<(), ConfigError> {
        whole.providers.push(self.config(master_key)?);
        whole.prices.extend(self.prices.iter().map(|price| {
            let model = format!("{}/{}", self.name, price.model);
            PriceConfig { model, ..price.clone() }
        }));
        Ok(())
    }

    /// As the configuration would have it, with its secrets opened.
    pub(super) fn config(&self, master_key: &MasterKey) -> Result<ProviderConfig, ConfigError> {
        let mut config = self.bare();
        let address = config.address()?.unwrap_or_default();
        let wrong = |field: &str, why: &dyn std::fmt::Display| ConfigError {
            key: format!("models.providers.{}.{field}", self.name),
            message: format!("cannot be read: {why}. Enter it again."),
        };
        if let Some(sealed) = &self.sealed_key {
            let key = master_key.open(&label("key", &self.name, &address), sealed);
            let key = String::from_utf8(key.map_err(|error| wrong("api_key", &error))?);
            config.api_key = Some(ApiKey::new(key.map_err(|error| wrong("api_key", &error))?));
        }
        if let Some(sealed) = &self.sealed_headers {
            let headers = master_key.open(&label("headers", &self.name, &address), sealed);
            let headers = headers.map_err(|error| wrong("headers", &error))?;
            config.headers = serde_json::from_slice(&headers).map_err(|_| wrong("headers", &"they are no list"))?;
        }
        Ok(config)
    }

    /// The same without secrets.
    pub(super) fn bare(&self) -> ProviderConfig {
        let mut config = ProviderConfig::new(&self.name, self.kind);
        config.base_url.clone_from(&self.base_url);
        config.guarded = true;
        config
    }

    /// Where it is reached, in one form.
    pub(super) fn address(&self) -> Result<String, ConfigError> {
        Ok(self.bare().address()?.unwrap_or_default())
    }

    /// Puts a key in the place of the one before.
    pub(super) fn seal_key(
        &mut self,
        key: Option<&ApiKey>,
        address: &str,
        (master_key, ids): (&MasterKey, &dyn Ids),
    ) -> Result<(), SealError> {
        let label = label("key", &self.name, address);
        let sealed = key.map(|key| master_key.seal(&label, key.reveal().as_bytes(), ids)).transpose()?;
        self.sealed_key = sealed;
        self.key_last_four = key.and_then(ApiKey::last_four);
        Ok(())
    }

    /// Puts headers in the place of those before.
    pub(super) fn seal_headers(
        &mut self,
        headers: &BTreeMap<String, ApiKey>,
        address: &str,
        (master_key, ids): (&MasterKey, &dyn Ids),
    ) -> Result<(), SealError> {
        let label = label("headers", &self.name, address);
        let shown: BTreeMap<&str, &str> = headers.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
        let text = serde_json::to_vec(&shown).map_err(|_| SealError(label.clone()))?;
        self.sealed_headers = (!headers.is_empty()).then(|| master_key.seal(&label, &text, ids)).transpose()?;
        self.header_names = headers.keys().map(|name| name.to_ascii_lowercase()).collect();
        Ok(())
    }

    /// Whether one of the targets is its model.
    pub(super) fn is_used_by(&self, route: &RouteConfig) -> bool {
        leads_to(&route.targets, &self.name)
    }
}

/// Whether one of the targets is a model of this provider.
pub(crate) fn leads_to(targets: &[TargetConfig], provider: &str) -> bool {
    targets.iter().any(|target| target.target.split('/').next() == Some(provider))
}

/// What a secret is sealed under. The address is in it, so that whoever can write into the database cannot have a key
/// sent elsewhere.
fn label(what: &str, name: &str, address: &str) -> String {
    format!("gateway provider {what}: {name} at {address}")
}
