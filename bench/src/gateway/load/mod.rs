//! The load generator. It counts in µs, with one thread, over connections of its own.

pub(crate) mod closed;
pub(crate) mod paced;
pub(crate) mod reader;
pub(crate) mod streams;

use std::time::Instant;

use hdrhistogram::Histogram;

/// Notes the time since `begun`, in µs.
pub(crate) fn note(times: &mut Histogram<u64>, begun: Instant) {
    times.saturating_record(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
}
