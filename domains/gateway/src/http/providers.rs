//! Providers over HTTP, for operators (GTW-3).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_audit::Actor;
use quorate_http::openapi::Problems;
use quorate_http::{Access, AuditOrigin, Failure, Input, PathId, Routes, Who};
use quorate_kernel::{Pagination, Principal, Problem};
use quorate_models::{ApiKey, ModelErrorKind, PriceConfig, ProviderKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::given;
use crate::providers::{By, NewProvider, ProviderChange, Providers, SeenProvider, Tested};

pub(super) fn routes() -> Routes<Providers> {
    Routes::new()
        .add(Access::Operator, routes!(list, create))
        .add(Access::Operator, routes!(one, change, remove))
        .add(Access::Operator, routes!(test))
}

pub(super) fn by(principal: &Principal, origin: AuditOrigin) -> By {
    By { actor: Actor::Operator(principal.user_id), origin: origin.0 }
}

/// What a model of a provider costs, in US dollars for a million tokens, as in the configuration.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelPrice {
    /// The model's name at the provider.
    #[schema(example = "llama3:70b")]
    model: String,
    /// Input tokens.
    #[schema(minimum = 0)]
    input: f64,
    /// Output tokens, reasoning included.
    #[schema(minimum = 0)]
    output: f64,
    /// Input tokens read from the provider's cache; as `input` when absent.
    #[serde(default)]
    #[schema(minimum = 0)]
    cached_read: Option<f64>,
    /// Input tokens written to the provider's cache; as `input` when absent.
    #[serde(default)]
    #[schema(minimum = 0)]
    cache_write: Option<f64>,
}

impl std::convert::From<ModelPrice> for PriceConfig {
    fn from(price: ModelPrice) -> Self {
        let ModelPrice { model, input, output, cached_read, cache_write } = price;
        Self { model, input, output, cached_read, cache_write }
    }
}

impl std::convert::From<PriceConfig> for ModelPrice {
    fn from(price: PriceConfig) -> Self {
        let PriceConfig { model, input, output, cached_read, cache_write } = price;
        Self { model, input, output, cached_read, cache_write }
    }
}

/// A provider of models. Its key is never shown.
#[derive(Debug, Serialize, ToSchema)]
struct ModelProviderView {
    /// What targets begin with.
    #[schema(example = "claude")]
    name: String,
    /// What it speaks.
    #[schema(example = "anthropic")]
    kind: &'static str,
    /// `configured` and `built_in` ones are read only; `added` ones are an operator's.
    #[schema(example = "added")]
    source: &'static str,
    /// Where it is reached; null for the offline model.
    base_url: Option<String>,
    /// Whether it has a key.
    has_key: bool,
    /// The end of the key, where it is long enough to show one.
    #[schema(example = "x7Qp")]
    key_last_four: Option<String>,
    /// The environment variable that a configured one has its key from.
    key_variable: Option<String>,
    /// The names of its own headers.
    headers: Vec<String>,
    /// Whether it is used.
    enabled: bool,
    /// The configuration has a provider of this name, which is used instead.
    overruled: bool,
    /// Prices of its models that stand before the shipped ones.
    prices: Vec<ModelPrice>,
    /// The routes that lead to it.
    routes: Vec<String>,
    /// When it was added.
    created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    updated_at: Option<DateTime<Utc>>,
}

impl std::convert::From<SeenProvider> for ModelProviderView {
    fn from(seen: SeenProvider) -> Self {
        let SeenProvider { config, added, source, overruled, routes } = seen;
        let base_url = config.address().ok().flatten().or_else(|| config.base_url.clone());
        let configured_key = config.api_key.as_ref();
        let has_key = configured_key.is_some() || config.api_key_env.is_some();
        let mut view = Self {
            kind: config.kind.name(),
            source: source.name(),
            base_url,
            has_key,
            key_last_four: configured_key.and_then(ApiKey::last_four),
            key_variable: config.api_key_env,
            headers: Vec::new(),
            enabled: true,
            overruled,
            prices: Vec::new(),
            routes,
            created_at: None,
            updated_at: None,
            name: config.name,
        };
        if let Some(added) = added {
            view.has_key = added.sealed_key.is_some();
            view.key_last_four = added.key_last_four;
            view.headers = added.header_names;
            view.enabled = added.enabled;
            view.prices = added.prices.into_iter().map(ModelPrice::from).collect();
            (view.created_at, view.updated_at) = (Some(added.created_at), Some(added.updated_at));
        }
        view
    }
}

/// One provider.
#[derive(Debug, Serialize, ToSchema)]
struct ModelProviderAnswer {
    /// The provider.
    provider: ModelProviderView,
}

