use chrono::{DateTime, Utc};
use quorate_kernel::{FieldError, Principal};

use crate::login_session::Origin;
use crate::mail_token::MailPurpose;
use crate::post::Letter;
use crate::secret::TokenHash;
use crate::store::{email_changes, mail_tokens, users};
use crate::user;
use crate::{Identity, IdentityError};

/// How far a change of address has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmailChangeStatus {
    /// Both addresses agreed, and the new one is in force.
    Changed,
    /// The other address has not been confirmed yet.
    OtherConfirmationNeeded,
}

/// A change that waits for its confirmations.
pub(crate) struct EmailChange {
    pub(crate) new_email: String,
    pub(crate) old_confirmed: bool,
    pub(crate) new_confirmed: bool,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Identity {
    /// Begins a change of address: a mail to the old one and a mail to the new one, both of which must be answered
    /// (IDN-3). An address that has an account gets a mail that says so instead, and whoever asks learns nothing.
    pub(crate) async fn change_email(
        &self,
        principal: &Principal,
        email: &str,
        password: Option<&str>,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let new = user::email(email).map_err(|message| {
            IdentityError::Fields(vec![FieldError { field: "email".to_owned(), message: message.to_owned() }])
        })?;
        self.prove_password(principal, password, origin).await?;
        let person = self.person_of(principal.user_id).await?;
        if person.email == new {
            return Err(IdentityError::Conflict("This is your address already."));
        }
        let now = self.clock.now();
        let expires_at = now + MailPurpose::EmailChangeNew.life();
        let mut tx = self.store.system("an address belongs to a person, not to an organization").await?;
        if let Some(owner) = users::by_email_in(&mut tx, &new).await? {
            self.post(&mut tx, &owner.user, Letter::AccountExists).await?;
        } else {
            email_changes::begin(&mut tx, person.id, &new, now, expires_at).await?;
            let link = self.mail_link(&mut tx, MailPurpose::EmailChangeNew, person.id, &new).await?;
            self.post_to(&mut tx, &new, &person, Letter::EmailChangeNew { link }).await?;
            let link = self.mail_link(&mut tx, MailPurpose::EmailChangeOld, person.id, &person.email).await?;
            self.post(&mut tx, &person, Letter::EmailChangeOld { link, new_email: new }).await?;
        }
        self.note(&mut tx, "identity.email_change_asked", Some(person.id), origin).await?;
        Ok(tx.commit().await?)
    }

    /// Takes the token of one of the two mails.
    pub(crate) async fn confirm_email(
        &self,
        token: &str,
        origin: &Origin,
    ) -> Result<(String, EmailChangeStatus), IdentityError> {
        let (hash, now) = (TokenHash::of(token), self.clock.now());
        let mut tx = self.store.system("a link in a mail says who somebody is before they enter").await?;
        let mut consumed = None;
        for purpose in [MailPurpose::EmailChangeOld, MailPurpose::EmailChangeNew] {
            if let Some(found) = mail_tokens::consume(&mut tx, &hash, purpose, now).await? {
                consumed = Some((found, purpose));
                break;
            }
        }
        let (found, purpose) = consumed.ok_or(IdentityError::InvalidLink)?;
        let of_new = purpose == MailPurpose::EmailChangeNew;
        let change = email_changes::confirm(&mut tx, found.user, of_new, now).await?;
        let change = change.filter(|change| change.expires_at > now).ok_or(IdentityError::InvalidLink)?;
        if !(change.old_confirmed && change.new_confirmed) {
            tx.commit().await?;
            return Ok((change.new_email, EmailChangeStatus::OtherConfirmationNeeded));
        }
        users::set_email(&mut tx, found.user, &change.new_email, now).await.map_err(|error| {
            // Somebody registered the address in between.
            if error.is_unique_violation() { IdentityError::InvalidLink } else { error.into() }
        })?;
        email_changes::end(&mut tx, found.user).await?;
        // What was sent to the old address opens nothing any more.
        for purpose in [MailPurpose::PasswordReset, MailPurpose::Verification] {
            mail_tokens::withdraw(&mut tx, found.user, purpose).await?;
        }
        self.note(&mut tx, "identity.email_changed", Some(found.user), origin).await?;
        tx.commit().await?;
        Ok((change.new_email, EmailChangeStatus::Changed))
    }
}
