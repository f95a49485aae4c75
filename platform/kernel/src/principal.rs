use async_trait::async_trait;
use uuid::Uuid;

use crate::{OrgId, Permission, Problem, Role, UserId};

/// Who is asking: a user, in one organization, with one role. Everything a tenant owns is reached through one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub user_id: UserId,
    /// The organization they act in.
    pub org_id: OrgId,
    /// Their role there.
    pub role: Role,
    /// The login session that the access token belongs to.
    pub login_session_id: Uuid,
    /// Whether the person runs the server.
    pub operator: bool,
}

impl Principal {
    /// Whether this principal holds the permission.
    #[must_use]
    pub const fn allows(&self, permission: Permission) -> bool {
        self.role.allows(permission)
    }
}

/// Turns an access token into a principal. Identity provides it; every transport asks it.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// The principal the token was issued to, or `Unauthenticated` when it is not ours, expired or revoked.
    async fn authenticate(&self, access_token: &str) -> Result<Principal, Problem>;
}
