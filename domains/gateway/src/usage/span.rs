use chrono::{DateTime, TimeDelta, Utc};
use quorate_kernel::{Problem, from_millis, millis};

use super::rollup::Grain;

/// The days that are meant when nobody says from when.
const DAYS: i64 = 30;
/// Up to so many hours a course is told by the hour, then by the day.
const BY_HOUR: i64 = 48;
/// Up to so many days it is told by the day, then by the month.
const BY_DAY: i64 = 400;
/// How long roll-ups are kept, in days: seven years, leap days included.
const LONGEST: i64 = 7 * 366;

/// A time that usage is asked for, in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Span {
    /// From `from` to just before `to`: the last thirty days unless told.
    ///
    /// # Errors
    /// `ValidationFailed` when it ends before it begins, or is longer than anything that is kept.
    pub(crate) fn of(
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let to = to.unwrap_or(now);
        let from = from.or_else(|| to.checked_sub_signed(TimeDelta::days(DAYS))).unwrap_or(to);
        if from >= to {
            return Err(Problem::field("from", "must be before `to`"));
        }
        if to - from > TimeDelta::days(LONGEST) {
            return Err(Problem::field("from", "must be at most seven years before `to`"));
        }
        Ok(Self { from: millis(from), to: millis(to) })
    }

    /// The same in whole hours, which is how finely roll-ups tell.
    pub(crate) fn in_hours(self) -> Self {
        Self { from: Grain::Hour.begin(self.from), to: ceiling(Grain::Hour, self.to) }
    }

    /// The whole hours, days and months that it is made of, so that a year is a few rows of months and not thousands
    /// of hours: hours, days, months, days, hours. Each may be empty.
    pub(crate) fn cover(self) -> [(Grain, Self); 5] {
        let Self { from, to } = self.in_hours();
        let mut at = from;
        // As far as whole ones of this grain lead, up to where the next larger one can begin.
        let mut up_to = |grain: Grain, end: i64| {
            let part = Self { from: at, to: end.max(at) };
            at = part.to;
            (grain, part)
        };
        let day = ceiling(Grain::Day, from).min(to);
        let month = ceiling(Grain::Month, day).min(Grain::Day.begin(to));
        [
            up_to(Grain::Hour, day),
            up_to(Grain::Day, month),
            up_to(Grain::Month, if month == ceiling(Grain::Month, day) { Grain::Month.begin(to) } else { month }),
            up_to(Grain::Day, Grain::Day.begin(to)),
            up_to(Grain::Hour, to),
        ]
    }

    /// How finely a course over it is told.
    pub(crate) fn grain(self) -> Grain {
        let hours = (self.to - self.from) / 3_600_000;
        if hours <= BY_HOUR {
            Grain::Hour
        } else if hours <= BY_DAY * 24 {
            Grain::Day
        } else {
            Grain::Month
        }
    }

    pub(crate) fn starts(self) -> (DateTime<Utc>, DateTime<Utc>) {
        (from_millis(self.from), from_millis(self.to))
    }
}

/// The beginning of the next, unless it is one.
fn ceiling(grain: Grain, at: i64) -> i64 {
    let begin = grain.begin(at);
    if begin == at { at } else { grain.next(begin) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(time: &str) -> i64 {
        millis(time.parse().unwrap())
    }

    proptest! {
        #[test]
        fn the_parts_follow_each_other_and_are_whole(from in 0i64..3_000_000, hours in 1i64..70_000) {
            let span = Span { from: from * 1_000_000, to: from * 1_000_000 + hours * HOUR };
            let whole = span.in_hours();
            let mut reached = whole.from;
            for (grain, part) in span.cover() {
                prop_assert_eq!(part.from, reached);
                prop_assert!(part.to >= part.from);
                if part.to > part.from {
                    prop_assert_eq!((grain.begin(part.from), grain.begin(part.to)), (part.from, part.to));
                }
                reached = part.to;
            }
            prop_assert_eq!(reached, whole.to);
            let [(_, first), (_, days), _, (_, more_days), (_, last)] = span.cover();
            prop_assert!(first.to - first.from < 24 * HOUR && last.to - last.from < 24 * HOUR);
            prop_assert!(days.to - days.from < 31 * 24 * HOUR && more_days.to - more_days.from < 31 * 24 * HOUR);
        }
    }

    #[test]
    fn a_year_is_months_with_their_edges() {
        let span = Span { from: at("2025-01-30T22:30:00Z"), to: at("2026-02-02T01:00:00Z") };
        let told: Vec<_> = span.cover().into_iter().map(|(grain, part)| (grain.name(), part.from, part.to)).collect();
        let expected = [
            ("hour", at("2025-01-30T22:00:00Z"), at("2025-01-31T00:00:00Z")),
            ("day", at("2025-01-31T00:00:00Z"), at("2025-02-01T00:00:00Z")),
            ("month", at("2025-02-01T00:00:00Z"), at("2026-02-01T00:00:00Z")),
            ("day", at("2026-02-01T00:00:00Z"), at("2026-02-02T00:00:00Z")),
            ("hour", at("2026-02-02T00:00:00Z"), at("2026-02-02T01:00:00Z")),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_span_that_is_none_is_refused() {
        let now = from_millis(at("2026-01-05T09:00:00Z"));
        let span = Span::of(None, None, now).unwrap();
        assert_eq!(span.to - span.from, DAYS * 24 * HOUR);
        assert!(Span::of(Some(now), Some(now), now).is_err());
        assert!(Span::of(Some(from_millis(0)), None, now).is_err());
        for (hours, grain) in
            [(1, Grain::Hour), (48, Grain::Hour), (49, Grain::Day), (9_600, Grain::Day), (9_601, Grain::Month)]
        {
            assert_eq!(Span { from: 0, to: hours * HOUR }.grain(), grain, "{hours}");
        }
    }
}
