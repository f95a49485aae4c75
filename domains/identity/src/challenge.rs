use std::time::Duration;

use quorate_kernel::{OrgId, UserId};
use quorate_store::SystemTx;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::secret::{Secret, TokenHash};
use crate::store::challenges::{self, FoundChallenge, NewChallenge};
use crate::{Identity, IdentityError};

/// How long a challenge may be answered.
pub(crate) const CHALLENGE_LIFE: Duration = Duration::from_secs(5 * 60);
/// How often it may be answered wrongly before it is void.
pub(crate) const CHALLENGE_FAILURES: i64 = 5;

/// What a challenge is for. One purpose's challenge answers no other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A log-in that has passed the first factor.
    SecondFactor,
    /// A log-in with a passkey.
    PasskeyLogin,
    /// A new passkey of somebody who is signed in.
    PasskeyRegistration,
}

impl Purpose {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::PasskeyLogin => "passkey_login",
            Self::PasskeyRegistration => "passkey_registration",
        }
    }
}

/// A challenge that may still be answered.
pub(crate) struct Challenge<T> {
    pub(crate) hash: TokenHash,
    pub(crate) user_id: Option<UserId>,
    pub(crate) state: T,
}

impl Identity {
    /// Remembers `state`, sealed, and gives the secret by which the client goes on. Nobody but its holder can.
    pub(crate) async fn challenge<T: Serialize + Sync>(
        &self,
        purpose: Purpose,
        user: Option<UserId>,
        state: &T,
    ) -> Result<Secret, IdentityError> {
        let now = self.clock.now();
        let secret = Secret::challenge(self.ids.as_ref());
        let text = serde_json::to_vec(state).map_err(|error| IdentityError::Broken(error.to_string()))?;
        let new = NewChallenge {
            hash: secret.hash(),
            purpose,
            user,
            sealed_state: self.master_key.seal(purpose.name(), &text, self.ids.as_ref())?,
            created_at: now,
            expires_at: now + CHALLENGE_LIFE,
        };
        challenges::add(&self.store, &new).await?;
        Ok(secret)
    }

    /// Reads a challenge that may still be answered, without answering it.
    pub(crate) async fn look<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        secret: &str,
    ) -> Result<Challenge<T>, IdentityError> {
        let hash = TokenHash::of(secret);
        let found = challenges::find(&self.store, &hash, purpose, CHALLENGE_FAILURES, self.clock.now()).await?;
        self.open_challenge(purpose, hash, found)
    }

    /// Reads a challenge that may still be answered, and counts this answer as wrong until [`Identity::answered`] takes
    /// it back, so that parallel guesses cannot outrun the count.
    pub(crate) async fn attempt<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        secret: &str,
    ) -> Result<Challenge<T>, IdentityError> {
        let hash = TokenHash::of(secret);
        let now = self.clock.now();
        let found = challenges::attempt(&self.store, &hash, purpose, CHALLENGE_FAILURES, now).await?;
        self.open_challenge(purpose, hash, found)
    }

    fn open_challenge<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        hash: TokenHash,
        found: Option<FoundChallenge>,
    ) -> Result<Challenge<T>, IdentityError> {
        let found = found.ok_or(IdentityError::InvalidLink)?;
        let text = self.master_key.open(purpose.name(), &found.sealed_state)?;
        let state = serde_json::from_slice(&text).map_err(|error| IdentityError::Broken(error.to_string()))?;
        Ok(Challenge { hash, user_id: found.user_id, state })
    }

    /// Uses the challenge up as part of the caller's transaction. Of two right answers only one gets in.
    pub(crate) async fn answered(&self, tx: &mut SystemTx, hash: &TokenHash) -> Result<(), IdentityError> {
        if challenges::consume(tx, hash, self.clock.now()).await? { Ok(()) } else { Err(IdentityError::InvalidLink) }
    }
}

/// What is remembered of a log-in that has passed its first factor.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct HalfWay {
    /// The organization they will act in.
    pub(crate) org_id: OrgId,
    pub(crate) origin: crate::login_session::Origin,
}
