use std::time::{Duration, Instant};

use crate::ExtractError;

/// How far a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most characters of text; what comes after them is left out, and the document says so.
    pub characters: usize,
    /// The most pages of a PDF; likewise.
    pub pages: usize,
    /// The most bytes that compressed parts may unpack to, all together.
    pub unpacked: usize,
    /// How long reading may take.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { characters: 200_000, pages: 500, unpacked: 64 * 1024 * 1024, time: Duration::from_secs(10) }
    }
}

/// Steps between two looks at the clock.
const LOOK: u32 = 1 << 12;
/// The most steps: far beyond an honest document of the largest size.
const STEPS: u64 = 100_000_000;

/// What is left of the limits while a document is read.
#[derive(Debug)]
pub(crate) struct Budget {
    unpacked: usize,
    steps: u64,
    until_look: u32,
    deadline: Instant,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { unpacked: limits.unpacked, steps: STEPS, until_look: LOOK, deadline: Instant::now() + limits.time }
    }

    /// One more piece of work.
    pub(crate) fn step(&mut self) -> Result<(), ExtractError> {
        self.steps = self.steps.checked_sub(1).ok_or(ExtractError::TooMuch)?;
        self.until_look -= 1;
        if self.until_look == 0 {
            self.until_look = LOOK;
            if Instant::now() > self.deadline {
                return Err(ExtractError::TooSlow);
            }
        }
        Ok(())
    }

    /// So many bytes were gone through: work that no step stands for.
    pub(crate) fn worked(&mut self, bytes: usize) -> Result<(), ExtractError> {
        let steps = u32::try_from(bytes / 256).unwrap_or(u32::MAX);
        self.steps = self.steps.checked_sub(u64::from(steps)).ok_or(ExtractError::TooMuch)?;
        // The next step looks at the clock if this was much.
        self.until_look = self.until_look.saturating_sub(steps).max(1);
        self.step()
    }

    /// How many bytes may still be unpacked.
    pub(crate) const fn unpackable(&self) -> usize {
        self.unpacked
    }

    /// So many bytes were unpacked.
    pub(crate) fn unpacked(&mut self, bytes: usize) -> Result<(), ExtractError> {
        self.unpacked = self.unpacked.checked_sub(bytes).ok_or(ExtractError::TooMuch)?;
        if Instant::now() > self.deadline { Err(ExtractError::TooSlow) } else { Ok(()) }
    }
}
