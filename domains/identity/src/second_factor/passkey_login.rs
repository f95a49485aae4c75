use quorate_kernel::{OrgId, UserId};
use quorate_store::SystemTx;
use serde_json::Value;
use uuid::Uuid;

use super::answer::owner;
use super::passkeys::{descriptor, webauthn_challenge};
use super::webauthn::{AssertionJson, Descriptor, Expected, Known, Refusal, request, verify_assertion};
use crate::challenge::{HalfWay, Purpose};
use crate::devices::Allowed;
use crate::login_session::{Origin, Proof};
use crate::secret::Secret;
use crate::sign_in::SignedIn;
use crate::store::{passkeys, users};
use crate::{Identity, IdentityError};

/// What a passkey is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// As the only factor: the authenticator says whose it is, and has verified its user.
    LogIn,
    /// As the second one, of somebody known.
    SecondFactor(UserId),
}

impl Identity {
    /// Begins a log-in with nothing but a passkey.
    pub(crate) async fn begin_passkey_login(&self) -> Result<(Secret, Value), IdentityError> {
        let party = self.relying_party()?;
        let secret = self.challenge(Purpose::PasskeyLogin, None, &()).await?;
        let options = request(&party, &webauthn_challenge(secret.expose()), &[], true);
        Ok((secret, options))
    }

    /// Logs in with nothing but a passkey, which counts as two factors because it has verified its user.
    pub(crate) async fn log_in_with_passkey(
        &self,
        secret: &str,
        credential: &AssertionJson,
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let challenge = self.attempt::<()>(Purpose::PasskeyLogin, secret).await?;
        let allowed = self.allowed_by_passkey(&credential.id).await?;
        let mut tx = self.store.system("a passkey says who somebody is before they enter").await?;
        let user = match self.use_passkey(&mut tx, secret, credential, Use::LogIn).await? {
            Ok(user) => user,
            Err(refused) => {
                drop(tx);
                self.passkey_refused(refused, &origin).await?;
                return Err(IdentityError::InvalidCredentials);
            }
        };
        self.answered(&mut tx, &challenge.hash).await?;
        let found = users::by_id(&mut tx, user).await?.ok_or(IdentityError::InvalidCredentials)?;
        self.let_in(tx, found.user, found.membership, (Proof::Passkey, allowed), origin).await
    }

    /// What the plan allows whoever a passkey says it belongs to. Looked up before the transaction that proves it.
    async fn allowed_by_passkey(&self, credential_id: &str) -> Result<Allowed, IdentityError> {
        let mut tx = self.store.system_read("a passkey says who somebody is before they enter").await?;
        let found = match passkeys::by_credential(&mut tx, credential_id).await? {
            Some(passkey) => users::by_id(&mut tx, passkey.user).await?,
            None => None,
        };
        drop(tx);
        // Nobody's passkey is refused below like any other wrong one.
        self.allowed(found.map_or_else(|| OrgId(Uuid::nil()), |found| found.membership.org_id)).await
    }

    /// What the browser asks for when somebody who has passed the first factor shows a passkey as the second.
    pub(crate) async fn second_factor_passkey_options(&self, secret: &str) -> Result<Value, IdentityError> {
        let party = self.relying_party()?;
        let user = owner(&self.look::<HalfWay>(Purpose::SecondFactor, secret).await?)?;
        let allowed: Vec<Descriptor> = self.passkeys(user).await?.into_iter().map(descriptor).collect();
        if allowed.is_empty() {
            return Err(IdentityError::Conflict("This account has no passkey. Use another way."));
        }
        Ok(request(&party, &webauthn_challenge(secret), &allowed, false))
    }

    /// Goes on with a log-in that has passed its first factor, by a passkey. Unlike codes, signatures cannot be guessed,
    /// so wrong ones count against the challenge only.
    pub(crate) async fn answer_with_passkey(
        &self,
        secret: &str,
        credential: &AssertionJson,
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let challenge = self.attempt::<HalfWay>(Purpose::SecondFactor, secret).await?;
        let user = owner(&challenge)?;
        let allowed = self.allowed(challenge.state.org_id).await?;
        let mut tx = self.store.system("the second half of a log-in comes before any organization is entered").await?;
        if let Err(refused) = self.use_passkey(&mut tx, secret, credential, Use::SecondFactor(user)).await? {
            drop(tx);
            self.passkey_refused(refused, &origin).await?;
            return Err(IdentityError::InvalidCode);
        }
        self.go_on(tx, challenge, (Proof::SecondFactor, allowed), origin).await
    }

    /// Checks a use of a passkey and notes it, as part of the caller's transaction.
    async fn use_passkey(
        &self,
        tx: &mut SystemTx,
        secret: &str,
        credential: &AssertionJson,
        what_for: Use,
    ) -> Result<Result<UserId, Refused>, IdentityError> {
        let party = self.relying_party()?;
        let Some(passkey) = passkeys::by_credential(tx, &credential.id).await? else {
            return Ok(Err(Refused { user: None, why: Refusal::CredentialId }));
        };
        let refused = |why| Ok(Err(Refused { user: Some(passkey.user), why }));
        let alone = match what_for {
            Use::LogIn => true,
            Use::SecondFactor(user) if user == passkey.user => false,
            Use::SecondFactor(_) => return refused(Refusal::User),
        };
        let known = Known {
            credential_id: &passkey.credential_id,
            public_key: &passkey.public_key,
            sign_count: passkey.sign_count,
            backup_eligible: passkey.backup_eligible,
            user_handle: passkey.user.0.as_bytes(),
            must_name_user: alone,
        };
        let asked = webauthn_challenge(secret);
        let expected = Expected { party: &party, challenge: &asked, user_verification: alone };
        let shown = match verify_assertion(credential, &known, &expected) {
            Ok(shown) => shown,
            Err(why) => return refused(why),
        };
        if !passkeys::shown(tx, passkey.id, shown, self.clock.now()).await? {
            return refused(Refusal::Counter);
        }
        Ok(Ok(passkey.user))
    }

    async fn passkey_refused(&self, refused: Refused, origin: &Origin) -> Result<(), IdentityError> {
        let Refused { user, why } = refused;
        tracing::info!(user_id = user.map(|user| user.to_string()), %why, "a passkey was refused");
        // A counter that goes back is what a copied key looks like: worth another look.
        let event = match why {
            Refusal::Counter => "identity.passkey_counter_went_back",
            _ => "identity.passkey_refused",
        };
        let mut tx = self.store.system("what is refused is noted before anybody is let in").await?;
        self.note_by_stranger(&mut tx, event, user, origin).await?;
        Ok(tx.commit().await?)
    }
}

/// A use of a passkey that is not believed.
struct Refused {
    /// Whose it is, if anybody's.
    user: Option<UserId>,
    why: Refusal,
}
