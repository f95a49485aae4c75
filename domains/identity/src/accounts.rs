use std::time::Duration;

use quorate_kernel::{OrgId, Principal, Role, UserId, from_millis, millis};
use quorate_store::StoreError;
use quorate_work::NewJob;
use uuid::Uuid;

use crate::backoff;
use crate::config::Registration;
use crate::login_session::{Origin, Proof};
use crate::mail_token::MailPurpose;
use crate::org::Membership;
use crate::orgs::Invited;
use crate::post::Letter;
use crate::secret::{Secret, TokenHash};
use crate::sign_in::SignedIn;
use crate::store::{one_time_links, users};
use crate::user::{NewAccount, Profile, User};
use crate::{Identity, IdentityError};

/// What came of a registration.
pub(crate) enum Registered {
    /// The account is made and signed in.
    SignedIn(Box<SignedIn>),
    /// The owner of the address has mail.
    CheckMail,
}

/// How long the link to the first operator's account is valid.
const FIRST_OPERATOR_LINK_LIFE: Duration = Duration::from_secs(24 * 3600);
/// The account of whoever works directly on the data folder. RFC 2606 keeps its domain out of every mail system, and
/// registration refuses it.
const LOCAL_EMAIL: &str = "local@quorate.invalid";

impl Identity {
    /// Makes an account with its personal organization and logs it in (IDN-1). On a server that conceals its accounts
    /// nobody is logged in: whoever owns the address learns by mail what happened.
    ///
    /// Whoever holds an invitation may register unless nobody may, and is a member with it.
    pub(crate) async fn register(
        &self,
        account: &NewAccount,
        invitation: Option<&str>,
        origin: Origin,
    ) -> Result<Registered, IdentityError> {
        let invited = match invitation {
            Some(token) => Some(self.invited(token).await?.ok_or(IdentityError::InvalidLink)?),
            None => None,
        };
        match self.config.registration {
            Registration::Open => {}
            Registration::Invited if invited.is_some() => {}
            Registration::Invited | Registration::Closed => return Err(IdentityError::RegistrationClosed),
        }
        let profile = account.profile().map_err(IdentityError::Fields)?;
        let attempt = self.attempts(backoff::registration(origin.ip)).await?;
        // Hashed before anybody looks whether the address is taken, so that the time of the answer does not tell.
        let hash = self.passwords.accept(&account.password, [&profile.email, &profile.name]).await;
        let hash = match hash {
            Ok(hash) => hash,
            // A weak password made no account, so it is no registration.
            Err(error) => {
                self.succeeded(attempt).await?;
                return Err(error);
            }
        };
        let email = profile.email.clone();
        match self.make_account(profile, hash, invited, origin).await {
            Err(IdentityError::EmailTaken) if self.config.conceal_accounts => self.tell_owner(&email).await,
            other => other,
        }
    }

    async fn make_account(
        &self,
        profile: Profile,
        hash: String,
        invited: Option<Invited>,
        origin: Origin,
    ) -> Result<Registered, IdentityError> {
        let (mut user, membership) = self.person(profile, false);
        let allowed = self.allowed(membership.org_id).await?;
        let mut tx = self.store.system("a registration makes the person and their first organization").await?;
        users::add(&mut tx, &user, Some(hash), &membership).await.map_err(taken)?;
        if let Some(invited) = &invited {
            // The link of the invitation came by mail, so the address is proved with it.
            self.join(&mut tx, &user, invited, &origin).await?;
            user.email_verified = true;
        } else {
            let link = self.mail_link(&mut tx, MailPurpose::Verification, user.id, &user.email).await?;
            self.post(&mut tx, &user, Letter::Welcome { link }).await?;
        }
        if self.config.conceal_accounts && invited.is_none() {
            self.note(&mut tx, "identity.registered", Some(user.id), &origin).await?;
            tx.commit().await.map_err(taken)?;
            return Ok(Registered::CheckMail);
        }
        let entry = (Proof::Password, allowed);
        let (pair, _) = self.open_session(&mut tx, &user, &membership, entry, origin.clone()).await?;
        self.note(&mut tx, "identity.registered", Some(user.id), &origin).await?;
        tx.commit().await.map_err(taken)?;
        Ok(Registered::SignedIn(Box::new(self.signed_in(user, membership, pair).await?)))
    }

    /// Tells the owner of an address that somebody tried to register with it.
    async fn tell_owner(&self, email: &str) -> Result<Registered, IdentityError> {
        let mut tx = self.store.system("a registration says nothing about who is known").await?;
        if let Some(owner) = users::by_email_in(&mut tx, email).await? {
            if owner.user.email_verified {
                self.post(&mut tx, &owner.user, Letter::AccountExists).await?;
            } else {
                self.send_verification(&mut tx, &owner.user).await?;
            }
        }
        tx.commit().await?;
        Ok(Registered::CheckMail)
    }

