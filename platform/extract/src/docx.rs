//! Documents of a word processor: paragraphs, headings and tables of an Office Open XML file.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::budget::Budget;
use crate::document::{Document, Passage, Warning};
use crate::split::{clean, pieces};
use crate::zip::Archive;
use crate::{ExtractError, Kind, Limits};

/// A passage of paragraphs has about this many characters.
const USUAL: usize = 900;
/// Elements within elements; honest documents stay far below.
const DEPTH: usize = 256;
const DAMAGED: ExtractError = ExtractError::Damaged("its text is not well-formed");

/// Reads a document.
pub(crate) fn read(bytes: &[u8], limits: &Limits, budget: &mut Budget) -> Result<Document, ExtractError> {
    let archive = Archive::open(bytes, budget)?;
    let main = archive.names().find(|name| {
        let stem = name.strip_prefix("word/document").and_then(|rest| rest.strip_suffix(".xml"));
        stem.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    });
    let Some(main) = main.map(str::to_owned) else {
        return Err(ExtractError::Unsupported(Some("an archive or another Office file: save it as DOCX, PDF or CSV")));
    };
    let mut body = Body::new(limits.characters);
    for part in [main.as_str(), "word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(xml) = archive.part(part, budget)? {
            body.read(&xml, budget)?;
        }
    }
    body.close_passage();
    let mut document = Document::new(Kind::Docx, body.passages);
    if body.hidden {
        document.warn(Warning::HiddenText);
    }
    if body.truncated {
        document.warn(Warning::Truncated);
    }
    Ok(document)
}

/// What of a text has been read.
struct Body {
    passages: Vec<Passage>,
    /// The passage that grows, and its first and last paragraph.
    lines: String,
    first: usize,
    last: usize,
    paragraphs: usize,
    left: usize,
    truncated: bool,
    hidden: bool,
}

/// The paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    heading: usize,
    /// Whether it is within a run of text, and whether people do not see that run.
    in_run: bool,
    hidden_run: bool,
    in_text: bool,
}

impl Body {
    const fn new(characters: usize) -> Self {
        Self {
            passages: Vec::new(),
            lines: String::new(),
            first: 1,
            last: 0,
            paragraphs: 0,
            left: characters,
            truncated: false,
            hidden: false,
        }
    }

    fn read(&mut self, xml: &[u8], budget: &mut Budget) -> Result<(), ExtractError> {
        let mut reader = Reader::from_reader(xml);
        let mut buffer = Vec::new();
        let mut paragraph = Paragraph::default();
        let (mut depth, mut skipped) = (0_usize, None::<usize>);
        // How many cells deep, and the cells of the row that is being read.
        let (mut cells_deep, mut row) = (0_usize, String::new());
        while !self.truncated {
            budget.step()?;
            buffer.clear();
            match reader.read_event_into(&mut buffer).map_err(|_| DAMAGED)? {
                Event::Eof => break,
                // A type declaration is the way to entities, inner and outer; a word processor writes none.
                Event::DocType(_) => return Err(DAMAGED),
                Event::Start(element) => {
                    depth += 1;
                    if depth > DEPTH {
                        return Err(ExtractError::TooMuch);
                    }
                    // What stands there for older programs says the same again.
                    if skipped.is_none() && element.local_name().as_ref() == "Fallback" {
                        skipped = Some(depth);
                    }
                    if skipped.is_none() {
                        cells_deep += usize::from(element.local_name().as_ref() == "tc");
                        paragraph.open(&element);
                    }
                }
                Event::Empty(element) if skipped.is_none() => {
                    paragraph.open(&element);
                    paragraph.in_text = false;
                }
                Event::End(element) => {
                    if skipped == Some(depth) {
                        skipped = None;
                    } else if skipped.is_none() {
                        match element.local_name().as_ref() {
                            "t" => paragraph.in_text = false,
                            "r" => (paragraph.in_run, paragraph.hidden_run) = (false, false),
                            "p" if cells_deep > 0 => {
                                let said = std::mem::take(&mut paragraph).text;
                                if !row.is_empty() && !row.ends_with("| ") {
                                    row.push(' ');
                                }
                                row.push_str(said.trim());
                            }
                            "p" => self.paragraph(&std::mem::take(&mut paragraph)),
                            "tc" => {
                                cells_deep = cells_deep.saturating_sub(1);
                                row.push_str(" | ");
                            }
                            "tr" if cells_deep == 0 => {
                                let line = std::mem::take(&mut row);
                                self.line(line.trim_end_matches([' ', '|']));
                            }
                            _ => {}
                        }
                    }
                    depth = depth.saturating_sub(1);
                }
                Event::Text(text) if paragraph.in_text && skipped.is_none() => {
                    self.say(&mut paragraph, &text);
                }
                Event::CData(text) if paragraph.in_text && skipped.is_none() => {
                    self.say(&mut paragraph, &text);
                }
                Event::GeneralRef(reference) if paragraph.in_text && skipped.is_none() => {
                    let character = character(&reference).ok_or(DAMAGED)?;
                    self.say(&mut paragraph, character.encode_utf8(&mut [0; 4]));
                }
                _ => {}
            }
            // What runs on without end is cut like the rest.
            if paragraph.text.len() + row.len() > self.left.saturating_mul(4) {
                self.truncated = true;
                self.line(&format!("{row}{}", paragraph.text));
            }
        }
        Ok(())
    }

