use std::fmt::Display;

use quorate_kernel::{FieldError, Principal, UserId, from_millis, millis};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::FactorChange;
use super::webauthn::{Descriptor, Expected, Person, RegistrationJson, RelyingParty, creation, verify_registration};
use crate::challenge::Purpose;
use crate::login_session::Origin;
use crate::secret::Secret;
use crate::store::connections;
use crate::store::passkeys::{self, Passkey};
use crate::user::name;
use crate::{Identity, IdentityError};

/// How many passkeys one account may have.
const MOST: usize = 20;
const TOO_MANY: &str = "There are too many passkeys. Remove one first.";
const NAME: &str = "Passkey";

/// A passkey that somebody's browser has made.
pub(crate) struct NewPasskey<'a> {
    /// The challenge that it answers.
    pub(crate) challenge: &'a str,
    pub(crate) credential: &'a RegistrationJson,
    pub(crate) name: Option<&'a str>,
}

impl Identity {
    /// Whether passkeys can be used at this server's public address.
    #[must_use]
    pub fn passkeys_available(&self) -> bool {
        RelyingParty::of(&self.site.public_url).is_some()
    }

    pub(super) fn relying_party(&self) -> Result<RelyingParty, IdentityError> {
        RelyingParty::of(&self.site.public_url).ok_or(IdentityError::Conflict(
            "Passkeys need a server that is reached by name over HTTPS, or as localhost.",
        ))
    }

    /// Begins to add a passkey: what the browser is to ask its user for.
    pub(crate) async fn begin_passkey(
        &self,
        principal: &Principal,
        password: Option<&str>,
        origin: &Origin,
    ) -> Result<(Secret, Value), IdentityError> {
        let party = self.relying_party()?;
        self.prove_password(principal, password, origin).await?;
        let person = self.person_of(principal.user_id).await?;
        let existing = self.passkeys(person.id).await?;
        if existing.len() >= MOST {
            return Err(IdentityError::Conflict(TOO_MANY));
        }
        let secret = self.challenge(Purpose::PasskeyRegistration, Some(person.id), &()).await?;
        let existing: Vec<Descriptor> = existing.into_iter().map(descriptor).collect();
        let whose = Person { handle: person.id.0.as_bytes(), email: &person.email, name: &person.name };
        let options = creation(&party, &whose, &webauthn_challenge(secret.expose()), &existing);
        Ok((secret, options))
    }

    /// Keeps a new passkey, if it answers its owner's own challenge.
    pub(crate) async fn add_passkey(
        &self,
        principal: &Principal,
        new: &NewPasskey<'_>,
        origin: &Origin,
    ) -> Result<Passkey, IdentityError> {
        let party = self.relying_party()?;
        let name = new.name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(NAME);
        let name = passkey_name(name)?;
        let challenge = self.attempt::<()>(Purpose::PasskeyRegistration, new.challenge).await?;
        if challenge.user_id != Some(principal.user_id) {
            return Err(IdentityError::InvalidLink);
        }
        let asked = webauthn_challenge(new.challenge);
        let expected = Expected { party: &party, challenge: &asked, user_verification: true };
        let made = verify_registration(new.credential, &expected).map_err(|refusal| wrong("credential", &refusal))?;
        let passkey = Passkey {
            id: self.ids.uuid(),
            user: principal.user_id,
            credential_id: made.credential_id,
            public_key: made.public_key,
            sign_count: made.sign_count,
            backup_eligible: made.backup_eligible,
            backed_up: made.backed_up,
            transports: made.transports,
            name,
            // As it will be read back: the database keeps milliseconds.
            created_at: from_millis(millis(self.clock.now())),
            last_used_at: None,
        };
        let mut tx = self.store.system("a passkey belongs to a person, not to an organization").await?;
        self.answered(&mut tx, &challenge.hash).await?;
        passkeys::hold(&mut tx, passkey.user).await?;
        if usize::try_from(passkeys::count(&mut tx, passkey.user).await?).is_ok_and(|count| count >= MOST) {
            return Err(IdentityError::Conflict(TOO_MANY));
        }
        passkeys::add(&mut tx, &passkey).await.map_err(|error| {
            if error.is_unique_violation() {
                IdentityError::Conflict("This passkey is registered already.")
            } else {
                error.into()
            }
        })?;
        self.second_factor_changed(&mut tx, passkey.user, FactorChange::PasskeyAdded, origin).await?;
        tx.commit().await?;
        Ok(passkey)
    }

