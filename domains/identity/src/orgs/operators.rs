use quorate_audit::{Actor, Entry};
use quorate_kernel::{Principal, UserId};
use quorate_store::SystemTx;

use crate::login_session::Origin;
use crate::store::{login_sessions, operators, users};
use crate::user::normal_email;
use crate::{Identity, IdentityError};

/// Somebody who runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) user_id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    /// Whether they have a second factor.
    pub(crate) second_factor: bool,
}

impl Identity {
    /// Those who run the server.
    pub(crate) async fn operators(&self) -> Result<Vec<Operator>, IdentityError> {
        let mut found = operators::list(&self.store).await?;
        for operator in &mut found {
            operator.second_factor = !self.second_factors(operator.user_id).await?.is_empty();
        }
        Ok(found)
    }

    /// Makes the account of an address an operator's.
    pub(crate) async fn add_operator(
        &self,
        principal: &Principal,
        email: &str,
        origin: &Origin,
    ) -> Result<Operator, IdentityError> {
        let mut tx = self.store.system("operators belong to the server").await?;
        self.still_operator(&mut tx, principal).await?;
        let found = users::by_email_in(&mut tx, &normal_email(email)).await?;
        let user = found.ok_or(IdentityError::NotFound("account"))?.user;
        if user.operator {
            return Err(IdentityError::Conflict("This person is an operator already."));
        }
        operators::set(&mut tx, user.id, true).await?;
        let sessions = login_sessions::live(&mut tx, user.id).await?;
        let entry = Entry::new("identity.operator_made", Actor::Operator(principal.user_id));
        self.record(&mut tx, entry, Some(user.id), origin).await?;
        tx.commit().await?;
        self.reread(&sessions);
        let second_factor = !self.second_factors(user.id).await?.is_empty();
        Ok(Operator { user_id: user.id, email: user.email, name: user.name, second_factor })
    }

    /// Takes the server out of somebody's hands: at once on this node, within five seconds on others. Nobody removes
    /// themselves, so one is always left.
    pub(crate) async fn remove_operator(
        &self,
        principal: &Principal,
        user: UserId,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let mut tx = self.store.system("operators belong to the server").await?;
        self.still_operator(&mut tx, principal).await?;
        if user == principal.user_id {
            return Err(IdentityError::Conflict("Another operator must do this."));
        }
        if !operators::set(&mut tx, user, false).await? {
            return Err(IdentityError::NotFound("operator"));
        }
        let sessions = login_sessions::live(&mut tx, user).await?;
        let entry = Entry::new("identity.operator_removed", Actor::Operator(principal.user_id));
        self.record(&mut tx, entry, Some(user), origin).await?;
        tx.commit().await?;
        self.reread(&sessions);
        Ok(())
    }

    /// Locks the operators and makes sure that the caller still is one: of two who remove each other one is first.
    async fn still_operator(&self, tx: &mut SystemTx, principal: &Principal) -> Result<(), IdentityError> {
        let all = operators::lock(tx).await?;
        if all.contains(&principal.user_id) {
            Ok(())
        } else {
            Err(IdentityError::Forbidden("Only the server's operators may do this."))
        }
    }
}
