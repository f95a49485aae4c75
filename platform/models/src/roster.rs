//! The providers and routes in force: built from one configuration, replaced as a whole by the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use quorate_formats::Format;
use quorate_kernel::{Clock, Ids};

use crate::catalogue::{Catalogue, ModelFacts};
use crate::config::{
    ConfigError, DEFAULT_ROUTE, ModelsConfig, OFFLINE_TARGET, ProviderConfig, RouteConfig, RouteTimeoutConfig,
};
use crate::embeddings::{LocalEmbedder, RemoteEmbedder};
use crate::guard::AddressRule;
use crate::guardrails::Guard;
use crate::providers::Provider;
use crate::retry::Retries;
use crate::routing::{Health, Leg, LegParts, Plan, Route, Rules};
use crate::timeouts::{Timeouts, seconds};
use crate::upstream::Clients;
use crate::{CacheConfig, Embedder, ModelError, ModelErrorKind, Price, Strategy};

/// Targets named directly that are kept ready; names come from callers, so there must be an end to them.
const MOST_DIRECT: usize = 1_024;
/// Targets whose health is remembered.
const MOST_HEALTHS: usize = 4_096;

/// What outlives a change of configuration: connections, and what is known of each target.
#[derive(Default)]
pub(crate) struct Lasting {
    /// Where guarded providers may be reached.
    pub(crate) rule: OnceLock<Arc<dyn AddressRule>>,
    clients: Mutex<Clients>,
    /// By address and target.
    healths: Mutex<HashMap<(String, String), Arc<Health>>>,
}

/// Everything that one configuration makes.
pub(crate) struct Roster {
    pub(crate) providers: HashMap<String, Arc<Provider>>,
    /// In the order written.
    pub(crate) routes: Vec<Arc<Route>>,
    by_name: HashMap<String, Arc<Route>>,
    catalogue: Catalogue,
    retries: Arc<Retries>,
    rules: Rules,
    /// For targets named directly, without a route.
    common_timeouts: Timeouts,
    direct: RwLock<HashMap<String, Arc<Route>>>,
    pub(crate) embedder: Arc<dyn Embedder>,
    lasting: Arc<Lasting>,
}

impl Roster {
    /// Builds every provider and route, or says which key is wrong. Nothing is called yet. `needs_default`: whether a
    /// configuration without the route `default` is wrong.
    pub(crate) fn new(
        config: &ModelsConfig,
        clock: &Arc<dyn Clock>,
        ids: &Arc<dyn Ids>,
        lasting: &Arc<Lasting>,
        needs_default: bool,
    ) -> Result<Self, ConfigError> {
        let standard = ModelsConfig::default();
        let unconfigured = config.providers.is_empty() && config.routes.is_empty();
        let (provider_configs, route_configs) =
            if unconfigured { (&standard.providers, &standard.routes) } else { (&config.providers, &config.routes) };
        let mut providers = build_providers(provider_configs, clock, lasting.rule.get())?;
        // Configuration is often merged over the defaults, so the untouched default route may still be there.
        let no_offline = !providers.contains_key("offline");
        let left_over = |route: &RouteConfig| {
            no_offline
                && route.name == DEFAULT_ROUTE
                && route.targets.iter().map(|t| t.target.as_str()).eq([OFFLINE_TARGET])
        };
        let route_configs: Vec<&RouteConfig> = route_configs.iter().filter(|route| !left_over(route)).collect();
        let common_timeouts = Timeouts::new("models.timeouts", RouteTimeoutConfig::default(), &config.timeouts)?;
        let mut clients = lasting.clients.lock().unwrap_or_else(PoisonError::into_inner);
        for provider in providers.values_mut() {
            provider.prepare(common_timeouts.connect, &mut clients)?;
        }
        let retries = Arc::new(Retries::new(&config.retries, Arc::clone(ids))?);
        let catalogue = Catalogue::new(&config.prices, &config.catalogue)?;
        let embedder = embedder(config, &providers, &retries, common_timeouts, &mut clients)?;
        let mut timeouts = Vec::new();
        for route in &route_configs {
            let limits = check(route, config, &providers)?;
            for target in &route.targets {
                let provider = split(&target.target).and_then(|(provider, _)| providers.get_mut(provider));
                provider.map_or(Ok(()), |provider| provider.prepare(limits.connect, &mut clients))?;
            }
            timeouts.push(limits);
        }
        drop(clients);
        let mut roster = Self {
            providers: providers.into_iter().map(|(name, provider)| (name, Arc::new(provider))).collect(),
            routes: Vec::new(),
            by_name: HashMap::new(),
            catalogue,
            retries,
            rules: Rules::new(&config.breaker)?,
            common_timeouts,
            direct: RwLock::default(),
            embedder,
            lasting: Arc::clone(lasting),
        };
        for (config, timeouts) in route_configs.into_iter().zip(timeouts) {
            let route = Arc::new(roster.route_of(config, timeouts)?);
            if roster.by_name.insert(route.name.clone(), Arc::clone(&route)).is_some() {
                let key = format!("models.routes.{}.name", route.name);
                return Err(ConfigError::new(key, "two routes have this name"));
            }
            roster.routes.push(route);
        }
        if needs_default && !roster.by_name.contains_key(DEFAULT_ROUTE) {
            let message = "providers are configured, but no [[models.routes]] is named `default`; the offline demo \
                           model never takes its place by itself";
            return Err(ConfigError::new("models.routes", message));
        }
        Ok(roster)
    }

