use std::collections::{BTreeMap, HashMap};

use super::lexer::Lexer;
use super::object::Object;
use crate::ExtractError;
use crate::budget::Budget;

/// The most entries of one map, far above what a font has.
const ENTRIES: usize = 100_000;

/// What the codes of a font stand for, as the file itself says.
#[derive(Debug, Default)]
pub(super) struct CodeMap {
    single: HashMap<u32, String>,
    /// By the first code of a range: its last, and what the first stands for.
    ranges: BTreeMap<u32, (u32, String)>,
    /// By its length in bytes: the first and last code. Few.
    spaces: Vec<(usize, u32, u32)>,
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |code, byte| (code << 8) | u32::from(*byte))
}

fn utf_16(bytes: &[u8]) -> String {
    let units = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => u16::from(pair[0]),
    });
    // Ligatures and the like stand for a few characters, not for a text.
    char::decode_utf16(units.take(16)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

impl CodeMap {
    /// Reads a map.
    pub(super) fn read(content: &[u8], budget: &mut Budget) -> Result<Self, ExtractError> {
        let mut map = Self::default();
        let mut lexer = Lexer::new(content, 0);
        let mut held: Vec<Object> = Vec::new();
        while lexer.at < content.len() {
            let Some(value) = lexer.value(budget)? else { continue };
            let Object::Word(word) = value else {
                if held.len() < ENTRIES {
                    held.push(value);
                }
                continue;
            };
            match word.as_slice() {
                b"endcodespacerange" => map.take_spaces(&held),
                b"endbfchar" => map.take_single(&held),
                b"endbfrange" => map.take_ranges(&held),
                _ => {}
            }
            held.clear();
        }
        Ok(map)
    }

    fn take_spaces(&mut self, held: &[Object]) {
        for pair in held.chunks_exact(2) {
            if let [Object::Text(from), Object::Text(to)] = pair
                && (1..=4).contains(&from.len())
                && self.spaces.len() < 64
            {
                self.spaces.push((from.len(), code(from), code(to)));
            }
        }
    }

    fn take_single(&mut self, held: &[Object]) {
        for pair in held.chunks_exact(2) {
            if let [Object::Text(from), Object::Text(to)] = pair
                && self.single.len() < ENTRIES
            {
                self.single.insert(code(from), utf_16(to));
            }
        }
    }

    fn take_ranges(&mut self, held: &[Object]) {
        for three in held.chunks_exact(3) {
            match three {
                [Object::Text(from), Object::Text(to), Object::Text(begin)] if self.ranges.len() < ENTRIES => {
                    self.ranges.insert(code(from), (code(to), utf_16(begin)));
                }
                [Object::Text(from), Object::Text(_), Object::Array(items)] => {
                    for (offset, item) in (0_u32..).zip(items) {
                        if let Object::Text(to) = item
                            && self.single.len() < ENTRIES
                        {
                            self.single.insert(code(from).wrapping_add(offset), utf_16(to));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.single.is_empty() && self.ranges.is_empty()
    }

    /// How many bytes the code at the beginning of a text has, where the map says so.
    pub(super) fn length(&self, text: &[u8]) -> Option<usize> {
        let fits = |(length, from, to): &&(usize, u32, u32)| {
            text.get(..*length).is_some_and(|bytes| (*from..=*to).contains(&code(bytes)))
        };
        self.spaces.iter().find(fits).or(self.spaces.first()).map(|(length, _, _)| *length)
    }

    /// What a code stands for.
    pub(super) fn look_up(&self, code: u32) -> Option<String> {
        if let Some(found) = self.single.get(&code) {
            return Some(found.clone());
        }
        let (from, (to, begin)) = self.ranges.range(..=code).next_back()?;
        if code > *to {
            return None;
        }
        // The last character counts up.
        let mut characters: Vec<char> = begin.chars().collect();
        let last = characters.pop()?;
        characters.push(char::from_u32(u32::from(last).checked_add(code - from)?)?);
        Some(characters.into_iter().collect())
    }
}
