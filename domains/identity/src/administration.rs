//! What operators do to accounts on the command line (`quorate users`, `quorate orgs`).

use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Role, UserId};
use serde::Serialize;

use crate::login_session::EndReason;
use crate::mail_token::MailPurpose;
use crate::store::{administration, challenges, login_sessions, mail_tokens, users};
use crate::user::{NewAccount, normal_email};
use crate::{Identity, IdentityError};

/// An account as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The user's id.
    pub id: UserId,
    /// The address they log in with.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Their language tag.
    pub locale: String,
    /// Whether they run this server.
    pub operator: bool,
    /// Whether an operator has suspended them.
    pub suspended: bool,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// Whether a password logs in.
    pub has_password: bool,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When they last used the server.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// The organizations they belong to.
    pub organizations: Vec<AccountOrganization>,
}

/// One of an account's organizations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountOrganization {
    /// The organization's id.
    pub id: OrgId,
    /// What it is called.
    pub name: String,
    /// The person's role there.
    pub role: Role,
}

/// An organization as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrganizationRecord {
    /// The organization's id.
    pub id: OrgId,
    /// What it is called.
    pub name: String,
    /// How many members it has.
    pub members: u64,
    /// The addresses of its owners.
    pub owners: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Identity {
    /// The newest accounts whose address or name contains `search`, at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self, search: &str, most: u32) -> Result<Vec<Account>, IdentityError> {
        Ok(administration::accounts(&self.store, search, most).await?)
    }

    /// The account of an address or an id.
    ///
    /// # Errors
    /// When there is none or the database fails.
    pub async fn account(&self, who: &str) -> Result<Account, IdentityError> {
        let found = administration::account(&self.store, &normal_email(who)).await?;
        found.ok_or(IdentityError::NotFound("account"))
    }

    /// Makes an account, whatever the server's registration says. Without a password, gives the link by which its owner
    /// sets one.
    ///
    /// # Errors
    /// When a field is not acceptable, the address is taken or the database fails.
    pub async fn create_account(
        &self,
        email: &str,
        name: Option<String>,
        password: Option<String>,
        operator: bool,
    ) -> Result<(Account, Option<String>), IdentityError> {
        // The rules of every field are those of a registration; a password that is set later is judged then.
        let stand_in = password.clone().unwrap_or_else(|| "judged when it is set".to_owned());
        let account = NewAccount { email: email.to_owned(), password: stand_in, name, locale: None };
        let profile = account.profile().map_err(IdentityError::Fields)?;
        let hash = match &password {
            Some(password) => Some(self.passwords.accept(password, [&profile.email, &profile.name]).await?),
            None => None,
        };
        let (mut user, membership) = self.person(profile, operator);
        user.has_password = hash.is_some();
        let mut tx = self.store.system("an operator makes an account").await?;
        users::add(&mut tx, &user, hash, &membership)
            .await
            .map_err(|error| if error.is_unique_violation() { IdentityError::EmailTaken } else { error.into() })?;
        let link = match password {
            Some(_) => None,
            None => Some(self.mail_link(&mut tx, MailPurpose::PasswordReset, user.id, &user.email).await?),
        };
        self.note_by_operator(&mut tx, "identity.created_by_operator", user.id).await?;
        tx.commit().await?;
        Ok((self.account(&user.email).await?, link))
    }

    /// Suspends an account, which ends its log-ins, or lets it in again.
    ///
    /// # Errors
    /// When there is no such account or the database fails.
    pub async fn suspend_account(&self, who: &str, suspended: bool) -> Result<Account, IdentityError> {
        let account = self.account(who).await?;
        let now = self.clock.now();
        let mut tx = self.store.system("an operator suspends an account").await?;
        let mut ended = Vec::new();
        if users::set_suspended(&mut tx, account.id, suspended.then_some(now)).await? {
            if suspended {
                ended = login_sessions::end_all(&mut tx, account.id, None, EndReason::Suspended, now).await?;
            }
            let event = if suspended { "identity.suspended" } else { "identity.let_in_again" };
            self.note_by_operator(&mut tx, event, account.id).await?;
        }
        tx.commit().await?;
        self.forget_sessions(&ended);
        self.account(&account.email).await
    }

    /// Makes somebody an operator, or takes that away. The last operator stays one.
    ///
    /// # Errors
    /// When there is no such account, nobody would be left or the database fails.
    pub async fn make_operator(&self, who: &str, operator: bool) -> Result<Account, IdentityError> {
        let account = self.account(who).await?;
        let mut tx = self.store.system("an operator makes another").await?;
        administration::set_operator(&mut tx, account.id, operator).await?;
        if !users::has_operator(&mut tx).await? {
            return Err(IdentityError::Conflict("the server must keep an operator"));
        }
        let event = if operator { "identity.operator_made" } else { "identity.operator_removed" };
        self.note_by_operator(&mut tx, event, account.id).await?;
        tx.commit().await?;
        self.account(&account.email).await
    }

    /// Sets somebody's password, which ends their log-ins; without one, gives the link by which they set it themselves.
    ///
    /// # Errors
    /// When there is no such account, the password is too weak or the database fails.
    pub async fn replace_password(&self, who: &str, password: Option<String>) -> Result<Option<String>, IdentityError> {
        let account = self.account(who).await?;
        let Some(password) = password else {
            let mut tx = self.store.system("an operator helps somebody back in").await?;
            let link = self.mail_link(&mut tx, MailPurpose::PasswordReset, account.id, &account.email).await?;
            self.note_by_operator(&mut tx, "identity.password_link_made", account.id).await?;
            tx.commit().await?;
            return Ok(Some(link));
        };
        let now = self.clock.now();
        let hash = self.passwords.accept(&password, [&account.email, &account.name]).await?;
        let mut tx = self.store.system("an operator sets a password").await?;
        users::set_password(&mut tx, account.id, hash, now).await?;
        mail_tokens::withdraw(&mut tx, account.id, MailPurpose::PasswordReset).await?;
        challenges::withdraw(&mut tx, account.id).await?;
        let ended = login_sessions::end_all(&mut tx, account.id, None, EndReason::PasswordChanged, now).await?;
        self.note_by_operator(&mut tx, "identity.password_set_by_operator", account.id).await?;
        tx.commit().await?;
        self.forget_sessions(&ended);
        Ok(None)
    }

    /// The newest organizations whose name contains `search`, at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_organizations(&self, search: &str, most: u32) -> Result<Vec<OrganizationRecord>, IdentityError> {
        Ok(administration::organizations(&self.store, search, most).await?)
    }

    /// One organization.
    ///
    /// # Errors
    /// When there is none of that id or the database fails.
    pub async fn organization_record(&self, id: OrgId) -> Result<OrganizationRecord, IdentityError> {
        let found = administration::organization(&self.store, id).await?;
        found.ok_or(IdentityError::NotFound("organization"))
    }

    /// The organization that a person lands in when they log in.
    ///
    /// # Errors
    /// When there is no such account or the database fails.
    pub async fn home_of(&self, who: &str) -> Result<OrgId, IdentityError> {
        let account = self.account(who).await?;
        account.organizations.first().map(|org| org.id).ok_or(IdentityError::NotFound("organization"))
    }
}
