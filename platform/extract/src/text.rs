//! Plain text and Markdown.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::document::{Document, Warning};
use crate::split::{clean, in_characters};
use crate::{Kind, Limits};

/// How much of a file is looked at to guess its encoding.
const SAMPLE: usize = 64 * 1024;

/// The text of a file, if it is one: by its byte order mark, as UTF-8, as UTF-16 without a mark, else by a guess.
pub(crate) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        encoding.decode(bytes).0
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        Cow::Borrowed(text)
    } else if let Some(encoding) = wide(bytes) {
        encoding.decode(bytes).0
    } else if memchr::memchr(0, bytes).is_some() {
        return None;
    } else {
        guess(bytes).decode(bytes).0
    };
    let (mut controls, mut lost, mut all) = (0_usize, 0_usize, 0_usize);
    for character in text.chars() {
        all += 1;
        let layout = matches!(character, '\n' | '\r' | '\t' | '\u{c}' | '\u{85}');
        controls += usize::from(character.is_control() && !layout);
        lost += usize::from(character == char::REPLACEMENT_CHARACTER);
    }
    // A few strays are a text with a flaw; many are no text.
    (controls * 100 <= all && lost * 20 <= all).then_some(text)
}

/// UTF-16 without a mark: every other byte of western text is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if sample.len() < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    if odd * 10 >= half * 4 && even * 20 <= half {
        Some(UTF_16LE)
    } else if even * 10 >= half * 4 && odd * 20 <= half {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // Cut off in the middle of a character, UTF-8 is still UTF-8.
    let broken = String::from_utf8_lossy(&bytes[..bytes.len().min(SAMPLE)]);
    let lost = broken.chars().filter(|character| *character == char::REPLACEMENT_CHARACTER).count();
    if !broken.is_ascii() && lost <= 1 {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(SAMPLE)], bytes.len() <= SAMPLE);
    detector.guess(None, chardetng::Utf8Detection::Deny)
}

/// Reads a text. Passages are told by their characters, counted from 1.
pub(crate) fn read(kind: Kind, text: &str, limits: &Limits) -> Document {
    let text = clean(text);
    let kept: String = text.chars().take(limits.characters).collect();
    let mut document = Document::new(kind, in_characters(&kept));
    if kept.len() < text.len() {
        document.warn(Warning::Truncated);
    }
    document
}
