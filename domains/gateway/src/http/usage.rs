use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, QueryInput, Who};
use quorate_kernel::{Meter, Page, PageRequest, Pagination, Permission, Principal, Problem, UserId, from_millis};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::CostLedger;
use crate::store::usage::{self as store, After, Attempt, By, Filter};
use crate::usage::{Grain, Span};

/// A time.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct During {
    /// From when; thirty days before `to` unless told.
    from: Option<DateTime<Utc>>,
    /// Until just before; now unless told.
    to: Option<DateTime<Utc>>,
}

impl During {
    pub(super) fn span(&self, ledger: &CostLedger) -> Result<Span, Problem> {
        Span::of(self.from, self.to, ledger.now())
    }
}

/// Which requests are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RequestQuery {
    /// From when; thirty days before `to` unless told.
    from: Option<DateTime<Utc>>,
    /// Until just before; now unless told.
    to: Option<DateTime<Utc>>,
    /// Made with this API key.
    key: Option<String>,
    /// Answered, or not, by this model, as `provider/model`.
    model: Option<String>,
    /// Asked for by this name.
    route: Option<String>,
    /// Ended like this: `answered`, `cached`, `cancelled`, `failed`, or one of the failures: `cut`, `timeout` …
    status: Option<String>,
    /// Made for this: `api`, `board`, `chat`, `solve`, `task`.
    purpose: Option<String>,
    /// How many at most, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl RequestQuery {
    pub(super) fn span(&self, ledger: &CostLedger) -> Result<Span, Problem> {
        Span::of(self.from, self.to, ledger.now())
    }

    pub(super) fn filter(&self) -> Filter {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Filter {
            key: text(&self.key),
            model: text(&self.model),
            route: text(&self.route),
            status: text(&self.status),
            purpose: text(&self.purpose),
        }
    }
}

/// What the principal may see: everybody's usage with its cost, or their own without.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) user: Option<UserId>,
    pub(super) cost: bool,
}

impl View {
    pub(super) fn of(principal: &Principal) -> Self {
        if principal.allows(Permission::CostRead) {
            Self { user: None, cost: true }
        } else {
            Self { user: Some(principal.user_id), cost: false }
        }
    }
}

/// What requests add up to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageFigures {
    /// Calls.
    requests: i64,
    /// Attempts: a call that was tried again, or elsewhere, has several.
    attempts: i64,
    /// Attempts that failed.
    errors: i64,
    /// Answers from the server's own cache.
    cache_hits: i64,
    /// Input tokens, cached ones included.
    tokens_in: i64,
    /// Output tokens, reasoning included.
    tokens_out: i64,
    /// Input tokens read from a provider's cache.
    tokens_cached: i64,
    /// Input tokens written to a provider's cache.
    tokens_cache_write: i64,
    /// Output tokens spent on reasoning.
    tokens_reasoning: i64,
    /// In micro-dollars. Null when no price is known; absent for those who may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    cost_microusd: Option<Option<i64>>,
    /// Attempts whose cost is unknown, which `cost_microusd` therefore lacks.
    unpriced: i64,
    /// The mean time of an attempt, in milliseconds.
    latency_ms: Option<f64>,
    /// The mean time to the first token, in milliseconds.
    first_token_ms: Option<f64>,
}

impl UsageFigures {
    fn of(figures: &store::Figures, view: View) -> Self {
        let sums = &figures.sums;
        let [tokens_in, tokens_out, tokens_cached, tokens_cache_write, tokens_reasoning] = sums.tokens;
        let known = sums.attempts == 0 || sums.unpriced < sums.attempts;
        Self {
            requests: sums.requests,
            attempts: sums.attempts,
            errors: figures.failed,
            cache_hits: figures.cached,
            tokens_in,
            tokens_out,
            tokens_cached,
            tokens_cache_write,
            tokens_reasoning,
            cost_microusd: view.cost.then(|| known.then_some(sums.cost)),
            unpriced: sums.unpriced,
            latency_ms: mean(sums.latency, sums.attempts),
            first_token_ms: mean(sums.first_token, sums.first_tokens),
        }
    }
}

/// Microseconds over so many, in milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a mean that is shown need not be exact")]
fn mean(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64).round() / 1_000.0)
}

/// What was used over a time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageSummary {
    /// From when, in whole hours.
    from: DateTime<Utc>,
    /// Until just before.
    to: DateTime<Utc>,
    #[serde(flatten)]
    figures: UsageFigures,
    /// How finely the course is told: `hour`, `day` or `month`.
    grain: &'static str,
    /// The hours, days or months (UTC), the empty ones too.
    series: Vec<UsageStep>,
}

