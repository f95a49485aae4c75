/// Why an API key was not taken. Whoever does not know the secret learns nothing about the key: until the secret is
/// checked there is only [`KeyRefused::Malformed`] and [`KeyRefused::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// It is not whole: the form or the checksum is wrong.
    #[error("This is not an API key of this server. Check that it was copied whole.")]
    Malformed,
    /// There is no such key, or the secret is not its own.
    #[error("The API key is not valid.")]
    Unknown,
    /// It was revoked, or rotated longer ago than its grace.
    #[error("The API key was revoked.")]
    Revoked,
    /// Its time is over.
    #[error("The API key has expired.")]
    Expired,
    /// Whose it is does not belong to the organization any more.
    #[error("The API key's owner has left the organization.")]
    OwnerGone,
    /// An operator has suspended whose it is.
    #[error("The account of the API key's owner is suspended.")]
    OwnerSuspended,
    /// It may not be used from the caller's address.
    #[error("The API key may not be used from this address.")]
    Elsewhere,
    /// It cannot be checked now: nobody is let in unchecked. The text is for the log.
    #[error("API keys cannot be checked: {0}")]
    Unavailable(String),
}
