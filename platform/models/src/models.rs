use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use quorate_kernel::{Clock, Ids};
use tokio::time::Instant;

use crate::config::{ConfigError, ModelsConfig, ProviderConfig, ProviderKind};
use crate::guard::AddressRule;
use crate::guardrails::Guard;
use crate::providers::Provider;
use crate::roster::{Lasting, Roster, split};
use crate::routing::{Accounts, Call, Plan, Route, RoutedStream, input_of, run};
use crate::{CacheConfig, ChatRequest, Embedder, Ledger, ModelError, ModelFacts, Price};

/// Every model that can be asked: the one door for the board and all else (GTW-1). Providers and routes may be
/// replaced while calls are under way; those go on as they began.
pub struct Models {
    roster: RwLock<Arc<Roster>>,
    lasting: Arc<Lasting>,
    ledger: OnceLock<Arc<dyn Ledger>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
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
    /// What else is known of it.
    pub facts: ModelFacts,
}

impl Models {
    /// Builds every provider and route of the configuration, or says which key is wrong. Nothing is called yet.
    pub fn new(config: &ModelsConfig, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self, ConfigError> {
        let lasting = Arc::new(Lasting::default());
        let roster = RwLock::new(Arc::new(Roster::new(config, &clock, &ids, &lasting, true)?));
        Ok(Self { roster, lasting, ledger: OnceLock::new(), clock, ids })
    }

    /// Writes every attempt into this ledger from now on, and asks it before any is made. The first one stays.
    pub fn keep_accounts(&self, ledger: Arc<dyn Ledger>) {
        // A second one would divide the accounts.
        let _ = self.ledger.set(ledger);
    }

    pub(crate) fn ledger(&self) -> Option<Arc<dyn Ledger>> {
        self.ledger.get().cloned()
    }

    /// Says where guarded providers may be reached, those that were added at run time (OPS-8). The first rule stays;
    /// without one they are refused.
    pub fn guard_by(&self, rule: Arc<dyn AddressRule>) {
        let _ = self.lasting.rule.set(rule);
    }

    /// Whether [`Models::replace`] would take this configuration, or which key is wrong.
    pub fn check(&self, config: &ModelsConfig) -> Result<(), ConfigError> {
        self.built(config, true).map(drop)
    }

    /// Puts another configuration in force (GTW-3), or says which key is wrong and changes nothing. Calls under way go
    /// on by the old one. What is known of targets that stay where they are is kept, and so are connections.
    pub fn replace(&self, config: &ModelsConfig) -> Result<(), ConfigError> {
        self.put(self.built(config, true)?);
        Ok(())
    }

    /// As [`Models::check`], of what is left of a configuration: the route `default` may be missing, and whoever asks
    /// for it then is told that there is none.
    pub fn check_rest(&self, config: &ModelsConfig) -> Result<(), ConfigError> {
        self.built(config, false).map(drop)
    }

    /// As [`Models::replace`], by what is left of a configuration, as [`Models::check_rest`] takes it.
    pub fn replace_by_rest(&self, config: &ModelsConfig) -> Result<(), ConfigError> {
        self.put(self.built(config, false)?);
        Ok(())
    }

    fn built(&self, config: &ModelsConfig, needs_default: bool) -> Result<Roster, ConfigError> {
        Roster::new(config, &self.clock, &self.ids, &self.lasting, needs_default)
    }

    fn put(&self, roster: Roster) {
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
    }

    /// Asks a route, or a `provider/model` directly. Comes back when the answer has begun; everything before that is
    /// retried and failed over (GTW-11). Dropping the future or the stream cancels the call upstream.
    ///
    /// # Errors
    /// `Unknown` when there is no such route or provider, `SpendRefused` when the caller may not spend what it may
    /// cost, otherwise the last failure.
    pub async fn chat(&self, route: &str, request: ChatRequest) -> Result<RoutedStream, ModelError> {
        let plan = self.plan(route, request.conversation)?;
        let deadline = plan.route.deadline(Instant::now(), request.deadline);
        let mut request = request;
        if let Some(guard) = &plan.route.guard {
            let guarded = guard.chat(route, &request)?;
            if let Some(judged) = guarded.judged {
                self.judge(guard, route, &judged, deadline).await?;
            }
            request = guarded.request.unwrap_or(request);
        }
        let accounts = self.accounts(route, &request);
        run(plan, Call::new(request, accounts, deadline)).await
    }

    /// The targets of one call in the order they are to be asked (GTW-10). `route` is a route or a `provider/model`;
    /// `conversation` any number that stays the same for one conversation.
    pub(crate) fn plan(&self, route: &str, conversation: Option<u64>) -> Result<Plan, ModelError> {
        self.roster().plan(route, conversation, &*self.ids)
    }

    /// What a target costs; `None` when unknown, which is never the same as nothing (GTW-3).
    #[must_use]
    pub fn price(&self, target: &str) -> Option<Price> {
        self.roster().price(target)
    }

    /// The targets of a route in the order written; `None` when no route has the name.
    #[must_use]
    pub fn route_targets(&self, route: &str) -> Option<Vec<String>> {
        self.roster().route_targets(route)
    }

    /// The targets a call may be sent to: those of the route, or the `provider/model` itself; `None` when `route` is
    /// neither.
    #[must_use]
    pub fn resolve(&self, route: &str) -> Option<Vec<String>> {
        self.roster().resolve(route)
    }

    /// How the route's answers are kept for equal requests (GTW-12); `None` when they are not, or there is no such
    /// route.
    #[must_use]
    pub fn cache_of(&self, route: &str) -> Option<CacheConfig> {
        self.roster().route(route)?.cache
    }

    /// When a call of the route that came at `begun` has to be over; `None` where the route sets no limit, or there is
    /// no such route.
    #[must_use]
    pub fn deadline_of(&self, route: &str, begun: Instant) -> Option<Instant> {
        self.roster().route(route)?.deadline(begun, None)
    }

    /// What else an answer of the route depends on beside the names of its targets, as a text that is another for
    /// others: where they are, and what its guardrails are. Empty where there is no such route.
    #[must_use]
    pub fn print_of(&self, route: &str) -> String {
        let roster = self.roster();
        let Some(route) = roster.route(route) else { return String::new() };
        let mut print = route.guard.as_ref().map(Guard::print).unwrap_or_default();
        for leg in &route.legs {
            print.push('\n');
            print.push_str(&leg.provider.base);
        }
        print
    }

    /// Whether only the offline demo model would answer.
    #[must_use]
    pub fn is_offline(&self, route: &str) -> bool {
        self.roster().is_offline(route)
    }

    /// The names of the routes, in order.
    #[must_use]
    pub fn route_names(&self) -> Vec<String> {
        self.roster().routes.iter().map(|route| route.name.clone()).collect()
    }

    /// Every model that a route leads to, and the offline model where its provider is configured, in the order of
    /// the routes.
    #[must_use]
    pub fn list(&self) -> Vec<ModelInfo> {
        self.roster().list()
    }

    /// The embedder that is configured; the local one unless told.
    #[must_use]
    pub fn embedder(&self) -> Arc<dyn Embedder> {
        Arc::clone(&self.roster().embedder)
    }

    /// Every provider that is reached over the network, by name.
    pub(crate) fn remote_providers(&self) -> Vec<(String, Arc<Provider>)> {
        let roster = self.roster();
        let remote = roster.providers.iter().filter(|(_, provider)| provider.kind != ProviderKind::Offline);
        let mut remote: Vec<_> = remote.map(|(name, provider)| (name.clone(), Arc::clone(provider))).collect();
        remote.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        remote
    }

    /// One provider by its configuration, whether it is in force or not.
    pub(crate) fn provider_of(&self, config: &ProviderConfig) -> Result<Provider, ConfigError> {
        Provider::new(config, &self.clock, self.lasting.rule.get())
    }

    fn accounts(&self, route: &str, request: &ChatRequest) -> Option<Accounts> {
        let (ledger, caller) = self.ledger.get().zip(request.caller.as_ref())?;
        Some(Accounts {
            ledger: Arc::clone(ledger),
            caller: Arc::clone(caller),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            route: route.to_owned(),
            input: input_of(request),
            limit: request.max_output_tokens,
        })
    }

    fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Roster {
    fn route_targets(&self, route: &str) -> Option<Vec<String>> {
        self.route(route).map(|route| route.legs.iter().map(|leg| leg.target.clone()).collect())
    }

    fn resolve(&self, route: &str) -> Option<Vec<String>> {
        self.route_targets(route).or_else(|| {
            let (provider, _) = split(route)?;
            self.providers.contains_key(provider).then(|| vec![route.to_owned()])
        })
    }

    fn is_offline(&self, route: &str) -> bool {
        let offline = |target: &String| {
            let provider = split(target).and_then(|(provider, _)| self.providers.get(provider));
            provider.is_some_and(|provider| provider.kind == ProviderKind::Offline)
        };
        self.resolve(route).is_some_and(|targets| targets.iter().all(offline))
    }

    fn list(&self) -> Vec<ModelInfo> {
        let mut ids: Vec<String> = Vec::new();
        let on_routes = self.routes.iter().flat_map(|route| &route.legs).map(|leg| leg.target.clone());
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

    fn info(&self, id: String) -> Option<ModelInfo> {
        let (name, _) = split(&id)?;
        let kind = self.providers.get(name)?.kind;
        let leads_here = |route: &&Arc<Route>| route.legs.iter().any(|leg| leg.target == id);
        let routes = self.routes.iter().filter(leads_here).map(|route| route.name.clone()).collect();
        let (provider, price, facts) = (name.to_owned(), self.price(&id), self.facts(&id));
        Some(ModelInfo { provider, kind, offline: kind == ProviderKind::Offline, routes, price, facts, id })
    }
}
