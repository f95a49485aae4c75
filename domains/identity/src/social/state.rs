use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use quorate_kernel::{Ids, UserId, from_millis, millis};
use quorate_store::MasterKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::SocialError;
use crate::secret::TokenHash;

/// How long somebody may take to sign in elsewhere, in seconds.
pub(crate) const FLOW_SECONDS: i64 = 600;
/// What the sealed state is, so that nothing else that is sealed passes for it.
const LABEL: &str = "identity.social";

/// What a browser carries, sealed, while its owner is away to sign in at another service. It ties the answer to the
/// browser that asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) provider: String,
    state: String,
    nonce: String,
    verifier: String,
    pub(crate) next: String,
    /// Who asked for another way to sign in, when it is not a sign-in.
    pub(crate) link: Option<UserId>,
    expires_at: i64,
}

impl Pending {
    pub(crate) fn new(provider: &str, next: &str, link: Option<UserId>, ids: &dyn Ids, now: DateTime<Utc>) -> Self {
        Self {
            provider: provider.to_owned(),
            state: random(ids),
            nonce: random(ids),
            verifier: random(ids),
            next: next.to_owned(),
            link,
            expires_at: millis(now) + FLOW_SECONDS * 1000,
        }
    }

    pub(crate) fn state(&self) -> &str {
        &self.state
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The secret that only whoever asked can show (RFC 7636).
    pub(crate) fn verifier(&self) -> &str {
        &self.verifier
    }

    /// What the other service is told of it beforehand.
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }

    /// Seals it for the cookie.
    pub(crate) fn seal(&self, key: &MasterKey, ids: &dyn Ids) -> Result<String, SocialError> {
        let text = serde_json::to_vec(self).map_err(|error| SocialError::failed(error.to_string()))?;
        key.seal(LABEL, &text, ids).map_err(|error| SocialError::failed(error.to_string()))
    }

    /// Opens a cookie, if it was made for this provider, its time is not over and the answer brings its state.
    pub(crate) fn open(
        cookie: Option<&str>,
        provider: &str,
        state: Option<&str>,
        key: &MasterKey,
        now: DateTime<Utc>,
    ) -> Result<Self, SocialError> {
        let cookie = cookie.ok_or_else(|| SocialError::failed("this browser did not ask"))?;
        let text = key.open(LABEL, cookie).map_err(|_| SocialError::failed("the cookie is not ours"))?;
        let pending: Self = serde_json::from_slice(&text).map_err(|error| SocialError::failed(error.to_string()))?;
        if from_millis(pending.expires_at) <= now {
            return Err(SocialError::failed("it took too long"));
        }
        if pending.provider != provider {
            return Err(SocialError::failed("the answer is another provider's"));
        }
        // Hashed, so that the comparison's time tells nothing.
        let matches = state.is_some_and(|state| TokenHash::of(state) == TokenHash::of(&pending.state));
        if matches { Ok(pending) } else { Err(SocialError::failed("the answer is to another question")) }
    }
}

/// 256 random bits as text: enough to guess nothing, and the shortest that a PKCE verifier may be.
fn random(ids: &dyn Ids) -> String {
    let mut bytes = [0u8; 32];
    ids.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use quorate_kernel::SystemIds;

    use super::*;

    #[test]
    fn only_the_browser_that_asked_can_go_on_and_only_in_time() {
        let (key, now) = (MasterKey::from_bytes([7; 32]), from_millis(1_000_000));
        let pending = Pending::new("google", "/board", None, &SystemIds, now);
        let other = Pending::new("google", "/board", None, &SystemIds, now);
        assert!(pending.state != other.state && pending.nonce != other.nonce && pending.verifier != other.verifier);
        assert!(pending.verifier.len() == 43 && pending.state != pending.nonce && pending.nonce != pending.verifier);
        let cookie = pending.seal(&key, &SystemIds).unwrap();
        let open = |cookie: Option<&str>, provider: &str, state: Option<&str>, at: i64| {
            Pending::open(cookie, provider, state, &key, from_millis(1_000_000 + at))
        };
        let state = Some(pending.state());
        assert_eq!(open(Some(&cookie), "google", state, 599_999).unwrap(), pending);
        assert!(open(None, "google", state, 0).is_err(), "another browser");
        assert!(open(Some(&cookie), "github", state, 0).is_err(), "another provider");
        assert!(open(Some(&cookie), "google", Some(other.state()), 0).is_err(), "another flow's state");
        assert!(open(Some(&cookie), "google", None, 0).is_err() && open(Some(&cookie), "google", Some(""), 0).is_err());
        assert!(open(Some(&cookie), "google", state, 600_000).is_err(), "too late");
        let foreign = MasterKey::from_bytes([8; 32]).seal(LABEL, b"{}", &SystemIds).unwrap();
        let mislabelled = key.seal("identity.other", b"{}", &SystemIds).unwrap();
        for forged in ["", "nonsense", &foreign, &mislabelled, &cookie[1..]] {
            assert!(open(Some(forged), "google", state, 0).is_err());
        }
    }

    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let mut pending = Pending::new("x", "/", None, &SystemIds, from_millis(0));
        // The example of RFC 7636, appendix B.
        pending.verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into();
        assert_eq!(pending.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
