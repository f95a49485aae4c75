use std::sync::Arc;

use quorate_kernel::{Code, FieldError, Problem};
use quorate_store::{SealError, StoreError};

/// The question that a log-in with two factors ends in at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactorChallenge {
    /// The secret by which the log-in goes on.
    pub challenge: String,
    /// The ways in which this account can answer: `totp`, `recovery_code`, `passkey`.
    pub methods: Vec<&'static str>,
    /// Seconds until it is too late.
    pub expires_in: i64,
}

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
    /// The first factor was right and a second one is needed (IDN-6).
    #[error("a second factor is needed")]
    SecondFactorRequired(SecondFactorChallenge),
    /// The code of the second factor is wrong, or was used before.
    #[error("the code of the second factor is wrong")]
    InvalidCode,
    /// An operator has suspended the account.
    #[error("the account is suspended")]
    Suspended,
    /// The e-mail address must be confirmed before this.
    #[error("the e-mail address is not confirmed")]
    EmailNotVerified,
    /// The check that a person is calling was not passed (IDN-7).
    #[error("the human check was not passed: {0}")]
    HumanCheckFailed(String),
    /// The server takes no new accounts.
    #[error("registration is closed")]
    RegistrationClosed,
    /// Too many attempts; the next one makes sense after this many seconds (IDN-7).
    #[error("too many attempts, the next in {0} s")]
    TooManyAttempts(u64),
    /// The plan's devices are all taken (IDN-10).
    #[error("{used} of {limit} devices are bound")]
    DeviceLimitReached {
        /// How many devices are bound.
        used: u64,
        /// How many the plan allows.
        limit: u64,
    },
    /// The device belongs to another account.
    #[error("the device is bound to another account")]
    DeviceBoundToOther,
    /// The request had to say which device it comes from.
    #[error("the device's fingerprint is missing")]
    DeviceFingerprintRequired,
    /// A device may be removed once a day; the next time in this many seconds.
    #[error("a device was removed today already, the next in {0} s")]
    DeviceRemovalLimit(u64),
    /// An organization must keep an owner (IDN-20).
    #[error("the last owner cannot leave or be demoted")]
    LastOwner,
    /// The person is in the organization already.
    #[error("the person is a member already")]
    AlreadyMember,
    /// The invitation went to another address, of which this much may be shown.
    #[error("the invitation is for {masked}")]
    InvitationForOther {
        /// The invited address, masked: `a…@example.com`.
        masked: String,
    },
    /// There is no such thing, or it is somebody else's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The caller's role or state does not allow this. The sentence is for the caller.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// The thing is not in a state that allows this. The sentence is for the caller.
    #[error("conflict: {0}")]
    Conflict(&'static str),
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
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// A signing key cannot be used.
    #[error("signing key: {0}")]
    SigningKey(String),
    /// Something that identity relies on failed; the text is for the operator.
    #[error("{0}")]
    Broken(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

impl IdentityError {
    /// What another room answered, when there is nothing in it for the caller.
    pub(crate) fn from_port(problem: Problem) -> Self {
        let chain = problem.chain();
        Self::Broken(if chain.is_empty() { problem.message } else { chain })
    }
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
            IdentityError::SecondFactorRequired(asked) => {
                Self::new(Code::SecondFactorRequired, "Answer with your second factor to go on.")
                    .with("challenge", asked.challenge)
                    .with("methods", asked.methods)
                    .with("expires_in", asked.expires_in)
            }
            IdentityError::InvalidCode => Self::new(Code::InvalidCode, "The code is wrong, too old, or was used."),
            IdentityError::Suspended => Self::new(Code::AccountSuspended, "This account is suspended."),
            IdentityError::EmailNotVerified => Self::new(Code::EmailNotVerified, "Confirm your e-mail address first."),
            IdentityError::HumanCheckFailed(why) => {
                Self::new(Code::HumanCheckFailed, "The check that you are a person failed. Try again.").caused_by(why)
            }
            IdentityError::RegistrationClosed => Self::new(
                Code::RegistrationClosed,
                "This server takes no new accounts. Ask its operator to invite you.",
            ),
            IdentityError::TooManyAttempts(seconds) => {
                let mut problem = Self::new(Code::RateLimited, "Too many attempts. Wait a little and try again.");
                problem.retry_after = Some(seconds);
                problem.with("retry_after", seconds)
            }
            IdentityError::DeviceLimitReached { used, limit } => {
                Self::new(Code::DeviceLimitReached, "Your plan's devices are all in use. Remove one to use this one.")
                    .with("used", used)
                    .with("limit", limit)
            }
            IdentityError::DeviceBoundToOther => {
                Self::new(Code::DeviceBoundToOtherAccount, "This device belongs to another account.")
            }
            IdentityError::DeviceFingerprintRequired => {
                Self::new(Code::DeviceFingerprintRequired, "Say which device this is, with X-Device-Fingerprint.")
            }
            IdentityError::DeviceRemovalLimit(seconds) => {
                let mut problem = Self::new(Code::DeviceRemovalLimit, "You may remove one device a day.");
                problem.retry_after = Some(seconds);
                problem.with("retry_after", seconds)
            }
            IdentityError::LastOwner => Self::new(Code::LastOwner, "An organization must keep an owner."),
            IdentityError::AlreadyMember => Self::new(Code::AlreadyMember, "This person is a member already."),
            IdentityError::InvitationForOther { masked } => {
                Self::new(Code::InvitationForOtherAddress, "This invitation was sent to another address.")
                    .with("email", masked)
            }
            IdentityError::NotFound(what) => Self::not_found(what),
            IdentityError::Forbidden(why) => Self::new(Code::Forbidden, why),
            IdentityError::Conflict(why) => Self::conflict(why),
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
            | IdentityError::Broken(_)
            | IdentityError::Store(_) => Self::internal(error),
        }
    }
}