/// A kind of provider that can be added.
#[derive(Debug, Serialize, ToSchema)]
struct ModelProviderKind {
    /// Its name.
    #[schema(example = "openai")]
    kind: &'static str,
    /// Where it is found when no address is given; null when one is needed.
    base_url: Option<&'static str>,
    /// Whether it answers nobody without a key.
    needs_key: bool,
}

/// All providers.
#[derive(Debug, Serialize, ToSchema)]
struct ModelProvidersAnswer {
    /// The configured ones first.
    data: Vec<ModelProviderView>,
    /// There is one page.
    pagination: Pagination,
    /// The kinds that can be added.
    kinds: Vec<ModelProviderKind>,
    /// Why what was added last is not in force on the node that answers; the set before it is. Null when all is well.
    error: Option<String>,
}

/// A provider to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewModelProvider {
    /// What targets begin with: letters, digits, `-`, `_` and `.`.
    #[schema(min_length = 1, max_length = 64, example = "claude")]
    name: String,
    /// What it speaks, as in the configuration; not `offline`.
    #[schema(example = "anthropic")]
    kind: String,
    /// Where it is; the kind's own address when absent. `https://`, and a public address, unless `outbound.allow_hosts`
    /// of the configuration names the host.
    base_url: Option<String>,
    /// The key. It is sealed, and never shown again.
    #[schema(value_type = Option<String>)]
    api_key: Option<ApiKey>,
    /// Headers of every call beside those of the format; the values are sealed and never shown again.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    headers: BTreeMap<String, ApiKey>,
    /// Whether it is used; yes unless told.
    enabled: Option<bool>,
    /// Prices of its models that stand before the shipped ones.
    #[serde(default)]
    #[schema(max_items = 500)]
    prices: Vec<ModelPrice>,
}

impl NewModelProvider {
    fn into_new(self) -> Result<NewProvider, Problem> {
        let kind = ProviderKind::parse(&self.kind).ok_or_else(|| Problem::field("kind", "is no kind of provider"))?;
        let terms = ProviderChange {
            base_url: Some(self.base_url),
            api_key: Some(self.api_key),
            headers: Some(self.headers),
            enabled: self.enabled,
            prices: Some(self.prices.into_iter().map(PriceConfig::from).collect()),
        };
        Ok(NewProvider { name: self.name, kind, terms })
    }
}

/// What to change. What is left out stays. Whoever changes the address enters key and headers again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ModelProviderChange {
    /// Where it is; null for the kind's own address.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    base_url: Option<Option<String>>,
    /// The key; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    api_key: Option<Option<ApiKey>>,
    /// All headers of its own.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    headers: Option<BTreeMap<String, ApiKey>>,
    /// Whether it is used.
    enabled: Option<bool>,
    /// All prices of its models.
    #[schema(max_items = 500)]
    prices: Option<Vec<ModelPrice>>,
}

impl std::convert::From<ModelProviderChange> for ProviderChange {
    fn from(body: ModelProviderChange) -> Self {
        let prices = body.prices.map(|prices| prices.into_iter().map(PriceConfig::from).collect());
        let ModelProviderChange { base_url, api_key, headers, enabled, .. } = body;
        Self { base_url, api_key, headers, enabled, prices }
    }
}

/// What came of trying a provider out.
#[derive(Debug, Serialize, ToSchema)]
struct ModelProviderTest {
    /// Whether it answered, and took the key.
    reached: bool,
    /// How long it took, in milliseconds.
    latency_ms: u64,
    /// How many models its list has; null when it has no list or did not answer.
    models: Option<u64>,
    /// Why it did not answer: `rate_limited`, `timeout`, `unavailable`, `cut`, `unauthorized`, `quota_exhausted`,
    /// `bad_request`, `garbled`.
    reason: Option<&'static str>,
    /// What it or the network said, shortened and without the key.
    message: Option<String>,
}

impl std::convert::From<Tested> for ModelProviderTest {
    fn from(tested: Tested) -> Self {
        let latency_ms = u64::try_from(tested.latency.as_millis()).unwrap_or(u64::MAX);
        match tested.result {
            Ok(reached) => {
                let models = reached.models.map(|models| models as u64);
                Self { reached: true, latency_ms, models, reason: None, message: None }
            }
            Err(error) => {
                let (reason, message) = (Some(reason(&error.kind)), Some(error.message));
                Self { reached: false, latency_ms, models: None, reason, message }
            }
        }
    }
}

