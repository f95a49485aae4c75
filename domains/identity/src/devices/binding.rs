use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use quorate_audit::{Actor, Entry};
use quorate_kernel::{DeviceClaim, Limit, Principal, UserId};
use quorate_store::SystemTx;
use uuid::Uuid;

use super::Allowed;
use crate::login_session::{Device, EndReason, Origin};
use crate::secret::TokenHash;
use crate::store::devices;
use crate::{Identity, IdentityError};

/// A device may be removed once in this time (IDN-10).
const BETWEEN_REMOVALS: Duration = Duration::from_secs(24 * 3600);
/// How exactly it is known when a device was last seen.
const SEEN: TimeDelta = TimeDelta::seconds(60);

/// A device that is bound to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) id: Uuid,
    /// Whether it was bound just now.
    pub(crate) new: bool,
}

/// A device as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceView {
    pub(crate) id: Uuid,
    pub(crate) name: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_seen_at: DateTime<Utc>,
    pub(crate) fingerprint: TokenHash,
}

impl Identity {
    /// The hash under which a fingerprint is kept. It is keyed, because fingerprints can be guessed.
    pub(crate) fn fingerprint(&self, fingerprint: &str) -> TokenHash {
        let key = self.master_key.derive("device fingerprints");
        TokenHash::of(&format!("{key:?} {fingerprint}"))
    }

    /// Binds the device that a log-in comes from, or finds it bound. `None` when the client names none.
    pub(crate) async fn bind_device(
        &self,
        tx: &mut SystemTx,
        user: UserId,
        allowed: Allowed,
        origin: &Origin,
    ) -> Result<Option<Bound>, IdentityError> {
        let Some(device) = &origin.device else { return Ok(None) };
        self.bind(tx, user, allowed, device).await.map(Some)
    }

    async fn bind(
        &self,
        tx: &mut SystemTx,
        user: UserId,
        allowed: Allowed,
        device: &Device,
    ) -> Result<Bound, IdentityError> {
        let now = self.clock.now();
        let hash = self.fingerprint(&device.fingerprint);
        // Two new devices of one person wait for each other here, so the limit holds.
        devices::lock_owner(tx, user).await?;
        if let Some(found) = devices::find(tx, &hash).await? {
            if found.owner != user {
                return Err(IdentityError::DeviceBoundToOther);
            }
            if now - found.last_seen_at > SEEN {
                devices::seen(tx, found.id, now).await?;
            }
            return Ok(Bound { id: found.id, new: false });
        }
        let used = devices::count(tx, user).await?;
        if !allowed.devices.allows(used + 1) {
            let limit = allowed.devices.number().unwrap_or(used);
            return Err(IdentityError::DeviceLimitReached { used, limit });
        }
        let id = self.ids.uuid();
        devices::add(tx, id, user, &hash, device.name.clone(), now).await.map_err(|error| {
            // Somebody else's binding of the same device came first.
            if error.is_unique_violation() { IdentityError::DeviceBoundToOther } else { error.into() }
        })?;
        Ok(Bound { id, new: true })
    }

    /// Whether a signed-in person may act from this device; an unknown one is bound if the plan has room (IDN-10).
    pub(crate) async fn check_device(&self, principal: &Principal, claim: &DeviceClaim) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let hash = self.fingerprint(&claim.fingerprint);
        if self.admitted.holds(principal.user_id, &hash, now) {
            return Ok(());
        }
        let allowed = self.allowed(principal.org_id).await?;
        let mut tx = self.store.system("a device belongs to a person, not to an organization").await?;
        let device = Device { fingerprint: claim.fingerprint.clone(), name: claim.name.clone() };
        let bound = self.bind(&mut tx, principal.user_id, allowed, &device).await?;
        if bound.new {
            let entry = Entry::new("identity.device_bound", Actor::of(principal)).on("device", bound.id);
            let from = quorate_audit::Origin { ip: claim.ip.clone(), user_agent: None, request_id: None };
            self.audit.append(&mut tx, entry.from(from)).await?;
        }
        tx.commit().await?;
        self.admitted.put(principal.user_id, hash, now);
        Ok(())
    }

    /// The person's devices, the plan's limit, and when the next one may be removed.
    pub(crate) async fn devices(
        &self,
        principal: &Principal,
    ) -> Result<(Vec<DeviceView>, Limit, Option<DateTime<Utc>>), IdentityError> {
        let allowed = self.allowed(principal.org_id).await?;
        let (list, removed_at) = devices::list(&self.store, principal.user_id).await?;
        let next = removed_at.map(|at| at + BETWEEN_REMOVALS).filter(|at| *at > self.clock.now());
        Ok((list, allowed.devices, next))
    }

    /// Names one of the person's devices.
    pub(crate) async fn rename_device(
        &self,
        principal: &Principal,
        device: Uuid,
        name: &str,
    ) -> Result<DeviceView, IdentityError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(IdentityError::Fields(vec![quorate_kernel::FieldError {
                field: "name".to_owned(),
                message: "must have 1 to 100 characters, without line breaks".to_owned(),
            }]));
        }
        let mut tx = self.store.system("a device belongs to a person, not to an organization").await?;
        devices::rename(&mut tx, principal.user_id, device, name).await?;
        tx.commit().await?;
        let (list, _) = devices::list(&self.store, principal.user_id).await?;
        list.into_iter().find(|one| one.id == device).ok_or(IdentityError::NotFound("device"))
    }

    /// Removes one of the person's devices and ends its log-ins. One a day.
    pub(crate) async fn remove_device(
        &self,
        principal: &Principal,
        device: Uuid,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let (user, now) = (principal.user_id, self.clock.now());
        let mut tx = self.store.system("a device belongs to a person, not to an organization").await?;
        let removed_at = devices::lock_owner(&mut tx, user).await?;
        if !devices::is_of(&mut tx, user, device).await? {
            return Err(IdentityError::NotFound("device"));
        }
        if let Some(next) = removed_at.map(|at| at + BETWEEN_REMOVALS).filter(|next| *next > now) {
            let seconds = u64::try_from((next - now).num_seconds()).unwrap_or_default();
            return Err(IdentityError::DeviceRemovalLimit(seconds.max(1)));
        }
        devices::remove(&mut tx, user, device, now).await?;
        let ended = devices::end_log_ins(&mut tx, device, EndReason::DeviceRemoved, now).await?;
        let entry = Entry::new("identity.device_removed", Actor::of(principal)).on("device", device);
        self.audit.append(&mut tx, entry.from(origin.for_audit())).await?;
        tx.commit().await?;
        self.admitted.forget(user);
        self.forget_sessions(&ended);
        Ok(())
    }
}
