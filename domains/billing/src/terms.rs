use std::sync::Arc;

use chrono::{DateTime, Utc};
use quorate_kernel::{Feature, Limit, OrgId};

use crate::BillingError;
use crate::catalogue::Catalogue;
use crate::period::Month;
use crate::plan::{Per, Plan, Quantity};
use crate::store::counters::{Span, Used};
use crate::subscription::Subscription;

/// What holds for an organization now: its subscription, the plan as it is today, and the month it is in.
pub(crate) struct Terms {
    pub(crate) org: OrgId,
    pub(crate) plan: Arc<Plan>,
    pub(crate) subscription: Subscription,
    pub(crate) month: Month,
}

impl Terms {
    /// # Errors
    /// When the plan is not in force or cannot be read: then nothing is allowed.
    pub(crate) fn of(
        catalogue: &Catalogue,
        org: OrgId,
        subscription: Subscription,
        now: DateTime<Utc>,
    ) -> Result<Self, BillingError> {
        let plan = catalogue.of(org, &subscription.plan, now)?;
        let month = Month::of(subscription.started_at, now);
        Ok(Self { org, plan, subscription, month })
    }

    /// How much of the feature the organization has.
    pub(crate) fn limit(&self, feature: Feature) -> Limit {
        let agreed = self.subscription.contract.get(&feature).copied();
        self.plan.allowance(feature).limit(self.subscription.seats, agreed)
    }

    /// How much of the feature one of its members has.
    pub(crate) fn limit_of_one(&self, feature: Feature) -> Limit {
        let agreed = self.subscription.contract.get(&feature).copied();
        self.plan.allowance(feature).limit(1, agreed)
    }

    /// In which period the plan counts the feature.
    pub(crate) fn span(&self, feature: Feature) -> Span {
        self.span_in(&self.plan, feature)
    }

    fn span_in(&self, plan: &Plan, feature: Feature) -> Span {
        match plan.allowance(feature).per {
            Per::Life => Span::Life,
            Per::Month => Span::Month(self.month.start),
        }
    }

    /// Whether another plan would allow so much more, or could by a contract.
    pub(crate) fn would_pass(&self, other: &Plan, feature: Feature, wanted: u64, used: Used) -> bool {
        let allowance = other.allowance(feature);
        if allowance.quantity == Quantity::ByContract {
            return true;
        }
        let before = if feature.is_counted() { used.of(self.span_in(other, feature)) } else { 0 };
        allowance.limit(self.subscription.seats, None).allows(before.saturating_add(wanted))
    }
}
