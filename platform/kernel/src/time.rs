use chrono::{DateTime, SubsecRound, TimeZone, Utc};

/// Tells the time, so that a test can hold it still.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        // As exact as times are stored, so that an answer tells the same before and after it was read back.
        Utc::now().trunc_subsecs(3)
    }
}

/// Milliseconds since the epoch: how times are stored, the same on both databases.
#[must_use]
pub const fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// The time of stored milliseconds; the epoch itself for a value no calendar holds.
#[must_use]
pub fn from_millis(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis).single().unwrap_or(DateTime::UNIX_EPOCH)
}
