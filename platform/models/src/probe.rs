use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

use crate::anthropic::Anthropic;
use crate::config::{ConfigError, ProviderConfig, ProviderKind};
use crate::models::Models;
use crate::providers::Provider;
use crate::upstream::{Clients, read_limited};
use crate::{ModelError, ModelErrorKind, gemini, openai, refusal};

/// The longest list of models that is read: OpenRouter's is the longest, of about a megabyte.
const MAX_LIST: usize = 8 * 1024 * 1024;
/// The longest refusal that is read.
const MAX_REFUSAL: usize = 64 * 1024;

/// What a provider said when it was asked for its list of models: whether it can be reached, and takes the key.
#[derive(Debug)]
pub struct Probe {
    /// The provider's name in configuration.
    pub provider: String,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Its base URL.
    pub base_url: String,
    /// What came of it.
    pub result: Result<Reached, ModelError>,
}

/// A provider that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Whether it has a list of models at all; many a local server has none.
    pub lists_models: bool,
    /// How many are in its list, or in the first page of it.
    pub models: Option<usize>,
    /// Its time of day, to the second, when it says so.
    pub date: Option<DateTime<Utc>>,
}

impl Models {
    /// Asks every provider but the offline model for its list of models, at most `limit` each. Costs nothing.
    pub async fn probe(&self, limit: Duration) -> Vec<Probe> {
        let providers = self.remote_providers();
        let probes = providers.into_iter().map(|(name, provider)| async move {
            let target = name.clone();
            let result = ask_within(&provider, &target, limit).await;
            Probe { provider: name, kind: provider.kind, base_url: provider.base.clone(), result }
        });
        futures::future::join_all(probes).await
    }

    /// Asks one provider, which need not be in force, for its list of models. Costs nothing. The offline model is
    /// always reached.
    ///
    /// # Errors
    /// What came of it, or that its configuration cannot be used.
    pub async fn try_out(&self, config: &ProviderConfig, limit: Duration) -> Result<Reached, ModelError> {
        let unusable = |error: ConfigError| ModelError::new(ModelErrorKind::BadRequest, &config.name, error.message);
        let provider = self.provider_of(config).map_err(unusable)?;
        if provider.kind == ProviderKind::Offline {
            return Ok(Reached { lists_models: true, models: Some(1), date: None });
        }
        ask_within(&provider, &config.name, limit).await
    }
}

async fn ask_within(provider: &Provider, target: &str, limit: Duration) -> Result<Reached, ModelError> {
    let asked = tokio::time::timeout(limit, ask(provider, target, limit)).await;
    asked.unwrap_or_else(|_| {
        Err(ModelError::new(ModelErrorKind::Timeout, target, format!("no answer within {limit:?}")))
    })
}

async fn ask(provider: &Provider, target: &str, limit: Duration) -> Result<Reached, ModelError> {
    let client = Clients::default()
        .get(limit, provider.rule())
        .map_err(|error| ModelError::new(ModelErrorKind::Unavailable, target, error.to_string()))?;
    let upstream = provider.upstream(client);
    let mut headers = match provider.kind {
        ProviderKind::Anthropic => Anthropic::new(upstream.clone()).headers(target, None)?,
        ProviderKind::Gemini => gemini::headers(&upstream, target)?,
        _ => openai::headers(&upstream, target, None)?,
    };
    upstream.add_headers(&mut headers);
    let request = upstream.client.get(format!("{}/models", upstream.base)).headers(headers).timeout(limit);
    let response = request.send().await.map_err(|error| upstream.unreachable(target, error))?;
    let date = date(response.headers());
    match response.status().as_u16() {
        200..=299 => {
            let models = count(&read_limited(response, MAX_LIST).await);
            Ok(Reached { lists_models: true, models, date })
        }
        404 | 405 | 501 => Ok(Reached { lists_models: false, models: None, date }),
        status => {
            let headers = response.headers().clone();
            let body = read_limited(response, MAX_REFUSAL).await;
            let (kind, message) = refusal::classify(status, &headers, &body, upstream.clock.now());
            Err(upstream.error(kind, target, &message))
        }
    }
}

/// How many models a list has: `data` in nearly every format, `models` in Gemini's.
fn count(list: &str) -> Option<usize> {
    let list: Value = serde_json::from_str(list).ok()?;
    ["data", "models"].iter().find_map(|field| list.get(field)?.as_array()).map(Vec::len)
}

fn date(headers: &HeaderMap<HeaderValue>) -> Option<DateTime<Utc>> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}
