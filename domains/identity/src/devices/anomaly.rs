use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// Faster than an aeroplane, in kilometres an hour.
const FASTEST: f64 = 900.0;
/// Shorter ways are within what address databases are wrong by, in kilometres.
const TOO_NEAR: f64 = 100.0;
/// In this time three addresses and three devices look like several people.
const SHARING_WITHIN: TimeDelta = TimeDelta::hours(1);
const SHARED_BY: usize = 3;
/// In this time so many changes of device look like several people.
const SWITCHING_WITHIN: TimeDelta = TimeDelta::minutes(10);
const SWITCHES: usize = 10;

/// One log-in, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sighting {
    pub(crate) at: DateTime<Utc>,
    pub(crate) ip: Option<String>,
    pub(crate) slot: String,
    /// Where the address is, if that is known.
    pub(crate) place: Option<Place>,
}

/// A place on earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

/// What looks like a shared or stolen account (IDN-12).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Anomaly {
    pub(crate) kind: &'static str,
    pub(crate) details: Value,
}

/// What the log-ins of one person look like, the oldest first and the newest being the one that was made now.
pub(crate) fn look(sightings: &[Sighting]) -> Vec<Anomaly> {
    let Some(now) = sightings.last().map(|last| last.at) else { return Vec::new() };
    [sharing(sightings, now), travel(sightings), switching(sightings, now)].into_iter().flatten().collect()
}

fn sharing(sightings: &[Sighting], now: DateTime<Utc>) -> Option<Anomaly> {
    let recent = || sightings.iter().filter(|one| now - one.at <= SHARING_WITHIN);
    let addresses: BTreeSet<&str> = recent().filter_map(|one| one.ip.as_deref()).collect();
    let devices: BTreeSet<&str> = recent().map(|one| one.slot.as_str()).collect();
    (addresses.len() >= SHARED_BY && devices.len() >= SHARED_BY).then(|| Anomaly {
        kind: "POSSIBLE_SHARING",
        details: json!({ "addresses": addresses.len(), "devices": devices.len(), "within_minutes": 60 }),
    })
}

fn travel(sightings: &[Sighting]) -> Option<Anomaly> {
    let (last, before) = sightings.split_last()?;
    let previous = before.iter().rev().find(|one| one.place.is_some())?;
    let distance = distance(previous.place?, last.place?);
    // Two log-ins in one moment are not infinitely fast, the clock is only so exact.
    let hours = ((last.at - previous.at).num_seconds().max(60) as f64) / 3600.0;
    (distance > TOO_NEAR && distance / hours > FASTEST).then(|| Anomaly {
        kind: "IMPOSSIBLE_TRAVEL",
        details: json!({ "kilometres": distance.round(), "minutes": (hours * 60.0).round() }),
    })
}

fn switching(sightings: &[Sighting], now: DateTime<Utc>) -> Option<Anomaly> {
    let recent: Vec<&str> =
        sightings.iter().filter(|one| now - one.at <= SWITCHING_WITHIN).map(|one| one.slot.as_str()).collect();
    let switches = recent.windows(2).filter(|pair| pair[0] != pair[1]).count();
    (switches >= SWITCHES)
        .then(|| Anomaly { kind: "FAST_SWITCHING", details: json!({ "switches": switches, "within_minutes": 10 }) })
}

/// The way over the surface in kilometres (haversine formula).
fn distance(from: Place, to: Place) -> f64 {
    const EARTH: f64 = 6371.0;
    let (lat_a, lat_b) = (from.latitude.to_radians(), to.latitude.to_radians());
    let (half_lat, half_lon) = ((lat_b - lat_a) / 2.0, (to.longitude - from.longitude).to_radians() / 2.0);
    let chord = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    2.0 * EARTH * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: Place = Place { latitude: 52.52, longitude: 13.40 };
    const LISBON: Place = Place { latitude: 38.72, longitude: -9.14 };
    const POTSDAM: Place = Place { latitude: 52.39, longitude: 13.06 };

    fn seen(minute: i64, ip: &str, slot: &str, place: Option<Place>) -> Sighting {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        Sighting { at, ip: Some(ip.to_owned()), slot: slot.to_owned(), place }
    }

    fn kinds(sightings: &[Sighting]) -> Vec<&'static str> {
        look(sightings).into_iter().map(|anomaly| anomaly.kind).collect()
    }

    #[test]
    fn three_addresses_and_three_devices_within_an_hour_look_shared() {
        let three = [seen(0, "1", "a", None), seen(30, "2", "b", None), seen(60, "3", "c", None)];
        assert_eq!(kinds(&three), ["POSSIBLE_SHARING"]);
        let slower = [seen(0, "1", "a", None), seen(30, "2", "b", None), seen(61, "3", "c", None)];
        assert!(kinds(&slower).is_empty());
        let one_device = [seen(0, "1", "a", None), seen(1, "2", "a", None), seen(2, "3", "a", None)];
        assert!(kinds(&one_device).is_empty(), "a train has many addresses");
        let one_office = [seen(0, "1", "a", None), seen(1, "1", "b", None), seen(2, "1", "c", None)];
        assert!(kinds(&one_office).is_empty());
        assert!(kinds(&[]).is_empty());
    }

    #[test]
    fn nobody_is_in_two_cities_at_once() {
        assert!((distance(BERLIN, LISBON) - 2312.0).abs() < 15.0, "{}", distance(BERLIN, LISBON));
        let flight = |minutes| [seen(0, "1", "a", Some(BERLIN)), seen(minutes, "2", "a", Some(LISBON))];
        assert_eq!(kinds(&flight(60)), ["IMPOSSIBLE_TRAVEL"]);
        assert!(kinds(&flight(180)).is_empty(), "an aeroplane does it");
        let near = [seen(0, "1", "a", Some(BERLIN)), seen(0, "2", "a", Some(POTSDAM))];
        assert!(kinds(&near).is_empty());
        let unknown = [seen(0, "1", "a", Some(BERLIN)), seen(1, "2", "a", None)];
        assert!(kinds(&unknown).is_empty());
        let between = [seen(0, "1", "a", Some(BERLIN)), seen(1, "9", "a", None), seen(2, "2", "a", Some(LISBON))];
        assert_eq!(kinds(&between), ["IMPOSSIBLE_TRAVEL"], "an unknown place in between hides nothing");
    }

    #[test]
    fn hurried_switching_between_devices_is_seen() {
        let switching = |times: i64| -> Vec<Sighting> {
            (0..=times).map(|n| seen(n / 2, "1", if n % 2 == 0 { "a" } else { "b" }, None)).collect()
        };
        assert_eq!(kinds(&switching(10)), ["FAST_SWITCHING"]);
        assert!(kinds(&switching(9)).is_empty());
    }
}
