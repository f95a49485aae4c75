use quorate_kernel::UserId;
use quorate_store::SystemTx;

use super::claimed::Claimed;
use super::error::SocialError;
use crate::config::Registration;
use crate::login_session::Origin;
use crate::org::Membership;
use crate::store::connections::{self, Connection};
use crate::store::{invitations, users};
use crate::user::{self, Profile, User};
use crate::{Identity, IdentityError};

/// What is to be done with somebody whom nobody here knows yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// The address is theirs on both sides: it is the same person.
    Link,
    /// The address is new here.
    Register,
    /// The service does not vouch for the address.
    RefuseUnverified,
    /// The account is not proved to be theirs.
    RefuseAccount,
}

/// What is known about the account that has the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Account {
    /// Whether its owner has proved the address.
    email_verified: bool,
    /// Whether it is connected with another identity of the same service.
    has_other_identity: bool,
}

/// The rule of linking. An address links only what is proved on both sides: an account that somebody made beforehand
/// with a foreign address must not become the way into its real owner's sign-in. And a service that has two identities
/// with one address has given the address to another person.
fn course(email_verified: bool, account: Option<Account>) -> Course {
    match account {
        _ if !email_verified => Course::RefuseUnverified,
        None => Course::Register,
        Some(Account { email_verified: true, has_other_identity: false }) => Course::Link,
        Some(_) => Course::RefuseAccount,
    }
}

impl Identity {
    /// The account of an identity of another service: the one that is connected, or else the one that may be linked, or
    /// a new one.
    pub(crate) async fn recognise(
        &self,
        claimed: &Claimed,
        provider: &str,
        origin: &Origin,
    ) -> Result<(User, Membership), SocialError> {
        match self.find_or_make(claimed, provider, origin).await {
            // Somebody else wrote the same at the same moment, so now it is there.
            Err(SocialError::Identity(IdentityError::Store(error))) if error.is_unique_violation() => {
                self.find_or_make(claimed, provider, origin).await
            }
            other => other,
        }
    }

    async fn find_or_make(
        &self,
        claimed: &Claimed,
        provider: &str,
        origin: &Origin,
    ) -> Result<(User, Membership), SocialError> {
        let mut tx = self.store.system("an identity of another service says who somebody is before they enter").await?;
        if let Some(owner) = connections::owner(&mut tx, &claimed.issuer, &claimed.subject).await? {
            let found = users::by_id(&mut tx, owner).await?;
            let found = found.ok_or_else(|| SocialError::failed("the account belongs to no organization"))?;
            return Ok((found.user, found.membership));
        }
        let email = claimed.email.as_deref().and_then(|email| user::email(email).ok());
        let Some(email) = email.filter(|_| claimed.email_verified) else { return Err(SocialError::EmailNotVerified) };
        let candidate = users::by_email_in(&mut tx, &email).await?;
        let known = match &candidate {
            Some(found) => connections::of_user(&mut tx, found.user.id).await?,
            None => Vec::new(),
        };
        let of_issuer = known.iter().find(|connection| connection.issuer == claimed.issuer);
        if let (Some(found), Some(connection)) = (&candidate, of_issuer)
            && connection.subject == claimed.subject
        {
            // Connected between the two questions, by the same person's other request.
            return Ok((found.user.clone(), found.membership.clone()));
        }
        let account = candidate.as_ref().map(|found| Account {
            email_verified: found.user.email_verified,
            has_other_identity: of_issuer.is_some(),
        });
        let person = match (course(claimed.email_verified, account), candidate) {
            (Course::Link, Some(found)) => (found.user, found.membership),
            (Course::Register, None) => self.newcomer(&mut tx, claimed, &email, origin).await?,
            (Course::RefuseUnverified, _) => return Err(SocialError::EmailNotVerified),
            _ => return Err(SocialError::AccountExists),
        };
        self.connect(&mut tx, claimed, provider, person.0.id, origin).await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Makes an account for somebody who is new: no password, and an address that the service vouches for.
    async fn newcomer(
        &self,
        tx: &mut SystemTx,
        claimed: &Claimed,
        email: &str,
        origin: &Origin,
    ) -> Result<(User, Membership), SocialError> {
        let may_come = match self.config.registration {
            Registration::Open => true,
            // The service vouches for the address that was invited; the invitation itself is accepted afterwards.
            Registration::Invited => invitations::is_invited(tx, email, self.clock.now()).await?,
            Registration::Closed => false,
        };
        if !may_come {
            return Err(IdentityError::RegistrationClosed.into());
        }
        let locale = claimed.locale.as_deref().and_then(|tag| user::locale(tag).ok());
        let profile = Profile {
            email: email.to_owned(),
            name: name_of(claimed.name.as_deref(), email),
            locale: locale.unwrap_or_else(|| "en".to_owned()),
        };
        let (mut user, membership) = self.person(profile, false);
        user.email_verified = true;
        user.has_password = false;
        users::add(tx, &user, None, &membership).await?;
        self.note(tx, "registered", Some(user.id), origin).await?;
        Ok((user, membership))
    }

    /// Connects an identity with an account.
    pub(super) async fn connect(
        &self,
        tx: &mut SystemTx,
        claimed: &Claimed,
        provider: &str,
        user: UserId,
        origin: &Origin,
    ) -> Result<(), SocialError> {
        let connection = Connection {
            issuer: claimed.issuer.clone(),
            subject: claimed.subject.clone(),
            user_id: user,
            provider: provider.to_owned(),
            email: claimed.email.as_deref().and_then(|email| user::email(email).ok()),
            created_at: self.clock.now(),
        };
        connections::add(tx, &connection).await?;
        self.note(tx, "connection_added", Some(user), origin).await?;
        Ok(())
    }
}

/// What a person is called: what the service says, as far as it can be shown, or else the address's local part.
fn name_of(given: Option<&str>, email: &str) -> String {
    let clean: String = given.unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(100).collect();
    let clean = clean.trim();
    if clean.is_empty() { email.split('@').next().unwrap_or_default().to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_proved_on_both_sides_links() {
        let account = |email_verified, has_other_identity| Some(Account { email_verified, has_other_identity });
        for (verified, account, expected) in [
            (true, None, Course::Register),
            (true, account(true, false), Course::Link),
            (true, account(false, false), Course::RefuseAccount),
            (true, account(true, true), Course::RefuseAccount),
            (true, account(false, true), Course::RefuseAccount),
            (false, None, Course::RefuseUnverified),
            (false, account(true, false), Course::RefuseUnverified),
            (false, account(false, false), Course::RefuseUnverified),
            (false, account(true, true), Course::RefuseUnverified),
        ] {
            assert_eq!(course(verified, account), expected, "{verified} {account:?}");
        }
    }

    #[test]
    fn names_are_cleaned_and_never_empty() {
        assert_eq!(name_of(Some(" Ada\nLovelace "), "a@example.com"), "AdaLovelace");
        assert_eq!(name_of(Some(" \t"), "ada@example.com"), "ada");
        assert_eq!(name_of(None, "ada@example.com"), "ada");
        assert_eq!(name_of(Some(&"ä".repeat(200)), "a@example.com").chars().count(), 100);
    }
}
