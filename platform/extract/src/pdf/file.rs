use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::filters::unpack;
use super::lexer::{Lexer, is_space};
use super::object::{Dictionary, Object};
use crate::ExtractError;
use crate::budget::Budget;

/// References that lead to references.
const HOPS: usize = 16;
/// Objects of a file, and pages of one.
const OBJECTS: usize = 1_000_000;
const PAGES: usize = 50_000;
/// Packed containers of objects whose content is held while the file is read.
const CONTAINERS: usize = 20_000;

/// Where an object stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the file, right after its `obj`.
    File(usize),
    /// In the unpacked content of a container.
    Container { which: usize, at: usize },
}

/// A file whose objects have been found.
pub(super) struct File<'a> {
    bytes: &'a [u8],
    places: HashMap<u32, Place>,
    containers: Vec<Vec<u8>>,
    root: Option<Object>,
    /// Page objects in the order of the file, for one whose tree is broken.
    loose_pages: Vec<u32>,
}

/// A dictionary with the bytes that follow it.
pub(super) struct Stream<'a> {
    pub(super) dictionary: Dictionary,
    raw: &'a [u8],
}

/// A page with what it takes over from above.
pub(super) struct Page {
    pub(super) dictionary: Dictionary,
    pub(super) resources: Rc<Dictionary>,
}

impl<'a> File<'a> {
    /// Looks through the file for objects. The last one of a number counts, as later versions are appended.
    pub(super) fn open(bytes: &'a [u8], budget: &mut Budget) -> Result<Self, ExtractError> {
        let mut file =
            Self { bytes, places: HashMap::new(), containers: Vec::new(), root: None, loose_pages: Vec::new() };
        let mut at = 0;
        while let Some((number, start)) = next_object(bytes, &mut at, budget)? {
            if file.places.len() >= OBJECTS {
                return Err(ExtractError::TooMuch);
            }
            file.places.insert(number, Place::File(start));
            let mut lexer = Lexer::new(bytes, start);
            if let Some(Object::Dictionary(dictionary)) = lexer.value(budget)? {
                file.note(number, &dictionary)?;
                if let Some((raw, end)) = file.raw(&dictionary, lexer.at) {
                    lexer.at = end;
                    if dictionary.is(b"Type", b"ObjStm") {
                        file.open_container(&Stream { dictionary, raw }, budget)?;
                    }
                }
            }
            // Nothing is looked at twice, whatever it looked like.
            at = lexer.at.max(at);
        }
        file.trailers(budget)?;
        Ok(file)
    }

    fn note(&mut self, number: u32, dictionary: &Dictionary) -> Result<(), ExtractError> {
        let is_list = dictionary.is(b"Type", b"XRef");
        if is_list && dictionary.get(b"Encrypt").is_some() {
            return Err(ExtractError::Protected);
        }
        if is_list && let Some(root) = dictionary.get(b"Root") {
            self.root = Some(root.clone());
        } else if dictionary.is(b"Type", b"Catalog") && self.root.is_none() {
            self.root = Some(Object::Reference(number));
        } else if dictionary.is(b"Type", b"Page") {
            self.loose_pages.push(number);
        }
        Ok(())
    }

    fn trailers(&mut self, budget: &mut Budget) -> Result<(), ExtractError> {
        for at in memchr::memmem::find_iter(self.bytes, b"trailer") {
            budget.step()?;
            let mut lexer = Lexer::new(self.bytes, at + 7);
            lexer.skip_space();
            if self.bytes.get(lexer.at..lexer.at + 2) != Some(b"<<") {
                continue;
            }
            let Some(Object::Dictionary(dictionary)) = lexer.value(budget)? else { continue };
            if dictionary.get(b"Encrypt").is_some_and(|value| *value != Object::Null) {
                return Err(ExtractError::Protected);
            }
            if let Some(root) = dictionary.get(b"Root") {
                self.root = Some(root.clone());
            }
        }
        Ok(())
    }

