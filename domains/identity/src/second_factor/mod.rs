//! The second factor: time-based codes with recovery codes, and passkeys, which also log in by themselves (IDN-6).

mod answer;
mod authenticator_app;
mod passkey_login;
mod passkeys;
mod recovery_code;
mod totp;
pub(crate) mod webauthn;

use quorate_kernel::{OrgId, UserId};
use quorate_outbound::SecondFactorChange;
use quorate_store::SystemTx;

use crate::challenge::{CHALLENGE_LIFE, HalfWay, Purpose};
use crate::login_session::Origin;
use crate::post::Letter;
use crate::store::{passkeys as stored_passkeys, recovery_codes, totp as stored_totp, users};
use crate::user::User;
use crate::{Identity, IdentityError, SecondFactorChallenge};

pub(crate) use authenticator_app::AppSetup;
pub(crate) use passkeys::NewPasskey;

/// What an account has beside its password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SecondFactorSummary {
    pub(crate) totp: bool,
    pub(crate) passkeys: u64,
    pub(crate) recovery_codes_left: u64,
}

/// What happened to somebody's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FactorChange {
    AppAdded,
    AppRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
}

impl FactorChange {
    /// What the person is told of it. A new name for a passkey changes nothing about who gets in.
    const fn told(self) -> Option<SecondFactorChange> {
        match self {
            Self::AppAdded => Some(SecondFactorChange::TotpAdded),
            Self::AppRemoved => Some(SecondFactorChange::TotpRemoved),
            Self::RecoveryCodesMade => Some(SecondFactorChange::CodesRenewed),
            Self::RecoveryCodeUsed => Some(SecondFactorChange::CodeUsed),
            Self::PasskeyAdded => Some(SecondFactorChange::PasskeyAdded),
            Self::PasskeyRenamed => None,
            Self::PasskeyRemoved => Some(SecondFactorChange::PasskeyRemoved),
        }
    }

    /// Its name in the audit log.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::AppAdded => "identity.totp_added",
            Self::AppRemoved => "identity.totp_removed",
            Self::RecoveryCodesMade => "identity.codes_renewed",
            Self::RecoveryCodeUsed => "identity.recovery_code_used",
            Self::PasskeyAdded => "identity.passkey_added",
            Self::PasskeyRenamed => "identity.passkey_renamed",
            Self::PasskeyRemoved => "identity.passkey_removed",
        }
    }
}

impl Identity {
    /// What the person has beside the password.
    pub(crate) async fn second_factor_summary(&self, user: UserId) -> Result<SecondFactorSummary, IdentityError> {
        let mut tx = self.store.system_read("a second factor belongs to a person, not to an organization").await?;
        summary(&mut tx, user).await
    }

    /// The ways in which the person can show a second factor; empty when they have none. A passkey counts also where the
    /// server has meanwhile moved to an address without passkeys: a factor that cannot be shown is not skipped.
    pub(crate) async fn second_factors(&self, user: UserId) -> Result<Vec<&'static str>, IdentityError> {
        let has = self.second_factor_summary(user).await?;
        let ways = [
            ("totp", has.totp),
            ("recovery_code", has.totp && has.recovery_codes_left > 0),
            ("passkey", has.passkeys > 0),
        ];
        Ok(ways.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect())
    }

    /// Ends the first half of a log-in with the question for the second factor.
    pub(crate) async fn ask_second_factor(
        &self,
        user: &User,
        org: OrgId,
        methods: Vec<&'static str>,
        origin: Origin,
    ) -> Result<IdentityError, IdentityError> {
        let half_way = HalfWay { org_id: org, origin };
        let secret = self.challenge(Purpose::SecondFactor, Some(user.id), &half_way).await?;
        let expires_in = i64::try_from(CHALLENGE_LIFE.as_secs()).unwrap_or(i64::MAX);
        let challenge = secret.expose().to_owned();
        Ok(IdentityError::SecondFactorRequired(SecondFactorChallenge { challenge, methods, expires_in }))
    }

    /// Notes a change of somebody's second factor and tells them of it, as part of the change. The last statements of a
    /// transaction, as in [`Identity::note`].
    pub(crate) async fn second_factor_changed(
        &self,
        tx: &mut SystemTx,
        user: UserId,
        what: FactorChange,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        if let Some(change) = what.told() {
            let person = users::by_id(tx, user).await?.ok_or(IdentityError::NotFound("account"))?;
            self.post(tx, &person.user, Letter::SecondFactorChanged { change }).await?;
        }
        self.note(tx, what.action(), Some(user), origin).await
    }

    /// Notes that a code was wrong, and tells the account's owner when it is one too many: whoever tries codes has the
    /// password, or their login session, and is not taken for its owner.
    async fn code_refused(&self, user: UserId, crosses: bool, origin: &Origin) -> Result<(), IdentityError> {
        let mut tx = self.store.system("what is refused is noted before anybody is let in").await?;
        if let Some(person) = users::by_id(&mut tx, user).await?.filter(|_| crosses) {
            self.post(&mut tx, &person.user, Letter::LockedOut { ip: origin.ip_text() }).await?;
        }
        self.note_by_stranger(&mut tx, "identity.second_factor_failed", Some(user), origin).await?;
        Ok(tx.commit().await?)
    }
}

async fn summary(tx: &mut SystemTx, user: UserId) -> Result<SecondFactorSummary, IdentityError> {
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(SecondFactorSummary {
        totp: stored_totp::find(tx, user).await?.is_some(),
        passkeys: count(stored_passkeys::count(tx, user).await?),
        recovery_codes_left: count(recovery_codes::left(tx, user).await?),
    })
}
