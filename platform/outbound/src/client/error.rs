use std::error::Error;

use reqwest::Url;

use super::resolver::RefusedName;

/// Why a request failed. No variant holds a query, a header or a body: those may be secret.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The address is none that may be reached.
    #[error("{0} may not be reached")]
    Refused(String),
    /// The other side did not answer, or broke off.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The other side took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The answer is longer than so many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// The other side answered with this status.
    #[error("answered {0}")]
    Status(u16),
    /// The answer is not what it should be.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// The request cannot be made: a header or a body that is none.
    #[error("the request cannot be made: {0}")]
    Request(String),
    /// The configuration cannot be used. The text names the key.
    #[error("{0}")]
    Config(String),
}

impl OutboundError {
    /// What a failure of the transport means.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let host = || error.url().and_then(Url::host_str).unwrap_or("the host").to_owned();
        let mut innermost = None;
        let mut next = error.source();
        while let Some(source) = next {
            if source.is::<RefusedName>() {
                return Self::Refused(host());
            }
            innermost = Some(source);
            next = source.source();
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        Self::Unreachable(innermost.map_or_else(|| "the request failed".to_owned(), ToString::to_string))
    }
}