/// What was used over an hour, a day or a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageStep {
    /// When it begins.
    start: DateTime<Utc>,
    #[serde(flatten)]
    figures: UsageFigures,
}

/// What was used of a model, with a key or at an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageGroup {
    /// The model as `provider/model`, the key's id, or the endpoint's path: empty for the server's own work.
    id: String,
    /// Of a key, what it is called now; absent of everything else, and where the key is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<String>,
    #[serde(flatten)]
    figures: UsageFigures,
}

/// One attempt of one call.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageRequest {
    id: String,
    started_at: DateTime<Utc>,
    /// Finds the call, with all of its attempts, in the server's log.
    request_id: String,
    /// Which attempt of the call, from 1.
    attempt: i64,
    /// The API key, if one was used.
    key_id: Option<String>,
    /// What that key is called now.
    key_name: Option<String>,
    /// Whose call it was.
    user_id: Option<String>,
    /// What was asked for.
    route: String,
    /// Who was asked, as `provider/model`.
    model: String,
    /// The path that was called; empty for the server's own work.
    endpoint: String,
    purpose: String,
    /// How it ended: `answered`, `cached`, `cancelled`, or why it failed.
    status: String,
    /// What the provider answered.
    http_status: Option<i64>,
    streamed: bool,
    tokens_in: Option<i64>,
    tokens_out: Option<i64>,
    tokens_cached: Option<i64>,
    tokens_cache_write: Option<i64>,
    tokens_reasoning: Option<i64>,
    /// In micro-dollars. Null when unknown; absent for those who may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    cost_microusd: Option<Option<i64>>,
    latency_ms: f64,
    first_token_ms: Option<f64>,
}

impl UsageRequest {
    fn of(attempt: Attempt, view: View) -> Self {
        Self {
            id: attempt.id,
            started_at: from_millis(attempt.started_at),
            request_id: attempt.request_id,
            attempt: attempt.attempt,
            key_id: attempt.api_key,
            key_name: attempt.key_name,
            user_id: attempt.user_id,
            route: attempt.route,
            model: attempt.model,
            endpoint: attempt.endpoint,
            purpose: attempt.purpose,
            status: attempt.outcome,
            http_status: attempt.status,
            streamed: attempt.streamed != 0,
            tokens_in: attempt.input_tokens,
            tokens_out: attempt.output_tokens,
            tokens_cached: attempt.cached_tokens,
            tokens_cache_write: attempt.cache_write_tokens,
            tokens_reasoning: attempt.reasoning_tokens,
            cost_microusd: view.cost.then_some(attempt.cost),
            latency_ms: mean(attempt.latency_us, 1).unwrap_or_default(),
            first_token_ms: attempt.first_token_us.and_then(|micros| mean(micros, 1)),
        }
    }
}

/// What was used over a time, in all and in its course
#[utoipa::path(get, path = "/api/v1/usage/summary", operation_id = "get_usage_summary", tag = "usage",
    params(During), responses((status = 200, description = "What was used.", body = UsageSummary), Problems))]
pub(super) async fn summary(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    QueryInput(during): QueryInput<During>,
) -> Result<Json<UsageSummary>, Failure> {
    let (view, span) = (View::of(&principal), during.span(&ledger)?);
    let grain = span.grain();
    let mut tx = ledger.store().tenant_read(&principal).await?;
    let total = store::total(&mut tx, view.user, span).await?;
    let course = store::course(&mut tx, grain, view.user, span).await?;
    let (from, to) = span.in_hours().starts();
    let series = steps(grain, span, &course, view);
    Ok(Json(UsageSummary { from, to, figures: UsageFigures::of(&total, view), grain: grain.name(), series }))
}

/// Every step of the time, those in which nothing happened too.
fn steps(grain: Grain, span: Span, course: &[(i64, store::Figures)], view: View) -> Vec<UsageStep> {
    let mut steps = Vec::new();
    let mut begin = grain.begin(span.from);
    let mut told = course.iter().peekable();
    while begin < span.to {
        let figures = told.next_if(|(at, _)| *at == begin).map(|(_, figures)| *figures).unwrap_or_default();
        steps.push(UsageStep { start: from_millis(begin), figures: UsageFigures::of(&figures, view) });
        begin = grain.next(begin);
    }
    steps
}

