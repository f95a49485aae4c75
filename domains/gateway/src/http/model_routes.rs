//! Routes to models over HTTP, for operators (GTW-10).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Access, AuditOrigin, Failure, Input, PathId, Routes, Who};
use quorate_kernel::{Pagination, Problem};
use quorate_models::{CacheConfig, GuardConfig, RouteTimeoutConfig, Strategy, TargetConfig};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::given;
use super::model_route_terms::{ModelRouteCache, ModelRouteGuard, ModelRouteTarget, ModelRouteTimeouts};
use super::providers::by;
use crate::providers::{NewRoute, Providers, RouteChange, SeenRoute};

pub(super) fn routes() -> Routes<Providers> {
    Routes::new().add(Access::Operator, routes!(list, create)).add(Access::Operator, routes!(one, change, remove))
}

/// A public name over one or more targets.
#[derive(Debug, Serialize, ToSchema)]
struct ModelRouteView {
    /// The name.
    #[schema(example = "fast")]
    name: String,
    /// `configured` and `built_in` ones are read only; `added` ones are an operator's.
    #[schema(example = "added")]
    source: &'static str,
    /// Another route of this name is used instead: a configured one, or an added `default` instead of the built-in one.
    overruled: bool,
    /// `priority`, `weighted`, `least-latency`, `least-cost` or `sticky`.
    #[schema(example = "priority")]
    strategy: &'static str,
    /// In order of preference.
    targets: Vec<ModelRouteTarget>,
    /// Whether a conversation stays with its target, whatever the strategy.
    sticky: bool,
    /// Seconds without a first piece after which a second target is asked beside the first; null for never.
    hedge_after: Option<f64>,
    /// Whether an answer that breaks off in the middle is begun again.
    restart: bool,
    /// Seconds for a call from its beginning to its end, every attempt included; null for as long as the attempts take.
    deadline: Option<f64>,
    /// How its answers are kept for equal requests; null where only a request asks for it.
    cache: Option<ModelRouteCache>,
    /// What it hides from its providers, and what it does not let through.
    guard: ModelRouteGuard,
    /// Its own time limits.
    timeouts: ModelRouteTimeouts,
    /// When it was added.
    created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    updated_at: Option<DateTime<Utc>>,
}

impl std::convert::From<SeenRoute> for ModelRouteView {
    fn from(seen: SeenRoute) -> Self {
        let SeenRoute { config, times, source, overruled } = seen;
        let RouteTimeoutConfig { connect, first_token, idle, total } = config.timeouts;
        let target = |TargetConfig { target, weight }| ModelRouteTarget { target, weight };
        Self {
            name: config.name,
            source: source.name(),
            overruled,
            strategy: config.strategy.name(),
            targets: config.targets.into_iter().map(target).collect(),
            sticky: config.sticky,
            hedge_after: config.hedge_after,
            restart: config.restart,
            deadline: config.deadline,
            cache: config.cache.map(ModelRouteCache::from),
            guard: config.guard.into(),
            timeouts: ModelRouteTimeouts { connect, first_token, idle, total },
            created_at: times.map(|(created, _)| created),
            updated_at: times.map(|(_, updated)| updated),
        }
    }
}

/// One route.
#[derive(Debug, Serialize, ToSchema)]
struct ModelRouteAnswer {
    /// The route.
    route: ModelRouteView,
}

/// All routes.
#[derive(Debug, Serialize, ToSchema)]
struct ModelRoutesAnswer {
    /// The configured ones first.
    data: Vec<ModelRouteView>,
    /// There is one page.
    pagination: Pagination,
    /// Why what was added last is not in force on the node that answers; the set before it is. Null when all is well.
    error: Option<String>,
}

/// A route to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewModelRoute {
    /// The name, by which it is asked: letters, digits, `-`, `_` and `.`.
    #[schema(min_length = 1, max_length = 64, example = "fast")]
    name: String,
    /// `priority` unless told; see the view.
    #[schema(example = "priority")]
    strategy: Option<String>,
    /// In order of preference.
    #[schema(min_items = 1, max_items = 50)]
    targets: Vec<ModelRouteTarget>,
    /// Whether a conversation stays with its target, whatever the strategy.
    #[serde(default)]
    sticky: bool,
    /// Seconds without a first piece after which a second target is asked beside the first.
    hedge_after: Option<f64>,
    /// Whether an answer that breaks off in the middle is begun again.
    #[serde(default)]
    restart: bool,
    /// Seconds for a call from its beginning to its end, every attempt included.
    deadline: Option<f64>,
    /// How its answers are kept for equal requests.
    cache: Option<ModelRouteCache>,
    /// What it hides from its providers, and what it does not let through.
    guard: Option<ModelRouteGuard>,
    /// Its own time limits.
    timeouts: Option<ModelRouteTimeouts>,
}

