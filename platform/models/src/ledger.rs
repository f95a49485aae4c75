use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use quorate_kernel::{MicroUsd, OrgId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ModelErrorKind, Usage};

/// What a call is for (GTW-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A board session.
    Board,
    /// A solve session.
    Solve,
    /// A chat in the studio.
    Chat,
    /// A task of the company.
    Task,
    /// A program that calls the API.
    Api,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Board, Self::Solve, Self::Chat, Self::Task, Self::Api];

    /// The name as stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Solve => "solve",
            Self::Chat => "chat",
            Self::Task => "task",
            Self::Api => "api",
        }
    }

    /// The purpose of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// For whom a call is made, and who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organization that pays.
    pub org_id: OrgId,
    /// The person, if one asked; with an API key, whose key it is. What members may see of usage goes by it (PLT-2).
    pub user_id: Option<UserId>,
    /// The API key, if one was used.
    pub api_key: Option<Uuid>,
    /// What it is for.
    pub purpose: Purpose,
    /// The endpoint that was called, as its path: `/v1/chat/completions`; empty for the server's own work.
    pub endpoint: &'static str,
    /// The id of the HTTP request, or of the session, that the call belongs to.
    pub request_id: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The answer came whole.
    Answered,
    /// It came from our own cache; nobody was asked.
    Cached,
    /// The caller left before the end.
    Cancelled,
    /// It failed, before the answer began or in the middle of it.
    Failed(ModelErrorKind),
}

/// One attempt at one target, as the ledger keeps it (GTW-13).
#[derive(Debug, Clone)]
pub struct AttemptRecord {
    /// The attempt's own id; recording the same one twice changes nothing.
    pub id: Uuid,
    /// For whom.
    pub caller: Arc<Caller>,
    /// The route or model that was asked for.
    pub route: String,
    /// Who was asked, as `provider/model`.
    pub target: String,
    /// Which attempt of the call, from 1.
    pub number: u32,
    /// When it began.
    pub started: DateTime<Utc>,
    /// From its beginning to its end.
    pub latency: Duration,
    /// From its beginning to the first piece.
    pub first_token: Option<Duration>,
    /// How it ended.
    pub ending: Ending,
    /// The HTTP status of the provider, if it answered.
    pub status: Option<u16>,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// The tokens; `None` when the provider did not say.
    pub usage: Option<Usage>,
    /// What it cost; `None` when unknown, which is never zero (GTW-3).
    pub cost: Option<MicroUsd>,
}

/// Keeps what calls cost, and says whether one more may be made.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Sets `most` aside for a call before it is made. Fails closed.
    async fn reserve(&self, caller: &Caller, most: MicroUsd) -> Result<Reserved, SpendRefused>;
    /// Writes an attempt down. Never waits.
    fn record(&self, attempt: AttemptRecord);
}

/// Money set aside for one call. Given back whole when dropped.
pub struct Reserved(Option<Box<dyn FnOnce(MicroUsd) + Send + Sync>>);

impl Reserved {
    /// A reservation that tells `settle` what was spent in the end, once.
    pub fn new(settle: impl FnOnce(MicroUsd) + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(settle)))
    }

    /// Nothing set aside, nothing to give back: there is no budget.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The call cost `spent`.
    pub fn settle(mut self, spent: MicroUsd) {
        if let Some(settle) = self.0.take() {
            settle(spent);
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if let Some(settle) = self.0.take() {
            settle(MicroUsd::ZERO);
        }
    }
}

impl fmt::Debug for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reserved").field(&self.0.is_some()).finish()
    }
}

/// Why a call may not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpendRefused {
    /// A budget has not that much left.
    #[error("the budget of {scope} has {left} left")]
    BudgetExceeded {
        /// Whose budget: `organization`, `key` or `purpose`.
        scope: &'static str,
        /// What it has left.
        left: MicroUsd,
    },
    /// Budgets cannot be looked at just now.
    #[error("budgets cannot be checked: {0}")]
    Unavailable(String),
}