const fn reason(kind: &ModelErrorKind) -> &'static str {
    match kind {
        ModelErrorKind::RateLimited { .. } => "rate_limited",
        ModelErrorKind::Timeout => "timeout",
        ModelErrorKind::Unavailable => "unavailable",
        ModelErrorKind::Cut => "cut",
        ModelErrorKind::Unauthorized => "unauthorized",
        ModelErrorKind::QuotaExhausted => "quota_exhausted",
        ModelErrorKind::Garbled => "garbled",
        ModelErrorKind::BadRequest | ModelErrorKind::Unknown | ModelErrorKind::SpendRefused(_) => "bad_request",
    }
}

/// List the providers of models
#[utoipa::path(get, path = "/api/v1/admin/providers", operation_id = "list_model_providers", tag = "operators",
    responses((status = 200, description = "All of them.", body = ModelProvidersAnswer), Problems))]
async fn list(State(providers): State<Providers>) -> Result<Json<ModelProvidersAnswer>, Failure> {
    let seen = providers.seen().await?;
    let kinds = ProviderKind::ALL.into_iter().filter(|kind| *kind != ProviderKind::Offline);
    let kinds = kinds.map(|kind| {
        let (name, base_url) = (kind.name(), kind.default_base_url());
        ModelProviderKind { kind: name, base_url, needs_key: kind.needs_key() }
    });
    Ok(Json(ModelProvidersAnswer {
        data: seen.providers.into_iter().map(ModelProviderView::from).collect(),
        pagination: Pagination::default(),
        kinds: kinds.collect(),
        error: seen.error,
    }))
}

/// Read a provider of models
#[utoipa::path(get, path = "/api/v1/admin/providers/{name}", operation_id = "get_model_provider", tag = "operators",
    params(("name" = String, Path, description = "The provider.")),
    responses((status = 200, description = "The provider.", body = ModelProviderAnswer), Problems))]
async fn one(
    State(providers): State<Providers>,
    PathId(name): PathId<String>,
) -> Result<Json<ModelProviderAnswer>, Failure> {
    Ok(Json(ModelProviderAnswer { provider: providers.one(&name).await?.into() }))
}

/// Add a provider of models
///
/// In force on every node within seconds. A name that the configuration has is refused.
#[utoipa::path(post, path = "/api/v1/admin/providers", operation_id = "add_model_provider", tag = "operators",
    request_body = NewModelProvider,
    responses((status = 201, description = "The provider.", body = ModelProviderAnswer), Problems))]
async fn create(
    State(providers): State<Providers>,
    Who(principal): Who,
    origin: AuditOrigin,
    Input(body): Input<NewModelProvider>,
) -> Result<(StatusCode, Json<ModelProviderAnswer>), Failure> {
    let provider = providers.add(by(&principal, origin), body.into_new()?).await?;
    Ok((StatusCode::CREATED, Json(ModelProviderAnswer { provider: provider.into() })))
}

/// Change a provider of models
///
/// Requests under way go on as they began.
#[utoipa::path(patch, path = "/api/v1/admin/providers/{name}", operation_id = "change_model_provider",
    tag = "operators", request_body = ModelProviderChange,
    params(("name" = String, Path, description = "The provider.")),
    responses((status = 200, description = "As it is now.", body = ModelProviderAnswer), Problems))]
async fn change(
    State(providers): State<Providers>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(name): PathId<String>,
    Input(body): Input<ModelProviderChange>,
) -> Result<Json<ModelProviderAnswer>, Failure> {
    let provider = providers.change(by(&principal, origin), &name, body.into()).await?;
    Ok(Json(ModelProviderAnswer { provider: provider.into() }))
}

/// Remove a provider of models
///
/// With its key. Refused while an added route leads to it. Requests under way go on.
#[utoipa::path(delete, path = "/api/v1/admin/providers/{name}", operation_id = "remove_model_provider",
    tag = "operators", params(("name" = String, Path, description = "The provider.")),
    responses((status = 204, description = "It is gone."), Problems))]
async fn remove(
    State(providers): State<Providers>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(name): PathId<String>,
) -> Result<StatusCode, Failure> {
    providers.remove(by(&principal, origin), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try a provider out
///
/// Asks it for its list of models, which costs nothing, and waits for 10 seconds at most.
#[utoipa::path(post, path = "/api/v1/admin/providers/{name}/test", operation_id = "test_model_provider",
    tag = "operators", params(("name" = String, Path, description = "The provider.")),
    responses((status = 200, description = "What came of it.", body = ModelProviderTest), Problems))]
async fn test(
    State(providers): State<Providers>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(name): PathId<String>,
) -> Result<Json<ModelProviderTest>, Failure> {
    Ok(Json(providers.test(by(&principal, origin), &name).await?.into()))
}
