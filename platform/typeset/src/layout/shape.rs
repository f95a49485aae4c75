//! Turns text into glyphs: which font, which glyph, how wide.

use rustybuzz::UnicodeBuffer;

use crate::fonts::{BOX, Face, Fonts};

/// A stretch of a text in one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// The wanted font.
    pub(crate) face: Face,
    /// Bold, also where the font that has the character is not.
    pub(crate) strong: bool,
}

/// A glyph of a text. Measures are in parts of the size of the type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    pub(crate) face: Face,
    /// Drawn with a heavier line, since its font has no bold.
    pub(crate) heavy: bool,
    pub(crate) advance: f32,
    pub(crate) x_offset: f32,
    pub(crate) y_offset: f32,
    /// The bytes of the text that it shows; shared by the glyphs of one cluster.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The stretch it belongs to.
    pub(crate) stretch: usize,
}

/// The glyphs of a text whose stretches are given by their ends.
pub(crate) fn shape(fonts: &Fonts, text: &str, stretches: &[(usize, Look)]) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(text.len());
    let mut start = 0;
    for (stretch, (end, look)) in stretches.iter().enumerate() {
        for run in runs(fonts, text, start..*end, look.face) {
            let heavy = look.strong && run.face == Some(Face::Han);
            match run.face {
                Some(face) => shape_run(fonts, text, &run, face, heavy, stretch, &mut glyphs),
                None => boxes(fonts, text, &run, stretch, &mut glyphs),
            }
        }
        start = *end;
    }
    glyphs
}

/// A run in one font; none where no font has its characters.
struct Run {
    start: usize,
    end: usize,
    face: Option<Face>,
}

fn runs(fonts: &Fonts, text: &str, range: std::ops::Range<usize>, wanted: Face) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let base = range.start;
    let part = text.get(range).unwrap_or_default();
    for (at, character) in part.char_indices() {
        let (start, end) = (base + at, base + at + character.len_utf8());
        let chosen = if is_shared(character) && beside_han(fonts, text, start, end) {
            Some(Face::Han)
        } else {
            fonts.choose(wanted, character)
        };
        match runs.last_mut() {
            // A space takes the font of what stands before it, so that it does not split a run.
            Some(last)
                if last.face == chosen || (character == ' ' && last.face.is_some_and(|face| face != Face::Han)) =>
            {
                last.end = end;
            }
            _ => runs.push(Run { start, end, face: chosen }),
        }
    }
    runs
}

/// Marks that Latin and Chinese share and set at different widths.
const fn is_shared(character: char) -> bool {
    matches!(character, '“' | '”' | '‘' | '’' | '—' | '…' | '·')
}

fn beside_han(fonts: &Fonts, text: &str, start: usize, end: usize) -> bool {
    let is_han = |character: char| character > '\u{2e7f}' && fonts.choose(Face::Text, character) == Some(Face::Han);
    let outer = |character: &char| !is_shared(*character);
    let before = text.get(..start).unwrap_or_default().chars().rev().find(outer);
    let after = text.get(end..).unwrap_or_default().chars().find(outer);
    before.is_some_and(is_han) || (before.is_none_or(|one| !one.is_alphanumeric()) && after.is_some_and(is_han))
}

fn shape_run(fonts: &Fonts, text: &str, run: &Run, face: Face, heavy: bool, stretch: usize, glyphs: &mut Vec<Glyph>) {
    let shaper = fonts.shaper(face);
    #[expect(clippy::cast_precision_loss, reason = "a font has at most 16,384 units to the em")]
    let em = shaper.units_per_em() as f32;
    #[expect(clippy::cast_precision_loss, reason = "measures of glyphs are small")]
    let part = |units: i32| units as f32 / em;
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text.get(run.start..run.end).unwrap_or_default());
    // Set left to right whatever the text says: right-to-left scripts have no font here, and boxes need no order.
    buffer.set_direction(rustybuzz::Direction::LeftToRight);
    let shaped = rustybuzz::shape(shaper, &[], buffer);
    let clusters: Vec<usize> = shaped.glyph_infos().iter().map(|info| run.start + info.cluster as usize).collect();
    for (place, (info, position)) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()).enumerate() {
        let start = clusters.get(place).copied().unwrap_or(run.start);
        let end = clusters.iter().skip(place).find(|next| **next > start).copied().unwrap_or(run.end);
        glyphs.push(Glyph {
            id: info.glyph_id,
            face,
            heavy,
            advance: part(position.x_advance),
            x_offset: part(position.x_offset),
            y_offset: part(position.y_offset),
            start,
            end,
            stretch,
        });
    }
}

fn boxes(fonts: &Fonts, text: &str, run: &Run, stretch: usize, glyphs: &mut Vec<Glyph>) {
    let shaper = fonts.shaper(Face::Text);
    let Some(glyph) = shaper.glyph_index(BOX) else { return };
    let width = shaper.glyph_hor_advance(glyph).unwrap_or_default();
    let em = f32::from(u16::try_from(shaper.units_per_em()).unwrap_or(1_000));
    for (at, character) in text.get(run.start..run.end).unwrap_or_default().char_indices() {
        let start = run.start + at;
        glyphs.push(Glyph {
            id: u32::from(glyph.0),
            face: Face::Text,
            heavy: false,
            advance: f32::from(width) / em,
            x_offset: 0.0,
            y_offset: 0.0,
            start,
            end: start + character.len_utf8(),
            stretch,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faces(text: &str, face: Face) -> Vec<(String, Face)> {
        let look = Look { face, strong: true };
        let mut found: Vec<(String, Face)> = Vec::new();
        for glyph in shape(Fonts::get().unwrap(), text, &[(text.len(), look)]) {
            let part = &text[glyph.start..glyph.end];
            assert!(glyph.id != 0, "{part} has no glyph");
            match found.last_mut() {
                Some((text, face)) if *face == glyph.face => text.push_str(part),
                _ => found.push((part.to_owned(), glyph.face)),
            }
        }
        found
    }

    #[test]
    fn each_script_is_set_in_its_font_and_marks_go_with_their_neighbours() {
        let one =
            |parts: &[(&str, Face)]| parts.iter().map(|(text, face)| ((*text).to_owned(), *face)).collect::<Vec<_>>();
        assert_eq!(
            faces("Yes, 是的 ok", Face::Text),
            one(&[("Yes, ", Face::Text), ("是的", Face::Han), (" ok", Face::Text)])
        );
        assert_eq!(faces("他说“好”。", Face::Bold), one(&[("他说“好”。", Face::Han)]));
        assert_eq!(faces("he said “yes”…", Face::Bold), one(&[("he said “yes”…", Face::Bold)]));
        assert_eq!(faces("董事会——同意", Face::Text), one(&[("董事会——同意", Face::Han)]));
    }

    #[test]
    fn a_character_without_a_font_is_a_box_that_still_says_what_it_is() {
        assert_eq!(faces("กข", Face::Text), vec![("กข".to_owned(), Face::Text)]);
    }

    #[test]
    fn chinese_in_bold_is_drawn_heavier() {
        let look = Look { face: Face::Bold, strong: true };
        let glyphs = shape(Fonts::get().unwrap(), "a决", &[(4, look)]);
        assert_eq!(glyphs.iter().map(|glyph| glyph.heavy).collect::<Vec<_>>(), [false, true]);
    }
}
