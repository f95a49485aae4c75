use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_store::SystemTx;
use uuid::Uuid;

use crate::jwt::{AUDIENCE, Claims};
use crate::login_session::{
    ACCESS_TOKEN_LIFE, EndReason, LOGIN_SESSION_LIFE, LoginSession, Origin, REFRESH_TOKEN_LIFE,
};
use crate::org::{Membership, Subscription};
use crate::refresh::{Verdict, judge};
use crate::secret::{Secret, TokenHash};
use crate::store::refresh_tokens::{Found, NewToken};
use crate::store::{login_sessions, refresh_tokens, users};
use crate::user::{User, normal_email};
use crate::{Identity, IdentityError};

/// Somebody who has just proved who they are, with their tokens.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) subscription: Subscription,
    pub(crate) access_token: String,
    /// Seconds the access token lives.
    pub(crate) expires_in: i64,
    pub(crate) refresh_token: Secret,
    /// Seconds the refresh token lives.
    pub(crate) refresh_expires_in: i64,
}

/// A pair whose refresh token is stored and whose access token is still to be signed.
pub(crate) struct Pair {
    pub(crate) id: Uuid,
    pub(crate) session: Uuid,
    pub(crate) refresh_token: Secret,
    pub(crate) refresh_expires_at: DateTime<Utc>,
}

impl Identity {
    /// Logs in with e-mail and password. An unknown address costs the same work as a wrong password.
    pub(crate) async fn log_in(&self, email: &str, password: &str, origin: Origin) -> Result<SignedIn, IdentityError> {
        let candidate = users::by_email(&self.store, &normal_email(email)).await?;
        let hash = candidate.as_ref().and_then(|found| found.password_hash.as_deref());
        let matches = self.passwords.matches(password, hash).await?;
        let Some(found) = candidate.filter(|_| matches) else {
            tracing::info!(target: "audit", event = "login_failed", ip = origin.ip, "log-in failed");
            return Err(IdentityError::InvalidCredentials);
        };
        let mut tx = self.store.system("a log-in opens a login session before any organization is entered").await?;
        let pair = self.open_session(&mut tx, &found.user, &found.membership, origin).await?;
        tx.commit().await?;
        self.signed_in(found.user, found.membership, pair).await
    }

    /// Opens a login session and its first pair.
    pub(crate) async fn open_session(
        &self,
        tx: &mut SystemTx,
        user: &User,
        membership: &Membership,
        origin: Origin,
    ) -> Result<Pair, IdentityError> {
        let now = self.clock.now();
        let session = LoginSession {
            id: self.ids.uuid(),
            user_id: user.id,
            org_id: membership.org_id,
            created_at: now,
            expires_at: now + LOGIN_SESSION_LIFE,
            origin,
        };
        login_sessions::add(tx, &session).await?;
        self.add_pair(tx, session.id, None, session.expires_at).await
    }

    async fn add_pair(
        &self,
        tx: &mut SystemTx,
        session: Uuid,
        predecessor: Option<Uuid>,
        family_expires_at: DateTime<Utc>,
    ) -> Result<Pair, IdentityError> {
        let now = self.clock.now();
        let refresh_token = Secret::refresh_token(self.ids.as_ref());
        let refresh_expires_at = family_expires_at.min(now + REFRESH_TOKEN_LIFE);
        let pair = Pair { id: self.ids.uuid(), session, refresh_token, refresh_expires_at };
        let token = NewToken {
            pair: pair.id,
            hash: pair.refresh_token.hash(),
            session,
            predecessor,
            issued_at: now,
            expires_at: refresh_expires_at,
        };
        refresh_tokens::add(tx, &token).await?;
        Ok(pair)
    }

