use std::collections::HashMap;
use std::sync::Arc;

use quorate_kernel::{Clock, Ids};

use crate::config::{ConfigError, DEFAULT_ROUTE, ModelsConfig, OFFLINE_TARGET, ProviderKind, RouteTimeoutConfig};
use crate::embeddings::{LocalEmbedder, OpenAiEmbedder};
use crate::prices::PriceList;
use crate::providers::Provider;
use crate::retry::Retries;
use crate::routing::{Leg, RoutedStream, run};
use crate::timeouts::Timeouts;
use crate::upstream::Clients;
use crate::{ChatRequest, Embedder, ModelError, ModelErrorKind, Price};

/// Every model that can be asked: the one door for the board and all else (GTW-1).
pub struct Models {
    providers: HashMap<String, Provider>,
    routes: Vec<Route>,
    prices: PriceList,
    retries: Arc<Retries>,
    /// For targets named directly, without a route.
    common_timeouts: Timeouts,
    embedder: Arc<dyn Embedder>,
}

struct Route {
    name: String,
    /// The legs' targets, for those who only want to know.
    targets: Vec<String>,
    legs: Vec<Leg>,
}

/// A model that can be asked, for lists of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// `provider/model`.
    pub id: String,
    /// The provider's name in configuration.
    pub provider: String,
    /// What the provider speaks.
    pub kind: ProviderKind,
    /// Whether it is the offline demo model, whose text must be labelled as such (GTW-2).
    pub offline: bool,
    /// The routes that lead to it.
    pub routes: Vec<String>,
    /// What it costs; `None` when unknown.
    pub price: Option<Price>,
}

