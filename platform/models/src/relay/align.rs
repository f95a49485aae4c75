use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::rfind;

/// The largest event that is held back; a larger one passes as it comes.
const MOST_HELD: usize = 1024 * 1024;

/// Passes a stream on in whole events. When it breaks off, the caller has not seen half of one, to which the error that
/// follows would be glued.
#[derive(Debug, Default)]
pub(super) struct Align {
    held: BytesMut,
}

impl Align {
    /// What may pass now that `piece` has come.
    pub(super) fn pass(&mut self, piece: Bytes) -> Bytes {
        // The usual case: a piece is one event, or some.
        if self.held.is_empty() && (piece.ends_with(b"\n\n") || piece.ends_with(b"\r\n\r\n")) {
            return piece;
        }
        self.held.extend_from_slice(&piece);
        let end = match last_end(&self.held) {
            Some(end) => end,
            None if self.held.len() > MOST_HELD => self.held.len(),
            None => return Bytes::new(),
        };
        self.held.split_to(end).freeze()
    }

    /// What was held back, once the stream is whole.
    pub(super) fn rest(&mut self) -> Bytes {
        let length = self.held.remaining();
        self.held.split_to(length).freeze()
    }
}

/// Behind the last event that is whole.
fn last_end(bytes: &[u8]) -> Option<usize> {
    let newline = rfind(bytes, b"\n\n").map(|at| at + 2);
    let carriage = rfind(bytes, b"\r\n\r\n").map(|at| at + 4);
    newline.max(carriage)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cut_anywhere_all_bytes_pass_and_only_whole_events(
            events in proptest::collection::vec("[a-z]{0,12}(\n[a-z]{1,5}){0,2}", 0..8),
            tail in "[a-z]{0,5}", step in 1_usize..9, carriage in any::<bool>(),
        ) {
            let end = if carriage { "\r\n\r\n" } else { "\n\n" };
            let text = events.iter().map(|event| format!("data: {event}{end}")).collect::<String>();
            let whole = format!("{text}{tail}");
            let mut align = Align::default();
            let mut passed = Vec::new();
            for piece in whole.as_bytes().chunks(step) {
                let out = align.pass(Bytes::copy_from_slice(piece));
                prop_assert!(out.is_empty() || out.ends_with(end.as_bytes()));
                passed.extend_from_slice(&out);
            }
            prop_assert_eq!(&passed, text.as_bytes());
            prop_assert_eq!(align.rest(), tail.as_bytes());
        }
    }
}
