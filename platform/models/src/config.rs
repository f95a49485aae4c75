mod breaker;
mod catalogue;
mod guard;
mod routes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::breaker::BreakerConfig;
pub use self::catalogue::CatalogueConfig;
pub use self::guard::{GuardConfig, Personal};
pub use self::routes::{CacheConfig, RouteConfig, Strategy, TargetConfig};
use crate::key::ApiKey;
use crate::offline::OfflineConfig;
use crate::upstream::base_url;

/// Everything under `[models]`: who can be asked, under which names, how patiently and at what price.
///
/// Without any configuration there is one provider, the offline demo model, and the route `default` leads to it
/// (GTW-2). As soon as a provider is configured, routes are too: the offline model never takes a place by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// `[[models.providers]]`: the servers that can be asked.
    pub providers: Vec<ProviderConfig>,
    /// `[[models.routes]]`: public names over `provider/model` targets. The board uses `default`.
    pub routes: Vec<RouteConfig>,
    /// `[[models.prices]]`: prices that stand before the shipped list.
    pub prices: Vec<PriceConfig>,
    /// `[[models.catalogue]]`: what models are, before the shipped list.
    pub catalogue: Vec<CatalogueConfig>,
    /// The embedder: `local` (the default, no network) or `provider/model` of a provider that has embeddings.
    pub embeddings: Option<String>,
    /// How often and how patiently a failed call is tried again.
    pub retries: RetryConfig,
    /// When a target that fails is left alone.
    pub breaker: BreakerConfig,
    /// Time limits of one attempt; a route may set its own.
    pub timeouts: TimeoutConfig,
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self {
            providers: vec![ProviderConfig::new(OFFLINE_PROVIDER, ProviderKind::Offline)],
            routes: vec![RouteConfig::new(DEFAULT_ROUTE, [OFFLINE_TARGET])],
            prices: Vec::new(),
            catalogue: Vec::new(),
            embeddings: None,
            retries: RetryConfig::default(),
            breaker: BreakerConfig::default(),
            timeouts: TimeoutConfig::default(),
        }
    }
}

/// The route that is used when nobody names one.
pub(crate) const DEFAULT_ROUTE: &str = "default";
/// The provider of an unconfigured server.
const OFFLINE_PROVIDER: &str = "offline";
/// Its only model.
pub(crate) const OFFLINE_TARGET: &str = "offline/demo";

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// The built-in demo model: no network, no key.
    Offline,
    /// OpenAI's chat completions.
    #[serde(rename = "openai")]
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Google Gemini's own format.
    Gemini,
    /// xAI: OpenAI's format at api.x.ai.
    #[serde(rename = "xai")]
    XAi,
    /// OpenRouter: OpenAI's format at openrouter.ai.
    #[serde(rename = "openrouter")]
    OpenRouter,
    /// Mistral: OpenAI's format at api.mistral.ai, with names of its own.
    Mistral,
    /// DeepSeek: OpenAI's format at api.deepseek.com.
    #[serde(rename = "deepseek")]
    DeepSeek,
    /// Groq: OpenAI's format at api.groq.com.
    Groq,
    /// Voyage: embeddings only.
    Voyage,
    /// Any server that speaks OpenAI's format, by its base URL.
    #[serde(rename = "openai-compatible")]
    OpenAiCompatible,
}

/// One server that can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// The name that targets begin with: `name/model`. Letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Where it is, up to and including `/v1`; a bare `http://host:port` gets the `/v1` by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The key. Prefer `api_key_env` in files that others can read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<ApiKey>,
    /// The environment variable that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// How the offline model behaves; only for `kind = "offline"`. Read, but not written back.
    #[serde(default, skip_serializing)]
    pub offline: Option<OfflineConfig>,
    /// Headers of every call beside those of the format. Not for files: operators give them at run time.
    #[serde(skip)]
    pub headers: BTreeMap<String, ApiKey>,
    /// Whether it may only be reached at addresses that the [`AddressRule`](crate::AddressRule) lets through, as
    /// whatever is added at run time.
    #[serde(skip)]
    pub guarded: bool,
}

impl ProviderConfig {
    /// A provider with everything at its default.
    pub fn new(name: impl Into<String>, kind: ProviderKind) -> Self {
        Self {
            name: name.into(),
            kind,
            base_url: None,
            api_key: None,
            api_key_env: None,
            offline: None,
            headers: BTreeMap::new(),
            guarded: false,
        }
    }

