use quorate_outbound::{Mail, SecondFactorChange, Template};
use quorate_store::SystemTx;

use crate::user::User;
use crate::{Identity, IdentityError};

/// What identity writes to people (OPS-9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Letter {
    Welcome { link: String },
    Verification { link: String },
    PasswordReset { link: String, ip: Option<String> },
    PasswordChanged { ip: Option<String> },
    EmailChangeNew { link: String },
    EmailChangeOld { link: String, new_email: String },
    AccountExists,
    LockedOut { ip: Option<String> },
    SecondFactorChanged { change: SecondFactorChange },
    NewDevice { device: String, ip: Option<String> },
}

impl Identity {
    /// Writes to the address of an account, inside the caller's transaction.
    pub(crate) async fn post(&self, tx: &mut SystemTx, to: &User, letter: Letter) -> Result<(), IdentityError> {
        self.post_to(tx, &to.email, to, letter).await
    }

    /// Writes to a person at another address than their account's.
    pub(crate) async fn post_to(
        &self,
        tx: &mut SystemTx,
        address: &str,
        person: &User,
        letter: Letter,
    ) -> Result<(), IdentityError> {
        let name = person.name.clone();
        let page = |path: &str| format!("{}/{path}", self.site.public_url);
        let template = match letter {
            Letter::Welcome { link } => Template::Welcome { name, link },
            Letter::Verification { link } => Template::Verification { name, link },
            Letter::PasswordReset { link, ip } => Template::PasswordReset { name, link, ip },
            Letter::PasswordChanged { ip } => Template::PasswordChanged { name, ip },
            Letter::EmailChangeNew { link } => Template::EmailChangeNew { name, link },
            Letter::EmailChangeOld { link, new_email } => Template::EmailChangeOld { name, link, email: new_email },
            Letter::AccountExists => Template::AccountExists { name, link: page("login") },
            Letter::NewDevice { device, ip } => {
                Template::NewDevice { name, device, ip, link: page("settings/security") }
            }
            Letter::LockedOut { ip } => Template::LockedOut { name, ip },
            Letter::SecondFactorChanged { change } => Template::SecondFactorChanged { name, change },
        };
        self.write_to(tx, address, &person.locale, template, None).await
    }

    /// Writes any mail; one with a key is written once.
    pub(crate) async fn write_to(
        &self,
        tx: &mut SystemTx,
        address: &str,
        locale: &str,
        template: Template,
        key: Option<String>,
    ) -> Result<(), IdentityError> {
        let mail = Mail { to: address.to_owned(), locale: locale.to_owned(), template, key };
        self.mailer.send(tx, mail).await.map_err(|error| IdentityError::Broken(error.to_string()))
    }
}
