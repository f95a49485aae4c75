use chrono::{DateTime, Utc};
use quorate_kernel::UserId;

use crate::login_session::Origin;
use crate::store::connections;
use crate::store::passkeys;
use crate::store::users;
use crate::{Identity, IdentityError};

/// A service that somebody can sign in with, as they see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connected {
    pub(crate) provider: String,
    pub(crate) label: String,
    pub(crate) email: Option<String>,
    pub(crate) connected_at: DateTime<Utc>,
}

impl Identity {
    /// The services that somebody is connected with.
    pub(crate) async fn connections(&self, user: UserId) -> Result<Vec<Connected>, IdentityError> {
        let found = connections::list(&self.store, user).await?;
        Ok(found
            .into_iter()
            .map(|connection| Connected {
                label: self.outside.label(&connection.issuer).unwrap_or(&connection.provider).to_owned(),
                provider: self.outside.name(&connection.issuer).unwrap_or(&connection.provider).to_owned(),
                email: connection.email,
                connected_at: connection.created_at,
            })
            .collect())
    }

    /// Takes a service away from the ways in which somebody can sign in, unless it is the only one.
    pub(crate) async fn disconnect(&self, user: UserId, provider: &str, origin: &Origin) -> Result<(), IdentityError> {
        let (_, password) = users::password_hash(&self.store, user).await?;
        let mut tx = self.store.system("a connection belongs to a person, not to an organization").await?;
        // Held against a passkey that is removed at the same time: one of the two must remain.
        passkeys::hold(&mut tx, user).await?;
        let has_passkey = passkeys::count(&mut tx, user).await? > 0;
        let all = connections::of_user(&mut tx, user).await?;
        let is_it = |issuer: &str, stored: &str| self.outside.name(issuer).unwrap_or(stored) == provider;
        let Some(gone) = all.iter().find(|connection| is_it(&connection.issuer, &connection.provider)) else {
            return Err(IdentityError::NotFound("connection"));
        };
        // A service that is configured no more lets nobody in.
        let others = all.iter().any(|other| other.issuer != gone.issuer && self.outside.lets_in(&other.issuer));
        if password.is_none() && !has_passkey && !others {
            return Err(IdentityError::Conflict(
                "This is your only way to sign in. Set a password or connect another service first.",
            ));
        }
        connections::remove(&mut tx, user, &gone.issuer).await?;
        self.note(&mut tx, "connection_removed", Some(user), origin).await?;
        tx.commit().await?;
        self.outside.issuers.forget(&gone.issuer);
        Ok(())
    }
}