    /// Signs the pair's access token, once the pair is committed.
    pub(crate) async fn signed_in(
        &self,
        user: User,
        membership: Membership,
        pair: Pair,
    ) -> Result<SignedIn, IdentityError> {
        let now = self.clock.now();
        let expires_in = seconds(ACCESS_TOKEN_LIFE);
        let claims = Claims {
            iss: self.site.public_url.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user.id.0,
            org: membership.org_id.0,
            role: membership.role.name().to_owned(),
            sid: pair.session,
            jti: pair.id,
            iat: now.timestamp(),
            exp: now.timestamp() + expires_in,
        };
        Ok(SignedIn {
            user,
            subscription: membership.subscription,
            access_token: self.keys.sign(&claims, now).await?,
            expires_in,
            refresh_token: pair.refresh_token,
            refresh_expires_in: (pair.refresh_expires_at - now).num_seconds(),
        })
    }

    /// Exchanges a refresh token for the next pair. Parallel calls with the same token share one exchange.
    pub(crate) async fn refresh(&self, token: &str, origin: Origin) -> Result<SignedIn, IdentityError> {
        let hash = TokenHash::of(token);
        let identity = self.clone();
        let exchange = {
            let hash = hash.clone();
            async move { identity.exchange(&hash, &origin).await }
        };
        Arc::clone(&self.flights).join(hash, exchange).await
    }

    async fn exchange(&self, hash: &TokenHash, origin: &Origin) -> Result<SignedIn, IdentityError> {
        let now = self.clock.now();
        let mut tx = self.store.system("a refresh token says who somebody is before they enter").await?;
        let found = refresh_tokens::find(&mut tx, hash).await?.ok_or(IdentityError::InvalidRefreshToken)?;
        if found.family_ended {
            return Err(IdentityError::InvalidRefreshToken);
        }
        let pair = found.token.id;
        let first = match judge(&found.token, found.family_expires_at, now) {
            Verdict::Rotate => refresh_tokens::rotate(&mut tx, pair, now).await?,
            Verdict::ReplaceLost { unused } => refresh_tokens::replace_lost(&mut tx, pair, unused, now).await?,
            Verdict::Reused => return self.end_family(tx, &found, origin).await,
            Verdict::Expired => return Err(IdentityError::InvalidRefreshToken),
        };
        if !first {
            return Err(IdentityError::RefreshRaced);
        }
        let (user, membership) =
            users::member(&mut tx, found.user_id, found.org_id).await?.ok_or(IdentityError::InvalidRefreshToken)?;
        let next = self.add_pair(&mut tx, found.session, Some(pair), found.family_expires_at).await?;
        login_sessions::touch(&mut tx, found.session, now).await?;
        refresh_tokens::forget_expired(&mut tx, found.session, now).await?;
        tx.commit().await?;
        self.signed_in(user, membership, next).await
    }

    async fn end_family(&self, mut tx: SystemTx, found: &Found, origin: &Origin) -> Result<SignedIn, IdentityError> {
        let now = self.clock.now();
        login_sessions::end(&mut tx, found.session, EndReason::RefreshTokenReused, now).await?;
        tx.commit().await?;
        self.standings.end(found.session, now);
        tracing::warn!(
            target: "audit",
            event = "refresh_token_reused",
            user_id = %found.user_id,
            login_session_id = %found.session,
            ip = origin.ip,
            "a rotated refresh token was used again; its login session has been ended"
        );
        Err(IdentityError::RefreshTokenReused)
    }

    /// Ends a login session: at once on this node, within five seconds on others.
    pub(crate) async fn log_out(&self, session: Uuid) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut tx = self.store.system("a login session belongs to a person, not to an organization").await?;
        login_sessions::end(&mut tx, session, EndReason::Logout, now).await?;
        tx.commit().await?;
        self.standings.end(session, now);
        Ok(())
    }

    /// The login session that a refresh token belongs to, for a log-out without an access token.
    pub(crate) async fn session_of_refresh_token(&self, token: &str) -> Result<Option<Uuid>, IdentityError> {
        Ok(refresh_tokens::session_of(&self.store, &TokenHash::of(token)).await?)
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