    /// The bytes of a stream whose dictionary ends here, and where they end.
    fn raw(&self, dictionary: &Dictionary, after: usize) -> Option<(&'a [u8], usize)> {
        let mut lexer = Lexer::new(self.bytes, after);
        lexer.skip_space();
        if !self.bytes.get(lexer.at..)?.starts_with(b"stream") {
            return None;
        }
        let mut start = lexer.at + 6;
        start += usize::from(self.bytes.get(start) == Some(&b'\r'));
        start += usize::from(self.bytes.get(start) == Some(&b'\n'));
        let rest = self.bytes.get(start..)?;
        // The length that is written down, where the stream really ends there.
        if let Some(length) = dictionary.get(b"Length").and_then(Object::count) {
            let mut end = Lexer::new(self.bytes, start.saturating_add(length));
            end.skip_space();
            let ends = self.bytes.get(end.at..).is_some_and(|rest| rest.starts_with(b"endstream"));
            if ends && let Some(raw) = rest.get(..length) {
                return Some((raw, end.at));
            }
        }
        let length = memchr::memmem::find(rest, b"endstream").unwrap_or(rest.len());
        Some((&rest[..length], start + length))
    }

    fn open_container(&mut self, stream: &Stream<'_>, budget: &mut Budget) -> Result<(), ExtractError> {
        if self.containers.len() >= CONTAINERS {
            return Err(ExtractError::TooMuch);
        }
        let number = |name: &[u8]| stream.dictionary.get(name).and_then(Object::count);
        let (Some(count), Some(first)) = (number(b"N"), number(b"First")) else { return Ok(()) };
        let Some(content) = self.content(stream, budget)? else { return Ok(()) };
        let which = self.containers.len();
        let mut head = Lexer::new(content.get(..first).unwrap_or_default(), 0);
        let mut numbers = Vec::new();
        for _ in 0..count {
            let (Some(number), Some(offset)) = (head.value(budget)?, head.value(budget)?) else { break };
            let (Some(number), Some(offset)) = (number.count(), offset.count()) else { break };
            if let Ok(number) = u32::try_from(number) {
                if self.places.len() >= OBJECTS {
                    return Err(ExtractError::TooMuch);
                }
                self.places.insert(number, Place::Container { which, at: first.saturating_add(offset) });
                numbers.push(number);
            }
        }
        self.containers.push(content);
        for number in numbers {
            if let Object::Dictionary(dictionary) = self.object(number, budget)? {
                self.note(number, &dictionary)?;
            }
        }
        Ok(())
    }

    fn object(&self, number: u32, budget: &mut Budget) -> Result<Object, ExtractError> {
        let found = match self.places.get(&number) {
            None => None,
            Some(Place::File(at)) => Lexer::new(self.bytes, *at).value(budget)?,
            Some(Place::Container { which, at }) => {
                let content = self.containers.get(*which).map_or(&[][..], Vec::as_slice);
                Lexer::new(content, *at).value(budget)?
            }
        };
        Ok(found.unwrap_or(Object::Null))
    }

    /// What an object is, following references.
    pub(super) fn resolve(&self, object: &Object, budget: &mut Budget) -> Result<Object, ExtractError> {
        let Object::Reference(number) = object else { return Ok(object.clone()) };
        let mut number = *number;
        for _ in 0..HOPS {
            match self.object(number, budget)? {
                Object::Reference(next) => number = next,
                found => return Ok(found),
            }
        }
        Ok(Object::Null)
    }

    /// An entry of a dictionary, resolved; null where there is none.
    pub(super) fn entry(
        &self,
        dictionary: &Dictionary,
        name: &[u8],
        budget: &mut Budget,
    ) -> Result<Object, ExtractError> {
        dictionary.get(name).map_or(Ok(Object::Null), |value| self.resolve(value, budget))
    }

    /// An entry that is a dictionary; empty where it is none.
    pub(super) fn dictionary(
        &self,
        of: &Dictionary,
        name: &[u8],
        budget: &mut Budget,
    ) -> Result<Dictionary, ExtractError> {
        let found = self.entry(of, name, budget)?;
        Ok(if let Object::Dictionary(dictionary) = found { dictionary } else { Dictionary::default() })
    }

