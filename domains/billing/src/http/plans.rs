use axum::Json;
use axum::extract::State;
use quorate_http::Failure;
use quorate_http::openapi::Problems;
use quorate_kernel::{Feature, Limit, Page, Pagination};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Billing;
use crate::plan::{Per, Plan, Quantity};

/// A plan of the price list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanView {
    /// Its stable name.
    #[schema(example = "standard")]
    id: String,
    /// What it is called.
    #[schema(example = "Standard")]
    name: String,
    /// The price a month in hundredths of the currency; null is to be agreed.
    #[schema(example = 1200)]
    price_cents: Option<u64>,
    /// The currency, ISO 4217.
    #[schema(example = "USD")]
    currency: &'static str,
    /// Whether the price is for each seat.
    per_seat: bool,
    /// The support that comes with it: `community`, `email`, `priority`, `sla`.
    #[schema(example = "email")]
    support: String,
    /// What it holds, every feature in the order of the list.
    features: Vec<AllowanceView>,
}

/// How much of a feature a plan holds.
#[derive(Debug, Serialize, ToSchema)]
struct AllowanceView {
    feature: Feature,
    /// Whether the plan has it at all.
    included: bool,
    /// How many; null when there is no limit, or it is by contract.
    limit: Option<u64>,
    /// Whether the limit is agreed with each customer.
    by_contract: bool,
    /// Over which time it adds up; null for what does not.
    per: Option<Per>,
    /// Whether each seat adds as much.
    per_seat: bool,
}

impl From<&Plan> for PlanView {
    fn from(plan: &Plan) -> Self {
        Self {
            id: plan.id.clone(),
            name: plan.name.clone(),
            price_cents: plan.price_cents,
            currency: "USD",
            per_seat: plan.per_seat,
            support: plan.support.clone(),
            features: Feature::ALL.into_iter().map(|feature| AllowanceView::of(plan, feature)).collect(),
        }
    }
}

impl AllowanceView {
    fn of(plan: &Plan, feature: Feature) -> Self {
        let allowance = plan.allowance(feature);
        let by_contract = allowance.quantity == Quantity::ByContract;
        let limit = if by_contract { Limit::Unlimited } else { allowance.limit(1, None) };
        Self {
            feature,
            included: !limit.is_none(),
            limit: limit.number(),
            by_contract,
            per: feature.is_counted().then_some(allowance.per),
            per_seat: allowance.per_seat,
        }
    }
}

/// List the plans in force, the smallest first
#[utoipa::path(get, path = "/api/v1/billing/plans", operation_id = "list_plans", tag = "billing",
    responses((status = 200, description = "The price list.", body = Page<PlanView>), Problems))]
pub(super) async fn list(State(billing): State<Billing>) -> Result<Json<Page<PlanView>>, Failure> {
    let plans = billing.plans().await?;
    Ok(Json(Page { data: plans.iter().map(PlanView::from).collect(), pagination: Pagination::default() }))
}
