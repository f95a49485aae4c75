use chrono::{DateTime, Datelike, Months, Utc};

/// The month of a subscription that is now: it begins on the day of the month, and at the time of day, on which the
/// subscription began, all in UTC. Where a month has no such day it begins on its last one, so a subscription of the
/// 31st has months from 31 January, 28 February, 31 March.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Month {
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
}

impl Month {
    /// The month around `now`, of a subscription that began at `anchor`. Without one it is the calendar's.
    pub(crate) fn of(anchor: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let anchor = anchor.unwrap_or(DateTime::UNIX_EPOCH);
        // Each beginning is reckoned from the anchor, not from the one before: the 31st comes back after February.
        let mut after = months(now) - months(anchor);
        if shifted(anchor, after) > now {
            after -= 1;
        }
        Self { start: shifted(anchor, after), end: shifted(anchor, after + 1) }
    }
}

fn months(time: DateTime<Utc>) -> i64 {
    i64::from(time.year()) * 12 + i64::from(time.month0())
}

/// The anchor so many months later, or earlier when negative.
fn shifted(anchor: DateTime<Utc>, by: i64) -> DateTime<Utc> {
    let size = Months::new(u32::try_from(by.unsigned_abs()).unwrap_or(u32::MAX));
    let moved = if by < 0 { anchor.checked_sub_months(size) } else { anchor.checked_add_months(size) };
    // Beyond the years that a calendar holds.
    moved.unwrap_or(if by < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quorate_kernel::from_millis;

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn without_a_subscription_months_are_the_calendars() {
        let month = Month::of(None, time("2026-01-05T09:00:00Z"));
        assert_eq!((month.start, month.end), (time("2026-01-01T00:00:00Z"), time("2026-02-01T00:00:00Z")));
    }

    #[test]
    fn a_month_begins_when_the_subscription_did_to_the_millisecond() {
        let anchor = Some(time("2026-01-31T12:30:00.500Z"));
        for (now, start, end) in [
            ("2026-01-31T12:30:00.500Z", "2026-01-31T12:30:00.500Z", "2026-02-28T12:30:00.500Z"),
            ("2026-02-28T12:30:00.499Z", "2026-01-31T12:30:00.500Z", "2026-02-28T12:30:00.500Z"),
            ("2026-02-28T12:30:00.500Z", "2026-02-28T12:30:00.500Z", "2026-03-31T12:30:00.500Z"),
            ("2026-04-01T00:00:00Z", "2026-03-31T12:30:00.500Z", "2026-04-30T12:30:00.500Z"),
            ("2028-02-29T13:00:00Z", "2028-02-29T12:30:00.500Z", "2028-03-31T12:30:00.500Z"),
            // A clock that was set back.
            ("2026-01-01T00:00:00Z", "2025-12-31T12:30:00.500Z", "2026-01-31T12:30:00.500Z"),
        ] {
            let month = Month::of(anchor, time(now));
            assert_eq!((month.start, month.end), (time(start), time(end)), "{now}");
        }
    }

    proptest! {
        #[test]
        fn now_is_in_its_month_and_months_join(anchor in 0_i64..4_000_000_000_000, now in 0_i64..4_000_000_000_000) {
            let (anchor, now) = (Some(from_millis(anchor)), from_millis(now));
            let month = Month::of(anchor, now);
            prop_assert!(month.start <= now && now < month.end);
            prop_assert_eq!(Month::of(anchor, month.end).start, month.end);
            prop_assert_eq!(Month::of(anchor, month.start), month);
        }
    }
}
