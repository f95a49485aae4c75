use std::time::Duration;

use quorate_kernel::{Principal, UserId};
use quorate_store::SystemTx;
use uuid::Uuid;

use crate::backoff;
use crate::login_session::{EndReason, Origin};
use crate::mail_token::MailPurpose;
use crate::post::Letter;
use crate::secret::TokenHash;
use crate::store::{challenges, login_sessions, mail_tokens, users};
use crate::user::{User, normal_email};
use crate::{Identity, IdentityError};

/// How long after one mail with a link to an address the next one is sent. Asking sooner changes nothing.
const BETWEEN_MAILS: Duration = Duration::from_secs(60);

/// How long after somebody signed in the session itself proves who they are, where there is no password to ask for.
const FRESH: Duration = Duration::from_secs(10 * 60);
const SIGN_IN_AGAIN: &str = "Sign out and in again first: this account has no password that could be asked for.";

impl Identity {
    /// Sends the link that proves an account's address once more; tells whether there was something to prove (IDN-3).
    pub(crate) async fn resend_verification(&self, principal: &Principal) -> Result<bool, IdentityError> {
        let mut tx = self.store.system("an address belongs to a person, not to an organization").await?;
        let found = users::by_id(&mut tx, principal.user_id).await?.ok_or(IdentityError::NotFound("account"))?;
        if found.user.email_verified {
            return Ok(false);
        }
        let since = self.clock.now() - BETWEEN_MAILS;
        if mail_tokens::sent_since(&mut tx, principal.user_id, MailPurpose::Verification, since).await? {
            return Err(IdentityError::TooManyAttempts(BETWEEN_MAILS.as_secs()));
        }
        let link = self.mail_link(&mut tx, MailPurpose::Verification, found.user.id, &found.user.email).await?;
        self.post(&mut tx, &found.user, Letter::Verification { link }).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Sends the link that proves an address, unless one was sent just now.
    pub(crate) async fn send_verification(&self, tx: &mut SystemTx, user: &User) -> Result<(), IdentityError> {
        let since = self.clock.now() - BETWEEN_MAILS;
        if mail_tokens::sent_since(tx, user.id, MailPurpose::Verification, since).await? {
            return Ok(());
        }
        let link = self.mail_link(tx, MailPurpose::Verification, user.id, &user.email).await?;
        self.post(tx, user, Letter::Verification { link }).await
    }

    /// Takes the token of a verification mail, and tells which address it proved.
    pub(crate) async fn verify_email(&self, token: &str, origin: &Origin) -> Result<String, IdentityError> {
        let now = self.clock.now();
        let mut tx = self.store.system("a link in a mail says who somebody is before they enter").await?;
        let found = mail_tokens::consume(&mut tx, &TokenHash::of(token), MailPurpose::Verification, now).await?;
        let found = found.ok_or(IdentityError::InvalidLink)?;
        // The address may have been changed since the mail was sent.
        if !users::verify(&mut tx, found.user, &found.email, now).await? {
            return Err(IdentityError::InvalidLink);
        }
        self.note(&mut tx, "identity.email_verified", Some(found.user), origin).await?;
        tx.commit().await?;
        Ok(found.email)
    }

    /// Sends a link for a new password, if the address has an account. Whoever asks learns nothing either way: what
    /// there is to do is done after the answer.
    pub(crate) async fn forgot_password(&self, email: &str, origin: Origin) -> Result<(), IdentityError> {
        self.attempts(backoff::recovery(origin.ip)).await?;
        let (identity, email) = (self.clone(), normal_email(email));
        tokio::spawn(async move {
            if let Err(error) = identity.send_reset(&email, &origin).await {
                tracing::error!(%error, "the mail for a forgotten password could not be written");
            }
        });
        Ok(())
    }

    async fn send_reset(&self, email: &str, origin: &Origin) -> Result<(), IdentityError> {
        let Some(found) = users::by_email(&self.store, email).await? else { return Ok(()) };
        // The account of the command line has no mailbox; a suspended one stays out.
        if found.user.suspended || email.ends_with(".invalid") {
            return Ok(());
        }
        let mut tx = self.store.system("a forgotten password belongs to a person, not to an organization").await?;
        let since = self.clock.now() - BETWEEN_MAILS;
        if mail_tokens::sent_since(&mut tx, found.user.id, MailPurpose::PasswordReset, since).await? {
            return Ok(());
        }
        let link = self.mail_link(&mut tx, MailPurpose::PasswordReset, found.user.id, &found.user.email).await?;
        self.post(&mut tx, &found.user, Letter::PasswordReset { link, ip: origin.ip_text() }).await?;
        self.note_by_stranger(&mut tx, "identity.password_reset_asked", Some(found.user.id), origin).await?;
        Ok(tx.commit().await?)
    }

    /// Sets a new password by the token of a mail. Ends every login session, signs nobody in, and leaves the second
    /// factor as it is (IDN-3).
    pub(crate) async fn reset_password(
        &self,
        token: &str,
        password: &str,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let (hash, now) = (TokenHash::of(token), self.clock.now());
        // Looked at before anything costly is done for a stranger; decided below.
        if !mail_tokens::is_valid(&self.store, &hash, MailPurpose::PasswordReset, now).await? {
            return Err(IdentityError::InvalidLink);
        }
        let new = self.new_password(password, ["", ""]).await?;
        let mut tx = self.store.system("a link in a mail says who somebody is before they enter").await?;
        let found = mail_tokens::consume(&mut tx, &hash, MailPurpose::PasswordReset, now).await?;
        let found = found.ok_or(IdentityError::InvalidLink)?;
        let person = users::by_id(&mut tx, found.user).await?.ok_or(IdentityError::InvalidLink)?;
        if person.user.email != found.email {
            return Err(IdentityError::InvalidLink);
        }
        // The mail came through, so the address is theirs.
        users::verify(&mut tx, found.user, &found.email, now).await?;
        let ended = self.put_password(&mut tx, &person.user, new, None, origin, "identity.password_reset").await?;
        tx.commit().await?;
        self.forget_sessions(&ended);
        Ok(())
    }

    /// Changes the password of somebody signed in, who knows the current one; their other login sessions end.
    pub(crate) async fn change_password(
        &self,
        principal: &Principal,
        current: Option<&str>,
        password: &str,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        self.prove_password(principal, current, origin).await?;
        let person = self.person_of(principal.user_id).await?;
        let new = self.new_password(password, [&person.email, &person.name]).await?;
        let mut tx = self.store.system("a password belongs to a person, not to an organization").await?;
        let keep = Some(principal.login_session_id);
        let ended = self.put_password(&mut tx, &person, new, keep, origin, "identity.password_changed").await?;
        tx.commit().await?;
        self.forget_sessions(&ended);
        Ok(())
    }

    async fn new_password(&self, password: &str, known: [&str; 2]) -> Result<String, IdentityError> {
        self.passwords.accept(password, known).await
    }

    async fn put_password(
        &self,
        tx: &mut SystemTx,
        person: &User,
        hash: String,
        keep: Option<Uuid>,
        origin: &Origin,
        event: &'static str,
    ) -> Result<Vec<Uuid>, IdentityError> {
        let now = self.clock.now();
        users::set_password(tx, person.id, hash, now).await?;
        mail_tokens::withdraw(tx, person.id, MailPurpose::PasswordReset).await?;
        // Whoever was half-way in with the old password is not let in with it.
        challenges::withdraw(tx, person.id).await?;
        let ended = login_sessions::end_all(tx, person.id, keep, EndReason::PasswordChanged, now).await?;
        self.post(tx, person, Letter::PasswordChanged { ip: origin.ip_text() }).await?;
        self.note(tx, event, Some(person.id), origin).await?;
        Ok(ended)
    }

    /// Refuses these login sessions on this node from now on.
    pub(crate) fn forget_sessions(&self, ended: &[Uuid]) {
        let now = self.clock.now();
        for session in ended {
            self.standings.end(*session, now);
        }
    }

    /// The account of a user id.
    pub(crate) async fn person_of(&self, user: UserId) -> Result<User, IdentityError> {
        let mut tx = self.store.system_read("an account belongs to a person, not to an organization").await?;
        let found = users::by_id(&mut tx, user).await?;
        Ok(found.ok_or(IdentityError::NotFound("account"))?.user)
    }

    /// Proves that somebody signed in still knows the account's password. Who has none must have signed in a moment
    /// ago: neither a session that was taken over later nor another issuer's token may put a way in of its own there.
    /// Wrong answers count as failed log-ins, or a stolen session would be a way to guess the password.
    pub(crate) async fn prove_password(
        &self,
        principal: &Principal,
        password: Option<&str>,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let (email, hash) = users::password_hash(&self.store, principal.user_id).await?;
        let Some(hash) = hash else {
            let since = self.clock.now() - FRESH;
            let fresh =
                login_sessions::began_since(&self.store, principal.login_session_id, principal.user_id, since).await?;
            return if fresh { Ok(()) } else { Err(IdentityError::Forbidden(SIGN_IN_AGAIN)) };
        };
        let attempt = self.attempts(backoff::log_in(&email, origin.ip)).await?;
        let given = password.unwrap_or_default();
        if given.is_empty() || !self.passwords.matches(given, Some(&hash)).await? {
            return Err(IdentityError::InvalidCredentials);
        }
        self.succeeded(attempt).await
    }
}