    /// A person's passkeys, the oldest first.
    pub(crate) async fn passkeys(&self, user: UserId) -> Result<Vec<Passkey>, IdentityError> {
        let mut tx = self.store.system_read("a passkey belongs to a person, not to an organization").await?;
        Ok(passkeys::of_user(&mut tx, user).await?)
    }

    pub(crate) async fn rename_passkey(
        &self,
        principal: &Principal,
        passkey: Uuid,
        name: &str,
        origin: &Origin,
    ) -> Result<Passkey, IdentityError> {
        let (user, name) = (principal.user_id, passkey_name(name.trim())?);
        let mut tx = self.store.system("a passkey belongs to a person, not to an organization").await?;
        if !passkeys::rename(&mut tx, user, passkey, &name).await? {
            return Err(IdentityError::NotFound("passkey"));
        }
        let renamed = passkeys::find(&mut tx, user, passkey).await?.ok_or(IdentityError::NotFound("passkey"))?;
        self.second_factor_changed(&mut tx, user, FactorChange::PasskeyRenamed, origin).await?;
        tx.commit().await?;
        Ok(renamed)
    }

    /// Forgets a passkey. The last thing beside the password goes only with the password, and the only way in stays.
    pub(crate) async fn remove_passkey(
        &self,
        principal: &Principal,
        passkey: Uuid,
        password: Option<&str>,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let user = principal.user_id;
        let person = self.person_of(user).await?;
        if !self.passkeys(user).await?.iter().any(|one| one.id == passkey) {
            return Err(IdentityError::NotFound("passkey"));
        }
        let proved = self.is_last_factor(user).await?;
        if proved {
            self.prove_password(principal, password, origin).await?;
        }
        let mut tx = self.store.system("a passkey belongs to a person, not to an organization").await?;
        passkeys::hold(&mut tx, user).await?;
        if !passkeys::remove(&mut tx, user, passkey).await? {
            return Err(IdentityError::NotFound("passkey"));
        }
        let left = super::summary(&mut tx, user).await?;
        let connected = connections::of_user(&mut tx, user).await?;
        let other_way = person.has_password || connected.iter().any(|service| self.outside.lets_in(&service.issuer));
        if left.passkeys == 0 && !other_way {
            return Err(IdentityError::Conflict("This passkey is the only way to sign in. Set a password first."));
        }
        if left.passkeys == 0 && !left.totp && !proved {
            // Another one went at the same moment.
            return Err(IdentityError::Conflict("This is the last passkey by now. Try again."));
        }
        self.second_factor_changed(&mut tx, user, FactorChange::PasskeyRemoved, origin).await?;
        Ok(tx.commit().await?)
    }

    async fn is_last_factor(&self, user: UserId) -> Result<bool, IdentityError> {
        let has = self.second_factor_summary(user).await?;
        Ok(has.passkeys <= 1 && !has.totp)
    }
}

pub(super) fn descriptor(passkey: Passkey) -> Descriptor {
    Descriptor { credential_id: passkey.credential_id, transports: passkey.transports }
}

/// What authenticators sign. It follows from the challenge that the client holds, which is random, expires and is good
/// once; so all of that holds for the signature, and there is nothing more to remember.
pub(super) fn webauthn_challenge(secret: &str) -> [u8; 32] {
    Sha256::digest(format!("quorate passkey challenge {secret}").as_bytes()).into()
}

fn passkey_name(text: &str) -> Result<String, IdentityError> {
    if text.is_empty() {
        return Err(wrong("name", &"must not be empty"));
    }
    name(text).map_err(|message| wrong("name", &message))
}

fn wrong(field: &str, message: &dyn Display) -> IdentityError {
    IdentityError::Fields(vec![FieldError { field: field.to_owned(), message: message.to_string() }])
}
