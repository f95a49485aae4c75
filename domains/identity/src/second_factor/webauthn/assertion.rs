use sha2::{Digest as _, Sha256};

use super::authenticator_data::AuthenticatorData;
use super::client_data::{self, Ceremony};
use super::key::PublicKey;
use super::{AssertionJson, Expected, Refusal, bytes};

/// What is known of the passkey that is being used.
#[derive(Debug, Clone)]
pub(crate) struct Known<'a> {
    pub(crate) credential_id: &'a [u8],
    /// The public key, a COSE key.
    pub(crate) public_key: &'a [u8],
    pub(crate) sign_count: u32,
    pub(crate) backup_eligible: bool,
    /// What its owner is called by authenticators.
    pub(crate) user_handle: &'a [u8],
    /// Whether the authenticator must tell whose passkey it is, because nothing else does.
    pub(crate) must_name_user: bool,
}

/// What a use of a passkey changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) sign_count: u32,
    pub(crate) backed_up: bool,
}

/// Section 7.2: verifying an authentication assertion.
pub(crate) fn verify_assertion(
    credential: &AssertionJson,
    known: &Known<'_>,
    expected: &Expected<'_>,
) -> Result<Shown, Refusal> {
    if credential.kind != "public-key" {
        return Err(Refusal::Ceremony);
    }
    if credential.id != credential.raw_id || bytes(&credential.id, "id")? != known.credential_id {
        return Err(Refusal::CredentialId);
    }
    match credential.response.user_handle.as_deref() {
        Some(handle) if bytes(handle, "userHandle")? == known.user_handle => {}
        None if !known.must_name_user => {}
        _ => return Err(Refusal::User),
    }
    let client_data = client_data::check(&credential.response.client_data_json, Ceremony::Get, expected)?;
    let authenticator_data = bytes(&credential.response.authenticator_data, "authenticatorData")?;
    let data = AuthenticatorData::read(&authenticator_data)?;
    data.check(expected)?;
    if data.attested.is_some() || data.backup_eligible() != known.backup_eligible {
        return Err(Refusal::Flags);
    }
    let signature = bytes(&credential.response.signature, "signature")?;
    let signed = [authenticator_data.as_slice(), &Sha256::digest(&client_data)].concat();
    PublicKey::read(known.public_key)?.verify(&signed, &signature)?;
    // Authenticators that do not count say 0 each time.
    let counts = data.sign_count != 0 || known.sign_count != 0;
    if counts && data.sign_count <= known.sign_count {
        return Err(Refusal::Counter);
    }
    Ok(Shown { sign_count: data.sign_count, backed_up: data.backed_up() })
}