    /// The stream that a reference names.
    pub(super) fn stream(&self, object: &Object, budget: &mut Budget) -> Result<Option<Stream<'a>>, ExtractError> {
        let Object::Reference(mut number) = *object else { return Ok(None) };
        for _ in 0..HOPS {
            let Some(Place::File(at)) = self.places.get(&number) else { return Ok(None) };
            let mut lexer = Lexer::new(self.bytes, *at);
            match lexer.value(budget)? {
                Some(Object::Reference(next)) => number = next,
                Some(Object::Dictionary(mut dictionary)) => {
                    if let Some(length) = dictionary.get(b"Length").filter(|l| matches!(l, Object::Reference(_))) {
                        let length = self.resolve(length, budget)?;
                        dictionary.0.retain(|(name, _)| name != b"Length");
                        dictionary.0.push((b"Length".to_vec(), length));
                    }
                    let raw = self.raw(&dictionary, lexer.at).map(|(raw, _)| raw);
                    return Ok(raw.map(|raw| Stream { dictionary, raw }));
                }
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// A stream's content; none where it is a picture.
    pub(super) fn content(&self, stream: &Stream<'_>, budget: &mut Budget) -> Result<Option<Vec<u8>>, ExtractError> {
        let mut list = |long: &[u8], short: &[u8]| {
            let value = stream.dictionary.get(long).or_else(|| stream.dictionary.get(short));
            let value = value.map_or(Ok(Object::Null), |value| self.resolve(value, budget))?;
            let items = match value {
                Object::Null => Vec::new(),
                Object::Array(items) => items,
                one => vec![one],
            };
            items.iter().take(16).map(|item| self.resolve(item, budget)).collect::<Result<Vec<_>, _>>()
        };
        let (filters, settings) = (list(b"Filter", b"F")?, list(b"DecodeParms", b"DP")?);
        unpack(&filters, &settings, stream.raw, budget)
    }

    /// The pages, in order.
    pub(super) fn pages(&self, budget: &mut Budget) -> Result<Vec<Page>, ExtractError> {
        let root = self.root.as_ref().map_or(Ok(Object::Null), |root| self.resolve(root, budget))?;
        let mut pages = Vec::new();
        if let Some(tree) = root.dictionary().and_then(|root| root.get(b"Pages")) {
            self.walk(tree, &mut pages, budget)?;
        }
        if pages.is_empty() {
            for number in &self.loose_pages {
                self.walk(&Object::Reference(*number), &mut pages, budget)?;
            }
        }
        Ok(pages)
    }

    fn walk(&self, tree: &Object, pages: &mut Vec<Page>, budget: &mut Budget) -> Result<(), ExtractError> {
        let mut seen = HashSet::new();
        let mut waiting = vec![(tree.clone(), Rc::new(Dictionary::default()))];
        while let Some((node, above)) = waiting.pop() {
            budget.step()?;
            // Each node once: a tree that leads back to itself ends.
            let Object::Reference(number) = node else { continue };
            if !seen.insert(number) {
                continue;
            }
            let Object::Dictionary(dictionary) = self.resolve(&node, budget)? else { continue };
            let resources = match self.entry(&dictionary, b"Resources", budget)? {
                Object::Dictionary(own) => Rc::new(own),
                _ => above,
            };
            if let Object::Array(kids) = self.entry(&dictionary, b"Kids", budget)? {
                if waiting.len() + kids.len() > PAGES {
                    return Err(ExtractError::TooMuch);
                }
                waiting.extend(kids.into_iter().rev().map(|kid| (kid, Rc::clone(&resources))));
            } else if pages.len() < PAGES {
                pages.push(Page { dictionary, resources });
            } else {
                return Err(ExtractError::TooMuch);
            }
        }
        Ok(())
    }
}

/// The next `12 0 obj` at or after `at`: its number, and where its value begins. Moves `at` behind it.
fn next_object(bytes: &[u8], at: &mut usize, budget: &mut Budget) -> Result<Option<(u32, usize)>, ExtractError> {
    while let Some(found) = bytes.get(*at..).and_then(|rest| memchr::memmem::find(rest, b"obj")) {
        budget.step()?;
        let word = *at + found;
        *at = word + 3;
        if let Some(number) = number_before(bytes, word) {
            return Ok(Some((number, word + 3)));
        }
    }
    Ok(None)
}

/// The object's number that stands before `obj`, with its generation between them.
fn number_before(bytes: &[u8], word: usize) -> Option<u32> {
    let back = |end: usize, wanted: fn(u8) -> bool| {
        let mut start = end;
        while start > 0 && end - start < 12 && wanted(bytes[start - 1]) {
            start -= 1;
        }
        (start < end).then_some(start)
    };
    let digit = |byte: u8| byte.is_ascii_digit();
    // Some writers leave out the space before "obj".
    let end = back(word, is_space).unwrap_or(word);
    let generation = back(end, digit)?;
    let space = back(generation, is_space)?;
    let number = back(space, digit)?;
    std::str::from_utf8(&bytes[number..space]).ok()?.parse().ok()
}
