//! Makes a text fit to be set: without what cannot be seen, and knowing what no font has.

use std::collections::BTreeSet;

use crate::fonts::{BOX, Fonts};

/// A text as it is set. `missing` takes the characters that no font has; they become boxes, which still copy as what
/// they stand for. Pictograms that no font has are left out: they are decoration, and the sentence stands without them.
pub(super) fn clean(fonts: &Fonts, text: &str, missing: &mut BTreeSet<char>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut dropped = false;
    for character in text.chars() {
        match character {
            '\n' => out.push('\n'),
            '\t' => push(&mut out, ' ', &mut dropped),
            _ if is_invisible(character) => {}
            _ if fonts.any(character) => push(&mut out, character, &mut dropped),
            _ if is_pictogram(character) => dropped = true,
            _ if is_private(character) => {
                missing.insert(character);
                push(&mut out, BOX, &mut dropped);
            }
            _ => {
                missing.insert(character);
                push(&mut out, character, &mut dropped);
            }
        }
    }
    out
}

/// Of the two spaces around a pictogram that was left out, one stays.
fn push(out: &mut String, character: char, dropped: &mut bool) {
    let double = *dropped && character == ' ' && (out.is_empty() || out.ends_with([' ', '\n']));
    *dropped = *dropped && double;
    if !double {
        out.push(character);
    }
}

/// What has no shape of its own. Marks that turn the direction of text around are among them: they can make a sentence
/// read otherwise than it is written.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Emoji and their parts.
const fn is_pictogram(character: char) -> bool {
    matches!(character,
        '\u{20e3}' | '\u{231a}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}

/// What means nothing to other programs.
const fn is_private(character: char) -> bool {
    let code = character as u32;
    matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
        || code & 0xfffe == 0xfffe
        || (code >= 0xfdd0 && code <= 0xfdef)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_words_and_lose_what_cannot_be_set() {
        let fonts = Fonts::get().unwrap();
        for (text, expected, boxes) in [
            ("plain, ñ and 决定", "plain, ñ and 决定", ""),
            ("go 🚀 now", "go now", ""),
            ("🦊 Marta 👩‍⚖️ said", "Marta said", ""),
            ("done ✅", "done ", ""),
            ("1️⃣ first", "1 first", ""),
            ("⚠️ care", "⚠ care", ""),
            ("a\u{202e}b\u{0}c\u{ad}d\te", "abcd e", ""),
            ("ไทย", "ไทย", "ทยไ"),
            ("x\u{e000}y", "x□y", "\u{e000}"),
        ] {
            let mut missing = BTreeSet::new();
            assert_eq!(clean(fonts, text, &mut missing), expected);
            assert_eq!(missing.into_iter().collect::<String>(), boxes, "{text}");
        }
    }
}