    /// The same, at `base_url`.
    #[must_use]
    pub fn at(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Where it is reached: the given address in the form that paths are appended to, or the kind's own. `None` for
    /// the offline model.
    ///
    /// # Errors
    /// When the given one is no address, or one is needed.
    pub fn address(&self) -> Result<Option<String>, ConfigError> {
        if self.kind == ProviderKind::Offline {
            return Ok(None);
        }
        let given = self.base_url.as_deref().or(self.kind.facts().base_url);
        let given = given.ok_or_else(|| {
            let key = format!("models.providers.{}.base_url", self.name);
            ConfigError::new(key, format!("is needed for kind = \"{}\"", self.kind.name()))
        })?;
        base_url(&self.name, given).map(Some)
    }

    /// The same, with a key.
    #[must_use]
    pub fn with_key(mut self, key: impl AsRef<str>) -> Self {
        self.api_key = Some(ApiKey::new(key));
        self
    }
}

/// Time limits of one attempt at one target, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutConfig {
    /// To a connection, name look-up and TLS included. 10 unless told.
    pub connect: f64,
    /// From the start of the attempt to the first piece of thinking or text. 60 unless told.
    pub first_token: f64,
    /// Between two pieces. 30 unless told.
    pub idle: f64,
    /// From the start of the attempt to its end. 300 unless told.
    pub total: f64,
}

impl Default for TimeoutConfig {
    fn default() -> Self {
        Self { connect: 10.0, first_token: 60.0, idle: 30.0, total: 300.0 }
    }
}

/// A route's own time limits in seconds; what is absent is taken from `[models.timeouts]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteTimeoutConfig {
    /// See [`TimeoutConfig::connect`].
    pub connect: Option<f64>,
    /// See [`TimeoutConfig::first_token`].
    pub first_token: Option<f64>,
    /// See [`TimeoutConfig::idle`].
    pub idle: Option<f64>,
    /// See [`TimeoutConfig::total`].
    pub total: Option<f64>,
}

/// How a failed call is tried again (GTW-11). Times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryConfig {
    /// Attempts at one target before the next is tried, the first included. 3 unless told.
    pub attempts: u32,
    /// The longest first wait; it doubles with each attempt, and the wait is a random part of it. 0.5 unless told.
    pub base: f64,
    /// The longest wait of our own choosing. 20 unless told.
    pub cap: f64,
    /// The longest wait a provider may ask for with `Retry-After`; when it asks for more, the next target is tried
    /// at once. 60 unless told.
    pub max_wait: f64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self { attempts: 3, base: 0.5, cap: 20.0, max_wait: 60.0 }
    }
}

/// The price of one target in US dollars for a million tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceConfig {
    /// The target, `provider/model`.
    pub model: String,
    /// Input tokens.
    pub input: f64,
    /// Output tokens, reasoning included.
    pub output: f64,
    /// Input tokens read from the provider's cache; as `input` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_read: Option<f64>,
    /// Input tokens written to the provider's cache; as `input` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
}

/// What is wrong in the configuration of models, by its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct ConfigError {
    /// The key at fault, as written in the file: `models.providers.mine.base_url`.
    pub key: String,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl ConfigError {
    pub(crate) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_its_defaults() {
        let config: ModelsConfig = toml::from_str(
            r#"
            [[providers]]
            name = "mine"
            kind = "openai-compatible"
            base_url = "http://127.0.0.1:11434/v1"
            [[providers]]
            name = "claude"
            kind = "anthropic"
            api_key = "sk-ant-1"
            [[routes]]
            name = "default"
            targets = ["mine/llama3", "claude/claude-sonnet-5"]
            timeouts = { first_token = 90 }
            "#,
        )
        .unwrap();
        assert_eq!(config.providers.len(), 2);
        assert_eq!(config.providers[0].kind, ProviderKind::OpenAiCompatible);
        assert_eq!(config.routes[0].strategy, Strategy::Priority);
        assert_eq!(config.routes[0].timeouts.first_token, Some(90.0));
        assert_eq!(config.timeouts, TimeoutConfig::default());
        assert!(!format!("{config:?}").contains("sk-ant-1"));
        assert!(!serde_json::to_string(&config).unwrap().contains("sk-ant-1"));
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error = toml::from_str::<ModelsConfig>("[[routes]]\nname = 'default'\ntarget = ['a/b']").unwrap_err();
        assert!(error.to_string().contains("target"), "{error}");
        assert!(toml::from_str::<ModelsConfig>("[[providers]]\nname = 'x'\nkind = 'openia'").is_err());
    }
}
