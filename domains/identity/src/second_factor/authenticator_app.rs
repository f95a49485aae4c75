use std::time::Duration;

use quorate_kernel::{Principal, UserId};
use quorate_store::SystemTx;

use super::answer::Codes;
use super::recovery_code::{CODES, RecoveryCode};
use super::totp::{TotpSecret, qr_svg};
use super::{FactorChange, webauthn};
use crate::login_session::Origin;
use crate::store::{recovery_codes, totp};
use crate::{Identity, IdentityError};

/// How long a new secret waits for its first code.
const PENDING_LIFE: Duration = Duration::from_secs(10 * 60);

/// What an authenticator app is told.
pub(crate) struct AppSetup {
    /// In base 32, for who types it.
    pub(crate) secret: String,
    pub(crate) uri: String,
    /// The same as a picture.
    pub(crate) qr_svg: String,
}

impl Identity {
    /// Begins to set up an authenticator app. It counts once a first code has confirmed it.
    pub(crate) async fn set_up_app(
        &self,
        principal: &Principal,
        password: Option<&str>,
        origin: &Origin,
    ) -> Result<AppSetup, IdentityError> {
        self.prove_password(principal, password, origin).await?;
        let person = self.person_of(principal.user_id).await?;
        let secret = TotpSecret::new(self.ids.as_ref())?;
        let uri = secret.uri(&self.host(), &person.email);
        let setup = AppSetup { secret: secret.as_text(), qr_svg: qr_svg(&uri)?, uri };
        let sealed = self.seal_totp(person.id, &secret)?;
        let mut tx = self.store.system("a second factor belongs to a person, not to an organization").await?;
        if !totp::set_pending(&mut tx, person.id, &sealed, self.clock.now()).await? {
            return Err(IdentityError::Conflict("An authenticator app is set up already. Remove it first."));
        }
        tx.commit().await?;
        Ok(setup)
    }

    /// Confirms the app with its first code, and gives the recovery codes, which nobody sees again.
    pub(crate) async fn confirm_app(
        &self,
        principal: &Principal,
        code: &str,
        origin: &Origin,
    ) -> Result<Vec<String>, IdentityError> {
        let (user, now) = (principal.user_id, self.clock.now());
        let mut tx = self.store.system("a second factor belongs to a person, not to an organization").await?;
        let stored = totp::pending(&mut tx, user, now - PENDING_LIFE).await?;
        let stored =
            stored.ok_or(IdentityError::Conflict("No authenticator app waits to be confirmed. Set one up."))?;
        let secret = self.open_totp(user, &stored.sealed_secret)?;
        let digits: String = code.chars().filter(|character| !character.is_whitespace()).collect();
        let step = secret.step_of(&digits, now, stored.last_step).ok_or(IdentityError::InvalidCode)?;
        if !totp::confirm(&mut tx, user, &stored, step, now).await? {
            return Err(IdentityError::InvalidCode);
        }
        let codes = self.make_recovery_codes(&mut tx, user).await?;
        self.second_factor_changed(&mut tx, user, FactorChange::AppAdded, origin).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Removes the app and the recovery codes, for who knows the password and has a code of either.
    pub(crate) async fn remove_app(
        &self,
        principal: &Principal,
        password: Option<&str>,
        code: &str,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        self.prove_password(principal, password, origin).await?;
        let user = principal.user_id;
        self.with_code(user, code, Codes::AppOrRecovery, origin, async |tx| {
            totp::remove(tx, user).await?;
            recovery_codes::remove(tx, user).await?;
            self.second_factor_changed(tx, user, FactorChange::AppRemoved, origin).await
        })
        .await
    }

    /// Makes new recovery codes, for who has the app; the earlier ones are void.
    pub(crate) async fn renew_recovery_codes(
        &self,
        principal: &Principal,
        code: &str,
        origin: &Origin,
    ) -> Result<Vec<String>, IdentityError> {
        let user = principal.user_id;
        self.with_code(user, code, Codes::App, origin, async |tx| {
            let codes = self.make_recovery_codes(tx, user).await?;
            self.second_factor_changed(tx, user, FactorChange::RecoveryCodesMade, origin).await?;
            Ok(codes)
        })
        .await
    }

    async fn make_recovery_codes(&self, tx: &mut SystemTx, user: UserId) -> Result<Vec<String>, IdentityError> {
        let codes: Vec<RecoveryCode> = (0..CODES).map(|_| RecoveryCode::new(self.ids.as_ref())).collect();
        let key = self.recovery_key();
        let hashes: Vec<String> = codes.iter().map(|code| code.hash(&key, user)).collect();
        recovery_codes::replace(tx, user, &hashes, self.clock.now()).await?;
        Ok(codes.iter().map(RecoveryCode::shown).collect())
    }

    /// What this server is called in somebody's list of codes.
    fn host(&self) -> String {
        webauthn::host_of(&self.site.public_url).unwrap_or_default()
    }
}
