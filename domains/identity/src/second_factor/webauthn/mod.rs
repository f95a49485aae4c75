//! The relying party's half of WebAuthn Level 3 (<https://www.w3.org/TR/webauthn-3/>), pure: what a browser's answer to a
//! ceremony must show before it is believed.
//!
//! Attestation is not asked for: any authenticator will do, so who made it is nobody's business, and a statement that
//! comes along unasked is not looked at.

mod assertion;
mod authenticator_data;
mod client_data;
mod json;
mod key;
mod options;
mod registration;
mod relying_party;

#[cfg(test)]
mod tests;

pub(crate) use assertion::{Known, Shown, verify_assertion};
pub(crate) use json::{AssertionJson, RegistrationJson};
pub(crate) use options::{Descriptor, Person, creation, request};
pub(crate) use registration::verify_registration;
pub(crate) use relying_party::{RelyingParty, host_of};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest credential id that WebAuthn allows, in bytes.
const LONGEST_CREDENTIAL_ID: usize = 1023;

/// What a ceremony was begun with.
#[derive(Debug, Clone)]
pub(crate) struct Expected<'a> {
    pub(crate) party: &'a RelyingParty,
    /// The challenge that the options carried.
    pub(crate) challenge: &'a [u8],
    /// Whether the authenticator must have verified its user: by PIN, finger or face.
    pub(crate) user_verification: bool,
}

/// Why an answer is not believed. For the log, and for tests; people are told less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
    #[error("it is an answer to another kind of question")]
    Ceremony,
    #[error("it answers another challenge")]
    Challenge,
    #[error("it comes from another origin")]
    Origin,
    #[error("it comes from a page inside another site's page")]
    CrossOrigin,
    #[error("it is for another relying party")]
    RelyingParty,
    #[error("nobody was present")]
    UserPresence,
    #[error("the user was not verified")]
    UserVerification,
    #[error("its flags contradict each other or what was registered")]
    Flags,
    #[error("it has a key of a kind that was not offered")]
    Algorithm,
    #[error("its credential ids differ, or are too long")]
    CredentialId,
    #[error("it names another user")]
    User,
    #[error("its signature is wrong")]
    Signature,
    #[error("its counter went back: the passkey may have been copied")]
    Counter,
}

fn bytes(text: &str, what: &'static str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Unreadable(what))
}

/// Bytes as WebAuthn writes them in JSON.
pub(crate) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
