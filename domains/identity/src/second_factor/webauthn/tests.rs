//! The ceremonies against the official examples (WebAuthn Level 3, section "Test Vectors", taken from w3c/webauthn on
//! 21 November 2026), which other hands made with other code, and each of them altered.

use serde::Deserialize;

use super::registration::NewCredential;
use super::*;

const VECTORS: &str = include_str!("w3c-vectors.json");
/// What is refused whatever the challenge: frames, and keys of kinds that are not offered.
const FOREIGN: [(&str, Refusal); 5] = [
    ("none-es256-crossOrigin", Refusal::CrossOrigin),
    ("none-es256-topOrigin", Refusal::CrossOrigin),
    ("packed-es384", Refusal::Algorithm),
    ("packed-es512", Refusal::Algorithm),
    ("packed-ed448", Refusal::Algorithm),
];

#[derive(Clone, Deserialize)]
struct Vector {
    name: String,
    registration: Registration,
    authentication: Authentication,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    challenge: String,
    #[serde(rename = "credential_id")]
    credential_id: String,
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    attestation_object: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    challenge: String,
    authenticator_data: String,
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    signature: String,
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn party() -> RelyingParty {
    RelyingParty { id: "example.org".into(), origin: "https://example.org".into() }
}

impl Vector {
    fn all() -> Vec<Self> {
        serde_json::from_str(VECTORS).unwrap()
    }

    fn named(name: &str) -> Self {
        Self::all().into_iter().find(|vector| vector.name == name).unwrap()
    }

    fn registration(&self) -> RegistrationJson {
        let id = text(&hex(&self.registration.credential_id));
        serde_json::from_value(serde_json::json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": text(&hex(&self.registration.client_data_json)),
                "attestationObject": text(&hex(&self.registration.attestation_object)),
                "transports": ["usb", "teleport", "internal"],
                "publicKeyAlgorithm": -7,
            },
            "clientExtensionResults": {},
        }))
        .unwrap()
    }

    fn assertion(&self) -> AssertionJson {
        let id = text(&hex(&self.registration.credential_id));
        serde_json::from_value(serde_json::json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": text(&hex(&self.authentication.client_data_json)),
                "authenticatorData": text(&hex(&self.authentication.authenticator_data)),
                "signature": text(&hex(&self.authentication.signature)),
            },
        }))
        .unwrap()
    }

    fn register(&self) -> Result<NewCredential, Refusal> {
        let challenge = hex(&self.registration.challenge);
        verify_registration(
            &self.registration(),
            &Expected { party: &party(), challenge: &challenge, user_verification: false },
        )
    }

    fn authenticate(&self, credential: &NewCredential, assertion: &AssertionJson) -> Result<Shown, Refusal> {
        let challenge = hex(&self.authentication.challenge);
        let expected = Expected { party: &party(), challenge: &challenge, user_verification: false };
        verify_assertion(assertion, &known(credential), &expected)
    }
}

fn known(credential: &NewCredential) -> Known<'_> {
    Known {
        credential_id: &credential.credential_id,
        public_key: &credential.public_key,
        sign_count: credential.sign_count,
        backup_eligible: credential.backup_eligible,
        user_handle: b"somebody",
        must_name_user: false,
    }
}

#[test]
fn the_official_examples_register_and_log_in() {
    let vectors = Vector::all();
    assert_eq!(vectors.len(), 15);
    let mut passed = Vec::new();
    for vector in vectors {
        let foreign = FOREIGN.iter().find(|(name, _)| *name == vector.name);
        match (vector.register(), foreign) {
            (Err(refusal), Some((_, expected))) => assert_eq!(refusal, *expected, "{}", vector.name),
            (Ok(credential), None) => {
                assert_eq!(credential.credential_id, hex(&vector.registration.credential_id));
                assert_eq!(credential.transports, ["internal", "usb"]);
                let shown = vector.authenticate(&credential, &vector.assertion());
                assert!(shown.is_ok(), "{}: {shown:?}", vector.name);
                passed.push(vector.name);
            }
            (result, _) => panic!("{}: {result:?}", vector.name),
        }
    }
    // One of each kind of key, the longest credential id, and attestation in every format that is not looked at.
    for name in ["none-es256", "packed-eddsa", "packed-rs256", "none-es256-long-credential-id", "tpm-es256"] {
        assert!(passed.iter().any(|passed| passed == name), "{name}");
    }
}

