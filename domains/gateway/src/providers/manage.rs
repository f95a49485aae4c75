//! What operators do to providers and routes. Each change is judged as part of the whole set before it is written, so
//! that what is in the database works where the configuration is the same.

use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_audit::{Actor, Entry, Origin};
use quorate_models::{ConfigError, ModelError, ProviderConfig, Reached, RouteConfig};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::added::{Added, AddedProvider, AddedRoute, Source, assemble, leads_to};
use super::draft::{NewProvider, NewRoute, ProviderChange, RouteChange, Sealing, wrong_field};
use super::{Providers, watch};
use crate::GatewayError;
use crate::store::keys::versions;
use crate::store::providers as store;

const REASON: &str = "providers and routes belong to the server";
/// How long a provider has to answer when it is tried out.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which operator does something, and from where.
#[derive(Debug, Clone)]
pub(crate) struct By {
    pub(crate) actor: Actor,
    pub(crate) origin: Origin,
}

/// Everything there is to be seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) providers: Vec<SeenProvider>,
    pub(crate) routes: Vec<SeenRoute>,
    /// Why what was added last is not in force on this node.
    pub(crate) error: Option<String>,
}

/// A provider of the configuration, or an added one.
#[derive(Debug)]
pub(crate) struct SeenProvider {
    /// As configured, with its key; of an added one without.
    pub(crate) config: ProviderConfig,
    pub(crate) added: Option<AddedProvider>,
    pub(crate) source: Source,
    /// The configuration has a provider of this name, so this one is not used.
    pub(crate) overruled: bool,
    /// The routes that lead to it.
    pub(crate) routes: Vec<String>,
}

/// A route of the configuration, or an added one.
#[derive(Debug)]
pub(crate) struct SeenRoute {
    pub(crate) config: RouteConfig,
    pub(crate) times: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(crate) source: Source,
    /// Another route of this name is used instead.
    pub(crate) overruled: bool,
}

/// What came of trying a provider out.
#[derive(Debug)]
pub(crate) struct Tested {
    pub(crate) latency: Duration,
    pub(crate) result: Result<Reached, ModelError>,
}

/// A change, decided and not yet written.
enum Change {
    PutProvider(Box<AddedProvider>),
    RemoveProvider(String),
    PutRoute(Box<AddedRoute>),
    RemoveRoute(String),
}

impl Providers {
    /// Everything, the configured first.
    pub(crate) async fn seen(&self) -> Result<Seen, GatewayError> {
        let deps = &self.inner.deps;
        let mut tx = deps.store.system_read(REASON).await?;
        let added = store::all(&mut tx).await?;
        drop(tx);
        Ok(Seen { error: self.state().error, ..see(&deps.configured, added) })
    }

    pub(crate) async fn one(&self, name: &str) -> Result<SeenProvider, GatewayError> {
        // An added one that is overruled is the later one, and the one that can be removed.
        let mut named = self.seen().await?.providers.into_iter().filter(|seen| seen.config.name == name);
        named.next_back().ok_or(GatewayError::NotFound("provider"))
    }

    pub(crate) async fn one_route(&self, name: &str) -> Result<SeenRoute, GatewayError> {
        let mut named = self.seen().await?.routes.into_iter().filter(|seen| seen.config.name == name);
        named.next_back().ok_or(GatewayError::NotFound("route"))
    }

    pub(crate) async fn add(&self, by: By, new: NewProvider) -> Result<SeenProvider, GatewayError> {
        let name = new.name.clone();
        self.write(by, |added, now| {
            let known = &self.inner.deps.configured.providers;
            if known.iter().any(|known| known.name == name) || added.provider(&name).is_some() {
                return Err(GatewayError::Conflict(format!("There is a provider '{name}' already.")));
            }
            Ok(Change::PutProvider(Box::new(new.into_added(added, now, self.sealing())?)))
        })
        .await?;
        self.one(&name).await
    }

    pub(crate) async fn change(
        &self,
        by: By,
        name: &str,
        change: ProviderChange,
    ) -> Result<SeenProvider, GatewayError> {
        self.write(by, |added, now| {
            let provider = added.provider(name).ok_or_else(|| self.not_added(name))?;
            let changed = change.apply(provider.clone(), now, self.sealing())?;
            if provider.enabled && !changed.enabled {
                unused(added, provider, "switched off")?;
            }
            Ok(Change::PutProvider(Box::new(changed)))
        })
        .await?;
        self.one(name).await
    }

    pub(crate) async fn remove(&self, by: By, name: &str) -> Result<(), GatewayError> {
        self.write(by, |added, _| {
            let provider = added.provider(name).ok_or_else(|| self.not_added(name))?;
            unused(added, provider, "removed")?;
            Ok(Change::RemoveProvider(name.to_owned()))
        })
        .await
    }

