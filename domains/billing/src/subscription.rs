use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::{Feature, Limit, OrgId, UserId};

use crate::plan::{ENTERPRISE, FREE, Plan, Quantity};
use crate::store::subscriptions;
use crate::{Billing, BillingError};

/// More seats than anybody has: a larger number is a mistake.
const MOST_SEATS: u64 = 1_000_000;

/// What an organization has subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The name of the plan.
    pub plan: String,
    /// Whether it may be used.
    pub status: Status,
    /// For how many people, at least one.
    pub seats: u64,
    /// What was agreed where the plan leaves it to a contract.
    pub contract: BTreeMap<Feature, Limit>,
    /// When it began; its months begin as it did. None for who has subscribed to nothing, whose months are the
    /// calendar's.
    pub started_at: Option<DateTime<Utc>>,
}

/// Whether a subscription may be used. A stored status that is none of these is an error, not a yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It may.
    Active,
}

impl Status {
    /// The name as stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
        }
    }

    /// The status of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        (name == Self::Active.name()).then_some(Self::Active)
    }
}

impl Default for Subscription {
    fn default() -> Self {
        Self { plan: FREE.to_owned(), status: Status::Active, seats: 1, contract: BTreeMap::new(), started_at: None }
    }
}

/// Who gave an organization its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignedBy {
    /// Somebody who runs the server.
    Operator(UserId),
    /// Whoever works on the data folder.
    CommandLine,
    /// The server, for its own organizations.
    Server,
}

impl AssignedBy {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Operator(user) => format!("operator:{user}"),
            Self::CommandLine => "command_line".to_owned(),
            Self::Server => "server".to_owned(),
        }
    }
}

/// A plan for an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name of the plan.
    pub plan: String,
    /// For how many people; one where the plan is not sold by the seat.
    pub seats: u64,
    /// What was agreed where the plan leaves it to a contract.
    pub contract: BTreeMap<Feature, Limit>,
    /// Who decided.
    pub by: AssignedBy,
}

impl Assignment {
    /// What the organizations of those who run the server get: the largest plan, and as much as the machine has where
    /// others would have a contract.
    #[must_use]
    pub fn of_own_server(by: AssignedBy) -> Self {
        let open = [Feature::Images, Feature::Videos, Feature::StorageBytes];
        let contract = open.into_iter().map(|feature| (feature, Limit::Unlimited)).collect();
        Self { plan: ENTERPRISE.to_owned(), seats: 1, contract, by }
    }

    fn check(&self, plan: &Plan) -> Result<(), BillingError> {
        match self.seats {
            0 => return Err(BillingError::Seats("must be at least 1")),
            1 => {}
            _ if !plan.per_seat => return Err(BillingError::Seats("must be 1: the plan is not sold by the seat")),
            seats if seats > MOST_SEATS => return Err(BillingError::Seats("must be at most 1,000,000")),
            _ => {}
        }
        let closed = |feature: &Feature| plan.allowance(*feature).quantity != Quantity::ByContract;
        match self.contract.keys().find(|feature| closed(feature)) {
            Some(&feature) => Err(BillingError::NotByContract { plan: self.plan.clone(), feature }),
            None => Ok(()),
        }
    }
}

impl Billing {
    /// What the organization has subscribed to. Who has subscribed to nothing has the plan `free`.
    ///
    /// # Errors
    /// When the database fails or holds a subscription that cannot be read.
    pub async fn subscription(&self, org: OrgId) -> Result<Subscription, BillingError> {
        let mut tx = self.store.system_read("a plan is looked up also for work without a principal").await?;
        Ok(subscriptions::find(&mut tx, org).await?)
    }

    /// Forgets everything of an organization that was deleted. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_organization(&self, org: OrgId) -> Result<(), BillingError> {
        let mut tx = self.store.system("a deleted organization has no principal any more").await?;
        subscriptions::forget(&mut tx, org).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the organization a plan in place of the one it has. What it has used stays counted: a change of plan in the
    /// middle of a month changes the limit and not the number, and the months go on as they began. Only the first
    /// subscription begins months of its own.
    ///
    /// # Errors
    /// When no such plan is in force, the seats or the contract do not go with it, or the database fails.
    pub async fn assign(&self, org: OrgId, assignment: &Assignment) -> Result<Subscription, BillingError> {
        self.check(assignment).await?;
        let mut tx = self.store.system("operators assign plans to any organization").await?;
        subscriptions::put(&mut tx, org, assignment, self.clock.now()).await?;
        let subscription = subscriptions::find(&mut tx, org).await?;
        tx.commit().await?;
        audit(org, assignment);
        Ok(subscription)
    }

    /// Gives the organization a plan unless it was ever given one, so that this can be said at every start. Returns
    /// what it has.
    ///
    /// # Errors
    /// As [`Billing::assign`].
    pub async fn ensure(&self, org: OrgId, assignment: &Assignment) -> Result<Subscription, BillingError> {
        let found = self.subscription(org).await?;
        if found.started_at.is_some() {
            return Ok(found);
        }
        self.check(assignment).await?;
        let mut tx = self.store.system("the server's own organizations get their plan at the start").await?;
        let added = subscriptions::add(&mut tx, org, assignment, self.clock.now()).await?;
        let subscription = subscriptions::find(&mut tx, org).await?;
        tx.commit().await?;
        if added {
            audit(org, assignment);
        }
        Ok(subscription)
    }

    /// Against the plans as they are in the database now: an operator may have just written the row.
    async fn check(&self, assignment: &Assignment) -> Result<(), BillingError> {
        let now = self.clock.now();
        let plan = self.remembered.read(&self.store, now).await?.find(&assignment.plan, now)?;
        assignment.check(&*plan.ok_or_else(|| BillingError::UnknownPlan(assignment.plan.clone()))?)
    }
}

fn audit(org: OrgId, assignment: &Assignment) {
    let (plan, seats, by) = (&assignment.plan, assignment.seats, assignment.by.name());
    tracing::info!(target: "audit", event = "plan_assigned", org_id = %org, plan, seats, by, "a plan was assigned");
}
