use std::time::Duration;

use crate::SpendRefused;

/// What went wrong with a call to a model, told apart by what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelErrorKind {
    /// Too many requests (429): wait, then try again.
    RateLimited {
        /// How long the provider asked to wait.
        retry_after: Option<Duration>,
    },
    /// No answer within the time allowed.
    Timeout,
    /// The provider cannot be reached or answers 5xx.
    Unavailable,
    /// The stream ended before the answer did.
    Cut,
    /// The key is wrong or not allowed (401, 403).
    Unauthorized,
    /// The provider's account has no money or quota left (402, or 429 that says so). Trying again is no use.
    QuotaExhausted,
    /// The provider rejects the request itself (400, 404, 422).
    BadRequest,
    /// The provider answered with something that is not its own protocol.
    Garbled,
    /// There is no such route, provider or model here.
    Unknown,
    /// Whoever pays may not spend that much, or that cannot be found out. Nobody was asked.
    SpendRefused(SpendRefused),
}

/// A failed call to a model. The message is for operators; users are told the kind.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{target}: {message}")]
pub struct ModelError {
    /// What kind of failure it is.
    pub kind: ModelErrorKind,
    /// Who failed, as `provider/model`.
    pub target: String,
    /// What the provider or the network said, for operators; shortened, never with a key in it.
    pub message: String,
    /// The HTTP status the provider answered with, if it did.
    pub status: Option<u16>,
}

impl ModelError {
    /// A failure of `target`.
    pub fn new(kind: ModelErrorKind, target: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, target: target.into(), message: message.into(), status: None }
    }

    /// The same, answered with `status`.
    #[must_use]
    pub const fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Whether the same target may be tried again.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            ModelErrorKind::RateLimited { .. }
                | ModelErrorKind::Timeout
                | ModelErrorKind::Unavailable
                | ModelErrorKind::Cut
                | ModelErrorKind::Garbled
        )
    }

    /// Whether another target may be tried (GTW-11): everything but a request that is itself at fault,
    /// or may not be paid.
    #[must_use]
    pub const fn allows_failover(&self) -> bool {
        !matches!(self.kind, ModelErrorKind::BadRequest | ModelErrorKind::SpendRefused(_))
    }
}
