use quorate_kernel::{Code, FieldError, Problem};
use quorate_store::StoreError;

use crate::keys::KeyRefused;

/// What can go wrong in the gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The database failed, or holds what the program did not write.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another part of the server refused, or failed.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// Some fields are not acceptable.
    #[error("some fields are not acceptable")]
    Fields(Vec<FieldError>),
    /// There is no such thing, or it is somebody else's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The thing is not in a state that allows this. The sentence is for the caller.
    #[error("{0}")]
    Conflict(String),
    /// An API key was refused.
    #[error(transparent)]
    Key(#[from] KeyRefused),
}

impl From<Problem> for GatewayError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<GatewayError> for Problem {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Refused(problem) => *problem,
            GatewayError::Fields(fields) => Self::fields(fields),
            GatewayError::NotFound(what) => Self::not_found(what),
            GatewayError::Conflict(why) => Self::conflict(why),
            GatewayError::Key(refused) => refused.into(),
            GatewayError::Store(_) => Self::internal(error),
        }
    }
}

impl From<KeyRefused> for Problem {
    fn from(refused: KeyRefused) -> Self {
        let code = match refused {
            KeyRefused::Malformed
            | KeyRefused::Unknown
            | KeyRefused::Revoked
            | KeyRefused::Expired
            | KeyRefused::OwnerGone => Code::Unauthenticated,
            KeyRefused::OwnerSuspended => Code::AccountSuspended,
            KeyRefused::Elsewhere => Code::Forbidden,
            KeyRefused::Unavailable(_) => Code::Unavailable,
        };
        match &refused {
            KeyRefused::Unavailable(_) => {
                let mut problem = Self::new(code, "API keys cannot be checked just now. Try again shortly.");
                problem.retry_after = Some(5);
                problem.caused_by(refused)
            }
            told => Self::new(code, told.to_string()),
        }
    }
}
