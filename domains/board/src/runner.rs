//! The job that runs sessions. It may run many times for one session: after a crash, after an answer, after a drain.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::FutureExt;
use quorate_kernel::{OrgId, Principal, Role, UserId};
use quorate_work::{Handler, JobContext, NewJob, Outcome};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Board;
use crate::engine::event::Event;
use crate::error::BoardError;
use crate::run::{Drive, Driven};
use crate::session::{Failure, FailureCode, Session, SessionId, Status};

/// The kind of the job.
pub(crate) const KIND: &str = "board.run";
/// After this many errors in a row without a new event a session is given up. A crash of the process does not count:
/// however often that happens, the session goes on.
const PATIENCE: u32 = 6;

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    session: SessionId,
    user: UserId,
    org: OrgId,
}

/// The job for a session, not before `run_at`. There is at most one; asking again brings it forward.
pub(crate) fn job(session: &Session, run_at: Option<DateTime<Utc>>) -> NewJob {
    let payload = Payload { session: session.id, user: session.user_id, org: session.org_id };
    let payload = serde_json::to_value(payload).unwrap_or_default();
    NewJob {
        unique_key: Some(session.id.to_string()),
        run_at,
        max_attempts: i32::MAX,
        org_id: Some(session.org_id),
        ..NewJob::new(KIND, payload)
    }
}

/// Runs sessions.
pub(crate) struct Runner {
    board: Board,
    /// Errors in a row, with the sequence at which the session stands.
    stumbles: Mutex<HashMap<SessionId, (i64, u32)>>,
}

impl Runner {
    pub(crate) fn new(board: Board) -> Self {
        Self { board, stumbles: Mutex::default() }
    }

    /// Counts an error. Whether it is one too many without any progress in between.
    async fn despairs(&self, who: &Principal, id: SessionId) -> bool {
        let sequence = self.board.session(who, id).await.map_or(0, |session| session.last_sequence);
        let mut stumbles = self.stumbles.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, times) = stumbles.entry(id).or_insert((sequence, 0));
        *times = if *at == sequence { *times + 1 } else { 1 };
        *at = sequence;
        *times >= PATIENCE
    }

    fn recovered(&self, id: SessionId) {
        self.stumbles.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

#[async_trait]
impl Handler for Runner {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &JobContext) -> Outcome {
        let Ok(payload) = serde_json::from_value::<Payload>(job.payload.clone()) else {
            return Outcome::Discard("the payload is not a session's".to_owned());
        };
        // The worker acts for whoever convened the board, in their organization and with no more than its data.
        let principal = Principal {
            user_id: payload.user,
            org_id: payload.org,
            role: Role::Member,
            login_session_id: Uuid::nil(),
            operator: false,
            api_key: None,
        };
        let board = &self.board;
        let driven = AssertUnwindSafe(drive(board, &principal, payload.session, job)).catch_unwind().await;
        let driven = driven.unwrap_or(Err(BoardError::Broken));
        if driven.is_ok() {
            self.recovered(payload.session);
        }
        match driven {
            Ok(Driven::Ended | Driven::Idle) => Outcome::Done,
            Ok(Driven::WaitUntil(at)) => Outcome::Snooze(at),
            Ok(Driven::Interrupted) => Outcome::Snooze(board.now()),
            // Deleted, or another worker has it: nothing is left to do here.
            Err(BoardError::NotFound | BoardError::Fenced) => Outcome::Done,
            Err(error) => {
                tracing::error!(session_id = %payload.session, %error, attempt = job.attempt, "a board session stumbled");
                if self.despairs(&principal, payload.session).await {
                    give_up(board, &principal, payload.session).await;
                    self.recovered(payload.session);
                }
                Outcome::Retry(error.to_string())
            }
        }
    }
}

async fn drive(board: &Board, who: &Principal, id: SessionId, job: &JobContext) -> Result<Driven, BoardError> {
    let parts = &board.parts;
    let drive = Drive::take(parts.store.clone(), Arc::clone(&parts.clock), board.world(), who.clone(), id).await?;
    // Boxed: the driver holds the whole state of a session.
    Box::pin(drive.run(&job.cancelled)).await
}

/// A session must not stay "active" for ever because of our own fault.
async fn give_up(board: &Board, who: &Principal, id: SessionId) {
    let failure = Failure {
        code: FailureCode::InfraFailure,
        message: "The server could not go on with this session.".to_owned(),
    };
    let ended = board.change(who, id, None, |session| match session.status {
        Status::Active | Status::Paused => Ok(vec![Event::SessionFailed(failure.clone())]),
        _ => Ok(Vec::new()),
    });
    if let Err(error) = ended.await {
        tracing::error!(session_id = %id, %error, "a session that cannot go on could not be ended");
    }
}
