use ciborium::Value;

use super::authenticator_data::{AuthenticatorData, cbor};
use super::client_data::{self, Ceremony};
use super::key::PublicKey;
use super::{Expected, Refusal, RegistrationJson, bytes};

/// How an authenticator can be reached, as far as browsers have words for it.
const TRANSPORTS: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];
const UNREADABLE: Refusal = Refusal::Unreadable("attestationObject");

/// A passkey that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewCredential {
    pub(crate) credential_id: Vec<u8>,
    /// The public key, a COSE key.
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
    pub(crate) backup_eligible: bool,
    pub(crate) backed_up: bool,
    /// A hint for browsers, sorted; unknown words are left out.
    pub(crate) transports: Vec<String>,
}

/// Section 7.1: registering a new credential.
pub(crate) fn verify_registration(
    credential: &RegistrationJson,
    expected: &Expected<'_>,
) -> Result<NewCredential, Refusal> {
    if credential.kind != "public-key" {
        return Err(Refusal::Ceremony);
    }
    client_data::check(&credential.response.client_data_json, Ceremony::Create, expected)?;
    let data = authenticator_data(&bytes(&credential.response.attestation_object, "attestationObject")?)?;
    data.check(expected)?;
    let attested = data.attested.as_ref().ok_or(Refusal::Flags)?;
    if credential.id != credential.raw_id || bytes(&credential.id, "id")? != attested.credential_id {
        return Err(Refusal::CredentialId);
    }
    PublicKey::read(&attested.key)?;
    let known = |told: &&str| credential.response.transports.iter().any(|transport| transport == told);
    Ok(NewCredential {
        credential_id: attested.credential_id.clone(),
        public_key: attested.key.clone(),
        sign_count: data.sign_count,
        backup_eligible: data.backup_eligible(),
        backed_up: data.backed_up(),
        transports: TRANSPORTS.into_iter().filter(known).map(str::to_owned).collect(),
    })
}

/// The part of an attestation object that tells about the credential.
fn authenticator_data(object: &[u8]) -> Result<AuthenticatorData, Refusal> {
    let (Value::Map(entries), length) = cbor(object)? else { return Err(UNREADABLE) };
    let mut found = entries.iter().filter(|(key, _)| key.as_text() == Some("authData")).map(|(_, value)| value);
    let (Some(Value::Bytes(data)), None) = (found.next(), found.next()) else { return Err(UNREADABLE) };
    if length != object.len() {
        return Err(UNREADABLE);
    }
    AuthenticatorData::read(data)
}