#[test]
fn a_registration_answers_its_own_question_only() {
    let vector = Vector::named("none-es256");
    let (credential, challenge) = (vector.registration(), hex(&vector.registration.challenge));
    let refused = |credential: &RegistrationJson, party: RelyingParty, challenge: &[u8], user_verification: bool| {
        verify_registration(credential, &Expected { party: &party, challenge, user_verification }).unwrap_err()
    };
    assert_eq!(refused(&credential, party(), b"another", false), Refusal::Challenge);
    assert_eq!(refused(&credential, party(), &[], false), Refusal::Challenge);
    assert_eq!(refused(&credential, party(), &challenge, true), Refusal::UserVerification);
    let elsewhere = |id: &str, origin: &str| RelyingParty { id: id.into(), origin: origin.into() };
    for origin in
        ["https://example.org.evil.example", "https://evil.example", "http://example.org", "https://example.org:8443"]
    {
        assert_eq!(
            refused(&credential, elsewhere("example.org", origin), &challenge, false),
            Refusal::Origin,
            "{origin}"
        );
    }
    let other_party = elsewhere("www.example.org", "https://example.org");
    assert_eq!(refused(&credential, other_party, &challenge, false), Refusal::RelyingParty);
    let mut swapped = credential.clone();
    swapped.response.client_data_json = text(&hex(&vector.authentication.client_data_json));
    assert_eq!(refused(&swapped, party(), &hex(&vector.authentication.challenge), false), Refusal::Ceremony);
    let mut renamed = credential.clone();
    renamed.raw_id = text(b"another");
    assert_eq!(refused(&renamed, party(), &challenge, false), Refusal::CredentialId);
    renamed.id.clone_from(&renamed.raw_id);
    assert_eq!(refused(&renamed, party(), &challenge, false), Refusal::CredentialId);
    let mut padded = credential.clone();
    padded.response.attestation_object.push_str("AA");
    assert!(
        verify_registration(&padded, &Expected { party: &party(), challenge: &challenge, user_verification: false })
            .is_err()
    );
    let mut other_kind = credential;
    other_kind.kind = "password".into();
    assert_eq!(refused(&other_kind, party(), &challenge, false), Refusal::Ceremony);
}

#[test]
fn a_contradiction_in_the_flags_is_refused() {
    let vector = Vector::named("none-es256");
    let object = hex(&vector.registration.attestation_object);
    let flags = object.windows(5).position(|window| window == [0x59, 0, 0, 0, 0]).unwrap();
    // Nobody present; backed up without being eligible for it; no credential; an extension that is not there.
    for (value, refusal) in [
        (0x58, Refusal::UserPresence),
        (0x51, Refusal::Flags),
        (0x19, Refusal::Unreadable("authenticatorData")),
        (0xd9, Refusal::Unreadable("authenticatorData")),
    ] {
        let mut altered = vector.clone();
        let mut object = object.clone();
        object[flags] = value;
        altered.registration.attestation_object = object.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(altered.register(), Err(refusal), "{value:x}");
    }
}

#[test]
fn every_altered_byte_of_an_assertion_is_noticed() {
    for name in ["none-es256", "packed-eddsa", "packed-rs256"] {
        let vector = Vector::named(name);
        let credential = vector.register().unwrap();
        let fields: [fn(&mut AssertionJson) -> &mut String; 3] = [
            |assertion| &mut assertion.response.authenticator_data,
            |assertion| &mut assertion.response.client_data_json,
            |assertion| &mut assertion.response.signature,
        ];
        for field in fields {
            let mut assertion = vector.assertion();
            let whole = bytes(field(&mut assertion), "").unwrap();
            for at in 0..whole.len() {
                let mut altered = whole.clone();
                altered[at] ^= 1;
                *field(&mut assertion) = text(&altered);
                assert!(vector.authenticate(&credential, &assertion).is_err(), "{name}: byte {at}");
            }
            for length in [0, whole.len() - 1] {
                *field(&mut assertion) = text(&whole[..length]);
                assert!(vector.authenticate(&credential, &assertion).is_err(), "{name}: cut to {length}");
            }
        }
    }
}

#[test]
fn an_assertion_is_one_owners_of_one_key_and_counts_up() {
    let (vector, other) = (Vector::named("none-es256"), Vector::named("packed-es256"));
    let credential = vector.register().unwrap();
    let challenge = hex(&vector.authentication.challenge);
    let expected = Expected { party: &party(), challenge: &challenge, user_verification: false };
    let assertion = vector.assertion();
    let check = |assertion: &AssertionJson, known: &Known<'_>| verify_assertion(assertion, known, &expected);
    assert!(check(&assertion, &known(&credential)).is_ok());
    let foreign_key = other.register().unwrap().public_key;
    assert_eq!(check(&assertion, &Known { public_key: &foreign_key, ..known(&credential) }), Err(Refusal::Signature));
    assert_eq!(check(&assertion, &Known { must_name_user: true, ..known(&credential) }), Err(Refusal::User));
    assert_eq!(check(&assertion, &Known { backup_eligible: false, ..known(&credential) }), Err(Refusal::Flags));
    assert_eq!(check(&assertion, &Known { sign_count: 1, ..known(&credential) }), Err(Refusal::Counter));
    let mut named = assertion.clone();
    named.response.user_handle = Some(text(b"somebody"));
    assert!(check(&named, &Known { must_name_user: true, ..known(&credential) }).is_ok());
    named.response.user_handle = Some(text(b"somebody else"));
    assert_eq!(check(&named, &known(&credential)), Err(Refusal::User));
    let verified = Expected { user_verification: true, ..expected.clone() };
    assert_eq!(verify_assertion(&assertion, &known(&credential), &verified), Err(Refusal::UserVerification));
    let registered_again = Expected { challenge: &hex(&vector.registration.challenge), ..expected.clone() };
    let mut created = assertion;
    created.response.client_data_json = text(&hex(&vector.registration.client_data_json));
    assert_eq!(verify_assertion(&created, &known(&credential), &registered_again), Err(Refusal::Ceremony));
}
