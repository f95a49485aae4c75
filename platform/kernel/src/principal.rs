use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{ApiKeyGrant, OrgId, Permission, Problem, Role, UserId};

/// Who is asking: a user, in one organization, with one role. Everything a tenant owns is reached through one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub user_id: UserId,
    /// The organization they act in.
    pub org_id: OrgId,
    /// Their role there.
    pub role: Role,
    /// The login session that the access token belongs to; with an API key, the key's id, which is no login session.
    pub login_session_id: Uuid,
    /// Whether the person runs the server, and has proved it as strongly as the server asks of operators (IDN-6).
    pub operator: bool,
    /// What the API key lets them do, when they came with one: never more than the role.
    pub api_key: Option<Arc<ApiKeyGrant>>,
}

impl Principal {
    /// Whether this principal holds the permission: by role, and by API key where there is one.
    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        self.role.allows(permission) && self.api_key.as_ref().is_none_or(|key| key.permissions.contains(permission))
    }
}

/// The device that a request says it comes from. Believed only as far as the binding of the fingerprint goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceClaim {
    /// The header `X-Device-Fingerprint`.
    pub fingerprint: String,
    /// The header `X-Device-Name`.
    pub name: Option<String>,
    /// The address of the caller.
    pub ip: Option<String>,
}

/// Turns an access token into a principal. Identity provides it; every transport asks it.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// The principal the token was issued to, or `Unauthenticated` when it is not ours, expired or revoked.
    async fn authenticate(&self, access_token: &str) -> Result<Principal, Problem>;

    /// As [`Authenticator::authenticate`], for a token that may be bound to addresses. `ip` is the caller's, as far as
    /// it is known.
    async fn authenticate_from(&self, token: &str, _ip: Option<IpAddr>) -> Result<Principal, Problem> {
        self.authenticate(token).await
    }

    /// Whose token this is, as far as memory alone can tell. Asked where a caller's address has sent too many keys that
    /// were none: whoever works from there with a good one goes on, and nothing else is looked up.
    fn recall(&self, _token: &str, _ip: Option<IpAddr>) -> Option<Principal> {
        None
    }

    /// Whether the principal may act from this device (IDN-10). Asked when a request says which device it comes from.
    /// A server without devices lets everybody in.
    async fn admit_device(&self, _principal: &Principal, _device: &DeviceClaim) -> Result<(), Problem> {
        Ok(())
    }
}