    /// Plans a call of a route, or of a `provider/model` directly.
    pub(crate) fn plan(&self, name: &str, conversation: Option<u64>, ids: &dyn Ids) -> Result<Plan, ModelError> {
        let unknown = || ModelError::new(ModelErrorKind::Unknown, name, "there is no such route or provider");
        if let Some(route) = self.by_name.get(name) {
            return Ok(Plan::new(route, conversation, ids));
        }
        Ok(Plan::new(&self.direct(name).ok_or_else(unknown)?, conversation, ids))
    }

    /// The route of that name.
    pub(crate) fn route(&self, name: &str) -> Option<&Arc<Route>> {
        self.by_name.get(name)
    }

    /// What a target costs; `None` when unknown.
    pub(crate) fn price(&self, target: &str) -> Option<Price> {
        let (name, model) = split(target)?;
        let provider = self.providers.get(name)?;
        self.catalogue.price(target, provider.kind, &provider.base, model)
    }

    /// What is known of a target beside its price.
    pub(crate) fn facts(&self, target: &str) -> ModelFacts {
        let known = split(target).and_then(|(name, model)| Some((self.providers.get(name)?, model)));
        known.map_or_else(ModelFacts::default, |(provider, model)| {
            self.catalogue.facts(target, provider.kind, &provider.base, model)
        })
    }

    /// A route that leads to one target, for who names that instead of a route.
    fn direct(&self, target: &str) -> Option<Arc<Route>> {
        if let Some(route) = self.direct.read().unwrap_or_else(PoisonError::into_inner).get(target) {
            return Some(Arc::clone(route));
        }
        let leg = self.leg(target, 1.0, self.common_timeouts)?;
        let route = Arc::new(Route {
            name: target.to_owned(),
            strategy: Strategy::Priority,
            retries: Arc::clone(&self.retries),
            sticky: false,
            hedge_after: None,
            restart: false,
            deadline: None,
            cache: None,
            guard: None,
            legs: vec![Arc::new(leg)],
        });
        let mut direct = self.direct.write().unwrap_or_else(PoisonError::into_inner);
        if direct.len() >= MOST_DIRECT {
            direct.clear();
        }
        direct.insert(target.to_owned(), Arc::clone(&route));
        Some(route)
    }

    fn route_of(&self, config: &RouteConfig, timeouts: Timeouts) -> Result<Route, ConfigError> {
        let read = |name: &str, limit: Option<f64>| {
            limit.map(|limit| seconds(&format!("models.routes.{}.{name}", config.name), limit)).transpose()
        };
        let hedge_after = read("hedge_after", config.hedge_after)?;
        let deadline = read("deadline", config.deadline)?;
        let legs = config.targets.iter().filter_map(|target| self.leg(&target.target, target.weight, timeouts));
        Ok(Route {
            name: config.name.clone(),
            strategy: config.strategy,
            retries: Arc::clone(&self.retries),
            sticky: config.sticky,
            hedge_after,
            restart: config.restart,
            deadline,
            cache: config.cache,
            guard: Guard::new(&config.guard, &format!("models.routes.{}.guard", config.name))?,
            legs: legs.map(Arc::new).collect(),
        })
    }

    /// A target ready to be asked; `None` when there is no such provider.
    fn leg(&self, target: &str, weight: f64, timeouts: Timeouts) -> Option<Leg> {
        let (provider, model) = split(target)?;
        let provider = Arc::clone(self.providers.get(provider)?);
        let (upstream, adapter) = provider.adapter(timeouts.connect)?;
        let health = self.lasting.health(target, &provider.base, self.rules);
        let (target, model, price) = (target.to_owned(), model.to_owned(), self.price(target));
        Some(Leg::new(LegParts { target, model, provider, upstream, adapter, timeouts, price, health, weight }))
    }
}

