//! What one domain does because of another. A domain enqueues a job with its change; here the job calls on the other.

use std::sync::Arc;

use async_trait::async_trait;
use quorate_billing::{AssignedBy, Assignment, Billing};
use quorate_board::Board;
use quorate_gateway::Gateway;
use quorate_http::Idempotency;
use quorate_identity::Identity;
use quorate_kernel::OrgId;
use quorate_work::{Handler, JobContext, Outcome};
use serde::Deserialize;

use crate::compose::App;
use crate::reminders::ReviewDue;

/// The handlers of all reactions.
pub(crate) fn handlers(app: &App) -> Vec<Arc<dyn Handler>> {
    vec![
        Arc::new(FirstOperatorMade { billing: app.billing.clone() }),
        Arc::new(ReviewDue {
            board: app.board.clone(),
            identity: app.identity.clone(),
            mailer: app.mailer.clone(),
            store: app.store.clone(),
            public_url: app.config.public_url(),
        }),
        Arc::new(OrganizationDeleted {
            board: app.board.clone(),
            billing: app.billing.clone(),
            idempotency: app.idempotency.clone(),
            gateway: app.gateway.clone(),
        }),
    ]
}

/// An organization that something happened to.
#[derive(Deserialize)]
struct OfOrganization {
    org_id: OrgId,
}

/// Whoever runs the server needs no plan of it: the first operator's organization may do everything.
struct FirstOperatorMade {
    billing: Billing,
}

#[async_trait]
impl Handler for FirstOperatorMade {
    fn kind(&self) -> &'static str {
        Identity::FIRST_OPERATOR_JOB
    }

    async fn run(&self, job: &JobContext) -> Outcome {
        let Ok(OfOrganization { org_id }) = OfOrganization::deserialize(&job.payload) else {
            return Outcome::Discard("the payload names no organization".to_owned());
        };
        // Only where none was assigned yet, so running again changes nothing.
        match self.billing.ensure(org_id, &Assignment::of_own_server(AssignedBy::Server)).await {
            Ok(_) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }
}

/// What a deleted organization had goes with it, in every domain. The job comes more than once, because a request that
/// was let in before the deletion may write after it.
struct OrganizationDeleted {
    board: Board,
    billing: Billing,
    idempotency: Idempotency,
    gateway: Gateway,
}

#[derive(Deserialize)]
struct Deleted {
    org: OrgId,
}

#[async_trait]
impl Handler for OrganizationDeleted {
    fn kind(&self) -> &'static str {
        quorate_identity::ORG_DELETED
    }

    async fn run(&self, job: &JobContext) -> Outcome {
        let Ok(Deleted { org }) = Deleted::deserialize(&job.payload) else {
            return Outcome::Discard("the payload names no organization".to_owned());
        };
        if let Err(problem) = self.board.forget_organization(org).await {
            return Outcome::Retry(problem.chain());
        }
        if let Err(problem) = self.idempotency.forget_organization(org).await {
            return Outcome::Retry(problem.chain());
        }
        if let Err(error) = self.gateway.forget_organization(org).await {
            return Outcome::Retry(error.to_string());
        }
        match self.billing.forget_organization(org).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }
}
