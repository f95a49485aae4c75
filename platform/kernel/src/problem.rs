use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The stable codes of errors. Clients translate them (`errors.NOT_FOUND`), so a code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The body is not the JSON that the endpoint reads.
    InvalidBody,
    /// One or more fields are not acceptable; `details` names each.
    ValidationFailed,
    /// No valid access token was sent.
    Unauthenticated,
    /// The access token has expired: refresh it.
    TokenExpired,
    /// E-mail or password is wrong.
    InvalidCredentials,
    /// The e-mail address already has an account.
    EmailTaken,
    /// The refresh token was used before; its login session has been ended.
    RefreshTokenReused,
    /// The one-time link is wrong, used or expired.
    InvalidLink,
    /// The password was right and a second factor is needed; `params` holds the challenge to answer.
    SecondFactorRequired,
    /// The code of the second factor is wrong, or was used before.
    InvalidCode,
    /// An operator has suspended the account.
    AccountSuspended,
    /// The e-mail address must be confirmed first.
    EmailNotVerified,
    /// The check that a person is calling was not passed.
    HumanCheckFailed,
    /// This server takes no new accounts.
    RegistrationClosed,
    /// The plan's number of devices is reached.
    DeviceLimitReached,
    /// The device is bound to somebody else's account.
    DeviceBoundToOtherAccount,
    /// The request must say which device it comes from.
    DeviceFingerprintRequired,
    /// A device may be removed once a day.
    DeviceRemovalLimit,
    /// An organization must keep an owner.
    LastOwner,
    /// The person is in the organization already.
    AlreadyMember,
    /// The invitation was sent to another address.
    InvitationForOtherAddress,
    /// The plan's allowance is used up.
    QuotaExceeded,
    /// A budget has not that much left.
    BudgetExceeded,
    /// The plan does not include this.
    TierInsufficient,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// The principal lacks the permission.
    Forbidden,
    /// A browser request came from another origin.
    CrossOrigin,
    /// There is no such thing, or it belongs to somebody else.
    NotFound,
    /// The address does not take this method.
    MethodNotAllowed,
    /// The thing is not in a state that allows this.
    Conflict,
    /// The body is larger than the endpoint takes.
    PayloadTooLarge,
    /// The content type is not one the endpoint reads.
    UnsupportedMediaType,
    /// Too many requests; see `Retry-After`.
    RateLimited,
    /// The request took longer than the server allows.
    Timeout,
    /// No model's provider could answer.
    UpstreamFailed,
    /// The model's provider gave no answer within the time allowed.
    UpstreamTimeout,
    /// The server cannot do this just now.
    Unavailable,
    /// Something is broken on our side; the request id finds it in the log.
    Internal,
}

impl Code {
    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidBody | Self::DeviceFingerprintRequired => 400,
            Self::ValidationFailed | Self::IdempotencyKeyReused => 422,
            Self::Unauthenticated
            | Self::TokenExpired
            | Self::InvalidCredentials
            | Self::RefreshTokenReused
            | Self::SecondFactorRequired
            | Self::InvalidCode => 401,
            Self::QuotaExceeded | Self::BudgetExceeded => 402,
            Self::InvalidLink => 410,
            Self::Forbidden
            | Self::CrossOrigin
            | Self::AccountSuspended
            | Self::EmailNotVerified
            | Self::HumanCheckFailed
            | Self::RegistrationClosed
            | Self::DeviceLimitReached
            | Self::DeviceBoundToOtherAccount
            | Self::InvitationForOtherAddress
            | Self::TierInsufficient => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::EmailTaken | Self::Conflict | Self::LastOwner | Self::AlreadyMember => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::RateLimited | Self::DeviceRemovalLimit => 429,
            Self::Timeout => 408,
            Self::UpstreamFailed => 502,
            Self::Unavailable => 503,
            Self::UpstreamTimeout => 504,
            Self::Internal => 500,
        }
    }
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field, as a path from the body's root: `personas[2]`.
    pub field: String,
    /// What is wrong, in plain English.
    pub message: String,
}

/// An error with two faces: what the caller may know, and the source that only the operator's log sees.
#[derive(Debug)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// A sentence for the caller. Never an internal message, path, SQL or stack.
    pub message: String,
    /// What is wrong with which field.
    pub details: Vec<FieldError>,
    /// Values that go with the message, for translation.
    pub params: Map<String, Value>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem the caller may read.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new(), params: Map::new(), retry_after: None, source: None }
    }

    /// Something broke on our side: the caller learns only that, the log gets the source.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::new(Code::Internal, "Something went wrong on our side.") }
    }

    /// No such thing, or not the caller's (IDN-21: a foreign resource answers the same as a missing one).
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// One field is not acceptable.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Several fields are not acceptable.
    #[must_use]
    pub fn fields(details: Vec<FieldError>) -> Self {
        Self { details, ..Self::new(Code::ValidationFailed, "Some fields are not acceptable.") }
    }

    /// The thing is not in a state that allows this.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    /// Adds a value that goes with the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Adds the source that the operator's log shows.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The source and its own sources, for the log.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = String::new();
        let mut next: Option<&(dyn Error + 'static)> = self.source.as_deref().map(|source| source as _);
        while let Some(source) = next {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&source.to_string());
            next = source.source();
        }
        text
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        for detail in &self.details {
            write!(f, " {}: {}", detail.field, detail.message)?;
        }
        Ok(())
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