/// List attempts, the latest first
#[utoipa::path(get, path = "/api/v1/usage/requests", operation_id = "list_usage_requests", tag = "usage",
    params(RequestQuery), responses((status = 200, description = "Attempts.", body = Page<UsageRequest>), Problems))]
pub(super) async fn requests(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    QueryInput(query): QueryInput<RequestQuery>,
) -> Result<Json<Page<UsageRequest>>, Failure> {
    let (view, span) = (View::of(&principal), query.span(&ledger)?);
    let after = query
        .cursor
        .as_deref()
        .map(|cursor| After::parse(cursor).ok_or_else(|| Problem::field("cursor", "is not one that this list gave")));
    let limit = PageRequest { limit: query.limit, cursor: None }.limit();
    let mut tx = ledger.store().tenant_read(&principal).await?;
    let after = after.transpose()?;
    let page = store::attempts(&mut tx, view.user, span, &query.filter(), after.as_ref(), limit).await?;
    let data = page.data.into_iter().map(|attempt| UsageRequest::of(attempt, view)).collect();
    Ok(Json(Page { data, pagination: page.pagination }))
}

async fn grouped(
    ledger: &CostLedger,
    principal: &Principal,
    by: By,
    during: &During,
) -> Result<Json<Page<UsageGroup>>, Failure> {
    let (view, span) = (View::of(principal), during.span(ledger)?);
    let mut tx = ledger.store().tenant_read(principal).await?;
    let groups = store::by(&mut tx, by, view.user, span).await?;
    let data = groups.into_iter().map(|store::Group { id, label, figures }| UsageGroup {
        id,
        key_name: label,
        figures: UsageFigures::of(&figures, view),
    });
    Ok(Json(Page { data: data.collect(), pagination: Pagination::default() }))
}

/// What was used of each model, the most used first
#[utoipa::path(get, path = "/api/v1/usage/by-model", operation_id = "get_usage_by_model", tag = "usage",
    params(During), responses((status = 200, description = "At most 200 models.", body = Page<UsageGroup>), Problems))]
pub(super) async fn by_model(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    QueryInput(during): QueryInput<During>,
) -> Result<Json<Page<UsageGroup>>, Failure> {
    grouped(&ledger, &principal, By::Model, &during).await
}

/// What was used with each API key, the most used first
#[utoipa::path(get, path = "/api/v1/usage/by-key", operation_id = "get_usage_by_key", tag = "usage",
    params(During), responses((status = 200, description = "At most 200 keys.", body = Page<UsageGroup>), Problems))]
pub(super) async fn by_key(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    QueryInput(during): QueryInput<During>,
) -> Result<Json<Page<UsageGroup>>, Failure> {
    grouped(&ledger, &principal, By::Key, &during).await
}

/// What was used at each endpoint, the most used first
#[utoipa::path(get, path = "/api/v1/usage/by-endpoint", operation_id = "get_usage_by_endpoint", tag = "usage",
    params(During), responses((status = 200, description = "Each endpoint.", body = Page<UsageGroup>), Problems))]
pub(super) async fn by_endpoint(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    QueryInput(during): QueryInput<During>,
) -> Result<Json<Page<UsageGroup>>, Failure> {
    grouped(&ledger, &principal, By::Endpoint, &during).await
}

/// What was used in each month (UTC), the empty ones too
#[utoipa::path(get, path = "/api/v1/usage/by-month", operation_id = "get_usage_by_month", tag = "usage",
    params(During), responses((status = 200, description = "Whole months.", body = Page<UsageStep>), Problems))]
pub(super) async fn by_month(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    QueryInput(during): QueryInput<During>,
) -> Result<Json<Page<UsageStep>>, Failure> {
    let (view, span) = (View::of(&principal), during.span(&ledger)?);
    let mut tx = ledger.store().tenant_read(&principal).await?;
    let course = store::course(&mut tx, Grain::Month, view.user, span).await?;
    let data = steps(Grain::Month, span, &course, view);
    Ok(Json(Page { data, pagination: Pagination::default() }))
}

/// How much of what the plan holds is used
#[utoipa::path(get, path = "/api/v1/usage/quota", operation_id = "get_usage_quota", tag = "usage",
    responses((status = 200, description = "What is counted.", body = Page<Meter>), Problems))]
pub(super) async fn quota(State(ledger): State<CostLedger>, Who(principal): Who) -> Result<Json<Page<Meter>>, Failure> {
    let data = ledger.entitlements().meters(principal.org_id).await?;
    Ok(Json(Page { data, pagination: Pagination::default() }))
}