    /// Makes the account of the first operator, for whoever holds the link that the server printed.
    pub(crate) async fn register_first_operator(
        &self,
        token: &str,
        account: &NewAccount,
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let link = TokenHash::of(token);
        // Looked at before anything costly is done for a stranger; decided below.
        if !one_time_links::is_valid(&self.store, &link, self.clock.now()).await? {
            return Err(IdentityError::InvalidLink);
        }
        let (profile, hash) = self.accept(account).await?;
        let (user, membership) = self.person(profile, true);
        let allowed = self.allowed(membership.org_id).await?;
        let mut tx = self.store.system("the server's first operator belongs to no organization yet").await?;
        if !one_time_links::consume(&mut tx, &link, user.created_at).await? {
            return Err(IdentityError::InvalidLink);
        }
        users::add(&mut tx, &user, Some(hash), &membership).await.map_err(taken)?;
        let entry = (Proof::Password, allowed);
        let (pair, _) = self.open_session(&mut tx, &user, &membership, entry, origin.clone()).await?;
        let payload = serde_json::json!({ "org_id": membership.org_id });
        self.jobs.enqueue(&mut tx, NewJob::new(Self::FIRST_OPERATOR_JOB, payload)).await?;
        self.note(&mut tx, "identity.first_operator", Some(user.id), &origin).await?;
        tx.commit().await.map_err(taken)?;
        self.signed_in(user, membership, pair).await
    }

    /// A one-time token for the first operator, valid for 24 hours, or `None` when there is an operator. The server
    /// prints it as `<public_url>/welcome?token=…` at its start; each call makes another.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_operator_link(&self) -> Result<Option<String>, IdentityError> {
        let token = Secret::link_token(self.ids.as_ref());
        let now = self.clock.now();
        let expires_at = now + FIRST_OPERATOR_LINK_LIFE;
        let added = one_time_links::add_first_operator(&self.store, &token.hash(), now, expires_at).await?;
        Ok(added.then(|| token.expose().to_owned()))
    }

    /// The principal of the command line when it works directly on the data folder: a local account that no password
    /// logs in to, made once. It belongs to no login session, so its session id is nil.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn local_principal(&self) -> Result<Principal, IdentityError> {
        if let Some(principal) = self.find_local().await? {
            return Ok(principal);
        }
        let profile = Profile { email: LOCAL_EMAIL.to_owned(), name: "local".to_owned(), locale: "en".to_owned() };
        let (user, membership) = self.person(profile, false);
        let mut tx = self.store.system("the command line's local account is made before anybody is known").await?;
        match users::add(&mut tx, &user, None, &membership).await {
            Ok(()) => tx.commit().await?,
            // Another process made it in between.
            Err(error) if error.is_unique_violation() => drop(tx),
            Err(error) => return Err(error.into()),
        }
        self.find_local().await?.ok_or_else(|| StoreError::corrupt("identity_users", "no local account").into())
    }

    async fn find_local(&self) -> Result<Option<Principal>, IdentityError> {
        let found = users::by_email(&self.store, LOCAL_EMAIL).await?;
        Ok(found.map(|found| Principal {
            user_id: found.user.id,
            org_id: found.membership.org_id,
            role: found.membership.role,
            login_session_id: Uuid::nil(),
            operator: found.user.operator,
            api_key: None,
        }))
    }

    /// The account's fields and the hash of its password, if all of them pass and the address is free.
    async fn accept(&self, account: &NewAccount) -> Result<(Profile, String), IdentityError> {
        let profile = account.profile().map_err(IdentityError::Fields)?;
        if users::is_taken(&self.store, &profile.email).await? {
            return Err(IdentityError::EmailTaken);
        }
        let hash = self.passwords.accept(&account.password, [&profile.email, &profile.name]).await?;
        Ok((profile, hash))
    }

    /// A new person with their own organization, not yet written down.
    pub(crate) fn person(&self, profile: Profile, operator: bool) -> (User, Membership) {
        let user = User {
            id: UserId(self.ids.uuid()),
            email: profile.email,
            name: profile.name,
            locale: profile.locale,
            time_zone: "UTC".to_owned(),
            operator,
            email_verified: false,
            has_password: true,
            suspended: false,
            avatar_at: None,
            // As it will be read back: the database keeps milliseconds.
            created_at: from_millis(millis(self.clock.now())),
        };
        let membership = Membership { org_id: OrgId(self.ids.uuid()), name: user.name.clone(), role: Role::Owner };
        (user, membership)
    }
}

fn taken(error: StoreError) -> IdentityError {
    if error.is_unique_violation() { IdentityError::EmailTaken } else { error.into() }
}