/// What to change. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ModelRouteChange {
    /// How a target is chosen.
    strategy: Option<String>,
    /// All targets in order of preference.
    #[schema(min_items = 1, max_items = 50)]
    targets: Option<Vec<ModelRouteTarget>>,
    /// Whether a conversation stays with its target, whatever the strategy.
    sticky: Option<bool>,
    /// Seconds without a first piece after which a second target is asked beside the first; null for never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>)]
    hedge_after: Option<Option<f64>>,
    /// Whether an answer that breaks off in the middle is begun again.
    restart: Option<bool>,
    /// Seconds for a call from its beginning to its end, every attempt included; null for as long as the attempts take.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>)]
    deadline: Option<Option<f64>>,
    /// How its answers are kept for equal requests; null for not at all unless a request asks for it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ModelRouteCache>)]
    cache: Option<Option<ModelRouteCache>>,
    /// All of what it hides from its providers, and does not let through.
    guard: Option<ModelRouteGuard>,
    /// All of its own time limits.
    timeouts: Option<ModelRouteTimeouts>,
}

impl NewModelRoute {
    fn into_new(self) -> Result<NewRoute, Problem> {
        let Self { name, strategy, targets, sticky, hedge_after, restart, deadline, cache, guard, timeouts } = self;
        let terms = ModelRouteChange {
            strategy,
            targets: Some(targets),
            sticky: Some(sticky),
            hedge_after: Some(hedge_after),
            restart: Some(restart),
            deadline: Some(deadline),
            cache: Some(cache),
            guard,
            timeouts,
        };
        Ok(NewRoute { name, terms: terms.into_change()? })
    }
}

impl ModelRouteChange {
    fn into_change(self) -> Result<RouteChange, Problem> {
        let known = |name: &str| Strategy::parse(name).ok_or_else(|| Problem::field("strategy", "is no strategy"));
        let target = |ModelRouteTarget { target, weight }| TargetConfig { target, weight };
        Ok(RouteChange {
            strategy: self.strategy.as_deref().map(known).transpose()?,
            targets: self.targets.map(|targets| targets.into_iter().map(target).collect()),
            sticky: self.sticky,
            hedge_after: self.hedge_after,
            restart: self.restart,
            deadline: self.deadline,
            cache: self.cache.map(|cache| cache.map(CacheConfig::from)),
            guard: self.guard.map(GuardConfig::try_from).transpose()?,
            timeouts: self.timeouts.map(RouteTimeoutConfig::from),
        })
    }
}

/// List the routes to models
#[utoipa::path(get, path = "/api/v1/admin/routes", operation_id = "list_model_routes", tag = "operators",
    responses((status = 200, description = "All of them.", body = ModelRoutesAnswer), Problems))]
async fn list(State(providers): State<Providers>) -> Result<Json<ModelRoutesAnswer>, Failure> {
    let seen = providers.seen().await?;
    let data = seen.routes.into_iter().map(ModelRouteView::from).collect();
    Ok(Json(ModelRoutesAnswer { data, pagination: Pagination::default(), error: seen.error }))
}

/// Read a route to models
#[utoipa::path(get, path = "/api/v1/admin/routes/{name}", operation_id = "get_model_route", tag = "operators",
    params(("name" = String, Path, description = "The route.")),
    responses((status = 200, description = "The route.", body = ModelRouteAnswer), Problems))]
async fn one(
    State(providers): State<Providers>,
    PathId(name): PathId<String>,
) -> Result<Json<ModelRouteAnswer>, Failure> {
    Ok(Json(ModelRouteAnswer { route: providers.one_route(&name).await?.into() }))
}

/// Add a route to models
///
/// In force on every node within seconds. A name that the configuration has is refused, except the built-in `default` of
/// a server without configuration, whose place it takes.
#[utoipa::path(post, path = "/api/v1/admin/routes", operation_id = "add_model_route", tag = "operators",
    request_body = NewModelRoute,
    responses((status = 201, description = "The route.", body = ModelRouteAnswer), Problems))]
async fn create(
    State(providers): State<Providers>,
    Who(principal): Who,
    origin: AuditOrigin,
    Input(body): Input<NewModelRoute>,
) -> Result<(StatusCode, Json<ModelRouteAnswer>), Failure> {
    let route = providers.add_route(by(&principal, origin), body.into_new()?).await?;
    Ok((StatusCode::CREATED, Json(ModelRouteAnswer { route: route.into() })))
}

/// Change a route to models
///
/// Requests under way go on as they began.
#[utoipa::path(patch, path = "/api/v1/admin/routes/{name}", operation_id = "change_model_route", tag = "operators",
    request_body = ModelRouteChange, params(("name" = String, Path, description = "The route.")),
    responses((status = 200, description = "As it is now.", body = ModelRouteAnswer), Problems))]
async fn change(
    State(providers): State<Providers>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(name): PathId<String>,
    Input(body): Input<ModelRouteChange>,
) -> Result<Json<ModelRouteAnswer>, Failure> {
    let route = providers.change_route(by(&principal, origin), &name, body.into_change()?).await?;
    Ok(Json(ModelRouteAnswer { route: route.into() }))
}

/// Remove a route to models
///
/// Requests under way go on. Without an added `default` the built-in one is there again.
#[utoipa::path(delete, path = "/api/v1/admin/routes/{name}", operation_id = "remove_model_route", tag = "operators",
    params(("name" = String, Path, description = "The route.")),
    responses((status = 204, description = "It is gone."), Problems))]
async fn remove(
    State(providers): State<Providers>,
    Who(principal): Who,
    origin: AuditOrigin,
    PathId(name): PathId<String>,
) -> Result<StatusCode, Failure> {
    providers.remove_route(by(&principal, origin), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
