use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use quorate_kernel::{API_KEY_PREFIX, Authenticator, DeviceClaim, Principal, Problem};

use crate::keys::Keys;

/// Asks the gateway about API keys, and identity about everything else. Nothing that begins as a key does is ever tried
/// as something else.
pub(crate) struct KeysAndPeople {
    pub(crate) keys: Keys,
    pub(crate) people: Arc<dyn Authenticator>,
}

#[async_trait]
impl Authenticator for KeysAndPeople {
    async fn authenticate(&self, access_token: &str) -> Result<Principal, Problem> {
        self.authenticate_from(access_token, None).await
    }

    async fn authenticate_from(&self, token: &str, ip: Option<IpAddr>) -> Result<Principal, Problem> {
        if token.starts_with(API_KEY_PREFIX) {
            return Ok(self.keys.verify(token, ip).await?.principal().clone());
        }
        self.people.authenticate_from(token, ip).await
    }

    fn recall(&self, token: &str, ip: Option<IpAddr>) -> Option<Principal> {
        Some(self.keys.recall(token, ip)?.principal().clone())
    }

    async fn admit_device(&self, principal: &Principal, device: &DeviceClaim) -> Result<(), Problem> {
        // Programs have no devices; how many run with one key is what its own limits are for.
        if principal.api_key.is_some() {
            return Ok(());
        }
        self.people.admit_device(principal, device).await
    }
}
