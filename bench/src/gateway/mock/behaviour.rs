//! What an upstream does with a request.

use serde::{Deserialize, Serialize};

/// What comes of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// An answer.
    #[default]
    Answer,
    /// 429 with `Retry-After: 1`.
    RateLimit,
    /// 500.
    Unavailable,
    /// 529, as Anthropic says that it is overloaded.
    Overloaded,
    /// A page instead of an answer.
    Garbage,
    /// Half an answer; then the connection is cut.
    Cut,
    /// Nothing, ever.
    Hang,
}

/// Set by `PUT /NAME`; what is left out is as by default.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Behaviour {
    /// What comes of a request.
    pub(crate) act: Act,
    /// Only requests that carry [`super::MARK`] get it; the others are answered.
    pub(crate) only_marked: bool,
    /// Until the answer's head, in µs.
    pub(crate) delay_us: u64,
    /// Bytes of text in a whole answer.
    pub(crate) size: usize,
    /// Events with text in a stream.
    pub(crate) chunks: usize,
    /// Between two events of a stream, in µs; 0 for as fast as they are taken. Each event is written by itself.
    pub(crate) pace_us: u64,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self { act: Act::Answer, only_marked: false, delay_us: 0, size: 400, chunks: 100, pace_us: 0 }
    }
}
