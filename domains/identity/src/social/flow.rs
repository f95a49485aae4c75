use quorate_kernel::UserId;

use super::claimed::Claimed;
use super::error::SocialError;
use super::next::{HOME, own_page};
use super::provider::{Answer, Provider};
use super::state::Pending;
use crate::login_session::{Origin, Proof};
use crate::sign_in::SignedIn;
use crate::store::connections;
use crate::{Identity, IdentityError};

/// The longest code that is carried to a token endpoint.
const LONGEST_CODE: usize = 4096;

/// A question that a browser carries to another service.
pub(crate) struct Question {
    /// Where it goes.
    pub(crate) location: String,
    /// What it keeps meanwhile.
    pub(crate) cookie: String,
}

/// Where somebody comes back to.
pub(crate) struct Return {
    /// The page that they wanted.
    pub(crate) next: String,
    /// Whether they were signed in and wanted another way to sign in.
    pub(crate) linking: bool,
    pub(crate) outcome: Result<Outcome, SocialError>,
}

pub(crate) enum Outcome {
    SignedIn(Box<SignedIn>),
    /// The identity is connected with the account that is signed in.
    Linked,
}

impl Identity {
    /// Begins a sign-in at another service, or the linking of one to the account `link`.
    pub(crate) async fn ask_provider(
        &self,
        provider: &Provider,
        next: Option<&str>,
        link: Option<UserId>,
    ) -> Result<Question, SocialError> {
        let now = self.clock.now();
        let next = next.and_then(own_page).unwrap_or(HOME);
        let pending = Pending::new(&provider.config.name, next, link, self.ids.as_ref(), now);
        let location = provider.question(&self.redirect_uri(provider), &pending, now).await?.to_string();
        Ok(Question { location, cookie: pending.seal(&self.master_key, self.ids.as_ref())? })
    }

    /// Goes on where a browser comes back with an answer. `signed_in` is who is signed in there.
    pub(crate) async fn take_answer(
        &self,
        provider: &Provider,
        answer: Answer,
        cookie: Option<&str>,
        signed_in: Option<UserId>,
        origin: Origin,
    ) -> Return {
        let now = self.clock.now();
        let name = provider.config.name.as_str();
        let pending = match Pending::open(cookie, name, answer.state.as_deref(), &self.master_key, now) {
            Ok(pending) => pending,
            Err(error) => return Return { next: HOME.to_owned(), linking: false, outcome: Err(error) },
        };
        let outcome = self.conclude(provider, &pending, answer, signed_in, origin).await;
        Return { next: pending.next, linking: pending.link.is_some(), outcome }
    }

    async fn conclude(
        &self,
        provider: &Provider,
        pending: &Pending,
        answer: Answer,
        signed_in: Option<UserId>,
        origin: Origin,
    ) -> Result<Outcome, SocialError> {
        let now = self.clock.now();
        provider.check_issuer(answer.issuer.as_deref(), now).await?;
        if let Some(error) = answer.error {
            let denied = ["access_denied", "user_cancelled_login", "user_cancelled_authorize"];
            let denied = denied.contains(&error.as_str());
            return Err(if denied { SocialError::Denied } else { SocialError::failed(format!("{error:.100}")) });
        }
        let code = answer.code.filter(|code| (1..=LONGEST_CODE).contains(&code.len()));
        let code = code.ok_or_else(|| SocialError::failed("the answer brings no code"))?;
        // Asked before the code is used up.
        if pending.link.is_some() && pending.link != signed_in {
            return Err(SocialError::failed("who asked to link is not signed in here"));
        }
        let mut claimed = provider.exchange(&code, &self.redirect_uri(provider), pending, now).await?;
        claimed.name = claimed.name.or(answer.name);
        match pending.link {
            Some(user) => self.link(&claimed, &provider.config.name, user, &origin).await.map(|()| Outcome::Linked),
            None => {
                let (user, membership) = self.recognise(&claimed, &provider.config.name, &origin).await?;
                let who = self.enter(user, membership, Proof::Social, origin).await?;
                Ok(Outcome::SignedIn(Box::new(who)))
            }
        }
    }

    /// Connects an identity with the account that is signed in. Its address may differ.
    async fn link(&self, claimed: &Claimed, provider: &str, user: UserId, origin: &Origin) -> Result<(), SocialError> {
        let mut tx = self.store.system("a connection belongs to a person, not to an organization").await?;
        match connections::owner(&mut tx, &claimed.issuer, &claimed.subject).await? {
            Some(owner) if owner == user => return Ok(()),
            Some(_) => return Err(SocialError::AccountExists),
            None => {}
        }
        match self.connect(&mut tx, claimed, provider, user, origin).await {
            // The account has another identity of this service, or somebody connected this one just now.
            Err(SocialError::Identity(IdentityError::Store(error))) if error.is_unique_violation() => {
                return Err(SocialError::AccountExists);
            }
            other => other?,
        }
        tx.commit().await?;
        Ok(())
    }

    /// Where a provider sends people back to. From the configuration, never from what a request says about its host.
    fn redirect_uri(&self, provider: &Provider) -> String {
        format!("{}/api/v1/auth/social/{}/callback", self.site.public_url, provider.config.name)
    }
}