    fn say(&mut self, paragraph: &mut Paragraph, text: &str) {
        if paragraph.hidden_run {
            self.hidden |= !text.trim().is_empty();
        } else {
            paragraph.text.push_str(text);
        }
    }

    fn paragraph(&mut self, paragraph: &Paragraph) {
        let text = paragraph.text.trim();
        if text.is_empty() {
            return;
        }
        if paragraph.heading > 0 {
            // A heading begins a passage, so that it stands with what it is over.
            self.close_passage();
            self.line(&format!("{} {text}", "#".repeat(paragraph.heading)));
        } else {
            self.line(text);
        }
    }

    fn line(&mut self, text: &str) {
        let text = clean(text);
        if text.trim().is_empty() {
            return;
        }
        let length = text.chars().count();
        let kept: String = text.chars().take(self.left).collect();
        self.truncated |= length > self.left;
        self.left -= length.min(self.left);
        self.paragraphs += 1;
        for piece in pieces(&kept) {
            if self.lines.len() + piece.text.len() > USUAL + USUAL / 2 {
                self.close_passage();
            }
            if self.lines.is_empty() {
                self.first = self.paragraphs;
            } else {
                self.lines.push('\n');
            }
            self.last = self.paragraphs;
            self.lines.push_str(piece.text);
            if self.lines.len() >= USUAL {
                self.close_passage();
            }
        }
    }

    fn close_passage(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let (first, last) = (self.first, self.last);
        let place = if first == last { format!("paragraph {first}") } else { format!("paragraphs {first} to {last}") };
        self.passages.push(Passage::new(place, std::mem::take(&mut self.lines)));
    }
}

impl Paragraph {
    fn open(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "t" => self.in_text = true,
            "r" => (self.in_run, self.hidden_run) = (true, false),
            // Outside of a run these are settings of the paragraph.
            "tab" if self.in_run => self.text.push('\t'),
            "br" | "cr" if self.in_run => self.text.push('\n'),
            "noBreakHyphen" if self.in_run => self.text.push('-'),
            "vanish" if self.in_run => self.hidden_run = on(element),
            "pStyle" | "outlineLvl" => self.heading = self.heading.max(level(element)),
            _ => {}
        }
    }
}

fn value(element: &BytesStart<'_>) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == "val")?;
    Some(found.value.into_owned())
}

/// Whether a property is set: it is unless it says no.
fn on(element: &BytesStart<'_>) -> bool {
    !value(element).is_some_and(|value| matches!(value.as_str(), "0" | "false" | "off"))
}

/// The level of a heading, 1 to 6; 0 where it is none.
fn level(element: &BytesStart<'_>) -> usize {
    let Some(value) = value(element) else { return 0 };
    if element.local_name().as_ref() == "outlineLvl" {
        return value.parse::<usize>().ok().filter(|level| *level < 6).map_or(0, |level| level + 1);
    }
    let lower = value.to_lowercase();
    if lower == "title" {
        return 1;
    }
    let number = lower.strip_prefix("heading").or_else(|| lower.strip_prefix("berschrift"));
    number.and_then(|number| number.trim().parse().ok()).filter(|level| (1..=6).contains(level)).unwrap_or(0)
}

/// The character that a reference names. Only those that XML itself knows: there are no others without a declaration.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}
