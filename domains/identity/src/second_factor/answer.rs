use quorate_kernel::UserId;
use quorate_store::SystemTx;

use super::FactorChange;
use super::recovery_code::RecoveryCode;
use super::totp::TotpSecret;
use crate::backoff;
use crate::challenge::{Challenge, HalfWay, Purpose};
use crate::devices::Allowed;
use crate::login_session::{Origin, Proof};
use crate::sign_in::SignedIn;
use crate::store::{recovery_codes, totp, users};
use crate::{Identity, IdentityError};

/// Which codes are good for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codes {
    /// Those of the authenticator app.
    App,
    /// Those, and recovery codes, for who has lost the app.
    AppOrRecovery,
}

/// Which code was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Used {
    App,
    Recovery,
}

impl Identity {
    /// Goes on with a log-in that has passed its first factor, by a code. A wrong code counts against the challenge and
    /// against the account, so that neither many tries nor many challenges get anybody in.
    pub(crate) async fn answer_with_code(
        &self,
        secret: &str,
        code: &str,
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let user = owner(&self.look::<HalfWay>(Purpose::SecondFactor, secret).await?)?;
        // Asked before the challenge counts, so that waiting does not use it up.
        let attempt = self.attempts(backoff::second_factor(&user.to_string())).await?;
        let challenge = self.attempt::<HalfWay>(Purpose::SecondFactor, secret).await?;
        let allowed = self.allowed(challenge.state.org_id).await?;
        let mut tx = self.store.system("the second half of a log-in comes before any organization is entered").await?;
        let Some(used) = self.use_code(&mut tx, user, code, Codes::AppOrRecovery).await? else {
            drop(tx);
            self.code_refused(user, attempt.crosses, &origin).await?;
            return Err(IdentityError::InvalidCode);
        };
        let proof = match used {
            Used::App => Proof::SecondFactor,
            Used::Recovery => Proof::RecoveryCode,
        };
        let signed_in = self.go_on(tx, challenge, (proof, allowed), origin).await?;
        self.succeeded(attempt).await?;
        Ok(signed_in)
    }

    /// Lets in whoever has shown both factors, and uses the challenge up with it.
    pub(super) async fn go_on(
        &self,
        mut tx: SystemTx,
        challenge: Challenge<HalfWay>,
        entry: (Proof, Allowed),
        mut origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let user = owner(&challenge)?;
        self.answered(&mut tx, &challenge.hash).await?;
        // Whoever has left the organization meanwhile begins again.
        let found = users::member(&mut tx, user, challenge.state.org_id).await?.ok_or(IdentityError::InvalidLink)?;
        origin.device = origin.device.or(challenge.state.origin.device);
        self.let_in(tx, found.0, found.1, entry, origin).await
    }

    /// Uses a code of somebody signed in up, as part of the caller's transaction, which `work` does once the code is
    /// right. Wrong ones count against the account as at log-in.
    pub(super) async fn with_code<T>(
        &self,
        user: UserId,
        code: &str,
        codes: Codes,
        origin: &Origin,
        work: impl AsyncFnOnce(&mut SystemTx) -> Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        let attempt = self.attempts(backoff::second_factor(&user.to_string())).await?;
        let mut tx = self.store.system("a second factor belongs to a person, not to an organization").await?;
        let Some(used) = self.use_code(&mut tx, user, code, codes).await? else {
            drop(tx);
            self.code_refused(user, attempt.crosses, origin).await?;
            return Err(IdentityError::InvalidCode);
        };
        let done = work(&mut tx).await?;
        if used == Used::Recovery {
            // They hear of what they did with it.
            self.note(&mut tx, FactorChange::RecoveryCodeUsed.action(), Some(user), origin).await?;
        }
        tx.commit().await?;
        self.succeeded(attempt).await?;
        Ok(done)
    }

    /// Uses a code up; tells which kind, or nothing when it was wrong or used before.
    async fn use_code(
        &self,
        tx: &mut SystemTx,
        user: UserId,
        code: &str,
        codes: Codes,
    ) -> Result<Option<Used>, IdentityError> {
        let now = self.clock.now();
        let Some(stored) = totp::find(tx, user).await? else { return Ok(None) };
        let secret = self.open_totp(user, &stored.sealed_secret)?;
        let digits: String = code.chars().filter(|character| !character.is_whitespace()).collect();
        if let Some(step) = secret.step_of(&digits, now, stored.last_step) {
            return Ok(totp::use_step(tx, user, step).await?.then_some(Used::App));
        }
        let Some(code) = RecoveryCode::read(code).filter(|_| codes == Codes::AppOrRecovery) else { return Ok(None) };
        let used = recovery_codes::consume(tx, user, &code.hash(&self.recovery_key(), user), now).await?;
        Ok(used.then_some(Used::Recovery))
    }

    /// Opens the secret of an app; sealed for one user, it does not open for another.
    pub(super) fn open_totp(&self, user: UserId, sealed: &str) -> Result<TotpSecret, IdentityError> {
        TotpSecret::from_bytes(&self.master_key.open(&totp_label(user), sealed)?)
    }

    pub(super) fn seal_totp(&self, user: UserId, secret: &TotpSecret) -> Result<String, IdentityError> {
        Ok(self.master_key.seal(&totp_label(user), secret.as_bytes(), self.ids.as_ref())?)
    }

    pub(super) fn recovery_key(&self) -> [u8; 32] {
        self.master_key.derive("recovery codes")
    }
}

fn totp_label(user: UserId) -> String {
    format!("totp {user}")
}

/// Whose log-in it is.
pub(super) fn owner<T>(challenge: &Challenge<T>) -> Result<UserId, IdentityError> {
    challenge.user_id.ok_or_else(|| IdentityError::Broken("a challenge for a second factor names nobody".to_owned()))
}
