use std::fmt;

use bytes::{Bytes, BytesMut};
use quorate_formats::Usage;

/// An answer that has been passed on whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Every byte of it, as the caller got it.
    pub bytes: Bytes,
    /// What it took, also where the caller was not told; `None` for an answer that was not streamed.
    pub usage: Option<Usage>,
}

/// Gathers an answer while it passes, for who keeps it when it is whole.
pub(super) struct Keeping {
    pieces: BytesMut,
    most: usize,
    keep: Box<dyn FnOnce(Option<Passed>) + Send>,
}

impl Keeping {
    pub(super) fn new(most: usize, keep: Box<dyn FnOnce(Option<Passed>) + Send>) -> Self {
        Self { pieces: BytesMut::new(), most, keep }
    }

    /// Gathers a piece. Gone when the answer has become too large.
    pub(super) fn gather(mut self, piece: &Bytes) -> Option<Self> {
        if self.pieces.len() + piece.len() > self.most {
            self.fail();
            return None;
        }
        self.pieces.extend_from_slice(piece);
        Some(self)
    }

    /// The answer is whole.
    pub(super) fn end(self, usage: Option<Usage>) {
        (self.keep)(Some(Passed { bytes: self.pieces.freeze(), usage }));
    }

    /// There is no answer to keep.
    pub(super) fn fail(self) {
        (self.keep)(None);
    }
}

impl fmt::Debug for Keeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeping").field("bytes", &self.pieces.len()).finish_non_exhaustive()
    }
}
