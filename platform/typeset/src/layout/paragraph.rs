//! Sets spans of text into lines of runs.

use std::collections::BTreeSet;

use super::clean::clean;
use super::draw::{Run, Set};
use super::lines::{advance, lines, longest_word, without_spaces};
use super::shape::{Glyph, Look, shape};
use crate::colour::{Colour, INK, SOFT};
use crate::document::{Span, Tone};
use crate::fonts::{Face, Fonts};

/// How a paragraph is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Type {
    pub(crate) size: f32,
    /// From line to line.
    pub(crate) leading: f32,
    pub(crate) face: Face,
    pub(crate) colour: Colour,
}

impl Type {
    pub(crate) const BODY: Self = Self { size: 10.5, leading: 15.5, face: Face::Text, colour: INK };
    pub(crate) const NOTE: Self = Self { size: 9.0, leading: 12.8, face: Face::Text, colour: SOFT };
    pub(crate) const CELL: Self = Self { size: 9.2, leading: 12.6, face: Face::Text, colour: INK };

    pub(crate) const fn with_face(self, face: Face) -> Self {
        Self { face, ..self }
    }

    pub(crate) const fn with_colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// How far below the top of its line a text stands.
    pub(crate) fn baseline(self) -> f32 {
        self.leading / 2.0 + self.size * 0.34
    }

    fn of(self, span: &Span) -> (Look, Colour) {
        let face = match self.face {
            Face::Display => Face::Display,
            Face::Bold => Face::Bold,
            _ if span.strong => Face::Bold,
            _ if span.emphasis => Face::Italic,
            other => other,
        };
        let colour = match span.tone {
            Tone::Plain if span.link.is_some() => crate::colour::BAIZE,
            Tone::Plain if span.code => SOFT,
            Tone::Plain => self.colour,
            Tone::Absent => SOFT,
            tone => tone.mark(),
        };
        (Look { face, strong: matches!(face, Face::Display | Face::Bold) }, colour)
    }
}

/// A line of a paragraph.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TextLine {
    pub(crate) runs: Vec<Run>,
    /// Without the spaces at its end.
    pub(crate) width: f32,
}

/// A text that is shaped and not yet broken into lines.
struct Shaped {
    text: String,
    glyphs: Vec<Glyph>,
}

/// One shaped text for each line that the spans themselves end. A stretch is a span by its place.
fn shaped(fonts: &Fonts, spans: &[Span], set: Type, missing: &mut BTreeSet<char>) -> Vec<Shaped> {
    let mut all = Vec::new();
    let (mut text, mut stretches): (String, Vec<(usize, Look)>) = Default::default();
    for (number, span) in spans.iter().enumerate() {
        let (look, _) = set.of(span);
        for (place, part) in clean(fonts, &span.text, missing).split('\n').enumerate() {
            if place > 0 {
                all.push(close(fonts, std::mem::take(&mut text), &std::mem::take(&mut stretches)));
            }
            // Spans that ended an earlier line are stretches without text, so that places stay those of spans.
            stretches.resize(number, (text.len(), look));
            text.push_str(part);
            stretches.push((text.len(), look));
        }
    }
    all.push(close(fonts, text, &stretches));
    all
}

fn close(fonts: &Fonts, text: String, stretches: &[(usize, Look)]) -> Shaped {
    let glyphs = shape(fonts, &text, stretches);
    Shaped { text, glyphs }
}

/// Sets spans in lines of a width.
pub(crate) fn set(fonts: &Fonts, spans: &[Span], set: Type, width: f32, missing: &mut BTreeSet<char>) -> Vec<TextLine> {
    let mut all = Vec::new();
    for shaped in shaped(fonts, spans, set, missing) {
        for range in lines(&shaped.text, &shaped.glyphs, width / set.size) {
            let glyphs = shaped.glyphs.get(range).unwrap_or_default();
            all.push(line(&shaped.text, glyphs, spans, set));
        }
    }
    all
}

/// How wide spans are on one line, and how wide their longest word is.
pub(crate) fn measure(fonts: &Fonts, spans: &[Span], set: Type) -> (f32, f32) {
    let shaped = shaped(fonts, spans, set, &mut BTreeSet::new());
    let widest = |measure: &dyn Fn(&Shaped) -> f32| shaped.iter().map(measure).fold(0.0, f32::max) * set.size;
    (widest(&|one| advance(&one.glyphs)), widest(&|one| longest_word(&one.text, &one.glyphs)))
}

fn line(text: &str, glyphs: &[Glyph], spans: &[Span], set: Type) -> TextLine {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0.0;
    let mut run_start = 0;
    for glyph in glyphs {
        let wide = glyph.advance * set.size;
        let colour = spans.get(glyph.stretch).map_or(set.colour, |span| set.of(span).1);
        let same = |run: &Run| run.face == glyph.face && run.heavy == glyph.heavy && run.span == glyph.stretch;
        if !runs.last().is_some_and(same) {
            run_start = glyph.start;
            runs.push(Run {
                face: glyph.face,
                heavy: glyph.heavy,
                size: set.size,
                colour,
                text: String::new(),
                glyphs: Vec::new(),
                x,
                width: 0.0,
                span: glyph.stretch,
            });
        }
        if let Some(run) = runs.last_mut() {
            text.get(run_start..glyph.end).unwrap_or_default().clone_into(&mut run.text);
            run.width += wide;
            run.glyphs.push(Set {
                id: glyph.id,
                advance: glyph.advance,
                x_offset: glyph.x_offset,
                y_offset: glyph.y_offset,
                shows: glyph.start - run_start..glyph.end - run_start,
            });
        }
        x += wide;
    }
    TextLine { runs, width: advance(without_spaces(text, glyphs)) * set.size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(spans: &[Span], width: f32) -> Vec<Vec<(String, Face)>> {
        let lines = set(Fonts::get().unwrap(), spans, Type::BODY, width, &mut BTreeSet::new());
        let runs = |line: TextLine| line.runs.into_iter().map(|run| (run.text, run.face)).collect();
        lines.into_iter().map(runs).collect()
    }

    #[test]
    fn looks_end_where_spans_end_and_lines_where_the_text_says_so() {
        let spans = [Span::plain("one "), Span::strong("two\nthree"), Span::emphasis(" 四\n")];
        assert_eq!(
            texts(&spans, 400.0),
            [
                vec![("one ".to_owned(), Face::Text), ("two".to_owned(), Face::Bold)],
                vec![("three".to_owned(), Face::Bold), (" ".to_owned(), Face::Italic), ("四".to_owned(), Face::Han)],
                vec![],
            ]
        );
        assert_eq!(texts(&[], 400.0), [vec![]]);
    }

    #[test]
    fn a_line_is_as_wide_as_its_words() {
        let (whole, word) = measure(Fonts::get().unwrap(), &[Span::plain("one three")], Type::BODY);
        let lines = set(Fonts::get().unwrap(), &[Span::plain("one three")], Type::BODY, word, &mut BTreeSet::new());
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.width <= word + 0.01) && whole > word);
    }
}
