//! What stays the same through a conversation, as a number to route by.

use crate::walk::Walk;

/// The most bytes of one text that are looked at: enough to tell texts apart, few enough for long prompts.
const MOST: usize = 16 * 1024;

/// A 64-bit hash that is the same on every node and in every release. Not for secrets: who chooses the text can make
/// two equal, and then shares an upstream with himself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Hash {
    fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// Takes in a text. Two texts are not the same as one of both.
    pub(crate) fn text(&mut self, text: &[u8]) {
        let mut words = text.get(..MOST).unwrap_or(text).chunks_exact(8);
        for word in words.by_ref() {
            self.word(word.try_into().map_or(0, u64::from_le_bytes));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(words.remainder()) {
            *to = *from;
        }
        self.word(u64::from_le_bytes(last));
        self.word(text.len() as u64);
    }

    /// The hash of all that was taken in (MurmurHash3's finalizer).
    pub(crate) const fn finish(mut self) -> u64 {
        self.0 ^= self.0 >> 33;
        self.0 = self.0.wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.0 ^= self.0 >> 33;
        self.0 = self.0.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        self.0 ^ self.0 >> 33
    }
}

/// Takes in what a message says: its text, or its parts without their cache marks, which wander from turn to turn.
/// `json` has been passed by a walk already.
pub(crate) fn content(json: &[u8], hash: &mut Hash) {
    if let Some(text) = json.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
        return hash.text(text);
    }
    let mut walk = Walk::inside(json);
    // It was JSON before, so it is now; were it not, the hash would still be one.
    let _ = match walk.peek() {
        Some(b'[') => walk.array(|walk, _| part(walk, hash)),
        _ => part(&mut walk, hash),
    };
}

fn part(walk: &mut Walk<'_>, hash: &mut Hash) -> Result<(), crate::BadBody> {
    if walk.peek() != Some(b'{') {
        return scalar(walk, hash);
    }
    walk.object(|walk, name| match name.as_ref() {
        "type" | "cache_control" => walk.skip(),
        _ => scalar(walk, hash),
    })
}

fn scalar(walk: &mut Walk<'_>, hash: &mut Hash) -> Result<(), crate::BadBody> {
    if walk.peek() == Some(b'"') {
        let text = walk.string()?;
        hash.text(walk.slice(&text.span));
    } else {
        let span = walk.value()?;
        hash.text(walk.slice(&span));
    }
    Ok(())
}
