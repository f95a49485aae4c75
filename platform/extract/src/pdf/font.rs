use std::collections::HashMap;

use encoding_rs::Encoding;

use super::cmap::CodeMap;
use super::encoding::{Base, glyph, of_text};
use super::file::File;
use super::object::{Dictionary, Object};
use crate::ExtractError;
use crate::budget::Budget;

/// The most widths of one font.
const WIDTHS: usize = 100_000;

/// What is needed of a font to read text in it.
#[derive(Debug, Default)]
pub(super) struct Font {
    /// What the file says that its codes stand for.
    to_unicode: Option<CodeMap>,
    /// Whether codes have several bytes.
    composite: bool,
    /// Of a composite font: how its codes are told apart, or which encoding of text they are.
    codes: Option<CodeMap>,
    text: Option<&'static Encoding>,
    /// Of a simple font: what each code stands for.
    simple: HashMap<u8, String>,
    /// Widths by code, in units of the text's size.
    widths: HashMap<u32, f64>,
    usual_width: Option<f64>,
}

/// A letter or a few, as shown by one code.
pub(super) struct Glyph {
    pub(super) text: Option<String>,
    pub(super) width: f64,
    /// Whether it is the single byte 32, which word spacing is for.
    pub(super) is_space: bool,
}

impl Font {
    pub(super) fn read(file: &File<'_>, dictionary: &Dictionary, budget: &mut Budget) -> Result<Self, ExtractError> {
        let mut font = Self::default();
        if let Some(stream) = dictionary.get(b"ToUnicode").map(|map| file.stream(map, budget)).transpose()?.flatten()
            && let Some(content) = file.content(&stream, budget)?
        {
            font.to_unicode = Some(CodeMap::read(&content, budget)?).filter(|map| !map.is_empty());
        }
        if dictionary.is(b"Subtype", b"Type0") {
            font.read_composite(file, dictionary, budget)?;
        } else {
            font.read_simple(file, dictionary, budget)?;
        }
        Ok(font)
    }

    fn read_composite(
        &mut self,
        file: &File<'_>,
        dictionary: &Dictionary,
        budget: &mut Budget,
    ) -> Result<(), ExtractError> {
        self.composite = true;
        if let Some(encoding) = dictionary.get(b"Encoding") {
            if let Some(stream) = file.stream(encoding, budget)? {
                let content = file.content(&stream, budget)?.unwrap_or_default();
                self.codes = Some(CodeMap::read(&content, budget)?);
            } else if let Object::Name(name) = file.resolve(encoding, budget)? {
                self.text = of_text(&name);
            }
        }
        let descendants = file.entry(dictionary, b"DescendantFonts", budget)?;
        let first = descendants.array().and_then(<[Object]>::first).cloned().unwrap_or(Object::Null);
        let Object::Dictionary(descendant) = file.resolve(&first, budget)? else { return Ok(()) };
        self.usual_width = Some(file.entry(&descendant, b"DW", budget)?.number().unwrap_or(1000.0) / 1000.0);
        let Object::Array(list) = file.entry(&descendant, b"W", budget)? else { return Ok(()) };
        // Either "first [w w w]" or "first last w".
        let mut rest = list.as_slice();
        while let [first, second, after @ ..] = rest {
            budget.step()?;
            let Some(first) = first.count() else { break };
            match (file.resolve(second, budget)?, after) {
                (Object::Array(widths), _) => {
                    for (offset, width) in widths.iter().enumerate() {
                        self.set_width(first + offset, width.number().unwrap_or_default() / 1000.0);
                    }
                    rest = after;
                }
                (last, [width, after @ ..]) => {
                    let (Some(last), Some(width)) = (last.count(), width.number()) else { break };
                    for code in first..=last.min(first.saturating_add(0xffff)) {
                        self.set_width(code, width / 1000.0);
                    }
                    rest = after;
                }
                _ => break,
            }
        }
        Ok(())
    }

    fn set_width(&mut self, code: usize, width: f64) {
        if self.widths.len() < WIDTHS
            && let Ok(code) = u32::try_from(code)
        {
            self.widths.insert(code, width);
        }
    }

