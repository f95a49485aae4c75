use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::allowed::Allowed;

/// The error of a name whose addresses may not be reached.
#[derive(Debug)]
pub(super) struct RefusedName;

impl fmt::Display for RefusedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has no address that may be reached")
    }
}

impl Error for RefusedName {}

/// Turns names into addresses.
#[async_trait]
pub(super) trait Lookup: Send + Sync {
    async fn lookup(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The system's own way.
pub(super) struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Gives the connection only addresses that were looked at, so that a name which changes its mind between a check and
/// the connection (DNS rebinding) gains nothing: there is no second question.
pub(super) struct CheckedResolver {
    lookup: Arc<dyn Lookup>,
    allowed: Arc<Allowed>,
}

impl CheckedResolver {
    pub(super) fn new(lookup: Arc<dyn Lookup>, allowed: Arc<Allowed>) -> Self {
        Self { lookup, allowed }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, allowed) = (Arc::clone(&self.lookup), Arc::clone(&self.allowed));
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            let mut passed: Vec<SocketAddr> = Vec::new();
            // Port 0 stands for the URL's own.
            passed.extend(
                found
                    .into_iter()
                    .filter(|address| allowed.address(Some(name.as_str()), *address))
                    .map(|address| SocketAddr::new(address, 0)),
            );
            if passed.is_empty() {
                return Err(RefusedName.into());
            }
            Ok(Box::new(passed.into_iter()) as Addrs)
        })
    }
}
