use quorate_audit::{Actor, Entry};
use quorate_kernel::UserId;
use quorate_store::SystemTx;

use crate::login_session::Origin;
use crate::{Identity, IdentityError};

impl Identity {
    /// Writes into the audit log what a person did to their own account, or what happened to it before anybody was
    /// known (PLT-23). The last statement of a transaction: it holds the log's head until the commit.
    pub(crate) async fn note(
        &self,
        tx: &mut SystemTx,
        action: &'static str,
        user: Option<UserId>,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let actor = user.map_or(Actor::Anonymous, Actor::User);
        self.record(tx, Entry::new(action, actor), user, origin).await
    }

    /// Writes what somebody did who is not known, to an account that may be.
    pub(crate) async fn note_by_stranger(
        &self,
        tx: &mut SystemTx,
        action: &'static str,
        user: Option<UserId>,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        self.record(tx, Entry::new(action, Actor::Anonymous), user, origin).await
    }

    /// Writes what was done to an account on the command line.
    pub(crate) async fn note_by_operator(
        &self,
        tx: &mut SystemTx,
        action: &'static str,
        user: UserId,
    ) -> Result<(), IdentityError> {
        self.record(tx, Entry::new(action, Actor::CommandLine), Some(user), &Origin::default()).await
    }

    /// Writes an entry about an account, with where it came from.
    pub(crate) async fn record(
        &self,
        tx: &mut SystemTx,
        entry: Entry,
        user: Option<UserId>,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let entry = match user {
            Some(user) => entry.on_user(user),
            None => entry,
        };
        self.audit.append(tx, entry.from(origin.for_audit())).await?;
        Ok(())
    }
}

impl Origin {
    /// Where a request came from, as the audit log keeps it.
    pub(crate) fn for_audit(&self) -> quorate_audit::Origin {
        quorate_audit::Origin {
            ip: self.ip_text(),
            user_agent: self.user_agent.clone(),
            request_id: self.request_id.clone(),
        }
    }
}
