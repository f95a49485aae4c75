use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_audit::{Actor, Entry};
use quorate_kernel::{Principal, SubscriptionSummary};
use quorate_store::SystemTx;
use uuid::Uuid;

use crate::backoff;
use crate::devices::Allowed;
use crate::jwt::{AUDIENCE, Claims};
use crate::login_session::{
    ACCESS_TOKEN_LIFE, EndReason, LOGIN_SESSION_LIFE, LiveLoginSession, LoginSession, Origin, Proof,
    REFRESH_TOKEN_LIFE, slot,
};
use crate::org::Membership;
use crate::post::Letter;
use crate::refresh::{Verdict, judge};
use crate::second_factor::FactorChange;
use crate::secret::{Secret, TokenHash};
use crate::store::refresh_tokens::{Found, NewToken};
use crate::store::{devices, login_sessions, profiles, refresh_tokens, users};
use crate::user::{User, normal_email};
use crate::{Identity, IdentityError};

/// Somebody who has just proved who they are, with their tokens.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) subscription: SubscriptionSummary,
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
        let email = normal_email(email);
        let attempt = self.attempts(backoff::log_in(&email, origin.ip)).await?;
        let candidate = users::by_email(&self.store, &email).await?;
        let hash = candidate.as_ref().and_then(|found| found.password_hash.as_deref());
        let matches = self.passwords.matches(password, hash).await?;
        let found = match (candidate, matches) {
            (Some(found), true) => found,
            (candidate, _) => {
                self.failed(candidate.map(|found| found.user), attempt.crosses, &origin);
                return Err(IdentityError::InvalidCredentials);
            }
        };
        self.succeeded(attempt).await?;
        if self.config.conceal_accounts && !found.user.email_verified {
            // Whoever has just registered must not learn here whether the address had an account before.
            let mut tx = self.store.system("an address is proved before anybody is let in").await?;
            self.send_verification(&mut tx, &found.user).await?;
            tx.commit().await?;
            return Err(IdentityError::InvalidCredentials);
        }
        self.enter(found.user, found.membership, Proof::Password, origin).await
    }

    /// Notes a log-in that failed, and tells the account's owner when it is one too many (IDN-7). Done after the answer:
    /// what an existing account costs more must not show in the time.
    fn failed(&self, user: Option<User>, crosses: bool, origin: &Origin) {
        let (identity, origin) = (self.clone(), origin.clone());
        tokio::spawn(async move {
            if let Err(error) = identity.note_failure(user, crosses, &origin).await {
                tracing::error!(%error, "a failed log-in could not be noted");
            }
        });
    }

    async fn note_failure(&self, user: Option<User>, crosses: bool, origin: &Origin) -> Result<(), IdentityError> {
        let mut tx = self.store.system("a failed log-in is noted before anybody is known").await?;
        if let Some(user) = user.as_ref().filter(|_| crosses) {
            self.post(&mut tx, user, Letter::LockedOut { ip: origin.ip_text() }).await?;
        }
        self.note_by_stranger(&mut tx, "identity.login_failed", user.map(|user| user.id), origin).await?;
        Ok(tx.commit().await?)
    }

    /// Lets in somebody who has proved who they are: the one way into a login session, whatever the proof. Asks for the
    /// second factor when the account has one and the proof was only one.
    pub(crate) async fn enter(
        &self,
        user: User,
        membership: Membership,
        proof: Proof,
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        if user.suspended {
            return Err(IdentityError::Suspended);
        }
        if !proof.is_strong() {
            let methods = self.second_factors(user.id).await?;
            if !methods.is_empty() {
                return Err(self.ask_second_factor(&user, membership.org_id, methods, origin).await?);
            }
        }
        let allowed = self.allowed(membership.org_id).await?;
        let tx = self.store.system("a log-in opens a login session before any organization is entered").await?;
        self.let_in(tx, user, membership, (proof, allowed), origin).await
    }

    /// Opens the login session of somebody who has nothing more to prove, and ends the caller's transaction with it.
    pub(crate) async fn let_in(
        &self,
        mut tx: SystemTx,
        user: User,
        membership: Membership,
        (proof, allowed): (Proof, Allowed),
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        if user.suspended {
            return Err(IdentityError::Suspended);
        }
        let (pair, displaced) =
            self.open_session(&mut tx, &user, &membership, (proof, allowed), origin.clone()).await?;
        if proof == Proof::RecoveryCode {
            self.second_factor_changed(&mut tx, user.id, FactorChange::RecoveryCodeUsed, &origin).await?;
        }
        let shown = serde_json::json!({ "proof": proof.name() });
        let entry = Entry::new("identity.login", Actor::User(user.id)).changing(None, Some(shown));
        self.record(&mut tx, entry, Some(user.id), &origin).await?;
        tx.commit().await?;
        self.forget_sessions(&displaced);
        self.look_for_anomalies(user.id);
        self.signed_in(user, membership, pair).await
    }

    /// Opens a login session and its first pair. Tells which others it displaced: they are refused on this node once
    /// the transaction is committed.
    pub(crate) async fn open_session(
        &self,
        tx: &mut SystemTx,
        user: &User,
        membership: &Membership,
        (proof, allowed): (Proof, Allowed),
        origin: Origin,
    ) -> Result<(Pair, Vec<Uuid>), IdentityError> {
        let now = self.clock.now();
        let bound = self.bind_device(tx, user.id, allowed, &origin).await?;
        let device_id = bound.map(|bound| bound.id);
        let slot = slot(device_id, &origin);
        let displaced = self.make_room(tx, user.id, allowed.log_ins, &slot).await?;
        let (been_here, from_here) = devices::known_slot(tx, user.id, &slot).await?;
        if been_here && !from_here && profiles::wants_new_device_mail(tx, user.id).await? {
            let device = origin.device.as_ref().and_then(|device| device.name.clone());
            let device = device.or_else(|| origin.user_agent.clone()).unwrap_or_else(|| "?".to_owned());
            self.post(tx, user, Letter::NewDevice { device, ip: origin.ip_text() }).await?;
        }
        let session = LoginSession {
            id: self.ids.uuid(),
            user_id: user.id,
            org_id: membership.org_id,
            created_at: now,
            expires_at: now + LOGIN_SESSION_LIFE,
            origin,
            slot,
            device_id,
            second_factor: proof.is_strong(),
        };
        login_sessions::add(tx, &session).await?;
        Ok((self.add_pair(tx, session.id, None, session.expires_at).await?, displaced))
    }

    /// Writes the next pair of a login session.
    pub(crate) async fn add_pair(
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
        let subscription = self.entitlements.subscription(membership.org_id).await.map_err(IdentityError::from_port)?;
        Ok(SignedIn {
            user,
            subscription,
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
        let entry = Entry::new("identity.refresh_token_reused", Actor::Anonymous);
        self.record(&mut tx, entry, Some(found.user_id), origin).await?;
        tx.commit().await?;
        self.standings.end(found.session, now);
        tracing::warn!(user_id = %found.user_id, login_session_id = %found.session, "a refresh token was used twice");
        Err(IdentityError::RefreshTokenReused)
    }

    /// Ends a login session: at once on this node, within five seconds on others.
    pub(crate) async fn log_out(&self, session: Uuid) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut tx = self.store.system("a login session belongs to a person, not to an organization").await?;
        if let Some(user) = login_sessions::end(&mut tx, session, EndReason::Logout, now).await? {
            self.note(&mut tx, "identity.logout", Some(user), &Origin::default()).await?;
        }
        tx.commit().await?;
        self.standings.end(session, now);
        Ok(())
    }

    /// The login sessions of a person that go on.
    pub(crate) async fn login_sessions(&self, principal: &Principal) -> Result<Vec<LiveLoginSession>, IdentityError> {
        Ok(login_sessions::list(&self.store, principal.user_id, self.clock.now()).await?)
    }

    /// Ends one of the person's login sessions.
    pub(crate) async fn revoke_login_session(
        &self,
        principal: &Principal,
        session: Uuid,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let (user, now) = (principal.user_id, self.clock.now());
        let mut tx = self.store.system("a login session belongs to a person, not to an organization").await?;
        if !login_sessions::end_own(&mut tx, session, user, EndReason::Revoked, now).await? {
            return Err(IdentityError::NotFound("login session"));
        }
        self.note(&mut tx, "identity.login_session_revoked", Some(user), origin).await?;
        tx.commit().await?;
        self.standings.end(session, now);
        Ok(())
    }

    /// Ends every login session of the person.
    pub(crate) async fn log_out_everywhere(&self, principal: &Principal, origin: &Origin) -> Result<(), IdentityError> {
        let (user, now) = (principal.user_id, self.clock.now());
        let mut tx = self.store.system("a login session belongs to a person, not to an organization").await?;
        let ended = login_sessions::end_all(&mut tx, user, None, EndReason::Logout, now).await?;
        self.note(&mut tx, "identity.logged_out_everywhere", Some(user), origin).await?;
        tx.commit().await?;
        self.forget_sessions(&ended);
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