impl Lasting {
    /// What is known of a target at an address, by these rules from now on.
    fn health(&self, target: &str, base: &str, rules: Rules) -> Arc<Health> {
        let mut healths = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (base.to_owned(), target.to_owned());
        if let Some(health) = healths.get(&key) {
            health.tune(rules);
            return Arc::clone(health);
        }
        if healths.len() >= MOST_HEALTHS {
            // What no route holds and no call uses can be learnt again.
            healths.retain(|_, health| Arc::strong_count(health) > 1);
        }
        let health = Arc::new(Health::new(target, rules));
        healths.insert(key, Arc::clone(&health));
        health
    }
}

/// The provider's name and the model's, which may hold slashes of its own.
pub(crate) fn split(target: &str) -> Option<(&str, &str)> {
    target.split_once('/').filter(|(provider, model)| !provider.is_empty() && !model.is_empty())
}

fn build_providers(
    configs: &[ProviderConfig],
    clock: &Arc<dyn Clock>,
    rule: Option<&Arc<dyn AddressRule>>,
) -> Result<HashMap<String, Provider>, ConfigError> {
    let mut providers = HashMap::new();
    for provider in configs {
        let built = Provider::new(provider, clock, rule)?;
        if providers.insert(provider.name.clone(), built).is_some() {
            let key = format!("models.providers.{}.name", provider.name);
            return Err(ConfigError::new(key, "two providers have this name"));
        }
    }
    Ok(providers)
}

/// Checks a route and gives its time limits.
fn check(
    route: &RouteConfig,
    config: &ModelsConfig,
    providers: &HashMap<String, Provider>,
) -> Result<Timeouts, ConfigError> {
    let key = format!("models.routes.{}", route.name);
    if route.name.is_empty() || route.name.contains('/') {
        return Err(ConfigError::new(format!("{key}.name"), "a route needs a name, without `/`"));
    }
    let wrong = |message: String| ConfigError::new(format!("{key}.targets"), message);
    if route.targets.is_empty() {
        return Err(wrong("needs at least one `provider/model`".to_owned()));
    }
    for target in &route.targets {
        let (provider, _) =
            split(&target.target).ok_or_else(|| wrong(format!("`{}` is not `provider/model`", target.target)))?;
        if !providers.contains_key(provider) {
            return Err(wrong(format!("there is no provider `{provider}`")));
        }
        if !(0.0..=1e6).contains(&target.weight) {
            return Err(wrong(format!("the weight of `{}` must be from 0 to 1000000", target.target)));
        }
    }
    if let Some(judge) = &route.guard.moderation {
        let provider = split(judge).and_then(|(provider, _)| providers.get(provider));
        if !provider.is_some_and(|provider| provider.kind.facts().speaks == Some(Format::OpenAiChat)) {
            let message = format!("`{judge}` is no `provider/model` of a provider that speaks OpenAI's format");
            return Err(ConfigError::new(format!("{key}.guard.moderation"), message));
        }
    }
    if route.cache.is_some_and(|cache| !(1..=CacheConfig::LONGEST).contains(&cache.ttl_seconds)) {
        let message = "must be from 1 to 2592000 seconds, which are thirty days";
        return Err(ConfigError::new(format!("{key}.cache.ttl_seconds"), message));
    }
    Timeouts::new(&format!("{key}.timeouts"), route.timeouts, &config.timeouts)
}

fn embedder(
    config: &ModelsConfig,
    providers: &HashMap<String, Provider>,
    retries: &Arc<Retries>,
    timeouts: Timeouts,
    clients: &mut Clients,
) -> Result<Arc<dyn Embedder>, ConfigError> {
    let wrong = |message: String| ConfigError::new("models.embeddings", message);
    let target = match config.embeddings.as_deref() {
        None | Some("local") => return Ok(Arc::new(LocalEmbedder)),
        Some(target) => target,
    };
    let (name, model) =
        split(target).ok_or_else(|| wrong(format!("`{target}` is neither `local` nor `provider/model`")))?;
    let provider = providers.get(name).ok_or_else(|| wrong(format!("there is no provider `{name}`")))?;
    let none = || wrong(format!("`{name}` is {}, which has no embeddings here", provider.kind.name()));
    let wire = provider.kind.facts().embeddings.ok_or_else(none)?;
    let upstream = provider.upstream(clients.get(timeouts.connect, provider.rule())?);
    Ok(Arc::new(RemoteEmbedder::new(upstream, wire, model.to_owned(), Arc::clone(retries), timeouts.total)))
}
