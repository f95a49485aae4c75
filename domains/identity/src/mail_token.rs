use std::time::Duration;

use quorate_kernel::UserId;
use quorate_store::SystemTx;

use crate::secret::Secret;
use crate::store::mail_tokens::{self, NewMailToken};
use crate::{Identity, IdentityError};

/// What the token in a mail is good for (IDN-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailPurpose {
    /// Proves that the account's address is the person's own.
    Verification,
    /// Sets a new password.
    PasswordReset,
    /// The old address agrees to a change.
    EmailChangeOld,
    /// The new address agrees to a change.
    EmailChangeNew,
}

impl MailPurpose {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::PasswordReset => "password_reset",
            Self::EmailChangeOld => "email_change_old",
            Self::EmailChangeNew => "email_change_new",
        }
    }

    /// How long the link is good.
    pub(crate) const fn life(self) -> Duration {
        match self {
            Self::Verification => Duration::from_secs(3 * 24 * 3600),
            Self::PasswordReset => Duration::from_secs(3600),
            Self::EmailChangeOld | Self::EmailChangeNew => Duration::from_secs(24 * 3600),
        }
    }

    /// The page that the link opens.
    const fn page(self) -> &'static str {
        match self {
            Self::Verification => "verify",
            Self::PasswordReset => "reset",
            Self::EmailChangeOld | Self::EmailChangeNew => "confirm-email",
        }
    }
}

impl Identity {
    /// Makes a token and gives the link to it. The link's host is the configured one, never what a request says.
    pub(crate) async fn mail_link(
        &self,
        tx: &mut SystemTx,
        purpose: MailPurpose,
        user: UserId,
        email: &str,
    ) -> Result<String, IdentityError> {
        let now = self.clock.now();
        let secret = Secret::link_token(self.ids.as_ref());
        let new = NewMailToken {
            hash: secret.hash(),
            purpose,
            user,
            email: email.to_owned(),
            created_at: now,
            expires_at: now + purpose.life(),
        };
        mail_tokens::add(tx, &new).await?;
        Ok(format!("{}/{}?token={}", self.site.public_url, purpose.page(), secret.expose()))
    }
}
