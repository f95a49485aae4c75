//! What operators do to keys on the command line (`quorate keys`).

use std::time::Duration;

use quorate_audit::{Actor, Origin};
use quorate_kernel::{OrgId, Principal, Role, UserId};
use uuid::Uuid;

use super::draft::NewKey;
use super::key::ApiKey;
use super::manage::{By, MadeKey};
use super::{Keys, store};
use crate::GatewayError;

impl Keys {
    /// The newest keys of all organizations, or of one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all(&self, org: Option<OrgId>, count: u32) -> Result<Vec<ApiKey>, GatewayError> {
        Ok(store::all(&self.inner.store, org, count).await?)
    }

    /// The key of this id, whosever it is.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn any(&self, id: Uuid) -> Result<ApiKey, GatewayError> {
        let found = store::find(&self.inner.store, id).await?;
        found.map(|stored| stored.key).ok_or(GatewayError::NotFound("API key"))
    }

    /// Makes a key for somebody. It may do no more than they may.
    ///
    /// # Errors
    /// When they are no member of the organization, a field is not acceptable, or the database fails.
    pub async fn create_for(&self, user: UserId, org: OrgId, new: NewKey) -> Result<MadeKey, GatewayError> {
        let standings = self.inner.members.standings(&[(user, org)]).await?;
        let standing = standings.first().copied().flatten().ok_or(GatewayError::NotFound("member"))?;
        self.create(&command_line(&owner(user, org, standing.role)), new).await
    }

    /// Gives somebody's key a new secret. The one before lives on for `grace`, 24 hours at most.
    ///
    /// # Errors
    /// When there is none that can be used, its last rotation is not over, or the database fails.
    pub async fn rotate_any(&self, id: Uuid, grace: Duration) -> Result<MadeKey, GatewayError> {
        let key = self.any(id).await?;
        self.rotate(&command_line(&owner(key.user_id, key.org_id, Role::Member)), id, grace).await
    }

    /// Ends somebody's key at once.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn revoke_any(&self, id: Uuid) -> Result<(), GatewayError> {
        let key = self.any(id).await?;
        self.revoke(&command_line(&owner(key.user_id, key.org_id, Role::Member)), id).await
    }
}

/// Whose key it is, as far as the database asks: no session, no rights of an operator.
const fn owner(user_id: UserId, org_id: OrgId, role: Role) -> Principal {
    Principal { user_id, org_id, role, login_session_id: Uuid::nil(), operator: false, api_key: None }
}

fn command_line(principal: &Principal) -> By<'_> {
    By { principal, actor: Actor::CommandLine, origin: Origin::default() }
}
