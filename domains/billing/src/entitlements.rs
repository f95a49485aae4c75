use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use quorate_kernel::{Counted, Entitlements, Feature, Limit, Meter, OrgId, Problem, SubscriptionSummary};
use quorate_store::SystemTx;

use crate::catalogue::Catalogue;
use crate::period::Month;
use crate::refusal::{Asked, refusal};
use crate::store::counters::{self, Span};
use crate::store::subscriptions;
use crate::terms::Terms;
use crate::{Billing, BillingError};

/// Why these transactions are no tenant's.
const REASON: &str = "a plan is asked also by work without a principal: jobs, and log-in itself";

#[async_trait]
impl Entitlements for Billing {
    async fn subscription(&self, org: OrgId) -> Result<SubscriptionSummary, Problem> {
        let subscription = Self::subscription(self, org).await?;
        Ok(SubscriptionSummary {
            plan: subscription.plan,
            status: subscription.status.name().to_owned(),
            seats: subscription.seats,
        })
    }

    async fn limit(&self, org: OrgId, feature: Feature) -> Result<Limit, Problem> {
        Ok(self.limit_by(org, |terms| terms.limit(feature)).await?)
    }

    async fn limit_of_one(&self, org: OrgId, feature: Feature) -> Result<Limit, Problem> {
        Ok(self.limit_by(org, |terms| terms.limit_of_one(feature)).await?)
    }

    async fn meters(&self, org: OrgId) -> Result<Vec<Meter>, Problem> {
        Ok(self.read_meters(org).await?)
    }

    async fn check(&self, org: OrgId, feature: Feature, wanted: u64) -> Result<(), Problem> {
        Ok(self.look(org, Asked { feature, wanted }).await?)
    }

    async fn count(&self, org: OrgId, feature: Feature, amount: u64) -> Result<Counted, Problem> {
        Ok(self.take(org, Asked { feature, wanted: amount }).await?)
    }

    async fn give_back(&self, counted: &Counted) -> Result<(), Problem> {
        Ok(self.put_back(counted).await?)
    }
}

// Each reads the plans before it opens its transaction, since that is a transaction too.
impl Billing {
    async fn limit_by(&self, org: OrgId, read: impl FnOnce(&Terms) -> Limit) -> Result<Limit, BillingError> {
        let now = self.clock.now();
        let catalogue = self.remembered.get(&self.store, now).await?;
        let mut tx = self.store.system_read(REASON).await?;
        Ok(read(&terms(&mut tx, &catalogue, org, now).await?))
    }

    async fn read_meters(&self, org: OrgId) -> Result<Vec<Meter>, BillingError> {
        let now = self.clock.now();
        let catalogue = self.remembered.get(&self.store, now).await?;
        let mut tx = self.store.system_read(REASON).await?;
        let terms = terms(&mut tx, &catalogue, org, now).await?;
        let used = counters::used(&mut tx, org, terms.month.start).await?;
        let counted = Feature::ALL.into_iter().filter(|feature| feature.is_counted());
        let meter = |feature| {
            let span = terms.span(feature);
            Meter {
                feature,
                used: used.get(&feature).copied().unwrap_or_default().of(span),
                limit: terms.limit(feature).number(),
                resets_at: matches!(span, Span::Month(_)).then_some(terms.month.end),
            }
        };
        Ok(counted.map(meter).collect())
    }

    async fn look(&self, org: OrgId, asked: Asked) -> Result<(), BillingError> {
        let now = self.clock.now();
        let catalogue = self.remembered.get(&self.store, now).await?;
        let mut tx = self.store.system_read(REASON).await?;
        let terms = terms(&mut tx, &catalogue, org, now).await?;
        let before = if asked.feature.is_counted() {
            let used = counters::used(&mut tx, org, terms.month.start).await?;
            used.get(&asked.feature).copied().unwrap_or_default().of(terms.span(asked.feature))
        } else {
            0
        };
        if terms.limit(asked.feature).allows(before.saturating_add(asked.wanted)) {
            return Ok(());
        }
        Err(self.refuse(&mut tx, &terms, &catalogue, asked, now).await?)
    }

    async fn take(&self, org: OrgId, asked: Asked) -> Result<Counted, BillingError> {
        let Asked { feature, wanted: amount } = asked;
        if !feature.is_counted() {
            return Err(BillingError::NotCounted(feature));
        }
        let now = self.clock.now();
        let catalogue = self.remembered.get(&self.store, now).await?;
        let mut tx = self.store.system(REASON).await?;
        let terms = terms(&mut tx, &catalogue, org, now).await?;
        let span = terms.span(feature);
        let Some(used) = counters::add(&mut tx, org, feature, span, amount, terms.limit(feature)).await? else {
            return Err(self.refuse(&mut tx, &terms, &catalogue, asked, now).await?);
        };
        let counted = Counted { id: self.ids.uuid(), org_id: org, feature, amount };
        counters::note(&mut tx, &counted, span).await?;
        if let Span::Month(start) = span
            && used == amount
        {
            // The first of a month. What was counted last month may still be at work.
            let last = Month::of(terms.subscription.started_at, start - TimeDelta::milliseconds(1));
            counters::forget(&mut tx, org, feature, last.start).await?;
        }
        tx.commit().await?;
        Ok(counted)
    }

    async fn put_back(&self, counted: &Counted) -> Result<(), BillingError> {
        let mut tx = self.store.system(REASON).await?;
        if counters::take_back(&mut tx, counted).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    /// The refusal, with the numbers that the transaction sees.
    async fn refuse(
        &self,
        tx: &mut SystemTx,
        terms: &Terms,
        catalogue: &Catalogue,
        asked: Asked,
        now: DateTime<Utc>,
    ) -> Result<BillingError, BillingError> {
        let used = counters::used(tx, terms.org, terms.month.start).await?;
        let used = used.get(&asked.feature).copied().unwrap_or_default();
        let problem = refusal(terms, catalogue, asked, used, now, &self.public_url);
        Ok(BillingError::Refused(Box::new(problem)))
    }
}

async fn terms(
    tx: &mut SystemTx,
    catalogue: &Catalogue,
    org: OrgId,
    now: DateTime<Utc>,
) -> Result<Terms, BillingError> {
    let subscription = subscriptions::find(tx, org).await?;
    Terms::of(catalogue, org, subscription, now)
}
