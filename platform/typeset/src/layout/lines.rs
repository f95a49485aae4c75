//! Breaks glyphs into lines (UAX 14): between words, between Chinese characters but not before a full stop, and inside a
//! word only when it is wider than the line.

use std::ops::Range;

use super::shape::Glyph;

/// The glyphs of each line, when a line is `width` wide in the measure of the glyphs. Never empty.
pub(crate) fn lines(text: &str, glyphs: &[Glyph], width: f32) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut line_start = 0;
    let mut used = 0.0_f32;
    let mut from = 0;
    for to in ends(text, glyphs) {
        let word = glyphs.get(from..to).unwrap_or_default();
        let wide = advance(word);
        let seen = advance(without_spaces(text, word));
        if used + seen > width && from > line_start {
            lines.push(line_start..from);
            (line_start, used) = (from, 0.0);
        }
        if seen > width {
            // Wider than a line: broken where it must be.
            let mut at = from;
            for next in clusters(glyphs, from, to) {
                let piece = advance(glyphs.get(at..next).unwrap_or_default());
                if used + piece > width && at > line_start {
                    lines.push(line_start..at);
                    (line_start, used) = (at, 0.0);
                }
                used += piece;
                at = next;
            }
        } else {
            used += wide;
        }
        from = to;
    }
    lines.push(line_start..glyphs.len());
    lines
}

/// The width of the widest part that is not to be broken.
pub(crate) fn longest_word(text: &str, glyphs: &[Glyph]) -> f32 {
    let mut from = 0;
    let mut widest = 0.0_f32;
    for to in ends(text, glyphs) {
        widest = widest.max(advance(without_spaces(text, glyphs.get(from..to).unwrap_or_default())));
        from = to;
    }
    widest
}

/// How wide glyphs are together.
pub(crate) fn advance(glyphs: &[Glyph]) -> f32 {
    glyphs.iter().map(|glyph| glyph.advance).sum()
}

/// The glyphs without the spaces after them, which may hang over the edge.
pub(crate) fn without_spaces<'a>(text: &str, glyphs: &'a [Glyph]) -> &'a [Glyph] {
    let is_space = |glyph: &Glyph| text.get(glyph.start..glyph.end).is_some_and(|part| part.trim().is_empty());
    let kept = glyphs.iter().rposition(|glyph| !is_space(glyph)).map_or(0, |last| last + 1);
    glyphs.get(..kept).unwrap_or_default()
}

/// Before which glyphs a line may end.
fn ends(text: &str, glyphs: &[Glyph]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    for (byte, _) in unicode_linebreak::linebreaks(text) {
        while glyphs.get(at).is_some_and(|glyph| glyph.start < byte) {
            at += 1;
        }
        // Not within a cluster: a ligature is whole.
        let split = at > 0 && glyphs.get(at - 1).is_some_and(|glyph| glyph.end > byte);
        if !split && ends.last().copied().unwrap_or_default() < at {
            ends.push(at);
        }
    }
    if ends.last().copied().unwrap_or_default() < glyphs.len() {
        ends.push(glyphs.len());
    }
    ends
}

/// The places between `from` and `to` where one cluster ends.
fn clusters(glyphs: &[Glyph], from: usize, to: usize) -> Vec<usize> {
    let start = |place: usize| glyphs.get(place).map(|glyph| glyph.start);
    (from + 1..=to).filter(|place| *place == to || start(*place) != start(*place - 1)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::shape::{Look, shape};
    use super::*;
    use crate::fonts::{Face, Fonts};

    fn broken(text: &str, width: f32) -> Vec<String> {
        let look = Look { face: Face::Text, strong: false };
        let glyphs = shape(Fonts::get().unwrap(), text, &[(text.len(), look)]);
        let whole = lines(text, &glyphs, width);
        let part = |range: Range<usize>| {
            let glyphs = &glyphs[range];
            glyphs.first().zip(glyphs.last()).map_or("", |(first, last)| &text[first.start..last.end]).to_owned()
        };
        whole.into_iter().map(part).collect()
    }

    #[test]
    fn lines_end_where_readers_expect_it() {
        assert_eq!(broken("one two three", 4.0), ["one two ", "three"]);
        assert_eq!(broken("董事会同意。方案可行", 5.0), ["董事会同", "意。方案可", "行"]);
        assert_eq!(broken("", 5.0), [""]);
        let long = broken("https://example.com/a/very/long/path?with=parameters#and-more", 8.0);
        assert!(long.len() > 2 && long.concat() == "https://example.com/a/very/long/path?with=parameters#and-more");
        assert_eq!(broken("Donaudampfschifffahrtsgesellschaft", 6.0).concat(), "Donaudampfschifffahrtsgesellschaft");
    }

    proptest! {
        #[test]
        fn no_text_is_lost_and_no_line_is_too_wide(text in "[a-zé 决定。，“”fi-]{0,80}", width in 2.0_f32..30.0) {
            let parts = broken(&text, width);
            prop_assert_eq!(parts.concat(), text.as_str());
            for part in parts {
                let part = part.trim_end();
                let look = Look { face: Face::Text, strong: false };
                let glyphs = shape(Fonts::get().unwrap(), part, &[(part.len(), look)]);
                // Shaped on its own a line may be a kern or a shared mark wider than within its paragraph.
                prop_assert!(part.chars().count() <= 1 || advance(&glyphs) <= width + 2.1, "{part}");
            }
        }
    }
}
