//! What was used, by whom and at what cost (PLT-2): roll-ups, the log of requests, and how long they are kept.

mod keeping;
mod report;
mod rollup;
mod span;

pub(crate) use keeping::Keeping;
pub use report::{ReportBy, ReportLine};
pub(crate) use rollup::{Bucket, Grain, Sums, month, roll_up};
pub(crate) use span::Span;
