//! Mails that remind people of what they wanted to look at again: the board knows when, identity whom.

use async_trait::async_trait;
use quorate_board::{Board, REVIEW_JOB, Review, ReviewState, SessionId};
use quorate_identity::{Identity, Reader};
use quorate_kernel::{OrgId, millis};
use quorate_outbound::{Mail, Mailer, Template};
use quorate_store::Store;
use quorate_work::{Handler, JobContext, Outcome};
use serde::Deserialize;

/// The day has come to look back at a decision (BRD-30).
pub(crate) struct ReviewDue {
    pub(crate) board: Board,
    pub(crate) identity: Identity,
    pub(crate) mailer: Mailer,
    pub(crate) store: Store,
    pub(crate) public_url: String,
}

#[derive(Deserialize)]
struct Payload {
    session: SessionId,
    org: OrgId,
}

#[async_trait]
impl Handler for ReviewDue {
    fn kind(&self) -> &'static str {
        REVIEW_JOB
    }

    async fn run(&self, job: &JobContext) -> Outcome {
        let Ok(Payload { session, org }) = Payload::deserialize(&job.payload) else {
            return Outcome::Discard("the payload names no session".to_owned());
        };
        match self.board.review(org, session).await {
            Ok(ReviewState::Nothing) => Outcome::Done,
            Ok(ReviewState::Later(at)) => Outcome::Snooze(at),
            Ok(ReviewState::Due(review)) => match self.remind(org, session, review).await {
                Ok(()) => Outcome::Done,
                Err(why) => Outcome::Retry(why),
            },
            Err(problem) => Outcome::Retry(problem.chain()),
        }
    }
}

impl ReviewDue {
    async fn remind(&self, org: OrgId, session: SessionId, review: Review) -> Result<(), String> {
        let reader = self.identity.reader(review.user, org).await.map_err(|error| error.to_string())?;
        if let Some(Reader { email, name, locale }) = reader {
            let link = format!("{}/board/{session}", self.public_url);
            let decided = review.decided_at.date_naive();
            let template = Template::DecisionReview { name, title: review.title, decided, link };
            // One mail for each date, also when the process dies before the note below.
            let key = format!("board.review/{session}/{}", millis(review.review_at));
            let mail = Mail { to: email, locale, template, key: Some(key) };
            let mut tx = self.store.system("a reminder has no principal").await.map_err(|error| error.to_string())?;
            self.mailer.send(&mut tx, mail).await.map_err(|error| error.to_string())?;
            tx.commit().await.map_err(|error| error.to_string())?;
        }
        self.board.reminded(org, session, review.review_at).await.map_err(|problem| problem.chain())
    }
}
