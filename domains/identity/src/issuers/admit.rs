use quorate_kernel::{Code, Principal, Problem};
use uuid::Uuid;

use super::Issuer;
use super::token::TokenRefusal;
use crate::login_session::Origin;
use crate::social::claimed::Claimed;
use crate::social::error::SocialError;
use crate::{Identity, IdentityError};

impl Identity {
    /// The principal of a token that another issuer has signed: the account connected with its identity, made or
    /// linked at first sight by the rules of social sign-in. It belongs to no login session, and never to an operator:
    /// who runs the server signs in here.
    pub(crate) async fn admit_external(&self, issuer: &Issuer, token: &str) -> Result<Principal, Problem> {
        let now = self.clock.now();
        let claimed = issuer.verify(token, now).await.map_err(|refusal| told(issuer, refusal))?;
        let issuers = &self.outside.issuers;
        if let Some(principal) = issuers.known.get(&claimed.issuer, &claimed.subject, now) {
            return Ok(principal);
        }
        let principal = self.find_external(issuer, &claimed).await?;
        issuers.known.put(&claimed.issuer, &claimed.subject, principal.clone(), now);
        Ok(principal)
    }

    async fn find_external(&self, issuer: &Issuer, claimed: &Claimed) -> Result<Principal, Problem> {
        let found = self.recognise(claimed, &issuer.config.name, &Origin::default()).await;
        let (user, membership) = found.map_err(SocialError::into_problem)?;
        if user.suspended {
            return Err(IdentityError::Suspended.into());
        }
        if !issuer.config.second_factor && !self.second_factors(user.id).await?.is_empty() {
            // One factor elsewhere must not open what two keep shut.
            return Err(Problem::new(
                Code::SecondFactorRequired,
                "This account asks for a second factor: sign in here.",
            ));
        }
        Ok(Principal {
            user_id: user.id,
            org_id: membership.org_id,
            role: membership.role,
            login_session_id: Uuid::nil(),
            operator: false,
            api_key: None,
        })
    }
}

fn told(issuer: &Issuer, refusal: TokenRefusal) -> Problem {
    match refusal {
        TokenRefusal::Expired => Problem::new(Code::TokenExpired, "The access token has expired."),
        TokenRefusal::Unreachable(reason) => {
            tracing::warn!(issuer = issuer.config.name, reason, "an issuer's keys cannot be read");
            let mut problem = Problem::new(Code::Unavailable, "The access token cannot be checked just now.");
            problem.retry_after = Some(5);
            problem
        }
        refusal => {
            tracing::debug!(issuer = issuer.config.name, ?refusal, "access token refused");
            Problem::new(Code::Unauthenticated, "The access token is not valid.")
        }
    }
}