    fn read_simple(
        &mut self,
        file: &File<'_>,
        dictionary: &Dictionary,
        budget: &mut Budget,
    ) -> Result<(), ExtractError> {
        let name = dictionary.get(b"BaseFont").and_then(Object::name).unwrap_or_default().to_vec();
        let has = |part: &[u8]| memchr::memmem::find(&name, part).is_some();
        // Their codes are pictures; without a word of the file nobody knows what they stand for.
        let pictures = has(b"Symbol") || has(b"Dingbats") || has(b"Wingdings");
        let by_kind = if dictionary.is(b"Subtype", b"TrueType") { Base::WinAnsi } else { Base::Standard };
        let encoding = file.entry(dictionary, b"Encoding", budget)?;
        let named = match &encoding {
            Object::Name(name) => Base::of(name),
            Object::Dictionary(own) => own.get(b"BaseEncoding").and_then(Object::name).and_then(Base::of),
            _ => None,
        };
        if !pictures || named.is_some() {
            let base = named.unwrap_or(by_kind);
            for code in 0..=u8::MAX {
                if let Some(character) = base.character(code) {
                    self.simple.insert(code, character.to_string());
                }
            }
        }
        if let Object::Dictionary(own) = &encoding
            && let Object::Array(differences) = file.entry(own, b"Differences", budget)?
        {
            let mut code = 0_usize;
            for item in &differences {
                budget.step()?;
                match item {
                    Object::Number(_) => code = item.count().unwrap_or_default(),
                    Object::Name(name) => {
                        if let Ok(code) = u8::try_from(code) {
                            match glyph(name) {
                                Some(text) => self.simple.insert(code, text),
                                None => self.simple.remove(&code),
                            };
                        }
                        code += 1;
                    }
                    _ => {}
                }
            }
        }
        // Glyphs that are drawn by operators have a scale of their own.
        let scale = match file.entry(dictionary, b"FontMatrix", budget)? {
            Object::Array(matrix) => matrix.first().and_then(Object::number).unwrap_or(0.001),
            _ => 0.001,
        };
        let first = file.entry(dictionary, b"FirstChar", budget)?.count().unwrap_or_default();
        if let Object::Array(widths) = file.entry(dictionary, b"Widths", budget)? {
            for (offset, width) in widths.iter().take(256).enumerate() {
                let width = file.resolve(width, budget)?.number().unwrap_or_default();
                self.set_width(first.saturating_add(offset), width * scale);
            }
        }
        if has(b"Courier") {
            self.usual_width = Some(0.6);
        }
        Ok(())
    }

    /// The glyphs that a text shows.
    pub(super) fn glyphs(&self, text: &[u8], mut show: impl FnMut(Glyph)) {
        let mut rest = text;
        while !rest.is_empty() {
            let length = self.length(rest).clamp(1, rest.len());
            let (bytes, after) = rest.split_at(length);
            rest = after;
            let code = bytes.iter().fold(0_u32, |code, byte| (code << 8) | u32::from(*byte));
            let text = self.meaning(code, bytes);
            let usual = || self.usual_width.unwrap_or_else(|| guessed_width(text.as_deref()));
            let width = self.widths.get(&code).copied().unwrap_or_else(usual);
            show(Glyph { text, width, is_space: bytes == [b' '] });
        }
    }

    fn length(&self, rest: &[u8]) -> usize {
        if !self.composite {
            return 1;
        }
        if let Some(length) = self.codes.as_ref().and_then(|codes| codes.length(rest)) {
            return length;
        }
        match self.text {
            // The first byte of two is above ASCII in each of these; the half-width letters of Shift JIS are the exception.
            Some(encoding) if encoding != encoding_rs::UTF_16BE => match rest[0] {
                0..=0x80 => 1,
                0xa0..=0xdf if encoding == encoding_rs::SHIFT_JIS => 1,
                _ => 2,
            },
            _ => 2,
        }
    }

    fn meaning(&self, code: u32, bytes: &[u8]) -> Option<String> {
        if let Some(map) = &self.to_unicode {
            if let Some(text) = map.look_up(code) {
                return Some(text).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
            }
            if self.composite {
                return None;
            }
        }
        if let Some(encoding) = self.text {
            let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
            return Some(text).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
        }
        if self.composite {
            return None;
        }
        u8::try_from(code).ok().and_then(|code| self.simple.get(&code).cloned())
    }
}

/// About how wide a letter is when the font does not say: the fonts that every reader has say nothing.
fn guessed_width(text: Option<&str>) -> f64 {
    match text.and_then(|text| text.chars().next()) {
        Some('i' | 'j' | 'l' | '\'' | '|') => 0.22,
        Some(' ' | '.' | ',' | ':' | ';' | '!' | 'I' | 'f' | 't' | '/') => 0.28,
        Some('r' | '(' | ')' | '-' | '[' | ']') => 0.33,
        Some('m' | 'M' | 'W' | 'w' | '@' | '%') => 0.85,
        Some('A'..='Z' | '&') => 0.68,
        _ => 0.54,
    }
}
