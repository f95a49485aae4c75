use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{DecodingKey, EncodingKey};
use quorate_kernel::Ids;
use quorate_store::Store;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::{Claims, Refusal};
use crate::store::signing_keys;
use crate::{IdentityError, MasterKey};

/// How long a node signs with the keys it has read before it looks whether they were rotated.
const FRESH: Duration = Duration::from_secs(60);
/// How soon a token with an unknown `kid` may make a node look again; more often would let strangers load the database.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How long a retired key still verifies: longer than a token lives plus [`FRESH`].
const RETIRED_VERIFIES: Duration = Duration::from_secs(3600);

/// A signing key as it is stored.
pub(crate) struct SigningKeyRecord {
    pub(crate) kid: String,
    pub(crate) active: bool,
    /// The raw public key in base64url, as a JWK has it.
    pub(crate) public_key: String,
    pub(crate) sealed_private: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) retired_at: Option<DateTime<Utc>>,
}

impl SigningKeyRecord {
    /// A new key pair.
    pub(crate) fn make(master: &MasterKey, ids: &dyn Ids, now: DateTime<Utc>) -> Result<Self, IdentityError> {
        let mut seed = [0u8; 32];
        ids.fill(&mut seed);
        let public_key = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&seed).verifying_key().as_bytes());
        let kid = thumbprint(&public_key);
        let sealed_private = master.seal(&label(&kid), &seed, ids)?;
        Ok(Self { kid, active: true, public_key, sealed_private, created_at: now, retired_at: None })
    }
}

fn label(kid: &str) -> String {
    format!("identity.signing_key.{kid}")
}

/// The key's thumbprint (RFC 7638): the same key has the same name everywhere.
fn thumbprint(public_key: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public_key}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
}

/// One public key of `/.well-known/jwks.json` (RFC 7517, RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PublicJwk {
    /// The kind of key: `OKP`.
    pub(crate) kty: &'static str,
    /// The curve: `Ed25519`.
    pub(crate) crv: &'static str,
    /// What it is for: `sig`.
    #[serde(rename = "use")]
    pub(crate) purpose: &'static str,
    /// The algorithm: `EdDSA`.
    pub(crate) alg: &'static str,
    /// The name that tokens carry.
    pub(crate) kid: String,
    /// The public key, base64url.
    pub(crate) x: String,
}

/// The keys of this server as one node knows them.
pub(crate) struct KeyRing {
    store: Store,
    master: MasterKey,
    keys: RwLock<Arc<Keys>>,
    reading: Mutex<()>,
}

struct Keys {
    kid: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    public: Vec<PublicJwk>,
    read_at: DateTime<Utc>,
}

impl KeyRing {
    /// Reads the keys, after making the first one if there is none. Two nodes that start at the same moment end up with
    /// the same key.
    pub(crate) async fn open(
        store: Store,
        master: MasterKey,
        ids: &dyn Ids,
        now: DateTime<Utc>,
    ) -> Result<Self, IdentityError> {
        signing_keys::add_first(&store, &SigningKeyRecord::make(&master, ids, now)?).await?;
        let keys = read(&store, &master, now).await?;
        Ok(Self { store, master, keys: RwLock::new(Arc::new(keys)), reading: Mutex::new(()) })
    }

    /// Retires the active key and signs with a new one. Other nodes follow within a minute; tokens of the old key stay
    /// valid until they expire.
    pub(crate) async fn rotate(&self, ids: &dyn Ids, now: DateTime<Utc>) -> Result<(), IdentityError> {
        signing_keys::replace(&self.store, &SigningKeyRecord::make(&self.master, ids, now)?).await?;
        self.look_again(now, Duration::ZERO).await
    }

    /// Signs an access token.
    pub(crate) async fn sign(&self, claims: &Claims, now: DateTime<Utc>) -> Result<String, IdentityError> {
        self.look_again(now, FRESH).await?;
        let keys = self.current();
        super::sign(claims, &keys.kid, &keys.signing)
    }

    /// Verifies an access token. A key that another node has just made is looked up once.
    pub(crate) async fn verify(&self, token: &str, issuer: &str, now: DateTime<Utc>) -> Result<Claims, Refusal> {
        let keys = self.current();
        match super::verify(token, issuer, now, |kid| keys.verifying.get(kid)) {
            Err(Refusal::UnknownKey) => {
                self.look_again(now, LOOK_AGAIN).await.map_err(|error| Refusal::Invalid(error.to_string()))?;
                let keys = self.current();
                super::verify(token, issuer, now, |kid| keys.verifying.get(kid))
            }
            verdict => verdict,
        }
    }

    /// The public keys that verify tokens now.
    pub(crate) async fn public(&self, now: DateTime<Utc>) -> Result<Vec<PublicJwk>, IdentityError> {
        self.look_again(now, FRESH).await?;
        Ok(self.current().public.clone())
    }

    fn current(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn look_again(&self, now: DateTime<Utc>, older_than: Duration) -> Result<(), IdentityError> {
        let fresh = |keys: &Keys| (now - keys.read_at).to_std().is_ok_and(|age| age < older_than);
        if fresh(&self.current()) {
            return Ok(());
        }
        let _one_at_a_time = self.reading.lock().await;
        if !fresh(&self.current()) {
            let keys = Arc::new(read(&self.store, &self.master, now).await?);
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        Ok(())
    }
}

async fn read(store: &Store, master: &MasterKey, now: DateTime<Utc>) -> Result<Keys, IdentityError> {
    let oldest = now - RETIRED_VERIFIES;
    let mut records = signing_keys::list(store).await?;
    records.retain(|record| record.retired_at.is_none_or(|retired| retired > oldest));
    let active = records
        .iter()
        .find(|record| record.active)
        .ok_or_else(|| IdentityError::SigningKey("none of the stored keys is active".to_owned()))?;
    let seed = master.open(&label(&active.kid), &active.sealed_private)?;
    let mut verifying = HashMap::new();
    for record in &records {
        let key = DecodingKey::from_ed_components(&record.public_key)
            .map_err(|error| IdentityError::SigningKey(error.to_string()))?;
        verifying.insert(record.kid.clone(), key);
    }
    let public = records
        .iter()
        .map(|record| PublicJwk {
            kty: "OKP",
            crv: "Ed25519",
            purpose: "sig",
            alg: "EdDSA",
            kid: record.kid.clone(),
            x: record.public_key.clone(),
        })
        .collect();
    Ok(Keys { kid: active.kid.clone(), signing: EncodingKey::from_ed_der(&seed), verifying, public, read_at: now })
}
