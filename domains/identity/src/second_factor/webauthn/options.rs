use serde_json::{Value, json};

use super::key::{EDDSA, ES256, RS256};
use super::{RelyingParty, text};

/// How long a browser waits for its user, in milliseconds: as long as the challenge lives.
const PATIENCE_MS: u64 = 5 * 60 * 1000;

/// Whose passkey is made.
pub(crate) struct Person<'a> {
    /// What authenticators call them: nothing personal.
    pub(crate) handle: &'a [u8],
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
}

/// A passkey that there is already.
pub(crate) struct Descriptor {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) transports: Vec<String>,
}

/// What `navigator.credentials.create` is asked. The passkey must be one that logs in by itself: known to the
/// authenticator without being named, and with its user verified.
pub(crate) fn creation(party: &RelyingParty, person: &Person<'_>, challenge: &[u8], existing: &[Descriptor]) -> Value {
    let kinds: Vec<Value> =
        [ES256, EDDSA, RS256].iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
    json!({ "publicKey": {
        "rp": { "id": party.id, "name": "Quorate" },
        "user": { "id": text(person.handle), "name": person.email, "displayName": person.name },
        "challenge": text(challenge),
        "pubKeyCredParams": kinds,
        "timeout": PATIENCE_MS,
        "excludeCredentials": descriptors(existing),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
        "extensions": { "credProps": true },
    } })
}

/// What `navigator.credentials.get` is asked. Without `allowed` the authenticator says which passkey and whose it is.
pub(crate) fn request(party: &RelyingParty, challenge: &[u8], allowed: &[Descriptor], verified: bool) -> Value {
    json!({ "publicKey": {
        "challenge": text(challenge),
        "timeout": PATIENCE_MS,
        "rpId": party.id,
        "allowCredentials": descriptors(allowed),
        "userVerification": if verified { "required" } else { "preferred" },
    } })
}

fn descriptors(of: &[Descriptor]) -> Vec<Value> {
    let one = |one: &Descriptor| json!({ "type": "public-key", "id": text(&one.credential_id), "transports": one.transports });
    of.iter().map(one).collect()
}