    pub(crate) async fn add_route(&self, by: By, new: NewRoute) -> Result<SeenRoute, GatewayError> {
        let name = new.name.clone();
        self.write(by, |added, now| {
            let configured =
                self.configured_route(&name).is_some_and(|known| Source::of_route(known) != Source::BuiltIn);
            if configured || added.route(&name).is_some() {
                return Err(GatewayError::Conflict(format!("There is a route '{name}' already.")));
            }
            Ok(Change::PutRoute(Box::new(new.into_added(added, now)?)))
        })
        .await?;
        self.one_route(&name).await
    }

    pub(crate) async fn change_route(
        &self,
        by: By,
        name: &str,
        change: RouteChange,
    ) -> Result<SeenRoute, GatewayError> {
        self.write(by, |added, now| {
            let route = added.route(name).ok_or_else(|| self.route_not_added(name))?;
            Ok(Change::PutRoute(Box::new(change.apply(route.clone(), now)?)))
        })
        .await?;
        self.one_route(name).await
    }

    pub(crate) async fn remove_route(&self, by: By, name: &str) -> Result<(), GatewayError> {
        self.write(by, |added, _| {
            added.route(name).ok_or_else(|| self.route_not_added(name))?;
            Ok(Change::RemoveRoute(name.to_owned()))
        })
        .await
    }

    /// Asks the provider for its list of models, at the address and with the key it has. Noted, since it is a request to
    /// an address that somebody chose.
    pub(crate) async fn test(&self, by: By, name: &str) -> Result<Tested, GatewayError> {
        let deps = &self.inner.deps;
        let SeenProvider { config, added, .. } = self.one(name).await?;
        let opened = added.map(|added| added.config(&deps.master_key)).transpose();
        let config = opened.map_err(|error| wrong_field("providers", name, &error))?.unwrap_or(config);
        let begun = Instant::now();
        let result = deps.models.try_out(&config, PATIENCE).await;
        let latency = begun.elapsed();
        let mut tx = deps.store.system(REASON).await?;
        let entry = Entry::new("gateway.provider_tested", by.actor).on("provider", name);
        let entry = entry.changing(None, Some(json!({ "reached": result.is_ok() }))).from(by.origin);
        deps.audit.append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(Tested { latency, result })
    }

    fn sealing(&self) -> Sealing<'_> {
        Sealing { master_key: &self.inner.deps.master_key, ids: self.inner.deps.ids.as_ref() }
    }

    fn configured_route(&self, name: &str) -> Option<&RouteConfig> {
        self.inner.deps.configured.routes.iter().find(|known| known.name == name)
    }

    fn not_added(&self, name: &str) -> GatewayError {
        if self.inner.deps.configured.providers.iter().any(|known| known.name == name) {
            return GatewayError::Conflict("It stands in the server's configuration, and is changed there.".to_owned());
        }
        GatewayError::NotFound("provider")
    }

    fn route_not_added(&self, name: &str) -> GatewayError {
        if self.configured_route(name).is_some() {
            return GatewayError::Conflict("It stands in the server's configuration, and is changed there.".to_owned());
        }
        GatewayError::NotFound("route")
    }

    /// Decides on a change, judges it, writes it and its entry in the audit log, and puts it in force.
    async fn write(
        &self,
        by: By,
        decide: impl FnOnce(&Added, DateTime<Utc>) -> Result<Change, GatewayError>,
    ) -> Result<(), GatewayError> {
        let deps = &self.inner.deps;
        let mut tx = deps.store.system(REASON).await?;
        // First, because it is what makes operators wait for each other: what is judged is what will be there.
        versions::bump(&mut tx, versions::MODELS).await?;
        let before = store::all(&mut tx).await?;
        let change = decide(&before, deps.clock.now())?;
        let entry = change.entry(by.actor, &before).from(by.origin);
        let mut after = before.clone();
        change.apply(&mut after);
        self.judge(&before, &after, &change)?;
        match &change {
            Change::PutProvider(provider) => store::put_provider(&mut tx, provider).await?,
            Change::RemoveProvider(name) => store::remove_provider(&mut tx, name).await?,
            Change::PutRoute(route) => store::put_route(&mut tx, route).await?,
            Change::RemoveRoute(name) => store::remove_route(&mut tx, name).await?,
        }
        tx.signal(watch::CHANGED);
        // The last statement before the commit: it holds the head of the log.
        deps.audit.append(&mut tx, entry).await?;
        tx.commit().await?;
        if let Err(error) = self.refresh().await {
            tracing::warn!(%error, "a change of providers and routes is written, and will be in force with the next look");
        }
        Ok(())
    }

    /// Whether everything works after the change. What did not work before may still not do so: otherwise nobody could
    /// put right one thing after the other.
    fn judge(&self, before: &Added, after: &Added, change: &Change) -> Result<(), GatewayError> {
        let works = |added: &Added| -> Result<(), ConfigError> {
            let whole = assemble(&self.inner.deps.configured, added, &self.inner.deps.master_key)?;
            self.inner.deps.models.check(&whole)
        };
        let Err(error) = works(after) else { return Ok(()) };
        match (change, wrong_field(change.what(), change.name(), &error)) {
            (Change::PutProvider(_) | Change::PutRoute(_), wrong @ GatewayError::Fields(_)) => Err(wrong),
            (_, wrong) if works(before).is_ok() => Err(wrong),
            _ => Ok(()),
        }
    }
}

