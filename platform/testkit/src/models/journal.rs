use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is still being answered, or kept waiting.
    Open,
    /// The whole answer was handed over, an error included.
    Answered,
    /// The script broke the answer off.
    Cut,
    /// The client went away before the answer was complete.
    ClientLeft,
}

/// One request that reached the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Visit {
    /// Counted from 1 since the journal was cleared.
    pub number: u64,
    /// When it came.
    pub at: DateTime<Utc>,
    /// The path: `/v1/chat/completions`.
    pub path: String,
    /// The model asked for.
    pub model: String,
    /// The name of the schema or tool; empty for free text.
    pub schema: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// The key sent, as `Bearer` or `x-api-key`.
    pub key: Option<String>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// A hash of the body: the same for the same request.
    pub body_hash: String,
    /// The body.
    pub body: Value,
    /// The rule that decided, counted from 0.
    pub rule: Option<usize>,
    /// What became of it.
    pub outcome: Outcome,
}

/// The visits so far.
#[derive(Clone, Default)]
pub(super) struct Journal {
    visits: Arc<Mutex<Vec<Visit>>>,
}

impl Journal {
    /// Writes a visit down and gives its number away.
    pub(super) fn enter(&self, visit: Visit) -> Ticket {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        let at = visit.at;
        let number = visits.len() as u64 + 1;
        visits.push(Visit { number, ..visit });
        Ticket { journal: self.clone(), number, at, settled: false }
    }

    pub(super) fn all(&self) -> Vec<Visit> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn clear(&self) {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn settle(&self, ticket: &Ticket, outcome: Outcome) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        // After the journal was cleared the number belongs to another visit; the time tells them apart.
        let visit = visits.iter_mut().find(|visit| visit.number == ticket.number && visit.at == ticket.at);
        if let Some(visit) = visit {
            visit.outcome = outcome;
        }
    }
}

/// Goes with a visit until its end is known. Dropped before that, the client has left: the server drops what it was
/// doing for a connection that is closed.
pub(super) struct Ticket {
    journal: Journal,
    number: u64,
    at: DateTime<Utc>,
    settled: bool,
}

impl Ticket {
    pub(super) fn settle(&mut self, outcome: Outcome) {
        if !self.settled {
            self.settled = true;
            self.journal.settle(self, outcome);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.settle(Outcome::ClientLeft);
    }
}
