//! An authenticator and its browser in software: ES256 passkeys as WebAuthn describes them, for honest tests and, with
//! one field changed, for attacks.

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;

/// A device with one passkey. What it says can be changed between two ceremonies.
#[derive(Debug)]
pub struct SoftPasskey {
    key: EcdsaKeyPair,
    /// The credential's id.
    pub credential_id: Vec<u8>,
    /// The page that asks, as the browser sees it.
    pub origin: String,
    /// Whether the page is inside another site's.
    pub cross_origin: bool,
    /// Whom it answers, instead of whom the options name.
    pub rp_id: Option<String>,
    /// Whether its user is verified.
    pub verified: bool,
    /// Whether its user is present.
    pub present: bool,
    /// Whether it can be copied to other devices, and is.
    pub synced: bool,
    /// What the next use counts; 0 for a device that does not count.
    pub counter: u32,
    /// Whose it is, from the registration's options.
    pub user_handle: Option<String>,
    /// What it answers, instead of the options' challenge.
    pub challenge: Option<String>,
}

impl SoftPasskey {
    /// A device whose browser shows a page of this origin.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new(origin: &str) -> Result<Self> {
        let random = SystemRandom::new();
        let broken = |_| anyhow!("no randomness");
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).map_err(broken)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pair.as_ref(), &random)
            .map_err(|error| anyhow!("{error}"))?;
        let mut credential_id = vec![0; 32];
        random.fill(&mut credential_id).map_err(broken)?;
        Ok(Self {
            key,
            credential_id,
            origin: origin.to_owned(),
            cross_origin: false,
            rp_id: None,
            verified: true,
            present: true,
            synced: false,
            counter: 0,
            user_handle: None,
            challenge: None,
        })
    }

    /// Answers `navigator.credentials.create` with these options (`{"publicKey": …}`).
    ///
    /// # Errors
    /// When the options lack something, or exclude this very passkey.
    pub fn create(&mut self, options: &Value) -> Result<Value> {
        let options = &options["publicKey"];
        let id = text(&self.credential_id);
        if options["excludeCredentials"].as_array().is_some_and(|list| list.iter().any(|one| one["id"] == id.as_str()))
        {
            return Err(anyhow!("InvalidStateError: this authenticator holds a passkey of this account"));
        }
        self.user_handle = Some(options["user"]["id"].as_str().context("no user.id")?.to_owned());
        let mut data = self.authenticator_data(options["rp"]["id"].as_str(), ATTESTED)?;
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len())?.to_be_bytes());
        data.extend(&self.credential_id);
        data.extend(self.cose_key());
        // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend(u16::try_from(data.len())?.to_be_bytes());
        object.extend(data);
        let client_data = self.client_data("webauthn.create", options)?;
        Ok(json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": text(&client_data),
                "attestationObject": text(&object),
                "transports": ["internal"],
            },
            "clientExtensionResults": { "credProps": { "rk": true } },
        }))
    }

    /// Answers `navigator.credentials.get` with these options (`{"publicKey": …}`).
    ///
    /// # Errors
    /// When the options lack something, or allow only other passkeys.
    pub fn get(&mut self, options: &Value) -> Result<Value> {
        let options = &options["publicKey"];
        let id = text(&self.credential_id);
        let allowed = options["allowCredentials"].as_array().context("no allowCredentials")?;
        if !allowed.is_empty() && !allowed.iter().any(|one| one["id"] == id.as_str()) {
            return Err(anyhow!("NotAllowedError: this authenticator holds none of these passkeys"));
        }
        let data = self.authenticator_data(options["rpId"].as_str(), 0)?;
        let client_data = self.client_data("webauthn.get", options)?;
        let signed = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).map_err(|_| anyhow!("cannot sign"))?;
        Ok(json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": {
                "clientDataJSON": text(&client_data),
                "authenticatorData": text(&data),
                "signature": text(signature.as_ref()),
                "userHandle": self.user_handle,
            },
            "clientExtensionResults": {},
        }))
    }

    fn client_data(&self, kind: &str, options: &Value) -> Result<Vec<u8>> {
        let challenge = match &self.challenge {
            Some(challenge) => challenge,
            None => options["challenge"].as_str().context("no challenge")?,
        };
        let seen = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin,
        });
        Ok(serde_json::to_vec(&seen)?)
    }

    fn authenticator_data(&mut self, asked: Option<&str>, more: u8) -> Result<Vec<u8>> {
        let rp_id = self.rp_id.as_deref().or(asked).context("no relying party")?;
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        let flags = [
            (self.present, USER_PRESENT),
            (self.verified, USER_VERIFIED),
            (self.synced, BACKUP_ELIGIBLE | BACKED_UP),
            (true, more),
        ];
        data.push(flags.into_iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag));
        data.extend(self.counter.to_be_bytes());
        if self.counter > 0 {
            self.counter += 1;
        }
        Ok(data)
    }

    /// {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..65]);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), x, b"\x22\x58\x20", y].concat()
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
