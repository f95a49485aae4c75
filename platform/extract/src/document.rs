use crate::{Kind, speaks_to_a_model};

/// A part of a document that can be cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Where it stands, so that a reader finds it: `page 3`, `rows 10 to 14`, `characters 1200 to 2100`.
    pub locator: String,
    /// The passage, word for word.
    pub text: String,
    /// Whether it speaks to a model instead of about the case.
    pub suspicious: bool,
}

impl Passage {
    pub(crate) const fn new(locator: String, text: String) -> Self {
        Self { locator, text, suspicious: false }
    }
}

/// What a reader of a document must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Warning {
    /// It holds text that looks like instructions to a model.
    Suspicious,
    /// It holds text that people do not see; that was left out.
    HiddenText,
    /// It is longer than the limit; the rest was left out.
    Truncated,
    /// No text was found in it: it may be a picture of one.
    NoText,
    /// Some of its pages have no text: they may be pictures.
    PagesWithoutText,
    /// Some of its letters could not be told.
    UnknownLetters,
}

impl Warning {
    /// Every warning.
    pub const ALL: [Self; 6] = [
        Self::Suspicious,
        Self::HiddenText,
        Self::Truncated,
        Self::NoText,
        Self::PagesWithoutText,
        Self::UnknownLetters,
    ];

    /// The name as stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suspicious => "suspicious",
            Self::HiddenText => "hidden_text",
            Self::Truncated => "truncated",
            Self::NoText => "no_text",
            Self::PagesWithoutText => "pages_without_text",
            Self::UnknownLetters => "unknown_letters",
        }
    }

    /// The warning of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|warning| warning.name() == name)
    }
}

/// What a document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is, by its content.
    pub kind: Kind,
    /// Its passages, in order.
    pub passages: Vec<Passage>,
    /// How many pages it has; only of kinds that have pages.
    pub pages: Option<usize>,
    /// What is to be known of it, each once.
    pub warnings: Vec<Warning>,
}

impl Document {
    pub(crate) fn new(kind: Kind, passages: Vec<Passage>) -> Self {
        let warnings = if passages.is_empty() { vec![Warning::NoText] } else { Vec::new() };
        Self { kind, passages, pages: None, warnings }
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Its text: the passages, with a blank line between two.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.passages.iter().map(|passage| passage.text.as_str()).collect();
        texts.join("\n\n")
    }

    /// Marks what speaks to a model, also where it only does so across the end of a passage.
    pub(crate) fn look_for_instructions(&mut self) {
        let mut any = false;
        for passage in &mut self.passages {
            passage.suspicious = speaks_to_a_model(&passage.text);
            any |= passage.suspicious;
        }
        for index in 1..self.passages.len() {
            let across = format!("{} {}", tail(&self.passages[index - 1].text), head(&self.passages[index].text));
            if speaks_to_a_model(&across) {
                any = true;
                self.passages[index - 1].suspicious = true;
                self.passages[index].suspicious = true;
            }
        }
        if any {
            self.warn(Warning::Suspicious);
        }
    }
}

/// How much of a passage's end and beginning is looked at together.
const SEAM: usize = 120;

fn head(text: &str) -> &str {
    text.char_indices().nth(SEAM).map_or(text, |(at, _)| &text[..at])
}

fn tail(text: &str) -> &str {
    text.char_indices().rev().nth(SEAM).map_or(text, |(at, _)| &text[at..])
}
