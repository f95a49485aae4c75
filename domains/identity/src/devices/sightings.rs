use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use maxminddb::{Reader, geoip2};
use quorate_kernel::UserId;

use super::anomaly::{self, Place};
use crate::store::anomalies;
use crate::{Identity, IdentityError};

/// How far back log-ins are looked at.
const LOOK_BACK: TimeDelta = TimeDelta::days(1);

/// Tells where addresses are, from a local database file (MaxMind's format) if there is one.
#[derive(Clone, Default)]
pub(crate) struct Places(Option<Arc<Reader<Vec<u8>>>>);

impl Places {
    /// Reads the file into memory.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, IdentityError> {
        let Some(file) = file else { return Ok(Self::default()) };
        let reader = Reader::open_readfile(file);
        let broken = |error| IdentityError::Broken(format!("identity.geoip_file {}: {error}", file.display()));
        Ok(Self(Some(Arc::new(reader.map_err(broken)?))))
    }

    fn of(&self, ip: &str) -> Option<Place> {
        let address: IpAddr = ip.parse().ok()?;
        let city: geoip2::City<'_> = self.0.as_ref()?.lookup(address).ok()?.decode().ok()??;
        Some(Place { latitude: city.location.latitude?, longitude: city.location.longitude? })
    }
}

impl Identity {
    /// Looks at the person's log-ins after one more, and flags what looks like a shared account. Never in the way of
    /// the log-in: it is done after it, and a failure is the operator's.
    pub(crate) fn look_for_anomalies(&self, user: UserId) {
        let identity = self.clone();
        tokio::spawn(async move {
            if let Err(error) = identity.flag_anomalies(user).await {
                tracing::error!(%error, "log-ins could not be looked through for anomalies");
            }
        });
    }

    pub(crate) async fn flag_anomalies(&self, user: UserId) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut sightings = anomalies::recent_log_ins(&self.store, user, now - LOOK_BACK).await?;
        for sighting in &mut sightings {
            sighting.place = sighting.ip.as_deref().and_then(|ip| self.places.of(ip));
        }
        let found = anomaly::look(&sightings);
        if found.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.system("anomalies are for operators, of all organizations").await?;
        for anomaly in found {
            anomalies::flag(&mut tx, self.ids.uuid(), user, &anomaly, now).await?;
        }
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_placed_by_a_local_file() {
        // Made by src/tests/places/make.py.
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/places/places.mmdb");
        let places = Places::open(Some(Path::new(file))).unwrap();
        let berlin = places.of("203.0.113.7").unwrap();
        assert!((berlin.latitude - 52.52).abs() < 0.01 && (berlin.longitude - 13.40).abs() < 0.01, "{berlin:?}");
        assert!(places.of("198.51.100.1").is_some_and(|lisbon| lisbon.longitude < 0.0));
        for unknown in ["192.0.2.1", "2001:db8::1", "no address"] {
            assert_eq!(places.of(unknown), None, "{unknown}");
        }
        assert_eq!(Places::default().of("203.0.113.7"), None, "without a file nobody knows");
        assert!(Places::open(Some(Path::new("/nonexistent.mmdb"))).is_err(), "a file that is named must be there");
    }
}
