use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use quorate_kernel::Clock;

use crate::ChatModel;
use crate::config::{ConfigError, ProviderConfig, ProviderKind};
use crate::guard::{self, AddressRule};
use crate::key::ApiKey;
use crate::offline::Offline;
use crate::upstream::{Clients, Reach, Upstream};

/// One configured provider and its adapters.
pub(crate) struct Provider {
    pub(crate) kind: ProviderKind,
    /// The checked base URL; empty for the offline model.
    pub(crate) base: String,
    name: String,
    key: Option<ApiKey>,
    /// Headers of every call beside those of the format.
    headers: Arc<HeaderMap>,
    /// By which addresses it may be reached; `None` for any.
    rule: Option<Arc<dyn AddressRule>>,
    clock: Arc<dyn Clock>,
    offline: Option<Arc<dyn ChatModel>>,
    /// By connect time-out, since that belongs to a client and its connections.
    adapters: HashMap<Duration, (Upstream, Arc<dyn ChatModel>)>,
}

impl Provider {
    /// Checks the configuration of one provider.
    pub(crate) fn new(
        config: &ProviderConfig,
        clock: &Arc<dyn Clock>,
        rule: Option<&Arc<dyn AddressRule>>,
    ) -> Result<Self, ConfigError> {
        let name = config.name.as_str();
        let key = |field: &str| format!("models.providers.{name}.{field}");
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(ConfigError::new("models.providers.name", format!("`{name}` must be letters, digits, - _ .")));
        }
        if config.offline.is_some() && config.kind != ProviderKind::Offline {
            return Err(ConfigError::new(key("offline"), "is only for kind = \"offline\""));
        }
        let mut provider = Self {
            kind: config.kind,
            base: String::new(),
            name: name.to_owned(),
            key: None,
            headers: Arc::default(),
            rule: None,
            clock: Arc::clone(clock),
            offline: None,
            adapters: HashMap::new(),
        };
        if config.kind == ProviderKind::Offline {
            if config.base_url.is_some() || config.api_key.is_some() || config.api_key_env.is_some() {
                return Err(ConfigError::new(key("kind"), "the offline model has no address and no key"));
            }
            provider.offline = Some(Arc::new(Offline::new(config.offline.clone().unwrap_or_default())));
            return Ok(provider);
        }
        provider.base = config.address()?.unwrap_or_default();
        provider.key = api_key(config)?;
        provider.headers = Arc::new(guard::headers(name, &config.headers)?);
        if config.guarded {
            let rule =
                rule.ok_or_else(|| ConfigError::new(key("base_url"), "may not be reached: no rule says where"))?;
            rule.url(&provider.base).map_err(|why| ConfigError::new(key("base_url"), why))?;
            provider.rule = Some(Arc::clone(rule));
        }
        Ok(provider)
    }

    /// Makes the adapter for a connect time-out, if there is none yet.
    pub(crate) fn prepare(&mut self, connect: Duration, clients: &mut Clients) -> Result<(), ConfigError> {
        if self.offline.is_none() && !self.adapters.contains_key(&connect) {
            let upstream = self.upstream(clients.get(connect, self.rule())?);
            let adapter = (self.kind.facts().chat)(upstream.clone());
            self.adapters.insert(connect, (upstream, adapter));
        }
        Ok(())
    }

    /// The adapter that was prepared for a connect time-out, with the server it asks unless it is the offline model.
    pub(crate) fn adapter(&self, connect: Duration) -> Option<(Option<Upstream>, Arc<dyn ChatModel>)> {
        if let Some(offline) = &self.offline {
            return Some((None, Arc::clone(offline)));
        }
        self.adapters.get(&connect).map(|(upstream, adapter)| (Some(upstream.clone()), Arc::clone(adapter)))
    }

    /// The provider's server, reached so.
    pub(crate) fn upstream(&self, reach: Reach) -> Upstream {
        let Reach { client, transport } = reach;
        Upstream {
            client,
            transport,
            provider: self.name.clone(),
            base: self.base.clone(),
            key: self.key.clone(),
            headers: Arc::clone(&self.headers),
            clock: Arc::clone(&self.clock),
        }
    }

    /// By which addresses it may be reached.
    pub(crate) const fn rule(&self) -> Option<&Arc<dyn AddressRule>> {
        self.rule.as_ref()
    }
}

/// The provider's key, from the configuration or the environment.
fn api_key(config: &ProviderConfig) -> Result<Option<ApiKey>, ConfigError> {
    let key = |field: &str| format!("models.providers.{}.{field}", config.name);
    let found = match (&config.api_key, &config.api_key_env) {
        (Some(_), Some(_)) => {
            return Err(ConfigError::new(key("api_key_env"), "give api_key or api_key_env, not both"));
        }
        (Some(api_key), None) => Some(api_key.clone()),
        (None, Some(variable)) => {
            let value = std::env::var(variable).ok().map(ApiKey::new).filter(|value| !value.is_empty());
            let message = || format!("the environment variable {variable} is not set");
            Some(value.ok_or_else(|| ConfigError::new(key("api_key_env"), message()))?)
        }
        (None, None) => None,
    };
    let found = found.filter(|value| !value.is_empty());
    if found.is_none() && config.kind.facts().needs_key {
        let message = format!("kind = \"{}\" needs a key: set api_key or api_key_env", config.kind.name());
        return Err(ConfigError::new(key("api_key"), message));
    }
    Ok(found)
}
