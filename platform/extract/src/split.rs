//! Cuts text into passages that are long enough to say something and short enough to be cited.

use crate::document::Passage;

/// A passage has about this many characters…
const USUAL: usize = 900;
/// …and never more than this.
const MOST: usize = 1_400;

/// The text without what no reader sees: control characters go, line ends become one kind.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\u{c}' | '\u{b}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\n' | '\t' => out.push(character),
            '\u{feff}' => {}
            _ if character.is_control() => {}
            _ => out.push(character),
        }
    }
    out
}

/// Passages of a running text, told by their characters.
pub(crate) fn in_characters(text: &str) -> Vec<Passage> {
    pieces(text)
        .into_iter()
        .map(|Piece { from, to, text }| Passage::new(format!("characters {from} to {to}"), text.to_owned()))
        .collect()
}

/// Passages that all stand at the same place, such as a page.
pub(crate) fn at_place(place: &str, text: &str) -> Vec<Passage> {
    pieces(text).into_iter().map(|piece| Passage::new(place.to_owned(), piece.text.to_owned())).collect()
}

/// A piece of a text with its first and last character, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) text: &'a str,
}

/// Cuts at the ends of paragraphs where that gives pieces of a usual length, else at ends of lines, sentences or words.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut passed) = (text, 0);
    loop {
        let trimmed = rest.trim_start();
        passed += rest[..rest.len() - trimmed.len()].chars().count();
        rest = trimmed;
        if rest.is_empty() {
            return found;
        }
        let end = cut(rest);
        let piece = rest[..end].trim_end();
        let length = piece.chars().count();
        found.push(Piece { from: passed + 1, to: passed + length, text: piece });
        passed += rest[..end].chars().count();
        rest = &rest[end..];
    }
}

/// Where the next piece of a text ends, in bytes; never 0.
fn cut(text: &str) -> usize {
    let Some((hard, _)) = text.char_indices().nth(MOST) else { return text.len() };
    let usual = text.char_indices().nth(USUAL).map_or(hard, |(at, _)| at);
    let early = text.char_indices().nth(USUAL / 3).map_or(0, |(at, _)| at);
    let window = &text[..hard];
    // Of each kind of end the one next to the usual length: before it if that is not too early, else after it.
    for mark in ["\n\n", "\n", "。", "！", "？", ". ", "! ", "? ", "; ", " "] {
        let before = window[..usual].rfind(mark).map(|at| at + mark.len()).filter(|at| *at > early);
        let found = before.or_else(|| window[usual..].find(mark).map(|at| usual + at + mark.len()));
        if let Some(at) = found {
            return at;
        }
    }
    usual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_text_and_say_where_they_stand() {
        let text = format!("  {}\n\n{}\n{}", "Erste Zeile, süß. ".repeat(40), "二".repeat(3_000), "x ".repeat(900));
        let all: Vec<char> = text.chars().collect();
        let pieces = pieces(&text);
        assert!(pieces.len() > 4);
        let mut end = 0;
        for piece in &pieces {
            let length = piece.text.chars().count();
            assert!((1..=MOST).contains(&length), "{length}");
            assert!(piece.from > end);
            assert!(all[end..piece.from - 1].iter().all(|between| between.is_whitespace()), "nothing is lost");
            assert_eq!(all[piece.from - 1..piece.to].iter().collect::<String>(), piece.text);
            end = piece.to;
        }
        assert!(all[end..].iter().all(|after| after.is_whitespace()));
    }

    #[test]
    fn a_short_text_is_one_piece_and_an_empty_one_none() {
        assert_eq!(pieces(" a\n\nb "), [Piece { from: 2, to: 5, text: "a\n\nb" }]);
        assert_eq!(pieces(" \n "), []);
    }

    #[test]
    fn what_nobody_sees_is_left_out() {
        assert_eq!(clean("\u{feff}a\r\nb\rc\0\u{1b}[1m\u{c}d\te"), "a\nb\nc[1m\nd\te");
    }
}
