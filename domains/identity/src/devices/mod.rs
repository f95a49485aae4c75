//! Devices, concurrent log-ins and what looks like a shared account (IDN-10 to IDN-12).

mod admitted;
pub(crate) mod anomaly;
mod binding;
mod rooms;
mod sightings;

pub(crate) use admitted::Admitted;
pub(crate) use binding::DeviceView;
pub(crate) use rooms::Taken;
pub(crate) use sightings::Places;

use quorate_kernel::{Feature, Limit, OrgId};

use crate::{Identity, IdentityError};

/// What the plan allows one person. Asked before a transaction is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) devices: Limit,
    pub(crate) log_ins: Limit,
}

impl Identity {
    /// What the organization's plan allows one person of it. What is sold by the seat is one seat's.
    pub(crate) async fn allowed(&self, org: OrgId) -> Result<Allowed, IdentityError> {
        let port = IdentityError::from_port;
        let seats = self.entitlements.subscription(org).await.map_err(port)?.seats.max(1);
        let devices = self.entitlements.limit(org, Feature::Devices).await.map_err(port)?;
        let log_ins = self.entitlements.limit(org, Feature::ConcurrentLogIns).await.map_err(port)?;
        let each = |limit: Limit| match limit {
            Limit::UpTo(all) => Limit::UpTo(all / seats),
            Limit::None | Limit::Unlimited => limit,
        };
        Ok(Allowed { devices: each(devices), log_ins: each(log_ins) })
    }
}
