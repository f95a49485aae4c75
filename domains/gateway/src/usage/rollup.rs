use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, TimeZone, Utc};
use quorate_kernel::{OrgId, UserId, from_millis, millis};
use uuid::Uuid;

use crate::ledger::Entry;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Over which time a roll-up adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Grain {
    Hour,
    Day,
    Month,
}

impl Grain {
    pub(crate) const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    /// The name as stored.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// When the hour, day or month (UTC) of this time began, both in milliseconds since the epoch.
    pub(crate) fn begin(self, at: i64) -> i64 {
        match self {
            Self::Hour => at - at.rem_euclid(HOUR),
            Self::Day => at - at.rem_euclid(DAY),
            Self::Month => millis(month(from_millis(at))),
        }
    }

    /// When the one after it begins.
    pub(crate) fn next(self, begin: i64) -> i64 {
        match self {
            Self::Hour => begin + HOUR,
            Self::Day => begin + DAY,
            // The longest month has 31 days, and the shortest two have more.
            Self::Month => self.begin(begin + 32 * DAY),
        }
    }
}

/// When the month of this time began, in UTC.
pub(crate) fn month(at: DateTime<Utc>) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(at.year(), at.month(), 1, 0, 0, 0).single().unwrap_or(DateTime::UNIX_EPOCH)
}

/// What a roll-up is kept apart by. What is missing is the empty text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bucket {
    pub(crate) org: OrgId,
    pub(crate) grain: Grain,
    pub(crate) begins_at: i64,
    pub(crate) user: String,
    pub(crate) key: String,
    pub(crate) model: String,
    pub(crate) route: String,
    pub(crate) endpoint: String,
    pub(crate) purpose: &'static str,
    pub(crate) class: &'static str,
}

/// What attempts add up to. Tokens that a provider did not tell are not in it; a cost that is unknown is in `unpriced`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) requests: i64,
    pub(crate) attempts: i64,
    /// Input, output, cached, written to the cache, reasoning.
    pub(crate) tokens: [i64; 5],
    pub(crate) cost: i64,
    pub(crate) unpriced: i64,
    pub(crate) latency: i64,
    pub(crate) first_token: i64,
    pub(crate) first_tokens: i64,
}

impl Sums {
    fn add(&mut self, entry: &Entry) {
        self.merge(&Self {
            requests: i64::from(entry.attempt == 1),
            attempts: 1,
            tokens: entry.tokens.unwrap_or_default(),
            cost: entry.cost.unwrap_or_default(),
            unpriced: i64::from(entry.cost.is_none()),
            latency: entry.latency,
            first_token: entry.first_token.unwrap_or_default(),
            first_tokens: i64::from(entry.first_token.is_some()),
        });
    }

    fn merge(&mut self, more: &Self) {
        let plus = |to: &mut i64, amount: i64| *to = to.saturating_add(amount);
        plus(&mut self.requests, more.requests);
        plus(&mut self.attempts, more.attempts);
        for (to, tokens) in self.tokens.iter_mut().zip(more.tokens) {
            plus(to, tokens);
        }
        plus(&mut self.cost, more.cost);
        plus(&mut self.unpriced, more.unpriced);
        plus(&mut self.latency, more.latency);
        plus(&mut self.first_token, more.first_token);
        plus(&mut self.first_tokens, more.first_tokens);
    }
}

/// What a row of the hour is kept apart by, in the texts of its attempts: most of a batch is of few kinds, so that texts
/// are copied once for each kind and not for each attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind<'e> {
    org: OrgId,
    hour: i64,
    user: Option<UserId>,
    key: Option<Uuid>,
    model: &'e str,
    route: &'e str,
    endpoint: &'e str,
    purpose: &'static str,
    class: &'static str,
}

impl<'e> Kind<'e> {
    fn of(entry: &'e Entry) -> Self {
        Self {
            org: entry.org,
            hour: Grain::Hour.begin(entry.started),
            user: entry.user,
            key: entry.key,
            model: &entry.model,
            route: &entry.route,
            endpoint: &entry.endpoint,
            purpose: entry.purpose.name(),
            class: entry.class(),
        }
    }

    fn bucket(&self, grain: Grain) -> Bucket {
        Bucket {
            org: self.org,
            grain,
            begins_at: grain.begin(self.hour),
            user: self.user.map(|user| user.to_string()).unwrap_or_default(),
            key: self.key.map(|key| key.to_string()).unwrap_or_default(),
            model: self.model.to_owned(),
            route: self.route.to_owned(),
            endpoint: self.endpoint.to_owned(),
            purpose: self.purpose,
            class: self.class,
        }
    }
}

/// What these attempts add up to, by hour, day and month. In the order in which every node writes, so that two that
/// write the same rows do not wait for each other in a circle.
pub(crate) fn roll_up<'e>(entries: impl Iterator<Item = &'e Entry>) -> BTreeMap<Bucket, Sums> {
    let mut hours: HashMap<Kind<'e>, Sums> = HashMap::new();
    for entry in entries {
        hours.entry(Kind::of(entry)).or_default().add(entry);
    }
    let mut all: BTreeMap<Bucket, Sums> = BTreeMap::new();
    for (kind, sums) in &hours {
        for grain in Grain::ALL {
            all.entry(kind.bucket(grain)).or_default().merge(sums);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::sample::attempt;

    proptest! {
        #[test]
        fn every_time_is_in_one_hour_one_day_and_one_month(at in 0i64..4_000_000_000_000) {
            for grain in Grain::ALL {
                let begin = grain.begin(at);
                prop_assert!(begin <= at && at < grain.next(begin), "{grain:?}");
                prop_assert_eq!(grain.begin(begin), begin);
                prop_assert_eq!(grain.begin(grain.next(begin)), grain.next(begin));
                prop_assert_eq!(grain.begin(grain.next(begin) - 1), begin);
            }
            // Smaller ones never lie across the border of a larger one.
            prop_assert_eq!(Grain::Month.begin(Grain::Day.begin(at)), Grain::Month.begin(at));
            prop_assert_eq!(Grain::Day.begin(Grain::Hour.begin(at)), Grain::Day.begin(at));
        }
    }

    #[test]
    fn attempts_of_one_kind_add_up_and_others_stay_apart() {
        let first = Entry::from(attempt(1));
        let second = Entry { attempt: 2, cost: None, tokens: None, first_token: None, ..first.clone() };
        let other = Entry { model: "offline/demo".into(), ..first.clone() };
        let all = roll_up([&first, &second, &other].into_iter());
        assert_eq!(all.len(), 6);
        let (bucket, sums) = all.iter().find(|(bucket, _)| bucket.model == first.model).unwrap();
        assert_eq!(
            (bucket.class, bucket.purpose, bucket.endpoint.as_str()),
            ("answered", "api", "/v1/chat/completions")
        );
        let expected = Sums {
            requests: 1,
            attempts: 2,
            tokens: [100, 20, 40, 10, 5],
            cost: 150,
            unpriced: 1,
            latency: 3_000,
            first_token: 700,
            first_tokens: 1,
        };
        assert_eq!(*sums, expected);
    }
}
