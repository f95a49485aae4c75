//! How an entry lies in the log: its length and its CRC-32, both little-endian, then its JSON. A process that is killed
//! while it writes leaves a torn last frame, which is told from a whole one by either.

/// Length and checksum.
const HEAD: usize = 8;
/// Longer than any entry; a length beyond it is garbage.
const LONGEST: usize = 1 << 20;

/// The frame of a payload.
pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// What was found in a file.
#[derive(Debug, PartialEq)]
pub(super) struct Found<'a> {
    /// The payloads of the whole frames.
    pub(super) payloads: Vec<&'a [u8]>,
    /// Frames whose checksum is wrong, and which others follow.
    pub(super) damaged: usize,
    /// Bytes at the end that are no whole frame.
    pub(super) torn: usize,
}

/// The payloads of all whole frames. A damaged one in the middle is passed over, since its length still leads to the
/// next; what does not even have a length ends the reading.
pub(super) fn read(bytes: &[u8]) -> Found<'_> {
    let mut found = Found { payloads: Vec::new(), damaged: 0, torn: 0 };
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some((payload, checksum, after)) = split(rest) else {
            found.torn = rest.len();
            break;
        };
        if crc32fast::hash(payload) == checksum {
            found.payloads.push(payload);
        } else if after.is_empty() {
            found.torn = rest.len();
        } else {
            found.damaged += 1;
        }
        rest = after;
    }
    found
}

fn split(bytes: &[u8]) -> Option<(&[u8], u32, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || length > LONGEST {
        return None;
    }
    let (payload, after) = rest.split_at_checked(length)?;
    Some((payload, u32::from_le_bytes(*checksum), after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(payloads: &[Vec<u8>]) -> Vec<u8> {
        payloads.iter().flat_map(|payload| frame(payload)).collect()
    }

    proptest! {
        #[test]
        fn of_a_file_cut_anywhere_every_whole_frame_is_read(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..80), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = file(&payloads);
            let cut = cut.index(whole.len() + 1);
            let found = read(&whole[..cut]);
            let mut end = 0;
            let kept: Vec<&Vec<u8>> = payloads.iter().take_while(|payload| { end += 8 + payload.len(); end <= cut }).collect();
            prop_assert_eq!(&found.payloads, &kept);
            prop_assert_eq!(found.damaged, 0);
        }

        #[test]
        fn a_changed_payload_is_never_taken_for_an_entry(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..6),
            which in any::<prop::sample::Index>(),
            flip in 1..=255u8,
        ) {
            let which = which.index(payloads.len());
            let mut bytes = file(&payloads);
            let at: usize = payloads[..which].iter().map(|payload| 8 + payload.len()).sum();
            bytes[at + 8] ^= flip;
            let found = read(&bytes);
            prop_assert_eq!(found.payloads.len(), payloads.len() - 1);
            let last = which + 1 == payloads.len();
            prop_assert_eq!((found.damaged, found.torn > 0), (usize::from(!last), last));
        }

        #[test]
        fn garbage_ends_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let found = read(&bytes);
            prop_assert!(found.payloads.len() <= bytes.len());
        }
    }
}