/// Refuses while an added route leads to the provider.
fn unused(added: &Added, provider: &AddedProvider, what: &str) -> Result<(), GatewayError> {
    let routes = added.routes.iter().filter(|route| provider.is_used_by(&route.config));
    let routes: Vec<&str> = routes.map(|route| route.config.name.as_str()).collect();
    if routes.is_empty() {
        return Ok(());
    }
    let routes = routes.join(", ");
    Err(GatewayError::Conflict(format!("It cannot be {what} while routes lead to it: {routes}.")))
}

/// What is to be seen of configuration and additions.
fn see(configured: &quorate_models::ModelsConfig, added: Added) -> Seen {
    let mut routes: Vec<SeenRoute> = configured
        .routes
        .iter()
        .map(|config| {
            let source = Source::of_route(config);
            let overruled = source == Source::BuiltIn && added.route(&config.name).is_some();
            SeenRoute { config: config.clone(), times: None, source, overruled }
        })
        .collect();
    for AddedRoute { config, created_at, updated_at } in added.routes {
        let overruled = routes.iter().any(|known| known.config.name == config.name && !known.overruled);
        routes.push(SeenRoute { config, times: Some((created_at, updated_at)), source: Source::Added, overruled });
    }
    let mut providers: Vec<SeenProvider> = configured
        .providers
        .iter()
        .map(|config| SeenProvider {
            source: Source::of_provider(config),
            config: config.clone(),
            added: None,
            overruled: false,
            routes: Vec::new(),
        })
        .collect();
    for provider in added.providers {
        let overruled = configured.providers.iter().any(|known| known.name == provider.name);
        let (config, source) = (provider.bare(), Source::Added);
        providers.push(SeenProvider { config, added: Some(provider), source, overruled, routes: Vec::new() });
    }
    for provider in providers.iter_mut().filter(|provider| !provider.overruled) {
        let leading =
            routes.iter().filter(|route| !route.overruled && leads_to(&route.config.targets, &provider.config.name));
        provider.routes = leading.map(|route| route.config.name.clone()).collect();
    }
    Seen { providers, routes, error: None }
}

impl Added {
    fn provider(&self, name: &str) -> Option<&AddedProvider> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    fn route(&self, name: &str) -> Option<&AddedRoute> {
        self.routes.iter().find(|route| route.config.name == name)
    }
}

impl Change {
    const fn what(&self) -> &'static str {
        match self {
            Self::PutProvider(_) | Self::RemoveProvider(_) => "providers",
            Self::PutRoute(_) | Self::RemoveRoute(_) => "routes",
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::PutProvider(provider) => &provider.name,
            Self::PutRoute(route) => &route.config.name,
            Self::RemoveProvider(name) | Self::RemoveRoute(name) => name,
        }
    }

    fn apply(&self, added: &mut Added) {
        let name = self.name();
        match self {
            Self::PutProvider(provider) => {
                added.providers.retain(|known| known.name != name);
                added.providers.push(provider.as_ref().clone());
            }
            Self::RemoveProvider(_) => added.providers.retain(|known| known.name != name),
            Self::PutRoute(route) => {
                added.routes.retain(|known| known.config.name != name);
                added.routes.push((**route).clone());
            }
            Self::RemoveRoute(_) => added.routes.retain(|known| known.config.name != name),
        }
    }

    /// What the audit log keeps of it. Never a secret.
    fn entry(&self, actor: Actor, before: &Added) -> Entry {
        let name = self.name();
        let (old_provider, old_route) = (before.provider(name).map(told), before.route(name).map(told_route));
        let (action, kind, old, new) = match self {
            Self::PutProvider(provider) => {
                let action = if old_provider.is_some() { "gateway.provider_changed" } else { "gateway.provider_added" };
                (action, "provider", old_provider, Some(told(provider)))
            }
            Self::RemoveProvider(_) => ("gateway.provider_removed", "provider", old_provider, None),
            Self::PutRoute(route) => {
                let action = if old_route.is_some() { "gateway.route_changed" } else { "gateway.route_added" };
                (action, "route", old_route, Some(told_route(route)))
            }
            Self::RemoveRoute(_) => ("gateway.route_removed", "route", old_route, None),
        };
        Entry::new(action, actor).on(kind, name).changing(old, new)
    }
}

fn told(provider: &AddedProvider) -> Value {
    json!({
        "kind": provider.kind,
        "base_url": provider.base_url,
        "key_last_four": provider.key_last_four,
        "has_key": provider.sealed_key.is_some(),
        "headers": provider.header_names,
        "enabled": provider.enabled,
        "prices": provider.prices,
    })
}

fn told_route(route: &AddedRoute) -> Value {
    json!(route.config)
}
