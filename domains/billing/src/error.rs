use quorate_kernel::{Code, Feature, OrgId, Problem};
use quorate_store::StoreError;

use crate::store;

/// What can go wrong in billing.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// The plan does not allow it. What the caller is told is all there is to it.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The database failed, or holds what the program did not write.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No plan of that name is in force.
    #[error("no plan '{0}' is in force")]
    UnknownPlan(String),
    /// The organization's plan is not in force, so nobody knows what it allows.
    #[error("organization {org} has the plan '{plan}', which is not in force")]
    PlanGone {
        /// Which organization.
        org: OrgId,
        /// Which plan.
        plan: String,
    },
    /// The row of a plan cannot be read.
    #[error("the row of plan '{plan}' cannot be read: {why}")]
    UnreadablePlan {
        /// Which plan.
        plan: String,
        /// Why not.
        why: String,
    },
    /// The number of seats does not go with the plan. The sentence is for whoever assigns it.
    #[error("seats: {0}")]
    Seats(&'static str),
    /// An agreement about something that the plan does not leave open.
    #[error("the plan '{plan}' does not leave {} to a contract", feature.name())]
    NotByContract {
        /// Which plan.
        plan: String,
        /// What was agreed on.
        feature: Feature,
    },
    /// A feature that does not add up was to be counted: a mistake of the program.
    #[error("{} is not counted", .0.name())]
    NotCounted(Feature),
}

impl From<BillingError> for Problem {
    fn from(error: BillingError) -> Self {
        match error {
            BillingError::Refused(problem) => *problem,
            BillingError::Store(ref failed) if store::is_away(failed) => {
                let mut problem =
                    Self::new(Code::Unavailable, "Your plan cannot be looked up just now. Try again shortly.");
                problem.retry_after = Some(5);
                problem.caused_by(error)
            }
            BillingError::UnknownPlan(plan) => Self::field("plan", format!("there is no plan '{plan}'")),
            BillingError::Seats(why) => Self::field("seats", why),
            BillingError::NotByContract { feature, .. } => {
                Self::field(format!("contract.{}", feature.name()), "the plan does not leave this to a contract")
            }
            BillingError::Store(_)
            | BillingError::PlanGone { .. }
            | BillingError::UnreadablePlan { .. }
            | BillingError::NotCounted(_) => Self::internal(error),
        }
    }
}
