use quorate_kernel::{Code, Problem};
use quorate_store::StoreError;

use super::ports::FetchError;
use crate::IdentityError;
use crate::issuers::token::TokenRefusal;

/// What can go wrong when somebody comes from another service.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum SocialError {
    /// The person said no over there.
    #[error("the person did not agree")]
    Denied,
    /// The other service failed, or somebody meddled with the flow. The text is for the log.
    #[error("{0}")]
    Failed(String),
    /// The other service does not vouch for the address, or gives none.
    #[error("the other service vouches for no e-mail address")]
    EmailNotVerified,
    /// The address has an account that cannot be linked unasked.
    #[error("the address has an account that is not connected")]
    AccountExists,
    /// Anything that can happen to every log-in.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<FetchError> for SocialError {
    fn from(error: FetchError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<StoreError> for SocialError {
    fn from(error: StoreError) -> Self {
        Self::Identity(error.into())
    }
}

impl From<TokenRefusal> for SocialError {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Failed(format!("the ID token is refused: {refusal:?}"))
    }
}

impl SocialError {
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }

    /// The code that the log-in page is told. Nothing that another service wrote reaches the page.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Denied => "SOCIAL_DENIED",
            Self::EmailNotVerified => "EMAIL_NOT_VERIFIED",
            Self::AccountExists => "ACCOUNT_EXISTS",
            Self::Identity(IdentityError::Suspended) => "ACCOUNT_SUSPENDED",
            Self::Identity(IdentityError::RegistrationClosed) => "REGISTRATION_CLOSED",
            Self::Failed(_) | Self::Identity(_) => "SOCIAL_FAILED",
        }
    }

    /// The answer to a request that came with another issuer's token.
    pub(crate) fn into_problem(self) -> Problem {
        match self {
            Self::AccountExists => Problem::new(
                Code::Forbidden,
                "Your e-mail address has an account here that is not connected. Sign in here and connect it.",
            ),
            Self::EmailNotVerified => IdentityError::EmailNotVerified.into(),
            Self::Identity(error) => error.into(),
            Self::Denied | Self::Failed(_) => Problem::new(Code::Unauthenticated, "The access token is not valid."),
        }
    }
}
