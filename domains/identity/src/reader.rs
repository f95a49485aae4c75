//! Where the rest of the house writes to somebody, without knowing accounts.

use quorate_kernel::{OrgId, UserId};

use crate::store::users;
use crate::{Identity, IdentityError};

/// A person who can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The address, which the person has confirmed.
    pub email: String,
    /// What they are called; may be empty.
    pub name: String,
    /// Their language tag.
    pub locale: String,
}

impl Identity {
    /// A member of the organization as a reader of mail; none for who is no member any more, is suspended, or has not
    /// confirmed the address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reader(&self, user: UserId, org: OrgId) -> Result<Option<Reader>, IdentityError> {
        let mut tx = self.store.system("a mail is written to a member").await?;
        let found = users::member(&mut tx, user, org).await?;
        let reader = found.map(|(user, _)| user).filter(|user| user.email_verified && !user.suspended);
        Ok(reader.map(|user| Reader { email: user.email, name: user.name, locale: user.locale }))
    }
}
