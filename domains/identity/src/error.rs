use std::sync::Arc;

use quorate_kernel::{Code, FieldError, Problem};
use quorate_store::StoreError;

/// What can go wrong in identity. Cloneable, because parallel refreshes share one outcome.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityError {
    /// Fields of the request are not acceptable.
    #[error("fields are not acceptable")]
    Fields(Vec<FieldError>),
    /// The address has an account already.
    #[error("the e-mail address has an account")]
    EmailTaken,
    /// E-mail or password is wrong; which one is nobody's business.
    #[error("wrong e-mail or password")]
    InvalidCredentials,
    /// The one-time link is wrong, used or expired.
    #[error("the one-time link is not valid")]
    InvalidLink,
    /// The refresh token is unknown or expired, or its login session has ended.
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// A rotated refresh token came again; its login session has been ended.
    #[error("a rotated refresh token was used again")]
    RefreshTokenReused,
    /// Another node exchanged the same refresh token at the same moment.
    #[error("another request exchanged the refresh token first")]
    RefreshRaced,
    /// Too many passwords wait to be hashed.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The password could not be hashed or its stored hash cannot be read.
    #[error("password hashing: {0}")]
    Hashing(String),
    /// A stored secret cannot be opened with this master key.
    #[error("the master key does not open {0}: was it replaced, or the database restored without it?")]
    Sealed(String),
    /// A signing key cannot be used.
    #[error("signing key: {0}")]
    SigningKey(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

impl From<StoreError> for IdentityError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Fields(details) => Self::fields(details),
            IdentityError::EmailTaken => Self::new(Code::EmailTaken, "This e-mail address already has an account."),
            IdentityError::InvalidCredentials => Self::new(Code::InvalidCredentials, "E-mail or password is wrong."),
            IdentityError::InvalidLink => {
                Self::new(Code::InvalidLink, "This link is not valid: it was used, has expired, or is mistyped.")
            }
            IdentityError::InvalidRefreshToken => Self::new(Code::Unauthenticated, "Sign in again."),
            IdentityError::RefreshTokenReused => Self::new(
                Code::RefreshTokenReused,
                "This refresh token was used before, so its login session has been ended. Sign in again.",
            ),
            IdentityError::RefreshRaced => {
                let mut problem = Self::conflict("Another request exchanged this refresh token at the same moment.");
                problem.retry_after = Some(1);
                problem
            }
            IdentityError::Busy => {
                let mut problem = Self::new(Code::Unavailable, "Too many people sign in just now. Try again shortly.");
                problem.retry_after = Some(5);
                problem
            }
            IdentityError::Hashing(_)
            | IdentityError::Sealed(_)
            | IdentityError::SigningKey(_)
            | IdentityError::Store(_) => Self::internal(error),
        }
    }
}
