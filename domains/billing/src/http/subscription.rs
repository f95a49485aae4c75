use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Who};
use quorate_kernel::{Feature, Principal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::plan::Per;
use crate::store::counters::Used;
use crate::store::{counters, subscriptions};
use crate::terms::Terms;
use crate::{Billing, BillingError};

/// What the organization has subscribed to, and what it has used of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriptionUsage {
    /// The plan.
    #[schema(example = "free")]
    plan: String,
    /// What the plan is called.
    #[schema(example = "Free")]
    plan_name: String,
    /// Whether it may be used.
    #[schema(example = "active")]
    status: &'static str,
    /// For how many people.
    #[schema(example = 1)]
    seats: u64,
    /// The month that is now.
    period: PeriodView,
    /// Every feature in the order of the price list.
    features: Vec<UsageView>,
}

/// From when to when.
#[derive(Debug, Serialize, ToSchema)]
struct PeriodView {
    /// When it began.
    start: DateTime<Utc>,
    /// When the next one begins, and with it the counters of the month.
    end: DateTime<Utc>,
}

/// How much there is of a feature, and how much of it is used.
#[derive(Debug, Serialize, ToSchema)]
struct UsageView {
    feature: Feature,
    /// Whether the plan has it at all.
    included: bool,
    /// How many for all seats together; null when there is no limit.
    limit: Option<u64>,
    /// How many are used; null for what does not add up.
    used: Option<u64>,
    /// Over which time it adds up; null for what does not.
    per: Option<Per>,
}

impl SubscriptionUsage {
    fn of(terms: &Terms, used: impl Fn(Feature) -> Used) -> Self {
        Self {
            plan: terms.plan.id.clone(),
            plan_name: terms.plan.name.clone(),
            status: terms.subscription.status.name(),
            seats: terms.subscription.seats,
            period: PeriodView { start: terms.month.start, end: terms.month.end },
            features: Feature::ALL.into_iter().map(|feature| UsageView::of(terms, feature, used(feature))).collect(),
        }
    }
}

impl UsageView {
    fn of(terms: &Terms, feature: Feature, used: Used) -> Self {
        let limit = terms.limit(feature);
        Self {
            feature,
            included: !limit.is_none(),
            limit: limit.number(),
            used: feature.is_counted().then(|| used.of(terms.span(feature))),
            per: feature.is_counted().then(|| terms.plan.allowance(feature).per),
        }
    }
}

/// The plan of the acting organization and what is used of it
#[utoipa::path(get, path = "/api/v1/billing/subscription", operation_id = "get_subscription", tag = "billing",
    responses((status = 200, description = "Plan, month and use.", body = SubscriptionUsage), Problems))]
pub(super) async fn subscription(
    State(billing): State<Billing>,
    Who(principal): Who,
) -> Result<Json<SubscriptionUsage>, Failure> {
    Ok(Json(read(&billing, &principal).await?))
}

async fn read(billing: &Billing, principal: &Principal) -> Result<SubscriptionUsage, BillingError> {
    let now = billing.clock.now();
    let catalogue = billing.remembered.get(&billing.store, now).await?;
    let mut tx = billing.store.tenant_read(principal).await?;
    let subscription = subscriptions::own(&mut tx).await?;
    let terms = Terms::of(&catalogue, principal.org_id, subscription, now)?;
    let used = counters::own(&mut tx, terms.month.start).await?;
    Ok(SubscriptionUsage::of(&terms, |feature| used.get(&feature).copied().unwrap_or_default()))
}