impl Models {
    /// Builds every provider and route of the configuration, or says which key is wrong. Nothing is called yet.
    #[expect(clippy::needless_pass_by_value, reason = "every provider keeps the clock")]
    pub fn new(config: &ModelsConfig, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self, ConfigError> {
        let standard = ModelsConfig::default();
        let unconfigured = config.providers.is_empty() && config.routes.is_empty();
        let (provider_configs, route_configs) =
            if unconfigured { (&standard.providers, &standard.routes) } else { (&config.providers, &config.routes) };

        let mut clients = Clients::default();
        let mut providers = HashMap::new();
        for provider in provider_configs {
            let built = Provider::new(provider, &clock)?;
            if providers.insert(provider.name.clone(), built).is_some() {
                let key = format!("models.providers.{}.name", provider.name);
                return Err(ConfigError::new(key, "two providers have this name"));
            }
        }
        let common_timeouts = Timeouts::new("models.timeouts", RouteTimeoutConfig::default(), &config.timeouts)?;
        for provider in providers.values_mut() {
            provider.prepare(common_timeouts.connect, &mut clients)?;
        }
        let retries = Arc::new(Retries::new(&config.retries, ids)?);
        let prices = PriceList::new(&config.prices)?;
        let embedder = embedder(config, &providers, &retries, common_timeouts, &mut clients)?;
        let mut models = Self { providers, routes: Vec::new(), prices, retries, common_timeouts, embedder };
        // Configuration is often merged over the defaults, so the untouched default route may still be there.
        let no_offline = !models.providers.contains_key("offline");
        for route in route_configs {
            if no_offline && route.name == DEFAULT_ROUTE && route.targets == [OFFLINE_TARGET] {
                continue;
            }
            let key = format!("models.routes.{}", route.name);
            if route.name.is_empty() || route.name.contains('/') {
                return Err(ConfigError::new(format!("{key}.name"), "a route needs a name, without `/`"));
            }
            if models.route(&route.name).is_some() {
                return Err(ConfigError::new(format!("{key}.name"), "two routes have this name"));
            }
            if route.targets.is_empty() {
                return Err(ConfigError::new(format!("{key}.targets"), "needs at least one `provider/model`"));
            }
            let timeouts = Timeouts::new(&format!("{key}.timeouts"), route.timeouts, &config.timeouts)?;
            let mut legs = Vec::new();
            for target in &route.targets {
                let wrong = |message: String| ConfigError::new(format!("{key}.targets"), message);
                let (provider, _) =
                    split(target).ok_or_else(|| wrong(format!("`{target}` is not `provider/model`")))?;
                let provider = models
                    .providers
                    .get_mut(provider)
                    .ok_or_else(|| wrong(format!("there is no provider `{provider}`")))?;
                provider.prepare(timeouts.connect, &mut clients)?;
                legs.extend(models.leg(target, timeouts));
            }
            models.routes.push(Route { name: route.name.clone(), targets: route.targets.clone(), legs });
        }
        if models.route(DEFAULT_ROUTE).is_none() {
            let message = "providers are configured, but no [[models.routes]] is named `default`; the offline demo \
                           model never takes its place by itself";
            return Err(ConfigError::new("models.routes", message));
        }
        Ok(models)
    }

    /// Asks a route, or a `provider/model` directly. Comes back when the answer has begun; everything before that is
    /// retried and failed over (GTW-11). Dropping the future or the stream cancels the call upstream.
    ///
    /// # Errors
    /// `Unknown` when there is no such route or provider, otherwise the last failure.
    pub async fn chat(&self, route: &str, request: ChatRequest) -> Result<RoutedStream, ModelError> {
        if let Some(known) = self.route(route) {
            return run(&known.legs, &self.retries, route, &request).await;
        }
        match self.leg(route, self.common_timeouts) {
            Some(leg) => run(&[leg], &self.retries, route, &request).await,
            None => Err(ModelError::new(ModelErrorKind::Unknown, route, "there is no such route or provider")),
        }
    }

    /// What a target costs; `None` when unknown, which is never the same as nothing (GTW-3).
    #[must_use]
    pub fn price(&self, target: &str) -> Option<Price> {
        let (name, model) = split(target)?;
        let provider = self.providers.get(name)?;
        self.prices.find(target, provider.kind, &provider.base, model)
    }

    /// The targets of a route in their order; `None` when no route has the name.
    #[must_use]
    pub fn route_targets(&self, route: &str) -> Option<&[String]> {
        self.route(route).map(|route| route.targets.as_slice())
    }

    /// The targets a call would be sent to: those of the route, or the `provider/model` itself; `None` when `route`
    /// is neither.
    #[must_use]
    pub fn resolve(&self, route: &str) -> Option<Vec<String>> {
        if let Some(known) = self.route(route) {
            return Some(known.targets.clone());
        }
        let (provider, _) = split(route)?;
        self.providers.contains_key(provider).then(|| vec![route.to_owned()])
    }

    /// Whether only the offline demo model would answer.
    #[must_use]
    pub fn is_offline(&self, route: &str) -> bool {
        self.resolve(route).is_some_and(|targets| targets.iter().all(|target| self.is_offline_target(target)))
    }

    /// Every model that a route leads to, and the offline model where its provider is configured, in the order of
    /// the routes.
    #[must_use]
    pub fn list(&self) -> Vec<ModelInfo> {
        let mut ids: Vec<String> = Vec::new();
        let on_routes = self.routes.iter().flat_map(|route| &route.targets).cloned();
        let mut offline: Vec<String> = self
            .providers
            .iter()
            .filter(|(_, provider)| provider.kind == ProviderKind::Offline)
            .map(|(name, _)| format!("{name}/demo"))
            .collect();
        offline.sort_unstable();
        for id in on_routes.chain(offline) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids.into_iter().filter_map(|id| self.info(id)).collect()
    }

    /// The embedder that is configured; the local one unless told.
    #[must_use]
    pub fn embedder(&self) -> Arc<dyn Embedder> {
        Arc::clone(&self.embedder)
    }

    /// Every provider that is reached over the network, by name.
    pub(crate) fn remote_providers(&self) -> Vec<(String, &Provider)> {
        let remote = self.providers.iter().filter(|(_, provider)| provider.kind != ProviderKind::Offline);
        let mut remote: Vec<_> = remote.map(|(name, provider)| (name.clone(), provider)).collect();
        remote.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        remote
    }

    fn info(&self, id: String) -> Option<ModelInfo> {
        let (name, _) = split(&id)?;
        let kind = self.providers.get(name)?.kind;
        let leads_here = |route: &&Route| route.targets.contains(&id);
        let routes = self.routes.iter().filter(leads_here).map(|route| route.name.clone()).collect();
        let (provider, price) = (name.to_owned(), self.price(&id));
        Some(ModelInfo { provider, kind, offline: kind == ProviderKind::Offline, routes, price, id })
    }

    fn route(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name == name)
    }

    fn is_offline_target(&self, target: &str) -> bool {
        let provider = split(target).and_then(|(provider, _)| self.providers.get(provider));
        provider.is_some_and(|provider| provider.kind == ProviderKind::Offline)
    }

    /// A target ready to be asked; `None` when there is no such provider.
    fn leg(&self, target: &str, timeouts: Timeouts) -> Option<Leg> {
        let (provider, model) = split(target)?;
        let adapter = self.providers.get(provider)?.adapter(timeouts.connect)?;
        let price = self.price(target);
        Some(Leg { target: target.to_owned(), model: model.to_owned(), adapter, timeouts, price })
    }
}

/// The provider's name and the model's, which may hold slashes of its own.
fn split(target: &str) -> Option<(&str, &str)> {
    target.split_once('/').filter(|(provider, model)| !provider.is_empty() && !model.is_empty())
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
    if !provider.speaks_openai() {
        return Err(wrong(format!("`{name}` is {}, which has no embeddings here", provider.kind.name())));
    }
    let upstream = provider.upstream(clients.get(timeouts.connect)?);
    Ok(Arc::new(OpenAiEmbedder::new(upstream, model.to_owned(), Arc::clone(retries), timeouts.total)))
}
