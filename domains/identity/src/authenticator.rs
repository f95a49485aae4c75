use async_trait::async_trait;
use quorate_kernel::{Authenticator, Code, DeviceClaim, Principal, Problem};

use crate::Identity;
use crate::IdentityError;
use crate::jwt::{Claims, Refusal};
use crate::login_session::Standing;
use crate::store::{login_sessions, refresh_tokens};

#[async_trait]
impl Authenticator for Identity {
    async fn authenticate(&self, access_token: &str) -> Result<Principal, Problem> {
        if let Some(issuer) = self.outside.issuers.named_by(access_token) {
            return self.admit_external(issuer, access_token).await;
        }
        let now = self.clock.now();
        let claims = match self.keys.verify(access_token, &self.site.public_url, now).await {
            Ok(claims) => claims,
            Err(Refusal::Expired) => {
                return Err(Problem::new(Code::TokenExpired, "The access token has expired. Refresh it."));
            }
            Err(refusal) => {
                tracing::debug!(?refusal, "access token refused");
                return Err(Problem::new(Code::Unauthenticated, "The access token is not valid."));
            }
        };
        Ok(self.admit(&claims).await?.ok_or_else(|| Problem::new(Code::Unauthenticated, "Sign in again."))?)
    }

    async fn admit_device(&self, principal: &Principal, device: &DeviceClaim) -> Result<(), Problem> {
        Ok(self.check_device(principal, device).await?)
    }
}

impl Identity {
    /// The principal of a genuine token, unless its login session has ended, its user left the organization or its pair
    /// was withdrawn. The role is the one of now, not the one the token was issued with.
    async fn admit(&self, claims: &Claims) -> Result<Option<Principal>, IdentityError> {
        let now = self.clock.now();
        let standing = match self.standings.get(claims.sid, now) {
            Some(standing) => standing,
            None => {
                let read = login_sessions::standing(&self.store, claims.sid, now).await?;
                self.standings.put(claims.sid, read, now);
                // Asked again, because this node may have ended the session during the reading.
                self.standings.get(claims.sid, now).unwrap_or(read)
            }
        };
        let Standing::Live { user_id, org_id, role, operator, second_factor, expires_at } = standing else {
            return Ok(None);
        };
        if user_id.0 != claims.sub || org_id.0 != claims.org || expires_at <= now {
            return Ok(None);
        }
        if !self.standings.knows(claims.sid, claims.jti) {
            if !refresh_tokens::use_access(&self.store, claims.jti, now).await? {
                return Ok(None);
            }
            self.standings.learn(claims.sid, claims.jti);
        }
        let operator = operator && (second_factor || !self.config.operators_need_second_factor);
        Ok(Some(Principal { user_id, org_id, role, login_session_id: claims.sid, operator, api_key: None }))
    }
}
